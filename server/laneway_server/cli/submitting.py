"""``submit`` and ``retry``: the commands that make an operation."""

import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from laneway_server.client.patience import Attempt, LostContact, Patience, insist
from laneway_server.client.problems import Refused
from laneway_server.client.snapshots import Snapshot, snapshot

from . import options
from .calls import Call
from .exits import Exit, UsageError
from .look import worded
from .options import DEFAULT_SERVER
from .text import clean
from .watching import status_exit, watched

if TYPE_CHECKING:
    from laneway_server.client import Answer, LanewayClient


class WhenBusy(StrEnum):
    """What to do where the lane is held."""

    REJECT = "reject"
    QUEUE = "queue"


Request = Annotated[
    str | None,
    typer.Option(
        "--request", "-r", metavar="FILE", help="The request document, JSON; - reads it here."
    ),
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Set a field of the request document; the value is JSON, or else text.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing: show what would be done.")]
Supersedes = Annotated[
    str | None,
    typer.Option(
        metavar="OPERATION",
        help="The operation whose destructive action on the lane is to be done again.",
    ),
]
Record = Annotated[
    Path | None,
    typer.Option(
        "--record",
        metavar="FILE",
        help="Keep here, as JSON, what the server said last: the operation, or why it is none.",
    ),
]
Busy = Annotated[
    WhenBusy | None, typer.Option(help="Where the lane is held: be rejected, or wait in line.")
]


def submit(
    context: typer.Context,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="The plan's name.")],
    lane: options.LaneName,
    *,
    request: Request = None,
    fields: Fields = None,
    dry_run: DryRun = False,
    reason: options.Reason = "",
    supersedes: Supersedes = None,
    when_busy: Busy = None,
    key: options.Key = None,
    wait: options.Wait = False,
    record: Record = None,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    patience: options.Patience = "60s",
    cancel_on_interrupt: options.CancelOnInterrupt = False,
    github: options.Github = None,
    json: options.Json = False,
) -> None:
    """Submit an operation: a plan, on a lane, with a request.

    With --wait it ends with 0 pass · 1 fail · 3 refused · 4 cancelled · 5 reconciliation_required ·
    6 lost contact with the server; without, with 0 once the operation is accepted. 2 usage ·
    7 rejected at submission, in both.
    """
    call = Call(context, server, token_file, json=json, refusal=Exit.REJECTED)
    call.reports(github, cancels=cancel_on_interrupt)
    call.records(record)
    if cancel_on_interrupt:
        call.cancels_when_interrupted()

    async def talk(client: "LanewayClient") -> Exit:
        document = options.request_document(request, fields or [], sys.stdin.read)
        body = {
            "plan": plan,
            "lane": options.lane_parts(lane),
            "request": document,
            **_given(dry_run=dry_run, reason=reason, supersedes=supersedes, when_busy=when_busy),
        }
        limit = Patience(options.seconds(patience), call.around)
        named = key or run_key(call)
        return await made(client, call, limit, lambda: client.submit(body, named), named, wait=wait)

    call.run(talk)


def retry(
    context: typer.Context,
    operation: options.Operation,
    *,
    lane: Annotated[
        str | None,
        typer.Option(metavar="LANE", help="Only if it is of this lane: product/context/instance."),
    ] = None,
    reason: options.Reason = "",
    key: options.Key = None,
    wait: options.Wait = False,
    record: Record = None,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    patience: options.Patience = "60s",
    cancel_on_interrupt: options.CancelOnInterrupt = False,
    github: options.Github = None,
    json: options.Json = False,
) -> None:
    """Take an operation up again: a new one, from the failed phase on, with its proofs made anew.

    Ends as submit does.
    """
    call = Call(context, server, token_file, json=json, operation=operation, refusal=Exit.REJECTED)
    call.reports(github, cancels=cancel_on_interrupt)
    call.records(record)
    if cancel_on_interrupt:
        call.cancels_when_interrupted()

    async def talk(client: "LanewayClient") -> Exit:
        limit = Patience(options.seconds(patience), call.around)
        named = key or run_key(call)
        if lane is not None:
            await insist(lambda: of_lane(client, operation, lane), limit)
        send = lambda: client.retry(operation, _given(reason=reason), named)  # noqa: E731
        return await made(client, call, limit, send, named, wait=wait)

    call.run(talk)


async def of_lane(client: "LanewayClient", operation: str, lane: str) -> None:
    """Make sure that an operation is of a lane.

    Raises:
        UsageError: it is of another one.
    """
    options.lane_parts(lane)
    found = snapshot(await client.operation(operation)).lane
    if str(found) != lane:
        raise UsageError(f"{operation} is of the lane {found}, and not of {lane}")


async def made(
    client: "LanewayClient",
    call: Call,
    patience: Patience,
    send: Callable[[], Awaitable["Answer"]],
    key: str,
    *,
    wait: bool,
) -> Exit:
    """Make an operation, show it, and where wanted follow it; returns how the command ends."""
    answer = await sent(call, patience, send, key)
    seen = snapshot(answer.document)
    call.about(seen.id)
    call.accepted()
    call.record(answer.document)
    if call.report is not None:
        call.report.accepted(seen)
    if not wait:
        _show(call, seen, answer)
        return Exit.PASS
    if answer.replayed:
        call.output.warn(f"this key was used before: {clean(seen.id)} is what came of it")
    ended = await watched(client, seen.id, patience, call)
    if call.output.json or call.recording:
        document = await insist(lambda: client.operation(seen.id), client.patience())
        call.record(document)
        if call.output.json:
            call.output.document(document)
    return status_exit(ended)


async def sent(
    call: Call, patience: Patience, send: Callable[[], Awaitable["Answer"]], key: str
) -> "Answer":
    """Send a submission until it is answered. The key makes that safe: there is one operation.

    Raises:
        Refused: the server does not take it.
        LostContact: it could not be told whether the server took it.
    """
    try:
        return await insist(send, patience, lambda attempt: _again(call, attempt))
    except LostContact as lost:
        if isinstance(lost.cause, Refused):
            raise lost.cause from None
        hint = f"what was sent may have arrived: --key {key} finds out without doing it twice"
        call.output.warn(Text.assemble(("! ", "yellow"), hint))
        raise


def _again(call: Call, attempt: Attempt) -> None:
    if attempt.number == 1:
        told = f"{clean(attempt.cause)}; it is asked again"
        call.output.warn(Text.assemble(("! ", "yellow"), told))


def new_key() -> str:
    """An idempotency key that nobody has used."""
    from uuid import uuid4

    return f"laneway-{uuid4()}"


def run_key(call: Call) -> str:
    """The key of the workflow's run, where this runs in one; else one that nobody has used."""
    return (call.report.key if call.report is not None else "") or new_key()


def _show(call: Call, seen: Snapshot, answer: "Answer") -> None:
    if call.output.json:
        call.output.document(answer.document)
        return
    told = Text.assemble((clean(seen.id), "bold"), "  ", worded(seen.status))
    call.output.say(told.append("  (this key was used before)" if answer.replayed else ""))
    call.output.say(Text.assemble(("→ ", "cyan"), f"follow it: laneway watch {clean(seen.id)}"))


def _given(**fields: Any) -> dict[str, Any]:
    """What was given; what was left out is left to the server's defaults."""
    return {name: value for name, value in fields.items() if value}
