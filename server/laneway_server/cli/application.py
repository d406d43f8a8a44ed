"""The `laneway` command: its parts put together.

What only some commands need (the server, the HTTP client) is imported when one of them runs.
"""

from typing import Annotated

import typer

from laneway import __version__

from . import (
    access,
    audit,
    database,
    deciding,
    demo,
    evidence,
    keys,
    lanes,
    options,
    plans,
    reading,
    retention,
    serving,
    submitting,
    tokens,
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
    token: options.Token = None,
    github_oidc: options.GithubOidc = None,
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
app.command()(deciding.revoke)
app.command()(deciding.reconcile)
app.command()(submitting.retry)
app.command()(retention.hold)
app.command()(retention.release)
app.command()(retention.prune)
app.add_typer(lanes.commands, name="lane")
app.add_typer(plans.commands, name="plan")
app.add_typer(access.commands, name="access")
app.add_typer(tokens.commands, name="token")
app.add_typer(evidence.commands, name="evidence")
app.add_typer(keys.commands, name="key")
app.add_typer(audit.commands, name="audit")
app.add_typer(database.commands, name="db")
