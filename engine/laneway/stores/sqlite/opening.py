"""Opening a database: the writing connection, and the read-only ones beside it."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiosqlite
import msgspec

from laneway.ports.store import StoreUnavailable

from . import batch
from .answers import answering
from .connection import Connection
from .files import make_private
from .migrations import Migration, bring_up_to_date, shipped


class Settings(msgspec.Struct, frozen=True):
    """How a database is opened.

    Attributes:
        migrate: bring an older schema up to date; else it is refused.
        busy_timeout: milliseconds to wait for another program that has the database locked.
        readers: connections that read; each has a thread.
        checkpoints: move the log into the database. False: another process does, and only that
            one: SQLite before 3.51.3 can damage a database that two processes do this with.
    """

    migrate: bool = True
    busy_timeout: int = 5_000
    readers: int = 2
    checkpoints: bool = True


# FULL: what is acknowledged survives a power cut. The log is cut back to 64 MiB after a checkpoint.
# MEMORY: a large group is laid aside while it is written; a full or missing /tmp must not stop it.
_WRITING = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA temp_store = MEMORY",
)
_LEAVE_LOG = "PRAGMA wal_autocheckpoint = 0"
_FIRST_READ = "SELECT writes FROM probe"  # makes SQLite open its log now, not with the first commit


async def open_writer(
    path: Path, settings: Settings, steps: Sequence[Migration] = ()
) -> Connection:
    """The connection that writes, on a database with the newest schema.

    Args:
        path: the database; it is made where it is not there.
        settings: how to open it.
        steps: the migrations; empty for those that ship.

    Raises:
        StoreUnavailable: or one of its kinds; the message says what to do.
    """
    async with _connected(path, "rwc", settings) as connection:
        if not settings.checkpoints:
            await connection.execute(_LEAVE_LOG)
        await bring_up_to_date(connection, path, steps or shipped(), migrate=settings.migrate)
        await _use_log(connection, path)
        for pragma in _WRITING:
            await connection.execute(pragma)
        await connection.executescript(batch.definition())
        await connection.execute_fetchall(_FIRST_READ)
    return connection


async def open_reader(path: Path, settings: Settings) -> Connection:
    """A connection that cannot write."""
    async with _connected(path, "ro", settings) as connection:
        await connection.execute("PRAGMA query_only = ON")
        await connection.execute_fetchall(_FIRST_READ)
    return connection


async def open_beside(path: Path, settings: Settings) -> Connection:
    """A connection that cannot write, to a database that another process may have open."""
    async with _connected(path, "ro", settings) as connection:
        await connection.execute("PRAGMA query_only = ON")
    return connection


@contextlib.asynccontextmanager
async def _connected(path: Path, mode: str, settings: Settings) -> AsyncIterator[Connection]:
    """A connection that is closed again, and in the port's words, if something fails inside."""
    with answering(path):
        # Opened before there is a thread: after a failure inside its thread aiosqlite lets the
        # thread report to an event loop that may be closed by then, with a traceback of its own.
        opened = _open_file(path, mode, settings)
        connection = Connection(lambda: opened, iter_chunk_size=64)
        await connection
        try:
            yield connection
        except BaseException:
            await connection.close()
            raise


def _open_file(path: Path, mode: str, settings: Settings) -> sqlite3.Connection:
    if mode == "rwc":
        make_private(path)
    # isolation_level None: transactions begin and end where the code says so. The connection is
    # used in one thread all its life, but not in this one.
    return sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=settings.busy_timeout / 1_000,
        check_same_thread=False,
    )


async def _use_log(connection: aiosqlite.Connection, path: Path) -> None:
    (row,) = await connection.execute_fetchall("PRAGMA journal_mode = WAL")
    if row[0] != "wal":
        raise StoreUnavailable(
            f"{path} is on a file system without shared memory (a network share?), which "
            "write-ahead logging needs: put the database on a local disk"
        )
