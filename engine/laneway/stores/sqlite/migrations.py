"""The schema's versions: numbered SQL files, each run once, in its own transaction.

``application_id`` says that a file is Laneway's, ``user_version`` which version its schema has.
"""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import aiosqlite
import msgspec

from laneway.ports.store import StoreCorrupt, StoreOutdated

from .answers import RESTORE

APPLICATION_ID = 0x4C616E65
"""``Lane``, in the header of every database of ours."""


class Migration(msgspec.Struct, frozen=True):
    """One step from the version before to ``version``."""

    version: int
    sql: str


def shipped() -> tuple[Migration, ...]:
    """The migrations of this version of Laneway, in order."""
    folder = resources.files(__package__) / "migrations"
    files = sorted((file for file in folder.iterdir()), key=lambda file: file.name)
    return tuple(
        Migration(int(file.name.partition("_")[0]), file.read_text(encoding="utf-8"))
        for file in files
        if file.name.endswith(".sql")
    )


async def bring_up_to_date(
    connection: aiosqlite.Connection, path: Path, steps: Sequence[Migration], *, migrate: bool
) -> None:
    """Give the database the newest schema; an empty file gets it always, an older one if wanted.

    Raises:
        StoreCorrupt: the file is not one of Laneway's, or is to be migrated and is damaged.
        StoreOutdated: its schema is newer, or is older and is not to be migrated.
    """
    version = await _version(connection, path)
    newest = steps[-1].version
    if version > newest:
        raise StoreOutdated(
            f"{path} was written by a newer Laneway (schema {version}, this one knows {newest}): "
            "install that version, or restore a backup from before"
        )
    if 0 < version < newest and not migrate:
        raise StoreOutdated(
            f"{path} was written by an older Laneway (schema {version}, this one needs {newest}): "
            "make a backup and run `laneway db upgrade`"
        )
    if 0 < version < newest:
        await _intact(connection, path)
    for step in steps[version:]:
        await _run(connection, step)


async def _version(connection: aiosqlite.Connection, path: Path) -> int:
    """The schema's version; 0 of a database in which nothing is yet."""
    application = await _number(connection, "PRAGMA application_id")
    version = await _number(connection, "PRAGMA user_version")
    contents = await _number(connection, "SELECT count(*) FROM sqlite_schema")
    if (application, version, contents) == (0, 0, 0):
        return 0
    if application != APPLICATION_ID or version == 0:
        raise StoreCorrupt(f"{path} is a database of another program; name another file")
    return version


async def _intact(connection: aiosqlite.Connection, path: Path) -> None:
    """A damaged database is not migrated. Of one that is only opened, see ``examination``."""
    (row,) = await connection.execute_fetchall("PRAGMA quick_check(1)")
    if row[0] != "ok":
        what = " ".join(row[0].split())
        raise StoreCorrupt(f"{path} is damaged ({what}); {RESTORE}")


async def _run(connection: aiosqlite.Connection, step: Migration) -> None:
    version = f"PRAGMA user_version = {step.version}"
    try:
        await connection.executescript(f"BEGIN IMMEDIATE;\n{step.sql}\n{version};\nCOMMIT;")
    except BaseException:
        await connection.rollback()
        raise


async def _number(connection: aiosqlite.Connection, sql: str) -> int:
    (row,) = await connection.execute_fetchall(sql)
    return int(row[0])
