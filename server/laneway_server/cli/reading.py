"""``list`` and ``status``: what there is, and where it stands."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from laneway_server.client.problems import NoContact
from laneway_server.client.snapshots import Snapshot, snapshot

from . import options
from .approvals import history
from .calls import Call
from .look import worded
from .options import DEFAULT_SERVER
from .phases import operation as shown
from .standing import waiting
from .text import ago, between, clean, span
from .watching import clock_of

if TYPE_CHECKING:
    from laneway_server.client import LanewayClient


class Page(msgspec.Struct):
    """A page of the list of operations."""

    operations: list[Snapshot] = []
    next_cursor: str | None = None


def status(
    context: typer.Context,
    operation: options.Operation,
    *,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Show an operation: every phase, who approved, what it waits for, and what can be done."""
    call = Call(context, server, token_file, json=json, operation=operation)

    async def talk(client: "LanewayClient") -> None:
        document = await client.operation(operation)
        if json:
            return call.output.document(document)
        now, clock = snapshot(document), clock_of(client, call.around)
        decided = await history(client, now, clock)
        call.output.show(shown(now, clock()))
        for each in decided:
            call.output.lines(each)
        if decided:
            call.output.say()
        return None

    call.run(talk)


def list_operations(
    context: typer.Context,
    *,
    plan: Annotated[str | None, typer.Option(help="Only of this plan.")] = None,
    status: Annotated[
        str | None, typer.Option(help="Only with this status, such as running or fail.")
    ] = None,
    lane: Annotated[
        str | None,
        typer.Option(metavar="LANE", help="Only on this lane: product/context/instance."),
    ] = None,
    requested_by: Annotated[
        str | None, typer.Option(metavar="SUBJECT", help="Only what this caller asked for.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 20,
    cursor: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Go on where an earlier list ended.")
    ] = None,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """List operations, the newest first."""
    call = Call(context, server, token_file, json=json)

    async def talk(client: "LanewayClient") -> None:
        places = options.lane_parts(lane) if lane else {}
        asked = {"plan": plan, "status": status, "requested_by": requested_by, "cursor": cursor}
        filters = {name: value for name, value in asked.items() if value}
        document = await client.operations({**filters, **places, "limit": str(limit)})
        if json:
            return call.output.document(document)
        return _list(call, page(document), clock_of(client, call.around)())

    call.run(talk)


def page(document: Any) -> Page:
    """Read a page of the list.

    Raises:
        NoContact: it is none, so what answered is no Laneway server.
    """
    try:
        return msgspec.convert(document, Page)
    except msgspec.ValidationError as error:
        raise NoContact(f"what the server sent is no list of operations: {error}") from error


def entries(operations: list[Snapshot], at: datetime) -> Table:
    """Operations, one row each."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in ("operation", "status", "plan", "lane", "phase"):
        table.add_column(name, no_wrap=True)
    table.add_column("took", no_wrap=True, justify="right")
    table.add_column("created", no_wrap=True)
    table.add_column("by", overflow="ellipsis", no_wrap=True)
    for each in operations:
        table.add_row(*_entry(each, at))
    return table


def _list(call: Call, found: Page, at: datetime) -> None:
    if not found.operations:
        return call.output.say("no operations")
    call.output.show(entries(found.operations, at))
    if found.next_cursor:
        more = f"there are more: --cursor {clean(found.next_cursor)}"
        call.output.warn(Text(more, style="dim"))
    return None


def _entry(each: Snapshot, at: datetime) -> list[Text]:
    took = between(each.created_at, each.finished_at or at.isoformat())
    subject = each.requested_by.subject if each.requested_by else ""
    place = waiting(each, at) if each.status == "pending" else clean(each.phase)
    dry = " (dry run)" if each.dry_run else ""
    return [
        Text(clean(each.id)),
        worded(each.status),
        Text(clean(each.plan.name, 60) + dry),
        Text(clean(str(each.lane), 80)),
        Text("" if each.ended else place),
        Text(span(took)),
        Text(ago(each.created_at, at), style="dim"),
        Text(clean(subject, 60), style="dim"),
    ]
