"""What docs/rehearse.md shows is so: its scenarios go as expected, and its tables are complete."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from laneway.rehearsal.scenario import WORDS
from laneway.rehearsal.watch import INVARIANTS
from laneway_server.cli.application import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rehearse.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_scenario_that_is_shown_goes_as_expected(tmp_path: Path):
    (shown,) = [text for kind, text in BLOCKS if kind == "yaml"]
    plan = "odoo-stable-bootstrap.yaml"
    (tmp_path / plan).write_bytes((ROOT / "plans" / plan).read_bytes())
    (tmp_path / "shown.scenarios.yaml").write_text(shown, encoding="utf-8")
    result = CliRunner().invoke(app, ["plan", "test", str(tmp_path)])
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "✓ 1 plan: 1 scenario passed")


@pytest.mark.parametrize("name", [each.name for each in INVARIANTS])
def test_every_promise_is_explained(name: str):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("word", WORDS)
def test_every_answer_is_explained(word: str):
    assert f"| `{word}` |" in PAGE


def test_every_option_that_is_named_is_one():
    named = set(re.findall(r"--[a-z][a-z-]+", PAGE))
    commands = ("test", "rehearse")
    wide = {"COLUMNS": "200"}
    known = "".join(
        CliRunner().invoke(app, ["plan", command, "--help"], env=wide).stdout
        for command in commands
    )
    assert {option for option in named if option not in known} == set()
