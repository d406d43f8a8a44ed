"""``lane``: who has a lane, who waits for it, and closing it for a while."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.text import Text

from laneway_server.client.problems import NoContact
from laneway_server.client.snapshots import Caller, Lane, Snapshot

from . import options
from .calls import Call
from .options import DEFAULT_SERVER
from .output import Output
from .reading import entries
from .text import clean, date_and_clock
from .watching import clock_of

if TYPE_CHECKING:
    from datetime import datetime

    from laneway_server.client import LanewayClient

commands = typer.Typer(no_args_is_help=True, help="Look at a lane, freeze it, and unfreeze it.")


class Freeze(msgspec.Struct):
    """Who froze a lane, and why."""

    reason: str = ""
    at: str | None = None
    by: Caller | None = None


class LaneView(msgspec.Struct):
    """A lane as the server shows it."""

    lane: Lane
    holder: Snapshot | None = None
    queue: list[Snapshot] = []
    running_shared: list[Snapshot] = []
    last_pass: Snapshot | None = None
    last_destructive: dict[str, Snapshot] = {}
    freeze: Freeze | None = None


@commands.command()
def show(
    context: typer.Context,
    lane: options.LaneName,
    *,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Show who has a lane, who waits for it, what was done on it last, and whether it is frozen."""
    call = Call(context, server, token_file, json=json)

    async def talk(client: "LanewayClient") -> None:
        document = await client.lane(_name(lane))
        _show(call.output, document, clock_of(client, call.around)())

    call.run(talk)


@commands.command()
def freeze(
    context: typer.Context,
    lane: options.LaneName,
    *,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why: whoever is refused is told so.")
    ],
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Let no new operation begin on a lane; one that is under way goes on."""
    _tell(Call(context, server, token_file, json=json), lane, "freeze", reason)


@commands.command()
def unfreeze(
    context: typer.Context,
    lane: options.LaneName,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")] = "",
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Let operations begin on a lane again."""
    _tell(Call(context, server, token_file, json=json), lane, "unfreeze", reason)


def _tell(call: Call, lane: str, verb: str, reason: str) -> None:
    async def talk(client: "LanewayClient") -> None:
        document = await client.tell_lane(_name(lane), verb, {"reason": reason})
        _show(call.output, document, clock_of(client, call.around)())

    call.run(talk)


def _name(lane: str) -> str:
    return "/".join(options.lane_parts(lane).values())


def read(document: Any) -> LaneView:
    """Read a lane.

    Raises:
        NoContact: it is none, so what answered is no Laneway server.
    """
    try:
        return msgspec.convert(document, LaneView)
    except msgspec.ValidationError as error:
        raise NoContact(f"what the server sent is no lane: {error}") from error


def _show(output: Output, document: Any, at: "datetime") -> None:
    if output.json:
        return output.document(document)
    view = read(document)
    output.say(Text.assemble((clean(view.lane), "bold cyan"), "  ", standing(view)))
    parts = {
        "has it": [view.holder] if view.holder else [],
        "waits for it": view.queue,
        "reads on it": view.running_shared,
        "passed last": [view.last_pass] if view.last_pass else [],
        "destroyed last": list(view.last_destructive.values()),
    }
    for words, operations in parts.items():
        if operations:
            output.say()
            output.say(Text(words, style="bold"))
            output.show(entries(operations, at))
    return None


def standing(view: LaneView) -> Text:
    """Whether a lane is free, held or frozen."""
    if view.freeze is None:
        return Text("held", style="yellow") if view.holder else Text("free", style="green")
    by = f" by {clean(view.freeze.by.subject, 60)}" if view.freeze.by else ""
    told = f"frozen{by} since {date_and_clock(view.freeze.at)}: {clean(view.freeze.reason)}"
    return Text(told, style="bold blue")
