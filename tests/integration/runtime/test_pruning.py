"""Pruning at work: what goes, who is told, and what can never be done again by mistake."""

import asyncio
from typing import Any

import pytest

from laneway.core.retention import DAY, Stay, stays
from laneway.ports.driver import ActionResult
from laneway.ports.retention import Removed, Tombstone
from laneway.ports.store import OperationFilter, StoreUnavailable
from laneway.runtime.insist import STORE_RETRY
from laneway.runtime.operations import EngineFenced, OperationExpired, OperationNotFound
from laneway.runtime.pruning import Pruned, PruningSettings, past_their_days
from laneway.runtime.submissions import KeyReused
from tests.support.engines import ANN, LANE, PLAN, PROD, World, ended

SHORT: dict[str, Any] = {
    **PLAN,
    "lane": {**PLAN["lane"], "repeat": "allow"},
    "retention": {"keep_days": 1, "keep_last": 1},
}
FAIL = ActionResult(outcome="fail")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "laneway.db", SHORT)


async def failed(world: World, engine: Any, **asked: Any) -> str:
    """An operation that has failed at its first phase."""
    submitted = await world.submit(engine, **asked)
    await world.actions.by_id["x.prove"].answer(FAIL)
    await ended(engine, submitted.operation.run.id)
    return submitted.operation.run.id


async def pruned(engine: Any, operation_id: str) -> Tombstone:
    with pytest.raises(OperationExpired) as caught:
        await engine.operation(operation_id)
    return caught.value.tombstone


async def turned(engine: Any, times: int) -> None:
    """Return when it has pruned so often."""
    while engine.pruning.total.turns < times:  # noqa: ASYNC110 - only turns of the loop are awaited
        await asyncio.sleep(0)


async def test_what_may_go_goes_and_whoever_asks_is_told_what_is_left(world):
    async with world.engine() as engine:
        first, second = [await failed(world, engine) for _ in range(2)]
        before = (await engine.operation(first)).run
        assert await engine.pruning.turn() == Pruned(turns=1)
        world.clock.move(2 * DAY)
        removed = await engine.pruning.turn()
        assert removed == Pruned(turns=1, operations=1, events=before.seq)
        assert engine.pruning.total == Pruned(turns=2, operations=1, events=before.seq)
        # It was in memory, too.
        tombstone = await pruned(engine, first)
        assert (tombstone.seq, tombstone.head) == (before.seq, before.head)
        assert (tombstone.status, tombstone.pruned_at) == ("fail", world.clock.now())
        assert (await engine.operation(second)).run.id == second
        assert [row.id for row in await engine.store.operations(OperationFilter(), 9)] == [second]


async def test_a_replay_of_a_pruned_operation_makes_none_anew(world):
    async with world.engine() as engine:
        first = await failed(world, engine, key="run-1")
        second = await failed(world, engine)
        world.clock.move(2 * DAY)
        await engine.pruning.turn()
        with pytest.raises(OperationExpired) as caught:
            await world.submit(engine, key="run-1")
        assert caught.value.tombstone.operation_id == first
        with pytest.raises(KeyReused):
            await world.submit(engine, key="run-1", reason="another")
        with pytest.raises(OperationExpired):
            await engine.retry(first, "again", ANN, "ann", "retry-1")
        assert [row.id for row in await engine.store.operations(OperationFilter(), 9)] == [second]
    async with world.engine() as engine:
        with pytest.raises(OperationExpired):
            await world.submit(engine, key="run-1")


async def test_what_a_retry_names_stays_until_the_retry_has_ended(world):
    async with world.engine() as engine:
        first, second = [await failed(world, engine) for _ in range(2)]
        world.clock.move(2 * DAY)
        retry = await engine.retry(first, "again", ANN, "ann", "retry-1")
        assert (await engine.pruning.turn()).operations == 1
        assert (await pruned(engine, second)).operation_id == second
        assert (await engine.operation(first)).run.id == first
        await world.actions.by_id["x.prove"].answer(FAIL)
        await ended(engine, retry.operation.run.id)
        assert (await engine.pruning.turn()).operations == 1
        await pruned(engine, first)


