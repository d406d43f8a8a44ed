"""What people tell an operation: cancel, pause, resume, approve, reject, revoke, reconcile."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.text import Text

from laneway_server.client.snapshots import Phase, Snapshot, snapshot

from . import options
from .calls import Call
from .exits import UsageError
from .look import worded
from .options import DEFAULT_SERVER
from .output import Output
from .standing import advice, so_far
from .text import clean

if TYPE_CHECKING:
    from laneway_server.client import LanewayClient

PhaseName = Annotated[
    str | None,
    typer.Option("--phase", metavar="PHASE", help="Which phase, where more than one waits."),
]
Comment = Annotated[
    str, typer.Option("--comment", "-c", metavar="TEXT", help="It is kept with the decision.")
]
Digest = Annotated[
    str | None,
    typer.Option(
        "--digest",
        metavar="DIGEST",
        help="Decide on what has this digest, as status --json shows it, and ask nothing.",
    ),
]
Yes = Annotated[
    bool,
    typer.Option("--yes", "-y", help="Decide on what there is to decide now, and ask nothing."),
]


class Outcome(StrEnum):
    """What a person found out about an action."""

    PASS = "pass"
    FAIL = "fail"
    RETRY = "retry"


def cancel(
    context: typer.Context,
    operation: options.Operation,
    *,
    reason: options.Reason = "",
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Cancel an operation, where its plan still allows that."""
    call = Call(context, server, token_file, json=json, operation=operation)
    _tell(call, operation, "cancel", {"reason": reason})


