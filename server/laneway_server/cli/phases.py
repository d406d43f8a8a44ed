"""An operation as a table: every phase with its status, its time and the latest word about it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from laneway_server.client.snapshots import Phase, Snapshot

from .look import NOT_REACHED, Look, look, symbol, worded
from .standing import advice, failure_words, failures, so_far, waiting, why
from .text import between, clean, deadline, moment, span


def operation(now: Snapshot, at: datetime, *, moving: bool = False) -> Group:
    """The operation's heading, its phases, and where it stands.

    Args:
        now: the operation.
        at: the time at the server.
        moving: it is drawn over and over: what runs turns.
    """
    return Group(
        Padding(heading(now), (1, 2, 1, 2)),
        Padding(table(now, at, moving=moving), (0, 2)),
        Padding(footing(now, at), (1, 2, 1, 2)),
    )


def heading(now: Snapshot) -> Text:
    """The plan, the lane and the id."""
    told = Text.assemble((clean(now.title, 80), "bold"), "  ", (clean(str(now.lane)), "cyan"))
    if now.dry_run:
        told.append("  dry run", style="yellow")
    told.append(f"\n{clean(now.id)}", style="dim")
    if now.requested_by and now.requested_by.subject:
        told.append(f" · requested by {clean(now.requested_by.subject, 60)}", style="dim")
    for word, other in (("supersedes", now.supersedes), ("retry of", now.retry_of)):
        told.append(f"\n{word} {clean(other)}" if other else "", style="dim")
    if now.reason:
        told.append(f"\n{clean(now.reason, 200)}", style="italic")
    return told


def table(now: Snapshot, at: datetime, *, moving: bool = False) -> Table:
    """One row for each phase; branches stand under their parallel phase."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=1)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, justify="right", min_width=6)
    grid.add_column()  # the only one that may be cut: it does not say that it must not wrap
    for phase in now.phases:
        grid.add_row(*_row(phase, now, at, at.timestamp() if moving else None))
    return grid


def _row(
    phase: Phase, now: Snapshot, at: datetime, seconds: float | None
) -> tuple[Text, Text, Text, Text, Text]:
    found = _look(phase, now)
    quiet = phase.status in ("pending", "skipped")
    sign = symbol(phase.status, seconds) if phase.status == "running" else Text(found.symbol)
    sign.stylize(found.style)
    return (
        sign,
        Text(_indented(phase), style="dim" if quiet else ""),
        Text(found.word, style=found.style),
        Text(span(_length(phase, at)), style="dim" if phase.finished_at else ""),
        _note(phase, at),
    )


def _look(phase: Phase, now: Snapshot) -> Look:
    return NOT_REACHED if now.ended and phase.status == "pending" else look(phase.status)


def _indented(phase: Phase) -> str:
    return ("  " if phase.parent else "") + clean(phase.label, 60)


def _length(phase: Phase, at: datetime) -> timedelta | None:
    if phase.finished_at or moment(phase.started_at) is None:
        return between(phase.started_at, phase.finished_at)
    return None if phase.status == "pending" else between(phase.started_at, at.isoformat())


def _note(phase: Phase, at: datetime) -> Text:
    failed = phase.status in ("fail", "refused") and phase.failure
    words = " · ".join(_words(phase, at))
    return Text(words, style="red" if failed else "dim", no_wrap=True, overflow="ellipsis")


def _words(phase: Phase, at: datetime) -> Iterator[str]:
    if phase.attempt and phase.attempt > 1:
        yield f"attempt {phase.attempt}"
    if phase.status == "waiting":
        yield from filter(None, (_role(phase), deadline(phase.until, at)))
    if phase.approval and so_far(phase.approval):
        yield so_far(phase.approval)
    if phase.status in ("running", "reconciliation_required") and phase.message:
        yield clean(phase.message, 300)
    if phase.failure and phase.status != "pass":
        yield failure_words(phase.failure)


def _role(phase: Phase) -> str:
    return f"needs {clean(phase.approval.role, 60)}" if phase.approval else ""


def footing(now: Snapshot, at: datetime) -> Text:
    """Where the operation stands, and what can be done about it."""
    told = worded(now.status)
    begun = now.started_at or now.created_at
    length = between(begun, now.finished_at or at.isoformat())
    if length is not None:
        took = f" in {span(length)}" if now.ended else f", {span(length)} so far"
        told.append(took, style="default")
    for words in filter(None, (waiting(now, at), _asked(now), why(now), *failures(now))):
        told.append(f"\n{words}", style="default")
    for hint in advice(now):
        told.append("\n→ ", style="cyan").append(hint, style="default")
    return told


def _asked(now: Snapshot) -> str:
    if now.ended:
        return ""
    if now.cancel_requested:
        return "it is to be cancelled as soon as the phase allows"
    return "it is to pause before the next phase" if now.pause_requested else ""
