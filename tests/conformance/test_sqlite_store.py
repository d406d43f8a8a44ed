"""The SQLite store keeps every promise of the port."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_conformance import StoreConformance, StoreFactory


class TestSqliteStore(StoreConformance):
    @pytest.fixture
    async def store_factory(self, tmp_path: Path) -> AsyncIterator[StoreFactory]:
        opened: list[SqliteStore] = []

        async def open_store() -> SqliteStore:
            opened.append(await SqliteStore.open(tmp_path / "laneway.db"))
            return opened[-1]

        yield open_store
        for store in opened:
            await store.close()
