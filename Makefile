# `make` prints the targets. They all work on a fresh clone: the environment is made on first use.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Targets share one environment and one machine; `check test` also promises its order.
.NOTPARALLEL:
.PHONY: help .venv demo test check format bench lock clean

help: ## print this
	@awk -F ':.*## ' '/^[a-z.]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv: .venv/.installed ## make the environment that the other targets use

demo: .venv ## run the first plan against a simulated Dokploy and Odoo, and show every phase
	@$(BIN)/laneway demo $(ARGS)

test: .venv ## run the tests (ARGS="-k name" for some of them)
	@$(BIN)/pytest $(ARGS)

check: .venv ## lint, formatting, types, layers, and the plans that ship
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/laneway plan check plans/

format: .venv ## format, and fix what ruff can fix
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

bench: .venv ## run every tests/benchmarks/bench_*.py, one after the other
	@set -e; for script in tests/benchmarks/bench_*.py; do \
	  if [ ! -e "$$script" ]; then echo "no benchmarks here yet"; break; fi; \
	  echo "== $$script"; $(BIN)/python -m "tests.benchmarks.$$(basename "$$script" .py)" $(ARGS); \
	done

# --universal: one lock for every platform and every supported Python. --no-config and the empty
# environment keep this machine's own indexes out of the file, which is to name no package host.
lock: .venv ## pin the dependencies anew (ARGS="--upgrade" for newer versions)
	@env -u UV_INDEX -u UV_DEFAULT_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
	  $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	  --generate-hashes --extra dev --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --output-file requirements.txt $(ARGS) pyproject.toml
	@if grep -n '://' requirements.txt; then echo "requirements.txt names a host" >&2; exit 1; fi

clean: ## remove the environment and what the tools left behind
	@rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
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
