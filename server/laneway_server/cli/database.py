"""``db``: see that a database is sound, and bring an older one up to date."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.text import Text

from . import options
from .exits import Exit
from .output import Output
from .text import clean

if TYPE_CHECKING:
    from laneway.ports.store import OperationRow, Store

commands = typer.Typer(
    no_args_is_help=True,
    help="Look after the database. Only `backup` may be used while a server has it open.",
)

Database = Annotated[
    Path,
    typer.Option(
        "--database", envvar="LANEWAY_DATABASE", metavar="FILE", help="The database's file."
    ),
]

_PAGE = 200


class Soundness(msgspec.Struct):
    """What was found out about a database.

    Attributes:
        broken: ids of operations, and what is wrong with each.
    """

    database: str
    operations: int = 0
    events: int = 0
    broken: dict[str, str] = {}


@commands.command()
def check(database: Database = Path("laneway.db"), *, json: options.Json = False) -> None:
    """Check a database: the file, its schema, and the chain of every operation's events.

    It changes nothing. Ends with 1 where something is wrong.
    """
    output = Output(json=json)

    async def look(store: "Store") -> Exit:
        found = await soundness(store, str(database))
        if json:
            output.document(found)
        else:
            _print(output, found)
        return Exit.FAIL if found.broken else Exit.PASS

    use_store(output, database, look, migrate=False)


@commands.command()
def upgrade(database: Database = Path("laneway.db"), *, json: options.Json = False) -> None:
    """Give an older database the schema of this version. Make a backup first."""
    output = Output(json=json)

    async def say(store: "Store") -> Exit:
        await store.check()
        if json:
            output.document({"database": str(database), "up_to_date": True})
        else:
            told = f" {clean(database)} has the schema of this version"
            output.say(Text.assemble(("✓", "green"), told))
        return Exit.PASS

    use_store(output, database, say, migrate=True)


@commands.command()
def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The copy; it must not be there yet.")
    ],
    *,
    database: Database = Path("laneway.db"),
    json: options.Json = False,
) -> None:
    """Copy a database as it is at one moment. A server may have it open, and goes on meanwhile."""
    output = Output(json=json)

    async def copy() -> Exit:
        from laneway_server import bootstrap

        copied = await bootstrap.back_up(database, file)
        if json:
            output.document(copied)
        else:
            counted = f"{copied['operations']} operations, {copied['size']} bytes"
            output.say(Text.assemble(("✓", "green"), f" {clean(copied['file'])}: {counted}"))
            output.say(Text(f"→ check it: laneway db check --database {clean(copied['file'])}"))
        return Exit.PASS

    use_database(output, database, copy)


async def soundness(store: "Store", name: str) -> Soundness:
    """Read every operation of a store, and verify the chain of its events."""
    found = Soundness(name)
    async for row in _operations(store):
        found.operations += 1
        wrong = await _wrong(store, row, found)
        if wrong:
            found.broken[row.id] = wrong
    return found


async def _operations(store: "Store") -> Any:
    from laneway.ports.store import OperationFilter

    before: str | None = None
    while page := await store.operations(OperationFilter(), _PAGE, before):
        for row in page:
            yield row
        before = page[-1].id


async def _wrong(store: "Store", row: "OperationRow", found: Soundness) -> str:
    from laneway.core.chain import ChainBroken, verify

    events = await store.events(row.id)
    found.events += len(events)
    try:
        head = verify(events)
    except ChainBroken as broken:
        return str(broken)
    if (row.seq, row.head) != (len(events), head):
        return f"its events end at {len(events)}, and it is kept as being at {row.seq}"
    return ""


def _print(output: Output, found: Soundness) -> None:
    for operation, wrong in found.broken.items():
        output.say(Text.assemble((clean(operation), "bold"), f": {clean(wrong)}"))
    sign = ("✗", "bold red") if found.broken else ("✓", "green")
    counted = f"{found.operations} operations, {found.events} events"
    verdict = f"{len(found.broken)} broken" if found.broken else "every chain verifies"
    output.say(Text.assemble(sign, f" {clean(found.database)}: {counted}, {verdict}"))


def use_store(
    output: Output, database: Path, use: Callable[["Store"], Awaitable[Exit]], *, migrate: bool
) -> None:
    """Open a database, use it, and end the command as ``use`` says.

    Raises:
        typer.Exit: always, but where all is well.
    """
    from laneway_server import bootstrap

    async def opened() -> Exit:
        async with bootstrap.opened_store(database, migrate=migrate) as store:
            return await use(store)

    use_database(output, database, opened)


def use_database(
    output: Output, database: Path, use: Callable[[], Coroutine[Any, Any, Exit]]
) -> None:
    """Do something with a database that is there, and end the command as ``use`` says.

    Raises:
        typer.Exit: always, but where all is well.
    """
    from laneway.ports.store import StoreError

    if not database.is_file():
        output.error(f"there is no database {database}", ["name it with --database"])
        raise typer.Exit(Exit.USAGE)
    try:
        code = asyncio.run(use())
    except StoreError as error:
        output.error(str(error))
        code = Exit.FAIL
    if code is not Exit.PASS:
        raise typer.Exit(code)
