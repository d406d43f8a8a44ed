"""``kill -9`` at any moment: what was acknowledged is there, and nothing is half there."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from laneway.core import chain
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_samples import start_action, timer

CHILD = Path(__file__).with_name("crash_child.py")
ROUNDS = 8


async def killed_after(database: Path, lines: int) -> dict[str, int]:
    """Run the child until it has said that many lines; what it acknowledged, by operation."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, str(CHILD), str(database)),
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout is not None
    said = [await child.stdout.readline() for _ in range(lines)]
    child.kill()
    said += (await child.communicate())[0].splitlines(keepends=True)
    # The last line may have been cut off in the middle, and then it was not said.
    pairs = [line.split() for line in said if line.endswith(b"\n")]
    assert len(pairs) >= lines
    return {name.decode(): int(seq) for name, seq in pairs}


async def assert_whole(store: SqliteStore, operation_id: str) -> int:
    """The operation is as one of its commits left it; its seq."""
    row = await store.operation(operation_id)
    assert row is not None
    events = await store.events(operation_id)
    assert chain.verify(events) == row.head
    assert len(events) == row.seq
    commands = await store.commands(operation_id)
    if row.status == "running":
        assert row.seq % 3 == 1
        assert commands == [start_action(), timer(at=row.seq)]
    return row.seq


async def test_a_killed_process_loses_nothing_that_it_acknowledged(database, open_store):
    chance = random.Random(20260131)
    acknowledged: dict[str, int] = {}
    for _ in range(ROUNDS):
        acknowledged |= await killed_after(database, chance.randrange(1, 120))
        store = await open_store()
        for operation_id, seq in acknowledged.items():
            assert await assert_whole(store, operation_id) >= seq
        for row in await store.unfinished():
            await assert_whole(store, row.id)
        await store.close()
    assert len(acknowledged) > ROUNDS


async def test_positions_after_a_crash_have_no_gap(database, open_store):
    await killed_after(database, 60)
    store = await open_store()
    found = await store.all_events(0, 100_000)
    assert [one.position for one in found] == list(range(1, len(found) + 1))
    assert await store.last_position() == len(found) >= 60


@pytest.mark.parametrize("lines", [1, 2])
async def test_a_process_killed_at_its_first_commits_leaves_a_good_database(
    database, open_store, lines
):
    acknowledged = await killed_after(database, lines)
    store = await open_store()
    for operation_id, seq in acknowledged.items():
        assert await assert_whole(store, operation_id) >= seq