def pause(
    context: typer.Context,
    operation: options.Operation,
    *,
    reason: options.Reason = "",
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Let an operation stop before its next phase."""
    call = Call(context, server, token_file, json=json, operation=operation)
    _tell(call, operation, "pause", {"reason": reason})


def resume(
    context: typer.Context,
    operation: options.Operation,
    *,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Let a paused operation go on."""
    call = Call(context, server, token_file, json=json, operation=operation)
    _tell(call, operation, "resume", {})


def approve(
    context: typer.Context,
    operation: options.Operation,
    *,
    phase: PhaseName = None,
    comment: Comment = "",
    digest: Digest = None,
    yes: Yes = False,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Approve what an operation waits for. Shows what that is, and asks, where you are there."""
    call = Call(context, server, token_file, json=json, operation=operation)
    _decide(call, operation, "approve", phase, comment, digest, yes=yes)


def reject(
    context: typer.Context,
    operation: options.Operation,
    *,
    phase: PhaseName = None,
    comment: Comment = "",
    digest: Digest = None,
    yes: Yes = False,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Reject what an operation waits for an approval of: it ends as refused."""
    call = Call(context, server, token_file, json=json, operation=operation)
    _decide(call, operation, "reject", phase, comment, digest, yes=yes)


def revoke(
    context: typer.Context,
    operation: options.Operation,
    phase: Annotated[
        str | None,
        typer.Argument(metavar="PHASE", help="Which approval, where more than one was given."),
    ] = None,
    *,
    reason: options.Reason = "",
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Take your own approval back, as long as nothing was done because of it."""
    call = Call(context, server, token_file, json=json, operation=operation)

    async def talk(client: "LanewayClient") -> None:
        given = approved(snapshot(await client.operation(operation)), phase)
        assert given.approval is not None
        told = await client.revoke(operation, given.name, given.approval.digest, reason)
        show(call.output, told)

    call.run(talk)


def reconcile(
    context: typer.Context,
    operation: options.Operation,
    *,
    outcome: Annotated[
        Outcome,
        typer.Option(
            help="It was done (pass), it was not (fail), or it is to be done again (retry)."
        ),
    ],
    note: Annotated[
        str, typer.Option("--note", "-n", metavar="TEXT", help="What you saw: it is kept.")
    ],
    phase: PhaseName = None,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Say what became of an action whose outcome the engine could not find out.

    Look at the provider first: retry does it again, and pass goes on as if it had been done.
    """
    call = Call(context, server, token_file, json=json, operation=operation)
    said = {"outcome": outcome, "note": note}
    _tell(call, operation, "reconcile", {**said, **({"phase": phase} if phase else {})})


def _tell(call: Call, operation: str, verb: str, body: dict[str, Any]) -> None:
    async def talk(client: "LanewayClient") -> None:
        show(call.output, await client.tell(operation, verb, body))

    call.run(talk)


def _decide(
    call: Call,
    operation: str,
    decision: str,
    phase: str | None,
    comment: str,
    digest: str | None,
    *,
    yes: bool,
) -> None:
    async def talk(client: "LanewayClient") -> None:
        asked = approval(snapshot(await client.operation(operation)), phase)
        assert asked.approval is not None
        if digest is None:
            _ask(call.output, asked, decision, yes=yes)
        body = {
            "phase": asked.name,
            "decision": decision,
            "digest": digest or asked.approval.digest,
            "comment": comment,
        }
        show(call.output, await client.tell(operation, "approvals", body))

    call.run(talk)


def approval(now: Snapshot, phase: str | None) -> Phase:
    """The phase whose approval is to be decided.

    Raises:
        UsageError: there is none, or more than one and none is named.
    """
    waiting = [found for found in now.awaiting_approval() if phase in (None, found.name)]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting:
        which = f"the phase {phase}" if phase else "it"
        raise UsageError(f"{now.id} is {now.status}, and {which} waits for no approval")
    names = ", ".join(found.name for found in waiting)
    raise UsageError(f"{now.id} waits for several approvals: name one with --phase ({names})")


def approved(now: Snapshot, phase: str | None) -> Phase:
    """The phase whose approval is to be taken back. Whose it is, the server knows.

    Raises:
        UsageError: none was given, or more than one and none is named.
    """
    given = [found for found in now.approved() if phase in (None, found.name)]
    if len(given) == 1:
        return given[0]
    if not given:
        which = f"the phase {phase}" if phase else "it"
        raise UsageError(f"{now.id} is {now.status}, and nobody has approved {which}")
    names = ", ".join(found.name for found in given)
    raise UsageError(f"{now.id} has several approvals: name the phase of yours ({names})")


def _ask(output: Output, asked: Phase, decision: str, *, yes: bool) -> None:
    """Show what is decided on, and wait for a yes; one that is given already is not waited for."""
    if not yes and not sys.stdin.isatty():
        raise UsageError(
            f"nobody is there to ask: say what you {decision} with --digest "
            f"(it is {asked.approval.digest if asked.approval else ''} now), or give --yes"
        )
    for line in covered(asked):
        output.warn(line)
    if not yes and not typer.confirm(f"{decision.capitalize()} this?", err=True):
        raise UsageError("nothing was decided")


def covered(asked: Phase) -> list[Text]:
    """What an approval covers, a line each, and who has decided already."""
    assert asked.approval is not None
    role = clean(asked.approval.role, 60)
    lines = [Text.assemble((clean(asked.label), "bold"), f" covers, for {role}:")]
    facts = [*_facts({"dry_run": "none was made of this request", **asked.approval.covers})]
    width = max(len(name) for name, _ in facts)
    lines += [Text(f"  {name:<{width}}  {value}") for name, value in facts]
    lines += [Text(f"  {words}") for words in (so_far(asked.approval),) if words]
    return [*lines, Text(f"  {asked.approval.digest}", style="dim")]


def _facts(covers: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """``lane.product  odoo``: every value by the names that lead to it."""
    for name, value in sorted(covers.items()):
        path = f"{above}{clean(name, 100)}"
        if isinstance(value, dict) and value:
            yield from _facts(value, f"{path}.")
        else:
            yield (
                path,
                clean(value if isinstance(value, str) else msgspec.json.encode(value).decode()),
            )


def show(output: Output, document: Any) -> None:
    """Print an operation as it stands after it was told something."""
    if output.json:
        return output.document(document)
    now = snapshot(document)
    output.say(Text.assemble((clean(now.id), "bold"), "  ", worded(now.status)))
    hints = advice(now)
    if not now.ended and not hints:
        hints = [f"follow it: laneway watch {now.id}"]
    for hint in hints:
        output.say(Text.assemble(("→ ", "cyan"), clean(hint)))
    return None
