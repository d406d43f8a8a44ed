"""The connection that everything uses: aiosqlite's, which can do several things in one visit."""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

import aiosqlite

_T = TypeVar("_T")


class Connection(aiosqlite.Connection):
    """A connection with a thread of its own."""

    async def visit(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do the work in the connection's thread: one way there and back for all of it."""
        # aiosqlite's own way into its thread, which it has not typed.
        result: _T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]
        return result
