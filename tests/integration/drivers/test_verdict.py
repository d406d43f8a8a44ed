"""What can be concluded from rows, logs and answers, as a table."""

from typing import Any

import pytest

from laneway.drivers.dokploy.answers import Answer
from laneway.drivers.dokploy.checkpoint import Checkpoint, complete
from laneway.drivers.dokploy.models import Deployment
from laneway.drivers.dokploy.statements import Statement
from laneway.drivers.dokploy.verdict import Fate, SeenRow, View, judge

DONE, FAILED = Answer(meaning="succeeded"), Answer(meaning="failed", deployment_id="a")
NOTHING = Answer(meaning="unknown", status=524)
OK, BAD, ELSEWHERE = Statement.SUCCEEDED, Statement.FAILED, Statement.ELSEWHERE
SUPERSEDED = "Superseded by a new run of this schedule."


def row(
    name: str, status: str | None, statement: Statement | None = None, why: str = ""
) -> SeenRow:
    deployment = Deployment(deployment_id=name, status=status, error_message=why)
    return SeenRow(row=deployment, statement=statement)


CASES: dict[str, tuple[list[SeenRow], dict[str, Any], Fate]] = {
    "nothing yet": ([], {}, Fate.ABSENT),
    "nothing, and perhaps pruned": ([], {"complete": False}, Fate.LOST),
    "runs": ([row("a", "running")], {}, Fate.OPEN),
    "no status": ([row("a", "")], {}, Fate.OPEN),
    "null status": ([row("a", None)], {}, Fate.OPEN),
    "done": ([row("a", "done")], {}, Fate.SUCCEEDED),
    "done behind tee": ([row("a", "done")], {"shows_exit": False}, Fate.STALLED),
    "done behind tee, log says so": ([row("a", "done", OK)], {"shows_exit": False}, Fate.SUCCEEDED),
    "done, log says failed": ([row("a", "done", BAD)], {"shows_exit": False}, Fate.FAILED),
    "answered done behind tee": (
        [row("a", "done")],
        {"shows_exit": False, "answer": DONE},
        Fate.STALLED,
    ),
    "error": ([row("a", "error")], {}, Fate.FAILED),
    "superseded": ([row("a", "error", why=SUPERSEDED)], {}, Fate.OPEN),
    "superseded beside a done run": (
        [row("b", "done"), row("a", "error", why=SUPERSEDED)],
        {},
        Fate.OPEN,
    ),
    "superseded, log says it failed": (
        [row("b", "done"), row("a", "error", BAD, SUPERSEDED)],
        {},
        Fate.FAILED,
    ),
    "superseded, answered failed": (
        [row("b", "done"), row("a", "error", why=SUPERSEDED)],
        {"answer": FAILED},
        Fate.FAILED,
    ),
    "failed by its answer, another run goes on": (
        [row("b", "running"), row("a", "error")],
        {"answer": FAILED},
        Fate.OPEN,
    ),
    "running, log says it succeeded": ([row("a", "running", OK)], {}, Fate.SUCCEEDED),
    "cancelled": ([row("a", "cancelled")], {}, Fate.STALLED),
    "cancelled, log says it succeeded": ([row("a", "cancelled", OK)], {}, Fate.SUCCEEDED),
    "two that disagree": ([row("b", "error"), row("a", "done")], {}, Fate.STALLED),
    "held back by the guard": ([row("a", "error", ELSEWHERE)], {}, Fate.STALLED),
    "held back, and answered as failed": (
        [row("a", "error", ELSEWHERE)],
        {"answer": FAILED},
        Fate.STALLED,
    ),
    "held back beside the run": (
        [row("b", "error", ELSEWHERE), row("a", "running")],
        {},
        Fate.OPEN,
    ),
    "answered done, and the row is gone": ([], {"answer": DONE, "complete": False}, Fate.SUCCEEDED),
    "answered by a proxy": ([], {"answer": NOTHING}, Fate.ABSENT),
    "others' runs, ours pruned": ([row("x", "done")], {"complete": False}, Fate.LOST),
}


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_is_no_guess(name: str):
    rows, given, fate = CASES[name]
    view = View(**{"rows": rows, "complete": True, "shows_exit": True, **given})
    assert judge(view).fate is fate


@pytest.mark.parametrize(
    ("known", "seen", "listed", "certain"),
    [
        ([], [], [], True),
        ([], [], ["n"] * 9, True),
        ([], [], [f"n{number}" for number in range(10)], False),
        (["k"], [], ["k"], True),
        (["k", "older"], [], ["n", "k"], True),
        (["k"], [], [], False),
        (["k"], [], ["n"], False),
        (["k"], ["n"], ["n", "k"], True),
        (["k"], ["n"], ["k"], False),
    ],
)
def test_nothing_was_pruned_as_long_as_an_older_row_is_there(
    known: list[str], seen: list[str], listed: list[str], certain: bool
):
    checkpoint = Checkpoint(
        schedule_id="s", marker="m", known_deployments=tuple(known), seen=tuple(seen)
    )
    rows = [Deployment(deployment_id=name) for name in listed]
    assert complete(checkpoint, rows) is certain
