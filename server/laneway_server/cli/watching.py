"""``watch``, and what ``submit --wait`` and ``demo`` do after a submission."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from laneway_server.client.patience import Attempt, Patience
from laneway_server.client.snapshots import Event, Snapshot
from laneway_server.client.surroundings import Surroundings

from . import options
from .calls import Call
from .exits import Exit, exit_of
from .lines import LineView
from .live import LiveView
from .options import DEFAULT_SERVER
from .output import Output

if TYPE_CHECKING:
    from laneway_server.client import LanewayClient


class RawView:
    """An observer that prints each event as the server sent it, a line each."""

    def __init__(self, output: Output, words: LineView) -> None:
        self._output = output
        self._words = words

    def changed(self, now: Snapshot) -> None:
        """Nothing: the events are what is printed."""

    def happened(self, event: Event, raw: str) -> None:
        """Print the event."""
        self._output.raw(raw)

    def waiting(self, attempt: Attempt | None) -> None:
        """Say on standard error that the server is away."""
        self._words.waiting(attempt)


def watch(
    context: typer.Context,
    operation: options.Operation,
    *,
    after: Annotated[
        int | None,
        typer.Option(
            "--after",
            metavar="SEQ",
            min=0,
            help="Show only what came after this event. Left out, a terminal shows the operation "
            "as it is, and a pipe gets every event from the first.",
        ),
    ] = None,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    patience: options.Patience = "60s",
    cancel_on_interrupt: options.CancelOnInterrupt = False,
    github: options.Github = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print each event as one line of JSON, for programs.")
    ] = False,
) -> None:
    """Watch an operation to its end; leaving changes nothing for it.

    Ends with 0 pass · 1 fail · 2 usage · 3 refused · 4 cancelled · 5 reconciliation_required (a
    person must say what became of an action) · 6 lost contact with the server.
    """
    call = Call(context, server, token_file, json=json, refusal=Exit.USAGE)
    call.about(operation)
    call.reports(github, cancels=cancel_on_interrupt)
    if cancel_on_interrupt:
        call.cancels_when_interrupted()

    async def talk(client: "LanewayClient") -> Exit:
        limit = Patience(options.seconds(patience), call.around)
        seen = await watched(client, operation, limit, call, events=json, after=after)
        return status_exit(seen)

    call.run(talk)


async def watched(
    client: "LanewayClient",
    operation: str,
    patience: Patience,
    call: Call,
    *,
    events: bool = False,
    after: int | None = None,
) -> Snapshot:
    """Follow an operation in the view that fits the output, and return it as it ended.

    Args:
        client: of the server that has it.
        operation: its id.
        patience: for how long the server may be away.
        call: the command's.
        events: print raw events and no words.
        after: the seq after which events are shown; None: what fits the view.
    """
    if call.report is not None and not events:
        ended = await client.follow(operation, patience, call.report, after or 0)
        call.report.concluded(ended)
        return ended
    now = clock_of(client, call.around)
    if call.output.live:
        with LiveView(call.output.out, now) as live:
            return await client.follow(operation, patience, live, after)
    lines = LineView(call.output.warn if events else call.output.say, now)
    view = RawView(call.output, lines) if events else lines
    ended = await client.follow(operation, patience, view, after or 0)
    lines.conclude(ended)
    if call.report is not None:
        call.report.concluded(ended)
    return ended


def clock_of(client: "LanewayClient", around: Surroundings) -> Callable[[], datetime]:
    """The time at the server."""
    return lambda: around.now() + client.ahead


def status_exit(seen: Snapshot) -> Exit:
    """The exit code of an operation that was followed to where it stands."""
    code = exit_of(seen.status)
    assert code is not None, f"{seen.status} is no status to stop at"
    return code
