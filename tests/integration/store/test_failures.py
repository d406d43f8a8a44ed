"""The database fails: a clear error that names the file, nothing half-written, and on it goes.

Nothing here is a stand-in: the disk limit, the locks and the damage are real.
"""

import asyncio
import os
import resource
import shutil
import sqlite3
from contextlib import contextmanager

import pytest

from laneway.core import chain
from laneway.core.model import Lane
from laneway.ports.store import Freeze, StoreCorrupt, StoreUnavailable
from laneway.testing.store_promises import at_once, is_absent, is_at
from laneway.testing.store_samples import (
    ADA,
    LANE,
    accepted,
    followed,
    key_of,
    moment,
    progressed,
    sample_plan,
    timer,
)

LARGE = progressed("x" * 100_000)


async def told(store, statement):
    return await store._writer._connection.execute_fetchall(statement)


@pytest.fixture
async def first(store, lease):
    commit = accepted("op_1", commands=(timer(),))
    await store.commit(commit, lease)
    return commit


async def refuses_all_writes(store, lease, first, match, error=StoreUnavailable):
    """Every way to write is refused, with that reason, and what was there stays as it was."""
    creation = accepted("op_2", key=key_of("op_2"), commands=(timer(),))
    writes = [
        store.commit(followed(first, LARGE), lease),
        store.commit(creation, lease),
        store.save_plan(sample_plan("x" * 100_000)),
        store.set_freeze(LANE, Freeze(ADA, "x" * 100_000, moment(0))),
        store.check(),
    ]
    results = await asyncio.gather(*writes, return_exceptions=True)
    for result in results:
        assert isinstance(result, error), result
        assert "laneway.db" in str(result)
        assert match in str(result)
    assert len({id(result) for result in results}) == len(results)
    assert await is_at(store, first)
    assert await is_absent(store, creation)


async def works(store, lease, first):
    second = followed(first, LARGE, commands=(timer("again"),))
    await store.check()
    await store.commit(second, lease)
    assert await is_at(store, second)


async def test_a_full_disk_is_survived(store, lease, first):
    ((pages,),) = await told(store, "PRAGMA page_count")
    await told(store, f"PRAGMA max_page_count = {pages}")
    await refuses_all_writes(store, lease, first, "free some space")
    await told(store, "PRAGMA max_page_count = 1000000")
    await works(store, lease, first)


async def test_a_disk_that_fills_up_keeps_what_was_acknowledged(store, lease, first):
    ((pages,),) = await told(store, "PRAGMA page_count")
    await told(store, f"PRAGMA max_page_count = {pages + 60}")
    commits = [accepted(f"op_{n}", lane=Lane("p", "c", str(n))) for n in range(2, 30)]
    grown = [followed(commit, progressed("x" * 9_000)) for commit in commits]
    acknowledged = [first]
    for commit in (commit for pair in zip(commits, grown, strict=True) for commit in pair):
        (result,) = await at_once(store, lease, [commit])
        if isinstance(result, int):
            acknowledged.append(commit)
    assert 3 < len(acknowledged) < 57
    newest = {commit.row.id: commit for commit in acknowledged}
    assert all([await is_at(store, commit) for commit in newest.values()])
    assert len(await store.unfinished()) == len(newest)


@contextmanager
def files_no_larger_than(size):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


async def test_a_write_that_breaks_off_in_the_middle_is_taken_back(
    store, lease, first, database, open_store
):
    log = database.with_name("laneway.db-wal")
    with files_no_larger_than(log.stat().st_size + 20_000):
        results = await at_once(store, lease, [followed(first, LARGE), accepted("op_2")])
    assert [type(result) for result in results] == [StoreUnavailable, StoreUnavailable]
    assert "laneway.db" in str(results[0])
    assert await is_at(store, first)
    assert await store.operation("op_2") is None
    await works(store, lease, first)
    await store.close()
    again = await open_store()
    assert chain.verify(await again.events("op_1")) == (await again.operation("op_1")).head


@contextmanager
def no_other_file():
    """Nothing can be opened any more."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    first_free = os.open(os.devnull, os.O_RDONLY)
    os.close(first_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (first_free, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_a_large_group_needs_no_file_beside_the_database(store, lease, first):
    """SQLite lays the group aside while it is written; a full /tmp is no trouble of its."""
    commits = [accepted(f"op_{n}", lane=Lane("p", "c", str(n))) for n in range(2, 50)]
    grown = [followed(commit, LARGE) for commit in commits]
    with no_other_file():
        written = await at_once(store, lease, [*commits, *grown])
    assert written == list(range(2, 98))
    assert all([await is_at(store, commit) for commit in grown])


async def test_a_locked_database_is_waited_for_and_then_reported(store, lease, first, raw):
    raw.execute("BEGIN IMMEDIATE")
    await refuses_all_writes(store, lease, first, "locked by another program")
    raw.execute("ROLLBACK")
    await works(store, lease, first)


async def test_a_database_that_another_program_keeps_locked_is_not_opened(
    store, lease, first, database, open_store
):
    await store.close()
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("UPDATE probe SET writes = writes + 1")
    with pytest.raises(StoreUnavailable, match=r"laneway\.db is locked by another program"):
        await open_store()
    other.close()
    again = await open_store()
    await works(again, lease, first)


async def test_a_database_that_may_not_be_written_is_reported(store, lease, first):
    await told(store, "PRAGMA query_only = ON")
    await refuses_all_writes(store, lease, first, "make the file and its folder writable")
    await told(store, "PRAGMA query_only = OFF")
    await works(store, lease, first)


@pytest.mark.parametrize("name", ["laneway.db", "laneway.db-wal"])
async def test_a_deleted_file_is_noticed_before_a_commit_is_lost(
    store, lease, first, database, name
):
    file = database.with_name(name)
    file.rename(file.with_name("away"))
    await refuses_all_writes(store, lease, first, "deleted or replaced")
    file.with_name("away").rename(file)
    await works(store, lease, first)


async def test_a_replaced_file_is_noticed(store, lease, first, database):
    copy = database.with_name("copy")
    shutil.copy(database, copy)
    copy.replace(database)
    await refuses_all_writes(store, lease, first, "deleted or replaced")


async def test_damage_under_an_open_store_is_reported(store, lease, first, database):
    for number in range(2, 60):
        await store.commit(accepted(f"op_{number}"), lease)
    await told(store, "PRAGMA wal_checkpoint(TRUNCATE)")
    await told(store, "PRAGMA shrink_memory")
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (database.stat().st_size - 4096))
    with pytest.raises(StoreCorrupt, match=r"laneway\.db is damaged .*restore the newest backup"):
        await store.commit(followed(first), lease)
    with pytest.raises(StoreCorrupt, match=r"laneway\.db is damaged"):
        await store.events("op_1")


async def test_a_table_that_is_gone_is_damage(store, lease, first, raw):
    raw.execute("DROP TABLE commands")
    with pytest.raises(StoreCorrupt, match="not a Laneway database"):
        await store.commit(followed(first, withdraw=("timer:deadline",)), lease)
    assert await is_at(store, first)
