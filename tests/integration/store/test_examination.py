"""The whole file is read once while the store is in use: damage ends all writing, and says so."""

import sqlite3
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from laneway.ports.store import StoreCorrupt
from laneway.stores.sqlite.migrations import Migration, shipped
from laneway.testing.store_samples import LANE, accepted, followed, progressed

PAGE = 4096


@pytest.fixture
async def filled(store, lease):
    """Forty operations in a file that is closed; the newest is given."""
    commits = [accepted(f"op_{number:02d}") for number in range(40)]
    for commit in commits:
        await store.commit(commit, lease)
        await store.commit(followed(commit, progressed("x" * 2_000)), lease)
    await store.close()
    return commits[-1]


def damage(database, table):
    """Write over a page of a table, behind those that opening a database looks at."""
    with closing(sqlite3.connect(database)) as connection:
        sql = "SELECT max(pageno) FROM dbstat WHERE name = ? AND pagetype = 'leaf'"
        (page,) = connection.execute(sql, (table,)).fetchone()
    with database.open("r+b") as file:
        file.seek(PAGE * (page - 1))
        file.write(b"\xa5" * PAGE)


async def test_a_sound_database_is_read_and_let_go(filled, open_store):
    store = await open_store()
    await store.examined()
    await store.check()
    with pytest.raises(ValueError, match="no active connection"):
        await store._examination._connection.execute("SELECT 1")


@pytest.mark.parametrize("table", ["events", "sqlite_autoindex_events_1", "operations_by_time"])
async def test_damage_anywhere_ends_all_writing(filled, lease, database, open_store, table):
    damage(database, table)
    with capture_logs() as logs:
        store = await open_store()
        with pytest.raises(StoreCorrupt, match=r"laneway\.db is damaged .*restore the newest back"):
            await store.examined()
    assert [log["event"] for log in logs] == ["database_damaged"]
    creation = accepted("op_new")
    for write in (store.check(), store.set_freeze(LANE, None), store.commit(creation, lease)):
        with pytest.raises(StoreCorrupt, match=r"laneway\.db is damaged .*restore the newest back"):
            await write


async def test_a_store_can_be_closed_while_it_is_examined(filled, open_store):
    store = await open_store()
    await store.close()
    again = await open_store()
    await again.examined()


async def test_a_damaged_database_is_not_migrated(filled, database, open_store):
    damage(database, "events")
    content = database.read_bytes()
    newer = Migration(len(shipped()) + 1, "CREATE TABLE extras (a INTEGER) STRICT;")
    with pytest.raises(StoreCorrupt, match=r"laneway\.db is damaged .*restore the newest backup"):
        await open_store(steps=(*shipped(), newer))
    assert database.read_bytes() == content
