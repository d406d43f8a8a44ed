"""``audit``: take the audit log along, and see that nobody has changed it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.text import Text

from . import options
from .calls import Call
from .database import use_store
from .exits import Exit, UsageError
from .options import DEFAULT_SERVER
from .output import Output
from .text import clean

if TYPE_CHECKING:
    from laneway.core.audit import AuditEntry, AuditHead
    from laneway.ports.store import Store
    from laneway_server.client import LanewayClient

    from .audit_lines import Page, Seal

commands = typer.Typer(
    no_args_is_help=True,
    help="Who tried what that is no event of an operation: export it, and verify it.",
)

Database = Annotated[
    Path | None,
    typer.Option(
        "--database",
        metavar="FILE",
        help="Read this database instead of asking a server; no server may have it open.",
    ),
]
After = Annotated[
    int, typer.Option("--after", min=0, metavar="SEQ", help="Only entries whose seq is greater.")
]
Since = Annotated[
    str,
    typer.Option(
        "--since", metavar="TIME", help="From the first entry on that is not before this time."
    ),
]
Noted = Annotated[
    str,
    typer.Option(
        "--noted",
        metavar="SEQ:HASH",
        help="An entry's place and hash as they were noted down before: it must be there still.",
    ),
]


class Verdict(msgspec.Struct, omit_defaults=True):
    """What was found out about a log.

    Attributes:
        source: the file that was read.
        entries: how many there are.
        head: the newest one; whoever notes it down can hold a later log against it.
        broken: what is wrong, and with which entry.
    """

    source: str
    entries: int = 0
    head: Any = None
    broken: str = ""


# --- export --------------------------------------------------------------------------------------


@commands.command()
def export(
    context: typer.Context,
    *,
    database: Database = None,
    after: After = 0,
    since: Since = "",
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Print the audit log as lines of JSON, each entry whole, for keeping it elsewhere.

    The last line says which entry was the newest; `laneway audit verify` checks the whole.
    """
    output = Output(json=True)
    call = Call(context, server, token_file, json=True)
    try:
        _either(context, database)
        begin = _instant(since)
    except UsageError as error:
        output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None
    if database is None:
        call.run(lambda client: _export(output, _asked(client), after, begin))
    else:
        use_store(
            output,
            database,
            lambda store: _export(output, _stored(store), after, begin),
            migrate=False,
        )


async def _export(output: Output, page: "Page", after: int, since: str) -> Exit:
    from .audit_lines import export, head_of

    before = await page(after - 1) if after else []
    begin = head_of(before[0]) if before else None
    if after and (begin is None or begin.seq != after):
        output.error(f"there is no entry {after} to begin after")
        return Exit.FAIL
    sealed = await export(page, begin or _beginning(), since, output.raw)
    count = sealed.head.seq - sealed.after.seq
    output.say(Text(f"{count} entries; the newest is {sealed.head.seq}:{sealed.head.hash}"))
    return Exit.PASS


def _stored(store: "Store") -> "Page":
    from .audit_lines import PAGE

    return lambda after: store.audit.entries(after, PAGE)


def _asked(client: "LanewayClient") -> "Page":
    from laneway.core.audit import from_wire
    from laneway_server.client.problems import NoContact

    from .audit_lines import PAGE

    async def page(after: int) -> "list[AuditEntry]":
        try:
            return [from_wire(each) for each in (await client.audit(after, PAGE))["entries"]]
        except (msgspec.ValidationError, LookupError, TypeError) as error:
            raise NoContact(f"what the server sent is no audit log: {error}") from error

    return page


def _either(context: typer.Context, database: Path | None) -> None:
    source = context.get_parameter_source("server")
    said = source is not None and source.name == "COMMANDLINE"
    if said and database is not None:
        raise UsageError("say --database or --server, not both")


def _instant(text: str) -> str:
    from laneway.core.instants import parse_instant

    try:
        return parse_instant(text) if text else ""
    except ValueError:
        raise UsageError(f"{text!r} is no time; one looks like 2026-01-31T09:30:00Z") from None


# --- verify --------------------------------------------------------------------------------------


@commands.command()
def verify(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="An export; or say --database.")
    ] = None,
    *,
    database: Database = None,
    noted: Noted = "",
    json: options.Json = False,
) -> None:
    """Check that no entry of an audit log was changed, removed or inserted.

    Needs no server. Ends with 1 where something is wrong, and names the first entry that is not as
    it was written. What was cut off from the end of a database shows with --noted only.
    """
    output = Output(json=json)
    try:
        known = _head(noted)
        if (file is None) == (database is None):
            raise UsageError("name an export, or a database with --database")
    except UsageError as error:
        output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None
    if file is not None:
        code = _verify_file(output, file, known)
        if code is not Exit.PASS:
            raise typer.Exit(code)
    elif database is not None:
        use_store(
            output,
            database,
            lambda store: _verify_store(output, store, str(database), known),
            migrate=False,
        )


def _verify_file(output: Output, file: Path, noted: "AuditHead | None") -> Exit:
    from laneway.core.chain import ChainBroken

    from .audit_lines import ExportBroken, verify_lines

    try:
        with file.open(encoding="utf-8") as lines:
            return _sound(output, str(file), verify_lines(lines, noted))
    except (OSError, UnicodeDecodeError) as error:
        output.error(f"{file} cannot be read: {error}")
        return Exit.USAGE
    except (ChainBroken, ExportBroken) as broken:
        return _broken(output, str(file), broken)


async def _verify_store(
    output: Output, store: "Store", name: str, noted: "AuditHead | None"
) -> Exit:
    from laneway.core.chain import ChainBroken

    from .audit_lines import verify_log

    try:
        return _sound(output, name, await verify_log(_stored(store), noted))
    except ChainBroken as broken:
        return _broken(output, name, broken)


def _sound(output: Output, source: str, seal: "Seal") -> Exit:
    count = seal.head.seq - seal.after.seq
    if output.json:
        output.document(Verdict(source, count, seal.head))
        return Exit.PASS
    told = f" {clean(source)}: {count} entries, as they were written"
    output.say(Text.assemble(("✓", "green"), told))
    output.say(Text(f"  the newest is {seal.head.seq}:{seal.head.hash}", style="dim"))
    return Exit.PASS


def _broken(output: Output, source: str, why: Exception) -> Exit:
    if output.json:
        output.document(Verdict(source, broken=str(why)))
    else:
        output.say(Text.assemble(("✗", "bold red"), f" {clean(source)}: {clean(why)}"))
    return Exit.FAIL


def _head(noted: str) -> "AuditHead | None":
    from laneway.core.audit import AuditHead

    if not noted:
        return None
    seq, _, own_hash = noted.partition(":")
    if not seq.isdecimal() or int(seq) < 1 or len(own_hash) != 64:
        raise UsageError(f"{noted!r} is no entry's place and hash, such as 12:9f86d0…")
    return AuditHead(int(seq), own_hash)


def _beginning() -> "AuditHead":
    from laneway.core.audit import AuditHead

    return AuditHead()
