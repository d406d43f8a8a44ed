"""``submit`` and ``retry``: the commands that make an operation."""

import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from . import options
from .calls import Call
from .exits import Exit
from .look import worded
from .options import DEFAULT_SERVER
from .patience import LostContact, Patience
from .problems import NoContact, Refused
from .snapshots import Snapshot, snapshot
from .text import clean
from .watching import status_exit, watched

if TYPE_CHECKING:
    from .client import Answer, Client


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
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    patience: options.Patience = "60s",
    json: options.Json = False,
) -> None:
    """Submit an operation: a plan, on a lane, with a request.

    With --wait it ends with 0 pass · 1 fail · 3 refused · 4 cancelled · 5 reconciliation_required ·
    6 lost contact with the server; without, with 0 once the operation is accepted. 2 usage ·
    7 rejected at submission, in both.
    """
    call = Call(context, server, token_file, json=json, refusal=Exit.REJECTED)

    async def talk(client: "Client") -> Exit:
        document = options.request_document(request, fields or [], sys.stdin.read)
        body = {
            "plan": plan,
            "lane": options.lane_parts(lane),
            "request": document,
            **_given(dry_run=dry_run, reason=reason, supersedes=supersedes, when_busy=when_busy),
        }
        limit = Patience(options.seconds(patience), call.around)
        named = key or new_key()
        return await made(client, call, limit, lambda: client.submit(body, named), named, wait=wait)

    call.run(talk)


def retry(
    context: typer.Context,
    operation: options.Operation,
    *,
    reason: options.Reason = "",
    key: options.Key = None,
    wait: options.Wait = False,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    patience: options.Patience = "60s",
    json: options.Json = False,
) -> None:
    """Take an operation up again: a new one, from the failed phase on, with its proofs made anew.

    Ends as submit does.
    """
    call = Call(context, server, token_file, json=json, operation=operation, refusal=Exit.REJECTED)

    async def talk(client: "Client") -> Exit:
        limit = Patience(options.seconds(patience), call.around)
        named = key or new_key()
        send = lambda: client.retry(operation, _given(reason=reason), named)  # noqa: E731
        return await made(client, call, limit, send, named, wait=wait)

    call.run(talk)


async def made(
    client: "Client",
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
    if not wait:
        _show(call, seen, answer)
        return Exit.PASS
    if answer.replayed:
        call.output.warn(f"this key was used before: {clean(seen.id)} is what came of it")
    ended = await watched(client, seen.id, patience, call)
    if call.output.json:
        call.output.document(await client.operation(seen.id))
    return status_exit(ended)


async def sent(
    call: Call, patience: Patience, send: Callable[[], Awaitable["Answer"]], key: str
) -> "Answer":
    """Send a submission until it is answered. The key makes that safe: there is one operation.

    Raises:
        Refused: the server does not take it.
        LostContact: it could not be told whether the server took it.
    """
    while True:
        try:
            return await send()
        except (NoContact, Refused) as error:
            if isinstance(error, Refused) and not error.transient:
                raise
            await _again(call, patience, error, key)


async def _again(call: Call, patience: Patience, error: NoContact | Refused, key: str) -> None:
    try:
        attempt = patience.next(error)
    except LostContact:
        if isinstance(error, Refused):
            raise error from None
        hint = f"what was sent may have arrived: --key {key} finds out without doing it twice"
        call.output.warn(Text.assemble(("! ", "yellow"), hint))
        raise
    if attempt.number == 1:
        call.output.warn(Text.assemble(("! ", "yellow"), f"{clean(error)}; it is asked again"))
    await patience.sit_out(attempt)


def new_key() -> str:
    """An idempotency key that nobody has used."""
    from uuid import uuid4

    return f"laneway-{uuid4()}"


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
