"""``demo``: a server of its own, one operation from beginning to end, and where to look."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from laneway_server.client.patience import Patience
from laneway_server.client.problems import Refused
from laneway_server.client.snapshots import snapshot

from . import options
from .calls import Call
from .exits import Exit
from .options import DEFAULT_SERVER
from .submitting import new_key
from .text import clean
from .watching import status_exit, watched
from .words import curl, program

if TYPE_CHECKING:
    from laneway_server.client import Answer, LanewayClient

BODY = {
    "plan": "odoo-stable-bootstrap",
    "lane": {"product": "odoo", "context": "cm", "instance": "testing"},
    "request": {"confirmation": "bootstrap cm testing"},
}
"""What the demo submits."""


def demo(
    context: typer.Context,
    *,
    database: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep the operation here. [a new file among temporary ones]"
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Run the first plan from its first phase to its last, against a simulated Dokploy and Odoo.

    Ends as submit --wait does.
    """
    call = Call(context, "", None, json=json, refusal=Exit.REJECTED)
    file = database or Path(tempfile.mkdtemp(prefix="laneway-demo-")) / "laneway.db"
    code = run(call, file)
    if code is not Exit.PASS:
        raise typer.Exit(code)


def run(call: Call, database: Path) -> Exit:
    """Run the demo, and return how the command ends.

    Args:
        call: the command's.
        database: the file that keeps the operation; it may have kept others before.
    """
    from laneway_server import bootstrap, logs
    from laneway_server.client import LanewayClient
    from laneway_server.config import load
    from laneway_server.service import StartupFailed

    logs.configure("auto", "error")
    flags = {"demo": True, "listen": "127.0.0.1:0", "database": database}
    service = bootstrap.build(load(flags=flags))

    async def serve_and_show() -> Exit:
        # Not as the caller of some other server: its token is none of the demo's business.
        async with service, LanewayClient(service.url) as client:
            return await _show(call, client, database)

    try:
        return call.code(serve_and_show)
    except StartupFailed as failed:
        call.output.error(str(failed))
        return Exit.FAIL


async def _show(call: Call, client: "LanewayClient", database: Path) -> Exit:
    _introduce(call, client)
    answer = await _submitted(call, client)
    operation = snapshot(answer.document).id
    call.accepted()
    ended = await watched(client, operation, Patience(60, call.around), call)
    if call.output.json:
        call.output.document(await client.operation(operation))
    call.output.say()
    call.output.lines(farewell(operation, database))
    return status_exit(ended)


def _introduce(call: Call, client: "LanewayClient") -> None:
    told = Text("\nA server with a simulated Dokploy and Odoo answers at ")
    told.append(client.server, style="cyan").append(".\n")
    told.append("What you see is what any client sees, over HTTP.")
    call.output.lines(told.append("\n" * (not call.output.live)))


async def _submitted(call: Call, client: "LanewayClient") -> "Answer":
    """Submit; where the lane of this database was bootstrapped before, say so as one has to."""
    try:
        return await client.submit(BODY, new_key())
    except Refused as refused:
        if refused.code != "repeat_not_accepted":
            raise
        earlier: Any = refused.problem.get("operation")
        told = (
            f"This lane was bootstrapped before; to do it again one has to name {clean(earlier)}."
        )
        call.output.lines(Text(told, style="yellow"))
        return await client.submit({**BODY, "supersedes": earlier}, new_key())


def farewell(operation: str, database: Path) -> Text:
    """Where to look next."""
    import shlex

    url = f"{DEFAULT_SERVER}/v1/operations/{operation}"
    told = Text.assemble((operation, "bold"), " is kept. To look at it, start a server on it:\n\n")
    told.append(f"  {program()} serve --demo --database {shlex.quote(str(database))}\n\n", "cyan")
    told.append("and then, from another terminal:\n\n")
    for line in (
        curl(url, "-sS"),
        curl(f"{url}/events", "-N", "-H", "Accept: text/event-stream"),
        curl(f"{DEFAULT_SERVER}/v1/lanes/odoo/cm/testing", "-sS"),
        f"{program()} status {operation}",
    ):
        told.append(f"  {line}\n", style="cyan")
    return told
