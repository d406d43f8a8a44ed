"""Opening: what is accepted, what is refused and why, and that a refusal changes nothing."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from laneway.ports.store import (
    StoreCorrupt,
    StoreInUse,
    StoreOutdated,
    StoreUnavailable,
)
from laneway.stores.sqlite.migrations import APPLICATION_ID, Migration, shipped
from laneway.stores.sqlite.opening import Settings
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_samples import accepted

NEXT = Migration(len(shipped()) + 1, "CREATE TABLE extras (a INTEGER) STRICT;")
HOLD = """
import asyncio, sys
from laneway.stores.sqlite.store import SqliteStore

async def hold():
    store = await SqliteStore.open(sys.argv[1])
    sys.stdout.write("open\\n")
    sys.stdout.flush()
    sys.stdin.readline()
    await store.close()

asyncio.run(hold())
"""


def pragma(path, name):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


async def test_a_new_database_is_laneways_and_durable(store, database):
    assert pragma(database, "application_id") == APPLICATION_ID
    assert pragma(database, "user_version") == len(shipped())
    assert pragma(database, "journal_mode") == "wal"
    connection = store._writer._connection
    for name, value in (("synchronous", 2), ("foreign_keys", 1)):
        assert await connection.execute_fetchall(f"PRAGMA {name}") == [(value,)]


async def test_readers_cannot_write(store):
    with pytest.raises(StoreUnavailable, match="readonly"):
        await store._readers.first("INSERT INTO plans VALUES ('d', 'n', 1, '', '', '')")


async def test_an_empty_file_becomes_a_database(database, open_store):
    database.touch()
    await (await open_store()).check()


async def test_another_kind_of_file_is_refused_and_left_alone(database, open_store):
    content = b"Dear diary, " * 1000
    database.write_bytes(content)
    with pytest.raises(StoreCorrupt, match=r"laneway\.db is damaged or is not a Laneway"):
        await open_store()
    assert database.read_bytes() == content


async def test_another_programs_database_is_refused_and_left_alone(database, open_store):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    content = database.read_bytes()
    with pytest.raises(StoreCorrupt, match="another program"):
        await open_store()
    assert database.read_bytes() == content


async def test_a_truncated_database_is_refused(store, lease, database, open_store):
    await store.commit(accepted("op_1"), lease)
    await store.close()
    os.truncate(database, database.stat().st_size // 2)
    with pytest.raises(StoreCorrupt, match="backup"):
        await open_store()


async def test_a_newer_database_is_refused_and_left_alone(database, open_store):
    await (await open_store(steps=(*shipped(), NEXT))).close()
    content = database.read_bytes()
    with pytest.raises(StoreOutdated, match=r"newer Laneway .* install that version"):
        await open_store()
    assert database.read_bytes() == content


async def test_an_older_database_is_migrated(store, lease, database, open_store):
    first = accepted("op_1")
    await store.commit(first, lease)
    await store.close()
    newer = await open_store(steps=(*shipped(), NEXT))
    assert pragma(database, "user_version") == NEXT.version
    assert await newer.operation("op_1") == first.row


async def test_an_older_database_is_refused_where_it_is_not_to_be_migrated(
    store, database, open_store
):
    await store.close()
    with pytest.raises(StoreOutdated, match="laneway db upgrade"):
        await open_store(settings=Settings(migrate=False), steps=(*shipped(), NEXT))
    assert pragma(database, "user_version") == len(shipped())
    await open_store(settings=Settings(migrate=False))


async def test_a_migration_that_fails_changes_nothing(store, database, open_store):
    await store.close()
    broken = Migration(NEXT.version, NEXT.sql + "CREATE TABLE plans (a INTEGER);")
    with pytest.raises(StoreUnavailable, match="already exists"):
        await open_store(steps=(*shipped(), broken))
    assert pragma(database, "user_version") == len(shipped())
    again = await open_store(steps=(*shipped(), NEXT))
    assert await again._readers.all(("SELECT * FROM extras", {})) == []


async def test_a_missing_folder_is_named(tmp_path, open_store):
    with pytest.raises(StoreUnavailable, match=r"make the folder .*nowhere first"):
        await open_store(tmp_path / "nowhere" / "laneway.db")


async def test_a_folder_is_no_database(tmp_path, open_store):
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreUnavailable, match=r"folder\.db cannot be opened"):
        await open_store(tmp_path / "folder.db")


async def test_an_open_that_fails_starts_no_thread(tmp_path, open_store, monkeypatch):
    # A thread of aiosqlite's that failed to connect reports to a loop that may be closed by then.
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", noted)
    with pytest.raises(StoreUnavailable):
        await open_store(tmp_path)
    assert started == []
    await open_store()
    assert started != []


async def test_a_strange_file_name_is_a_file_name(tmp_path, open_store):
    path = tmp_path / "50% #1?mode=memory & é.db"
    await (await open_store(path)).check()
    assert path.stat().st_size > 0


async def test_a_second_store_in_the_process_is_refused(store, open_store):
    with pytest.raises(StoreInUse, match=rf"in use by process {os.getpid()} \(since 20"):
        await open_store()
    await store.check()
    await store.close()
    await open_store()


async def test_a_link_leads_to_the_same_lock(store, database, tmp_path, open_store):
    link = tmp_path / "link.db"
    link.symlink_to(database)
    with pytest.raises(StoreInUse):
        await open_store(link)


async def test_an_open_that_fails_lets_go_of_the_lock(database, open_store):
    database.write_bytes(b"x" * 5000)
    with pytest.raises(StoreCorrupt):
        await open_store()
    database.unlink()
    await open_store()


@pytest.mark.parametrize("ending", ["closes", "is killed"])
async def test_a_second_process_is_refused_until_the_first_is_gone(database, open_store, ending):
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD, str(database)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"open\n"
    with pytest.raises(StoreInUse, match=rf"in use by process {holder.pid} "):
        await open_store()
    if ending == "closes":
        holder.stdin.write(b"\n")
    else:
        holder.kill()
    await holder.communicate()
    store = await open_store()
    await store.check()


async def test_a_path_may_be_text(database):
    store = await SqliteStore.open(str(database))
    await store.close()
    assert database.stat().st_size > 0
