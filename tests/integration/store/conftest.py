"""A database in a temporary folder, and a way to open it that cannot leak."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from laneway.ports.store import Lease
from laneway.stores.sqlite.opening import Settings
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_samples import PLAN, moment

OpenStore = Callable[..., Awaitable[SqliteStore]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "laneway.db"


@pytest.fixture
async def open_store(database: Path) -> AsyncIterator[OpenStore]:
    opened: list[SqliteStore] = []

    async def open_it(path: Path = database, **arguments: Any) -> SqliteStore:
        arguments = {"settings": Settings(busy_timeout=20, readers=1)} | arguments
        opened.append(await SqliteStore.open(path, **arguments))
        return opened[-1]

    yield open_it
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_store: OpenStore) -> SqliteStore:
    store = await open_store()
    await store.save_plan(PLAN)
    return store


@pytest.fixture
async def lease(store: SqliteStore) -> Lease:
    return await store.claim("engine-1", moment(0))


@pytest.fixture
def raw(store: SqliteStore, database: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection to the same database."""
    with closing(sqlite3.connect(database, isolation_level=None, timeout=0.02)) as connection:
        yield connection
