"""Reading a whole database once, to see that it is sound, while it is in use already.

That takes a second for each gigabyte and more, so nobody waits for it. It has a connection of its
own, and where it finds damage nothing is written any more.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import aiosqlite
import structlog

from laneway.ports.store import StoreCorrupt

from .answers import RESTORE, translate
from .files import Files

_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rootpage"
_SOUND = "ok"

_log = structlog.get_logger("laneway.store")


class Examination:
    """One reading of a database, from when it is made to its end or to `close`."""

    def __init__(self, connection: aiosqlite.Connection, files: Files) -> None:
        self._connection = connection
        self._files = files
        self._closing = self._read = False
        self._task = asyncio.create_task(self._run(), name="laneway-store-examination")

    async def over(self) -> None:
        """Return when everything was read.

        Raises:
            StoreCorrupt: the database is damaged.
        """
        await asyncio.wait([self._task])
        if self._files.condemned is not None:
            raise StoreCorrupt(*self._files.condemned.args)

    async def close(self) -> None:
        """Break it off where it is not over, and let go of its connection."""
        self._closing = True
        while not self._task.done():
            # More than once: what has not begun in the connection's thread is not interrupted.
            if not self._read:
                await self._connection.interrupt()
            await asyncio.wait([self._task], timeout=0.01)
        self._task.result()  # one that failed is a defect: let it be seen

    async def _run(self) -> None:
        try:
            async for found in self._findings():
                self._condemn(damaged(self._files, found))
                return
        except sqlite3.Error as error:
            self._broken_off(error)
        finally:
            self._read = True
            await self._connection.close()

    async def _findings(self) -> AsyncIterator[str]:
        """What is wrong, table by table: a reader that reads for long keeps the log from shrinking.

        Of the file as a whole SQLite has seen to it that it is as long as it says.
        """
        for (table,) in await self._connection.execute_fetchall(_TABLES):
            if self._closing:
                return
            check = f"PRAGMA quick_check({table})"
            for (found,) in await self._connection.execute_fetchall(check):
                if found != _SOUND:
                    yield found

    def _broken_off(self, error: sqlite3.Error) -> None:
        translated = translate(error, self._files.path)
        if isinstance(translated, StoreCorrupt):
            self._condemn(translated)
        elif not self._closing:
            _log.error("database_not_examined", why=str(error), database=str(self._files.path))

    def _condemn(self, error: StoreCorrupt) -> None:
        _log.error("database_damaged", why=str(error), database=str(self._files.path))
        self._files.condemn(error)


def damaged(files: Files, found: str) -> StoreCorrupt:
    """The port's error for what SQLite's check found."""
    return StoreCorrupt(f"{files.path} is damaged ({' '.join(found.split())}); {RESTORE}")
