"""Pictures in characters, and for Mermaid: as they are written down in ``tests/data/diagrams``.

`LANEWAY_REWRITE_GOLDEN=1 pytest tests/unit/diagram` writes them anew; look at what it changed.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laneway.core.compile import compile_plan
from laneway.diagram import mermaid, text
from laneway.diagram.exits import all_exits
from laneway.diagram.letters import columns_of
from laneway.diagram.text import NARROWEST
from tests.golden.script import rewriting
from tests.support import pictures
from tests.support.random_plans import ACTIONS, plans

FOLDER = pictures.ROOT / "tests" / "data" / "diagrams"

DRAWN: dict[str, Callable[[], str]] = {
    "shipped.txt": lambda: text(pictures.shipped().plan, width=90),
    "shipped.mmd": lambda: mermaid(pictures.shipped().plan),
    "verify-lane-narrow.txt": lambda: text(pictures.verify_lane().plan, width=46),
    "everything.txt": lambda: text(pictures.everything().plan, width=100),
    "everything-narrow-ascii.txt": lambda: text(
        pictures.everything().plan, width=50, only_ascii=True
    ),
    "everything.mmd": lambda: mermaid(pictures.everything().plan),
    "approving.txt": lambda: text(pictures.shipped().plan, pictures.path(pictures.approving())),
    "failed.txt": lambda: text(pictures.shipped().plan, pictures.path(pictures.failed()), 90),
    "failed.mmd": lambda: mermaid(pictures.shipped().plan, pictures.path(pictures.failed())),
    "cancelled.txt": lambda: text(pictures.shipped().plan, pictures.path(pictures.cancelled())),
}


@pytest.mark.parametrize("name", DRAWN)
def test_the_picture_is_as_it_was_written_down(name: str):
    file = FOLDER / name
    drawn = DRAWN[name]()
    if rewriting():
        FOLDER.mkdir(exist_ok=True)
        file.write_text(drawn, encoding="utf-8")
    assert drawn == file.read_text(encoding="utf-8")


# --- characters ----------------------------------------------------------------------------------


@given(plans(), st.integers(NARROWEST, 160), st.booleans())
@settings(deadline=None)
def test_no_line_is_wider_than_the_terminal(document: dict[str, Any], width: int, only: bool):
    plan = compile_plan(document, ACTIONS).plan
    drawn = text(plan, width=width, only_ascii=only)
    assert max(columns_of(line) for line in drawn.splitlines()) <= width
    assert drawn.isascii() or not only


@given(plans(), st.integers(NARROWEST, 160))
@settings(deadline=None)
def test_every_phase_and_every_outcome_is_told(document: dict[str, Any], width: int):
    plan = compile_plan(document, ACTIONS).plan
    drawn = text(plan, width=width)
    boxes = sum(line.startswith("╭") for line in drawn.splitlines())
    assert boxes == len(plan.phases)
    ways = sum(line.startswith(("   ├─ ", "   ╰─ ", "   │ ")) for line in drawn.splitlines())
    leads = {(way.source, way.target) for way in all_exits(plan)}
    assert ways >= len(leads)
    told = [outcome for phase in plan.phases.values() for outcome in phase.on]
    assert width < 60 or all(outcome in drawn for outcome in told)


def test_colours_say_nothing_that_the_characters_do_not():
    plan, path = pictures.shipped().plan, pictures.path(pictures.failed())
    coloured = text(plan, path, colours=True)
    assert "\x1b[31m" in coloured
    uncoloured = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    lines = [line.rstrip() for line in uncoloured.splitlines()]
    assert lines == text(plan, path).splitlines()


HOSTILE = 'x"]; --> \x1b[31m<script>alert(1)</script> \u202e%%{init: {}}%% `\\ 漢字漢字'


def hostile() -> Any:
    document = {**pictures.EVERYTHING, "title": HOSTILE}
    document["phases"] = {
        name: {**phase, "title": HOSTILE} for name, phase in pictures.EVERYTHING["phases"].items()
    }
    return compile_plan(document, ACTIONS).plan


def test_a_title_is_no_command_to_a_terminal():
    drawn = text(hostile(), width=60)
    assert "\x1b" not in drawn
    assert "\u202e" not in drawn
    assert max(columns_of(line) for line in drawn.splitlines()) <= 60


# --- Mermaid -------------------------------------------------------------------------------------

_LINES = (
    r"stateDiagram-v2",
    r'state "[^"]*" as \w+',
    r"state \w+ \{",
    r"--",
    r"\}",
    r"\[\*\] --> \w+",
    r"\w+ --> \[\*\]",
    r"\w+ --> \w+: [^<>{}\"]+",
    r"class \w+ \w+",
    r"classDef \w+ [a-z0-9:#,-]+",
    r"%% [^{}]+",
)


@given(plans())
@settings(deadline=None)
def test_every_line_is_one_that_mermaid_knows(document: dict[str, Any]):
    check_mermaid(mermaid(compile_plan(document, ACTIONS).plan))


def test_a_title_is_text_to_mermaid():
    drawn = mermaid(hostile())
    check_mermaid(drawn)
    assert "<script>" not in drawn


def check_mermaid(drawn: str) -> None:
    for line in drawn.splitlines():
        known = [form for form in _LINES if re.fullmatch(form, line.strip())]
        assert known, f"no line of a state diagram: {line}"
