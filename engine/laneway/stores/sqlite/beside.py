"""Reading a database beside the process that has it open: a look, or a copy of one moment of it.

The one writer stays alone: a connection that is opened read-only neither writes nor moves the log
into the database, so the writer's own process may do both meanwhile.
"""

import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from laneway.ports.store import StoreCorrupt, StoreUnavailable

from .answers import answering
from .connection import Connection
from .files import located, make_private
from .migrations import APPLICATION_ID, bring_up_to_date, shipped
from .opening import Settings, open_beside
from .readers import Readers
from .retention import SqliteSurvey

_DEFAULTS = Settings()
_COUNT = """SELECT (SELECT count(*) FROM operations),
  (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events')"""


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of a database.

    Attributes:
        size: in bytes.
        position: of the newest event that is in it.
    """

    file: str
    size: int
    operations: int
    position: int


@contextlib.asynccontextmanager
async def survey(database: Path | str) -> AsyncIterator[SqliteSurvey]:
    """What might go, without touching anything.

    Raises:
        StoreOutdated: the schema is not of this version.
        StoreUnavailable: it cannot be read; the message says what to do.
    """
    path = located(database)
    async with _reading(path) as connection:
        await bring_up_to_date(connection, path, shipped(), migrate=False)
        yield SqliteSurvey(Readers([connection], path))


async def back_up(database: Path | str, target: Path | str) -> Copy:
    """Copy one moment of a database, whole, into a file that is not there yet.

    Raises:
        StoreUnavailable: it cannot be read, or the copy cannot be written; no copy is left.
    """
    path, copy = located(database), located(target)
    if copy.exists():
        raise StoreUnavailable(f"{copy} is there already: name another file")
    partial = copy.with_name(copy.name + ".partial")
    partial.unlink(missing_ok=True)
    make_private(partial)
    try:
        counted = await _copied(path, partial)
        os.link(partial, copy)  # unlike a rename, it never takes another file's place
    except OSError as error:
        raise StoreUnavailable(f"{copy} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    _sync_folder(copy)
    return Copy(
        file=str(copy), size=copy.stat().st_size, operations=counted[0], position=counted[1]
    )


@contextlib.asynccontextmanager
async def _reading(path: Path) -> AsyncIterator[Connection]:
    connection = await open_beside(path, _DEFAULTS)
    try:
        yield connection
    finally:
        await connection.close()


async def _copied(path: Path, partial: Path) -> tuple[int, int]:
    async with _reading(path) as source:
        with answering(path):
            (found,) = await source.execute_fetchall("PRAGMA application_id")
            if found[0] != APPLICATION_ID:
                raise StoreCorrupt(f"{path} is a database of another program; name another file")
        with (
            answering(partial),
            contextlib.closing(sqlite3.connect(partial, check_same_thread=False)) as target,
        ):
            # In one step, hence of one moment; the writer is not kept waiting by who reads.
            await source.backup(target)
            return _sound(target, partial)


def _sound(copy: sqlite3.Connection, path: Path) -> tuple[int, int]:
    """See that the copy can be read; its operations and the newest position."""
    (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise StoreCorrupt(f"{path} is damaged ({found}): the database itself may be")
    # A copy is one file: without a log it can be read from wherever it is put.
    copy.execute("PRAGMA journal_mode = DELETE")
    operations, position = copy.execute(_COUNT).fetchone()
    return operations, position


def _sync_folder(file: Path) -> None:
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
