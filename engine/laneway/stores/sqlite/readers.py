"""The connections that read: a query takes one, and gives it back."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from laneway.ports.store import StoreUnavailable

from .answers import answering
from .connection import Connection
from .queries import Query
from .rows import Values


class Readers:
    """A few read-only connections. Each query sees what was committed when it began."""

    def __init__(self, connections: Sequence[Connection], path: Path) -> None:
        self._path = path
        self._count = len(connections)
        self._closed = False
        self._free = _Free(connections)

    async def all(self, query: Query) -> list[Values]:
        """Every row."""
        (found,) = await self.each(query)
        return found

    async def each(self, *queries: Query) -> list[list[Values]]:
        """Every row of each query, on one connection and in one visit to its thread."""
        if self._closed:
            raise StoreUnavailable(f"{self._path} is closed")
        connection = await self._free.take()
        try:
            with answering(self._path):
                return await connection.visit(partial(_rows, queries))
        finally:
            self._free.give(connection)

    async def first(self, sql: str, **parameters: Any) -> Values | None:
        """The first row, where there is one."""
        found = await self.all(Query(sql, parameters))
        return found[0] if found else None

    async def close(self) -> None:
        """Take no more queries, and close each connection when it is free."""
        self._closed = True
        for _ in range(self._count):
            connection = await self._free.take()
            await connection.close()


class _Free:
    """The connections that nobody uses: first come, first served.

    A queue of asyncio's is not that: who gives one back and takes one at once is before those who
    wait, and two who read without a pause would keep everybody else waiting.
    """

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._free = [*connections]
        self._waiting: deque[asyncio.Future[Connection]] = deque()

    async def take(self) -> Connection:
        """The one that was used last, or the first that is given back."""
        if self._free:
            return self._free.pop()
        turn: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give(turn.result())
            raise

    def give(self, connection: Connection) -> None:
        """Hand it to who has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        self._free.append(connection)


def _rows(queries: Sequence[Query], connection: sqlite3.Connection) -> list[list[Values]]:
    return [connection.execute(*query).fetchall() for query in queries]
