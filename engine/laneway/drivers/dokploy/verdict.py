"""What became of a run, from everything that can be read about it. Pure.

What counts, the surest first:

1. a line of the run's own script in its log (``statements``), in whichever of the new rows;
2. the panel's answer to the POST;
3. the status of the new rows, where there is nothing surer.

A row's status alone is a weak witness. ``error`` with "Superseded" is the panel's opinion while the
command goes on; ``cancelled`` is what a restarted panel makes of rows whose commands it no longer
knows; ``running`` may stay for good; ``done`` of a remote script hides its exit code before 0.30.0;
and a row may have been pruned. What cannot be told stays unknown.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from laneway.drivers.dokploy.answers import Answer
from laneway.drivers.dokploy.models import Deployment
from laneway.drivers.dokploy.statements import Statement


class Fate(StrEnum):
    """What is known of the work."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    OPEN = "open"  # it goes on, or something that would tell has not ended
    STALLED = "stalled"  # nothing is going on that would still tell
    ABSENT = "absent"  # there is no new row
    LOST = "lost"  # what would tell is gone


class SeenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A new row of the schedule, and what its log states."""

    row: Deployment
    statement: Statement | None = None

    @property
    def open(self) -> bool:
        """Whether the row may still come to tell."""
        return self.statement is None and (
            self.row.superseded or self.row.status not in ("done", "error", "cancelled")
        )


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the schedule.

    Attributes:
        rows: the new ones, newest first.
        complete: whether it is certain that no new row was pruned.
        shows_exit: whether ``done`` means that the script's exit code was 0.
        answer: to the POST, once there is one.
    """

    rows: Sequence[SeenRow]
    complete: bool
    shows_exit: bool
    answer: Answer | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the work, by whose word, and the row that tells it."""

    fate: Fate
    by: str = ""
    row: SeenRow | None = None
    reason: str = ""


def judge(view: View) -> Verdict:
    """Say what became of the work."""
    answer = _by_answer(view)
    own = answer.row.row.deployment_id if answer and answer.row else None
    waiting = [seen for seen in view.rows if seen.open and seen.row.deployment_id != own]
    succeeded = _stating(view, Statement.SUCCEEDED)
    if succeeded is not None:
        return Verdict(fate=Fate.SUCCEEDED, by="log", row=succeeded)
    if answer is not None and answer.fate is Fate.SUCCEEDED:
        return answer
    if waiting:
        return Verdict(fate=Fate.OPEN, row=waiting[0])
    failed = _stating(view, Statement.FAILED)
    if failed is not None:
        return Verdict(fate=Fate.FAILED, by="log", row=failed)
    return answer or _by_rows(view)


def _stating(view: View, statement: Statement) -> SeenRow | None:
    return next((seen for seen in view.rows if seen.statement is statement), None)


def _by_answer(view: View) -> Verdict | None:
    """The panel's word; its success counts where it would have noticed a failure."""
    answer = view.answer
    if answer is None or answer.meaning == "unknown":
        return None
    row = next((seen for seen in view.rows if _named(seen, answer)), None)
    if row is not None and row.statement is Statement.ELSEWHERE:
        return None
    if answer.meaning == "failed":
        return Verdict(fate=Fate.FAILED, by="answer", row=row)
    return Verdict(fate=Fate.SUCCEEDED, by="answer", row=row) if view.shows_exit else None


def _named(seen: SeenRow, answer: Answer) -> bool:
    return seen.row.deployment_id == answer.deployment_id


def _by_rows(view: View) -> Verdict:
    if not view.complete:
        return Verdict(fate=Fate.LOST, reason="row_pruned")
    rows = [seen for seen in view.rows if seen.statement is not Statement.ELSEWHERE]
    if not rows:
        return Verdict(fate=Fate.STALLED, reason="lost_run") if view.rows else _ABSENT
    statuses = {seen.row.status for seen in rows}
    if statuses == {"done"} and view.shows_exit:
        return Verdict(fate=Fate.SUCCEEDED, by="row", row=rows[-1])
    if statuses == {"error"}:
        return Verdict(fate=Fate.FAILED, by="row", row=rows[-1])
    return Verdict(fate=Fate.STALLED, row=rows[-1], reason=_why_stalled(statuses))


_ABSENT = Verdict(fate=Fate.ABSENT, reason="no_deployment")


def _why_stalled(statuses: set[str | None]) -> str:
    if statuses == {"done"}:
        return "exit_code_hidden"
    return "cancelled_row" if "cancelled" in statuses else "ambiguous_rows"
