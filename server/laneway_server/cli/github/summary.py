"""The summary of an operation, as a workflow's run shows it."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from laneway_server.cli.look import NOT_REACHED, look
from laneway_server.cli.problems import mistakes, remedy
from laneway_server.cli.standing import advice, failure_words, failures, waiting, why
from laneway_server.cli.text import between, date_and_clock, span
from laneway_server.client.problems import Refused
from laneway_server.client.snapshots import Phase, Snapshot

from .markdown import code, link, md, table

_MARKS = {
    "pass": "✅",
    "fail": "❌",
    "refused": "⛔",
    "cancelled": "⏹️",
    "reconciliation_required": "❓",
    "waiting": "⏳",
    "paused": "⏸️",
}
_HEAD = ("Phase", "Status", "Attempts", "Started", "Took", "Why")


class Told:
    """What the summary knows besides the operation.

    Args:
        server: its address.
        run_url: of the workflow's run, or empty.
        cancels: whether cancelling the workflow cancels the operation.
    """

    def __init__(self, server: str, run_url: str = "", *, cancels: bool = False) -> None:
        self.server = server
        self.run_url = run_url
        self.cancels = cancels

    def url(self, now: Snapshot, part: str = "") -> str:
        """Where the operation is, or a part of it."""
        return f"{self.server}/v1/operations/{quote(now.id, safe='')}{part}"


def of_operation(now: Snapshot, at: datetime, told: Told, *, left: str = "") -> str:
    """The summary of an operation.

    Args:
        now: the operation.
        at: the time at the server.
        told: what else is known.
        left: why it is not watched any more, where it goes on.
    """
    parts = [_heading(now, at), *_words(now, at, left), _phases(now, at), _links(now, told)]
    if not now.ended:
        parts.append(_rejoin(now, told))
    return "\n\n".join(part for part in parts if part) + "\n"


def of_rejection(refused: Refused, operation: str = "") -> str:
    """The summary of a submission that the server did not take."""
    lines = ["### ⛔ Not accepted", f"**{md(refused)}**", "Nothing was begun."]
    wrong = "\n".join(f"- {md(mistake)}" for mistake in mistakes(refused))
    hints = "\n".join(f"- {md(hint)}" for hint in remedy(refused, operation))
    trace = refused.problem.get("trace_id")
    lines += [wrong, hints, f"Trace id {md(trace)}" if trace else ""]
    return "\n\n".join(line for line in lines if line) + "\n"


def of_silence(why: str, key: str, operation: str = "") -> str:
    """The summary where the server said nothing: to a submission, or about an operation."""
    if operation:
        return (
            f"### ❓ {code(operation)} could not be read\n\n{md(why)}\n\nIt goes on all the same.\n"
        )
    again = f"It has the same idempotency key ({code(key)})" if key else "It has the same key"
    return (
        f"### ❓ Nobody knows whether it was accepted\n\n{md(why)}\n\n"
        f"**Run this workflow's run again**, not a new one. {again}, so it finds the operation or "
        "submits it, and never does it twice.\n"
    )


def not_begun(why: str) -> str:
    """The summary where nothing was submitted, because of the workflow itself."""
    return f"### ⛔ Nothing was submitted\n\n{md(why)}\n"


def _heading(now: Snapshot, at: datetime) -> str:
    seen, dry = look(now.status), " (dry run)" if now.dry_run else ""
    length = between(now.started_at or now.created_at, now.finished_at or at.isoformat())
    took = f" in {span(length)}" if now.ended and length is not None else ""
    title = f"### {_MARKS.get(now.status, '▶️')} {md(now.title, 100)}{dry}: {md(seen.word)}{took}"
    facts = [f"on **{md(now.lane)}**", code(now.id)]
    if now.requested_by and now.requested_by.subject:
        facts.append(f"requested by {md(now.requested_by.subject, 100)}")
    for word, other in (("supersedes", now.supersedes), ("retry of", now.retry_of)):
        facts += [f"{word} {code(other)}"] if other else []
    return f"{title}\n\n{' · '.join(facts)}" + (f"\n\n{md(now.reason)}" if now.reason else "")


def _words(now: Snapshot, at: datetime, left: str) -> Iterator[str]:
    if left:
        yield f"**{md(left)}**"
    if why(now):
        yield f"**Why:** {md(why(now), 2_000)}"
    yield "\n".join(f"- {md(words, 1_000)}" for words in failures(now)[:20])
    if waiting(now, at):
        yield f"**Now:** {md(waiting(now, at))}"
    if now.dry_run:
        yield "A dry run: nothing was changed."
    hints = [code(hint.rpartition(": ")[2]) for hint in advice(now)]
    yield "\n".join(f"- {hint}" for hint in hints)


def _phases(now: Snapshot, at: datetime) -> str:
    return table(_HEAD, [_row(phase, now, at) for phase in now.phases]) if now.phases else ""


def _row(phase: Phase, now: Snapshot, at: datetime) -> list[str]:
    reached = phase.status != "pending" or not now.ended
    seen = look(phase.status) if reached else NOT_REACHED
    end = phase.finished_at or (at.isoformat() if phase.status != "pending" else None)
    return [
        ("↳ " if phase.parent else "") + md(phase.label, 100),
        f"{_MARKS.get(phase.status, '')} {md(seen.word)}".strip(),
        str(phase.attempt or ""),
        md(date_and_clock(phase.started_at)),
        md(span(between(phase.started_at, end))),
        md(failure_words(phase.failure) if phase.status != "pass" else "", 200),
    ]


def _links(now: Snapshot, told: Told) -> str:
    links = [
        link("operation", told.url(now)),
        link("events", told.url(now, "/events")),
        link("evidence", told.url(now, "/evidence")),
    ]
    if told.run_url:
        links.append(link("this run", told.run_url))
    return " · ".join(links)


def _rejoin(now: Snapshot, told: Told) -> str:
    cancelling = "cancels it, too" if told.cancels else "does **not** cancel it"
    return (
        f"**To rejoin:** run this workflow's run again (it finds this operation and begins nothing "
        f"anew), or {code(f'laneway watch {now.id} --server {told.server}')}. Cancelling the "
        f"workflow {cancelling}; {code(f'laneway cancel {now.id} --server {told.server}')} does."
    )
