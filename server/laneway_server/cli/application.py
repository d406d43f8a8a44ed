"""The `laneway` command: its parts put together.

What only some commands need (the server, the HTTP client) is imported when one of them runs.
"""

from typing import Annotated

import typer

from laneway import __version__

from . import (
    database,
    deciding,
    demo,
    lanes,
    plans,
    reading,
    serving,
    submitting,
    watching,
)

app = typer.Typer(
    name="laneway",
    no_args_is_help=True,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Durable operations: long, destructive deployment work, one at a time per lane.",
)


@app.callback()
def _laneway(
    version: Annotated[bool, typer.Option("--version", help="Show the version, and end.")] = False,
) -> None:
    if version:
        print(f"laneway {__version__}")
        raise typer.Exit


app.command()(serving.serve)
app.command()(demo.demo)
app.command()(submitting.submit)
app.command()(watching.watch)
app.command("list")(reading.list_operations)
app.command()(reading.status)
app.command()(deciding.cancel)
app.command()(deciding.pause)
app.command()(deciding.resume)
app.command()(deciding.approve)
app.command()(deciding.reject)
app.command()(deciding.reconcile)
app.command()(submitting.retry)
app.add_typer(lanes.commands, name="lane")
app.add_typer(plans.commands, name="plan")
app.add_typer(database.commands, name="db")
