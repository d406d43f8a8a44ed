"""``evidence``: take an operation's evidence bundle along, and verify one without a server."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from . import options
from .calls import Call, surroundings
from .database import use_store
from .exits import Exit, UsageError
from .options import DEFAULT_SERVER
from .output import Output
from .text import clean

if TYPE_CHECKING:
    from laneway.evidence.keys import SigningKey
    from laneway.evidence.report import Report
    from laneway.ports.store import Store
    from laneway_server.client import LanewayClient

    from .evidence_files import Made

commands = typer.Typer(
    no_args_is_help=True,
    help="What happened in an operation, for those who were not there: export it, and verify it.",
)

Target = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to this file; - is standard output. [OPERATION.evidence.json, or .zip]",
    ),
]
WithArtifacts = Annotated[
    bool,
    typer.Option("--with-artifacts", help="With the artifacts' bytes (logs, answers): a zip."),
]
Database = Annotated[
    Path | None,
    typer.Option(
        "--database",
        metavar="FILE",
        help="Read this database instead of asking a server; no server may have it open.",
    ),
]
SignWith = Annotated[
    Path | None,
    typer.Option(
        "--evidence-key",
        envvar="LANEWAY_EVIDENCE_KEY",
        metavar="FILE",
        help="With --database: sign with this private key.",
    ),
]
Keys = Annotated[
    list[Path] | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="The public key of who must have signed it; repeatable, one of them is enough.",
    ),
]
NoKey = Annotated[
    bool,
    typer.Option(
        "--no-key",
        "--allow-unsigned",
        help="Do not ask who signed it: only see whether it contradicts itself.",
    ),
]


# --- export --------------------------------------------------------------------------------------


@commands.command()
def export(
    context: typer.Context,
    operation: options.Operation,
    *,
    output: Target = None,
    with_artifacts: WithArtifacts = False,
    database: Database = None,
    evidence_key: SignWith = None,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Write an operation's evidence bundle to a file; the operation need not have ended.

    The file is there whole, or not at all. A server signs it with its own key.
    """
    call = Call(context, server, token_file, json=json, operation=operation)
    file = output or Path(f"{operation}.evidence.{'zip' if with_artifacts else 'json'}")
    wanted = _Wanted(operation, file, with_artifacts=with_artifacts)
    if database is None:
        call.run(lambda client: _from_server(call.output, client, wanted))
        return
    try:
        key = _signing_key(evidence_key)
    except UsageError as error:
        call.output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None
    now = surroundings(context).now()
    use_store(
        call.output,
        database,
        lambda store: _from_store(call.output, store, wanted, key, now),
        migrate=False,
    )


class _Wanted:
    """Which bundle is to be written, and where."""

    def __init__(self, operation: str, file: Path, *, with_artifacts: bool) -> None:
        self.operation = operation
        self.file = file
        self.with_artifacts = with_artifacts


async def _from_server(output: Output, client: "LanewayClient", wanted: _Wanted) -> Exit:
    from .evidence_files import made, written

    query = {"artifacts": "true"} if wanted.with_artifacts else {}
    with written(wanted.file) as begun:
        await client.evidence(wanted.operation, begun, query)
        told = made(begun, wanted.file)
    _say(output, told)
    return Exit.PASS


async def _from_store(
    output: Output,
    store: "Store",
    wanted: _Wanted,
    key: "SigningKey | None",
    now: datetime,
) -> Exit:
    from laneway.core.evolve import fold
    from laneway.core.instants import instant
    from laneway_server import bundles

    from .evidence_files import made, written

    events = await store.events(wanted.operation)
    if not events:
        output.error(f"the database has no operation {wanted.operation}")
        return Exit.FAIL
    plan = await bundles.pinned_plan(store, fold(events).accepted.plan_digest)
    said = await bundles.envelope(plan, events, key, instant(now))
    if wanted.with_artifacts:
        said = await bundles.archive(store, said, events)
    try:
        with written(wanted.file) as begun:
            begun.write_bytes(said)
            told = made(begun, wanted.file)
    except UsageError as error:
        output.error(str(error))
        return Exit.USAGE
    _say(output, told)
    return Exit.PASS


def _signing_key(file: Path | None) -> "SigningKey | None":
    from .evidence_files import signing_key

    return None if file is None else signing_key(file)


def _say(output: Output, made: "Made") -> None:
    if made.file is None:
        return  # the bundle itself is on standard output
    if output.json:
        output.document(made)
        return
    file, so_far = clean(made.file), "" if made.complete else " so far"
    told = f" {clean(made.operation)}: {clean(made.status)}, {made.events} events{so_far}"
    output.say(Text.assemble(("✓", "green"), told))
    output.lines(Text(file, style="bold"))
    output.lines(Text(f"{made.size} bytes, sha256 {made.sha256}", style="dim"))
    if made.keyid is None:
        output.lines(Text("not signed: there is no key", style="yellow"))
        output.lines(Text(f"laneway evidence verify {file} --no-key", style="cyan"))
    else:
        output.lines(Text(f"signed by {clean(made.keyid)}", style="dim"))
        output.lines(Text(f"laneway evidence verify {file} --key PUBLIC-KEY", style="cyan"))


# --- verify --------------------------------------------------------------------------------------


@commands.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The bundle, alone or in a zip.")],
    *,
    key: Keys = None,
    no_key: NoKey = False,
    json: options.Json = False,
) -> None:
    """Verify an evidence bundle with nothing but the file and the public key of who signed it.

    Ends with 0 where all is as it was written and the plan allowed all that happened; with 1 where
    not, and says what is wrong and where; with 2 where a file cannot be read.
    """
    output = Output(json=json)
    try:
        report = _report(file, key or [], no_key=no_key)
    except UsageError as error:
        output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None
    _show(output, report, named=bool(key))
    if not report.verified:
        raise typer.Exit(Exit.FAIL)


_KEY_HINTS = (
    "get the public key from who runs the server, and name its file: --key FILE",
    "the server tells it too: curl -s SERVER/v1/evidence-key | jq -r .public_key > FILE",
    "without it, see only whether the bundle contradicts itself: --no-key",
)


def _report(file: Path, keys: list[Path], *, no_key: bool) -> "Report":
    from . import evidence_files

    if keys and no_key:
        raise UsageError("say --key or --no-key, not both")
    trusted = [evidence_files.public_key(each) for each in keys]
    return evidence_files.report(file, trusted, unsigned=no_key)


def _show(output: Output, report: "Report", *, named: bool) -> None:
    from .evidence_lines import lines

    if output.json:
        output.document(
            {"verified": report.verified, "about": report.about, "checks": report.checks}
        )
        return
    for line in lines(report):
        output.say(line)
    if report.failed("signature") and not named:
        for hint in _KEY_HINTS:
            output.say(Text.assemble(("  → ", "cyan"), hint))
