"""The connections that read: a query takes one, and gives it back."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiosqlite

from laneway.ports.store import StoreUnavailable

from .answers import answering
from .queries import Query
from .rows import Values


class Readers:
    """A few read-only connections. Each query sees what was committed when it began."""

    def __init__(self, connections: Sequence[aiosqlite.Connection], path: Path) -> None:
        self._path = path
        self._count = len(connections)
        self._closed = False
        self._free: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        for connection in connections:
            self._free.put_nowait(connection)

    async def all(self, query: Query) -> list[Values]:
        """Every row."""
        if self._closed:
            raise StoreUnavailable(f"{self._path} is closed")
        connection = await self._free.get()
        try:
            with answering(self._path):
                return [*await connection.execute_fetchall(*query)]  # type: ignore[list-item]
        finally:
            self._free.put_nowait(connection)

    async def first(self, sql: str, **parameters: Any) -> Values | None:
        """The first row, where there is one."""
        found = await self.all(Query(sql, parameters))
        return found[0] if found else None

    async def close(self) -> None:
        """Take no more queries, and close each connection when it is free."""
        self._closed = True
        for _ in range(self._count):
            connection = await self._free.get()
            await connection.close()
