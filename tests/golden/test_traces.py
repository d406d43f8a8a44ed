"""Golden traces: readable files that are the specification of what an operation does.

`LANEWAY_REWRITE_GOLDEN=1 pytest tests/golden` writes them anew; what this changes in a trace is a
change of behaviour, and needs an explanation.
"""

from functools import cache
from pathlib import Path

import pytest

from laneway.core.compile import CompiledPlan
from laneway.core.model import ActionSpec
from laneway.drivers.dokploy.driver import DESCRIPTOR as DOKPLOY
from laneway.drivers.odoo.driver import DESCRIPTOR as ODOO
from laneway.loading.plans import load_plan
from tests.golden.script import Block, read_trace, rewriting, write_trace
from tests.golden.theatre import Theatre
from tests.support.actions import ACTIONS

HERE = Path(__file__).parent
SHIPPED = HERE.parent.parent / "plans"
TRACES = sorted(HERE.glob("*/*.txt"))
SPECS: dict[str, ActionSpec] = {
    **ACTIONS,
    **{spec.action_id: spec for spec in (*ODOO.actions, *DOKPLOY.actions)},
}


@cache
def _plan(folder: str) -> CompiledPlan:
    """The plan that the traces of a folder are about: one that ships, or one beside the traces."""
    shipped = SHIPPED / f"{folder}.yaml"
    file = shipped if shipped.exists() else HERE / folder / "plan.yaml"
    return load_plan(file.read_text(encoding="utf-8"), file.name, SPECS).compiled


@pytest.mark.parametrize("path", TRACES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_trace(path: Path) -> None:
    theatre = Theatre(_plan(path.parent.name))
    expected = read_trace(path)
    played = [
        Block(
            block.comments,
            block.commands,
            [line for command in block.commands for line in theatre.play(command)],
        )
        for block in expected
    ]
    if rewriting():
        write_trace(path, played)
    else:
        assert [block.text() for block in played] == [block.text() for block in expected]


def test_there_are_traces_of_the_plan_that_ships() -> None:
    assert {path.parent.name for path in TRACES} >= {"odoo-stable-bootstrap"}


def test_no_trace_is_without_an_end() -> None:
    for path in TRACES:
        last = path.read_text(encoding="utf-8").rstrip("\n").split("\n")[-1]
        assert last.startswith(("    = ", "    x ")), f"{path.name} ends with {last!r}"
