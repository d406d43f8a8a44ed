"""The action and the workflow that ship: what holds about them without running them."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from tests.lint.shell import problems, scripts

ROOT = Path(__file__).parents[3]
GITHUB = ROOT / ".github"
ACTION = GITHUB / "actions" / "operation"
_CACHES = shutil.ignore_patterns("__pycache__")
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))


def document(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


BOOTSTRAP = document(GITHUB / "workflows" / "odoo-stable-bootstrap.yml")
JOB = BOOTSTRAP["jobs"]["bootstrap"]
STEPS: dict[str, dict[str, Any]] = {
    step.get("name", step.get("uses")): step for step in JOB["steps"]
}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_remote_action_is_pinned_by_its_commit(file: Path):
    used = re.findall(r"uses: (\S+)(.*)", file.read_text(encoding="utf-8"))
    assert used
    for name, comment in used:
        if not name.startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", name)
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), "which release it is"


@pytest.mark.parametrize("file", [ACTION / "action.yml", *WORKFLOWS], ids=lambda file: file.name)
def test_no_input_is_read_as_shell(file: Path):
    found = list(scripts(file))
    assert found
    assert not [script for script in found if "${{" in script.text]


def test_there_is_time_for_the_evidence_whatever_the_operation_takes():
    assert STEPS["Bootstrap"]["timeout-minutes"] <= JOB["timeout-minutes"] - 10
    for name in ("Fetch the evidence", "Keep the evidence"):
        assert STEPS[name]["if"] == "always()"
    kept = STEPS["Keep the evidence"]["with"]
    assert kept["if-no-files-found"] == "error"
    assert "github.run_id" in kept["name"]
    assert "github.run_attempt" in kept["name"], "an attempt cannot take another's name"


def test_the_workflow_asks_for_no_more_than_it_needs():
    assert BOOTSTRAP["permissions"] == {}
    assert JOB["permissions"] == {"contents": "read", "id-token": "write"}
    assert BOOTSTRAP["concurrency"]["cancel-in-progress"] is False
    # PyYAML reads `on` as YAML 1.1 does.
    assert list(BOOTSTRAP[True]) == ["workflow_dispatch"]  # type: ignore[index]


def test_every_input_of_the_action_reaches_a_script():
    action = document(ACTION / "action.yml")
    steps = action["runs"]["steps"]
    given = " ".join(value for step in steps for value in step["env"].values())
    assert set(re.findall(r"inputs\.(\w+)", given)) == set(action["inputs"])
    assert set(STEPS["Bootstrap"]["with"]) <= set(action["inputs"])


def test_the_actions_lock_is_a_part_of_the_repositorys_and_has_all_that_is_needed():
    whole, part = (_pins((folder / "requirements.txt").read_text()) for folder in (ROOT, ACTION))
    assert part.items() <= whole.items(), "make lock"
    assert _needed("laneway") | _needed("hatchling") <= set(part), "make lock"
    assert "pytest" not in part


def _pins(lock: str) -> dict[str, str]:
    return {_named(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", lock)}


def _named(text: str) -> str:
    return Requirement(text).name.lower().replace("_", "-")


def _needed(package: str) -> set[str]:
    """What a package needs here, and what that needs."""
    found: set[str] = set()
    left = [package]
    while left:
        for text in metadata.requires(left.pop()) or ():
            marker = Requirement(text).marker
            if _named(text) not in found and (marker is None or marker.evaluate({"extra": ""})):
                found.add(_named(text))
                left.append(_named(text))
    return found


def test_shell_that_is_wrong_is_found_where_it_stands(tmp_path: Path):
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        "jobs:\n  a:\n    steps:\n      - run: |\n          true\n          echo $HOME\n"
    )
    (found,) = problems(wrong)
    assert found.startswith(f"{wrong}:6:")
    assert "SC2086" in found
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```bash\necho $HOME\n```\n")
    assert [line.split(": ")[0] for line in problems(page)] == [f"{page}:4:6"]


def test_a_command_that_is_there_is_not_installed(tmp_path: Path):
    laneway = Path(sys.executable).with_name("laneway")
    environ = {**os.environ, "RUNNER_TEMP": str(tmp_path), "COMMAND": str(laneway)}
    stale = tmp_path / "evidence.json"
    stale.write_text("of an earlier run")
    environ["EVIDENCE_PATH"] = str(tmp_path)
    subprocess.run(["bash", ACTION / "install.sh"], env=environ, check=True)
    assert not stale.exists()
    assert (tmp_path / "laneway" / "bin" / "laneway").resolve() == laneway.resolve()


def test_the_command_is_installed_from_the_actions_own_commit(tmp_path: Path):
    """From a copy whose lock is cut down to what builds it; `make .venv` installs all the rest."""
    copy, around = tmp_path / "checkout", tmp_path / "runner"
    for name in ("engine", "server", "plans", "schemas", ".github"):
        shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=_CACHES)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    lock = copy / ".github" / "actions" / "operation" / "requirements.txt"
    building = _needed("hatchling") | {"hatchling"}
    _, *pins = re.split(r"(?m)^(?=[a-z])", lock.read_text())
    lock.write_text("".join(pin for pin in pins if _named(pin.split("=")[0]) in building))
    environ = {**os.environ, "RUNNER_TEMP": str(around), "COMMAND": "", "EVIDENCE_PATH": "none"}
    subprocess.run(["bash", lock.with_name("install.sh")], env=environ, check=True)
    asked = [str(around / "laneway" / "bin" / "laneway"), "evidence", "export", "--help"]
    environ["PYTHONPATH"] = sysconfig.get_path("purelib")  # what was left out
    said = subprocess.run(
        asked, env=environ, cwd=around, capture_output=True, text=True, check=True
    )
    assert "--output" in said.stdout
    assert list(around.glob("laneway/lib/*/site-packages/laneway_server/cli"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"RETRY_OF": "op_1", "SUPERSEDES": "op_2"}, "a retry supersedes nothing"),
        ({"RETRY_OF": "op_1", "DRY_RUN": "true"}, "a retry is no dry run"),
        ({"DRY_RUN": "yes"}, "dry_run is neither true nor false"),
        ({"CANCEL_ON_CANCEL": "1"}, "cancel_on_cancel is neither true nor false"),
    ],
)
def test_what_cannot_be_meant_is_refused(changed: dict[str, str], said: str, tmp_path: Path):
    names = ("PLAN", "LANE", "REQUEST", "DRY_RUN", "WHEN_BUSY", "SUPERSEDES", "RETRY_OF", "REASON")
    empty = dict.fromkeys((*names, "KEY", "CANCEL_ON_CANCEL"), "")
    environ = {**os.environ, **empty, **changed, "EVIDENCE_PATH": str(tmp_path)}
    done = subprocess.run(
        ["bash", ACTION / "operate.sh"], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"::error title=Laneway::{said}" in done.stdout
