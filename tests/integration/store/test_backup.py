"""A copy that is made while the store is written: of one moment, whole, and in nobody's way."""

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from laneway.core import chain
from laneway.core.model import Lane, Retention
from laneway.ports.store import (
    OperationFilter,
    StoreCorrupt,
    StoreInUse,
    StoreOutdated,
    StoreUnavailable,
)
from laneway.runtime.pruning import past_their_days
from laneway.stores.sqlite.beside import Copy, back_up, survey
from laneway.stores.sqlite.migrations import shipped
from laneway.stores.sqlite.opening import Settings
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_promises import commit_all
from laneway.testing.store_promises_retention import LATER, LIMITS, SHORT, over
from laneway.testing.store_samples import PLAN, accepted, followed, moment, progressed

CHILD = Path(__file__).with_name("crash_child.py")


async def verified(database: Path) -> dict[str, int]:
    """Every operation's seq, once its chain was verified."""
    store = await SqliteStore.open(database)
    found: dict[str, int] = {}
    for row in await store.operations(OperationFilter(), 1_000_000):
        events = await store.events(row.id)
        assert chain.verify(events) == row.head
        assert len(events) == row.seq
        found[row.id] = row.seq
    await store.close()
    return found


async def test_a_copy_is_a_whole_database(store, lease, database, tmp_path):
    first = accepted("op_1", begins=True)
    await commit_all(store, lease, [first, followed(first)])
    copied = await back_up(database, tmp_path / "copy.db")
    assert copied == Copy(
        file=str(tmp_path / "copy.db"),
        size=(tmp_path / "copy.db").stat().st_size,
        operations=1,
        position=2,
    )
    # One file, which can be put anywhere.
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.db"]
    assert await verified(tmp_path / "copy.db") == {"op_1": 2}
    # And nothing was done to what it was copied from.
    await store.commit(followed(followed(first)), lease)


async def test_a_copy_of_a_database_that_nobody_has_open(store, lease, database, tmp_path):
    await store.commit(accepted("op_1"), lease)
    await store.close()
    before = database.read_bytes()
    await back_up(database, tmp_path / "copy.db")
    assert database.read_bytes() == before
    assert await verified(tmp_path / "copy.db") == {"op_1": 1}


async def test_an_older_database_can_be_copied_before_it_is_upgraded(database, tmp_path):
    await (await SqliteStore.open(database, steps=shipped()[:1])).close()
    copied = await back_up(database, tmp_path / "copy.db")
    assert (copied.operations, copied.position) == (0, 0)
    with pytest.raises(StoreOutdated):
        async with survey(database):
            raise AssertionError("it is older")


async def test_copying_leaves_the_log_to_its_writer(open_store, database, tmp_path):
    store = await open_store(settings=Settings(checkpoints=False))
    await store.save_plan(PLAN)
    lease = await store.claim("engine-1", moment(0))
    await store.commit(accepted("op_1"), lease)
    log = database.with_name(database.name + "-wal")
    before = (database.read_bytes(), log.read_bytes())
    await back_up(database, tmp_path / "copy.db")
    assert (database.read_bytes(), log.read_bytes()) == before


@pytest.mark.parametrize("checkpoints", [True, False])
async def test_the_log_is_moved_into_the_database_by_us_or_not_at_all(
    open_store, database, checkpoints
):
    store = await open_store(settings=Settings(checkpoints=checkpoints))
    await store.save_plan(PLAN)
    lease = await store.claim("engine-1", moment(0))
    await store.commit(accepted("op_1"), lease)
    before = database.stat().st_size
    await store.save_artifact("op_1", random.Random(1).randbytes(6_000_000), moment(0))
    await store.check()
    assert (database.stat().st_size > before) == checkpoints


async def test_a_copy_never_takes_the_place_of_a_file(store, database, tmp_path):
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    with pytest.raises(StoreUnavailable, match="is there already"):
        await back_up(database, copy)
    assert copy.read_text() == "precious"


async def test_what_is_no_database_of_ours_is_not_copied(tmp_path):
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    with pytest.raises(StoreCorrupt, match="another program"):
        await back_up(other, tmp_path / "copy.db")
    with pytest.raises(StoreUnavailable):
        await back_up(tmp_path / "missing.db", tmp_path / "copy.db")
    with pytest.raises(StoreUnavailable, match="make the folder"):
        await back_up(other, tmp_path / "missing" / "copy.db")
    assert [path.name for path in tmp_path.iterdir()] == ["other.db"]


async def test_a_damaged_database_is_not_copied_as_if_it_were_sound(store, database, tmp_path):
    await store.save_plan(PLAN)
    await store.close()
    content = bytearray(database.read_bytes())
    content[4096 * 3 : 4096 * 4] = os.urandom(4096)
    database.write_bytes(content)
    with pytest.raises(StoreCorrupt):
        await back_up(database, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.glob("copy*")] == []


async def test_copies_that_are_made_while_it_is_written_lose_nothing_acknowledged(
    database, tmp_path
):
    chance = random.Random(20260131)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, str(CHILD), str(database)),
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout is not None
    acknowledged: dict[str, int] = {}
    copies: list[tuple[Path, dict[str, int]]] = []
    for number in range(5):
        for _ in range(chance.randrange(5, 150)):
            name, seq = (await child.stdout.readline()).decode().split()
            acknowledged[name] = int(seq)
        copies.append((tmp_path / f"copy-{number}.db", dict(acknowledged)))
        await back_up(database, copies[-1][0])
    with pytest.raises(StoreInUse):
        await SqliteStore.open(database)
    child.kill()
    await child.communicate()
    for copy, known in [*copies, (database, acknowledged)]:
        held = await verified(copy)
        assert {name for name, seq in known.items() if held.get(name, 0) < seq} == set()


async def test_a_copy_goes_on_where_it_was_made(store, lease, database, tmp_path):
    first = accepted("op_1", begins=True)
    await commit_all(store, lease, [first, followed(first, progressed("a"))])
    await back_up(database, tmp_path / "copy.db")
    restored = await SqliteStore.open(tmp_path / "copy.db")
    again = await restored.claim("engine-2", moment(1))
    assert again.epoch > lease.epoch
    assert await restored.commit(accepted("op_2", lane=Lane("a", "b", "c")), again) == 3
    await restored.close()


async def test_what_might_go_is_seen_beside_the_writer(store, lease, database):
    await store.save_plan(SHORT)
    await commit_all(store, lease, [*over("op_1"), *over("op_2")])
    async with survey(database) as found:
        assert await found.limits() == {PLAN.digest: Retention(), SHORT.digest: LIMITS}
        pages = [page async for page in past_their_days(found, LATER, 1)]
    assert [each.id for page in pages for each in page] == ["op_1", "op_2"]
    await store.check()