async def test_a_hold_keeps_and_a_release_lets_go(world):
    async with world.engine() as engine:
        first = await failed(world, engine)
        await failed(world, engine)
        world.clock.move(2 * DAY)
        hold = await engine.hold(first, ANN, "the auditors asked")
        assert (hold.by, hold.at) == (ANN, world.clock.now())
        assert (await engine.pruning.turn()).operations == 0
    async with world.engine() as engine:
        assert (await engine.pruning.turn()).operations == 0
        assert await engine.release(first) == hold
        assert await engine.release(first) is None
        assert (await engine.pruning.turn()).operations == 1
        with pytest.raises(OperationExpired):
            await engine.hold(first, ANN, "too late")
        with pytest.raises(OperationNotFound) as caught:
            await engine.hold("op_9", ANN, "there never was one")
        assert not isinstance(caught.value, OperationExpired)


async def test_the_loop_prunes_at_the_start_and_at_each_interval(world):
    settings = PruningSettings(interval=DAY, batch=1)
    async with world.engine() as engine:
        for lane in (LANE, PROD):
            for _ in range(3):
                await failed(world, engine, lane=lane)
    world.clock.move(2 * DAY)
    async with world.engine(pruning=settings) as engine:
        await world.clock.slept_for(DAY)
        # It sleeps that long after its first turn, and nobody else does.
        await turned(engine, 1)
        assert engine.pruning.total.operations == 4
        await failed(world, engine)
        world.clock.move(2 * DAY)
        await turned(engine, 2)
        assert engine.pruning.total.operations == 5


async def test_the_loop_waits_while_the_store_does_not_answer(world, monkeypatch):
    async with world.engine() as engine:
        for _ in range(2):
            await failed(world, engine)
        world.clock.move(2 * DAY)

        async def unavailable() -> Any:
            raise StoreUnavailable("the disk is gone")

        monkeypatch.setattr(engine.store.retention, "limits", unavailable)
        engine.pruning.start()
        await world.clock.slept_for(STORE_RETRY)
        assert engine.pruning.total == Pruned()
        monkeypatch.undo()
        world.clock.move(STORE_RETRY)
        await turned(engine, 1)
        assert engine.pruning.total.operations == 1


async def test_an_engine_that_was_replaced_prunes_nothing(world):
    async with world.engine() as engine:
        first, _ = [await failed(world, engine) for _ in range(2)]
        world.clock.move(2 * DAY)
        await engine.store.claim("another", world.clock.now())
        with pytest.raises(EngineFenced):
            await engine.pruning.turn()
        assert engine.fenced
        assert await engine.store.retention.tombstone(first) is None


async def test_a_plan_that_nobody_is_pinned_to_goes_at_the_next_start(world):
    async with world.engine() as engine:
        first = await failed(world, engine)
        digest = (await engine.operation(first)).plan.plan.digest
    changed = World(world.path, {**SHORT, "version": 2, "retention": {"keep_days": 1}})
    changed.clock, changed.ids, changed._keys = world.clock, world.ids, world._keys
    async with changed.engine() as engine:
        for _ in range(2):
            await failed(changed, engine)
        changed.clock.move(2 * DAY)
        assert (await engine.pruning.turn()).operations == 1
        # In memory or not, what is loaded now stays usable.
        assert await engine.store.plan(digest) is not None
    async with changed.engine(pruning=PruningSettings()) as engine:
        assert await engine.store.plan(digest) is None
        await failed(changed, engine)


async def test_every_page_is_looked_at(world):
    async with world.engine() as engine:
        ids = [await failed(world, engine) for _ in range(5)]
        world.clock.move(2 * DAY)
        now = world.clock.now()
        pages = [page async for page in past_their_days(engine.store.retention, now, 2)]
        assert [len(page) for page in pages] == [2, 2, 1]
        found = {each.id: stays(each, now) for page in pages for each in page}
        assert found == {**dict.fromkeys(ids[:-1]), ids[-1]: Stay.KEEP_LAST}


async def test_an_operation_that_is_pruned_while_it_is_read_does_not_stay_in_memory(
    world, monkeypatch
):
    async with world.engine() as engine:
        first, _ = [await failed(world, engine) for _ in range(2)]
        world.clock.move(2 * DAY)
    async with world.engine() as engine:
        read = engine.store.events

        async def slow(operation_id: str) -> Any:
            found = await read(operation_id)
            await engine.pruning.turn()
            return found

        monkeypatch.setattr(engine.store, "events", slow)
        assert (await engine.operation(first)).run.id == first
        monkeypatch.undo()
        await pruned(engine, first)


async def test_nothing_is_removed_where_nothing_is_proposed(world):
    async with world.engine() as engine:
        lease = await engine.store.claim("another", world.clock.now())
        assert await engine.store.retention.prune([], world.clock.now(), lease) == Removed()
