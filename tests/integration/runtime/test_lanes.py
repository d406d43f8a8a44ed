"""One at a time on a lane: who holds it, who waits, who may destroy again, and freezes."""

import asyncio

import pytest

from laneway.core import inputs
from laneway.core.events import Failure
from laneway.core.model import WhenBusy
from laneway.core.run import Status
from laneway.ports.driver import ActionFailed, ActionResult
from laneway.runtime.submissions import LaneBusy, LaneFrozen, RepeatNotAccepted
from tests.support.engines import ANN, BOB, LANE, PASS, PLAN, PROD, World, ended, failure, in_status


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "laneway.db")


async def test_a_busy_lane_names_its_holder_and_another_lane_is_free(world):
    async with world.engine() as engine:
        holder = (await world.submit(engine)).operation.run.id
        with pytest.raises(LaneBusy) as busy:
            await world.submit(engine)
        assert busy.value.detail == {"operation": holder}
        assert (await world.submit(engine, PROD)).operation.run.status is Status.RUNNING


async def test_of_many_at_once_one_gets_the_lane(world):
    async with world.engine() as engine:
        answers = await asyncio.gather(
            *(world.submit(engine) for _ in range(10)), return_exceptions=True
        )
        assert [type(a) for a in answers].count(LaneBusy) == 9


async def test_a_queue_is_served_in_the_order_of_submission_and_has_a_limit(world):
    async with world.engine() as engine:
        first = (await world.submit(engine)).operation.run.id
        second = (await world.submit(engine, when_busy=WhenBusy.QUEUE)).operation
        third = (await world.submit(engine, when_busy=WhenBusy.QUEUE)).operation
        assert second.run.status is third.run.status is Status.PENDING
        with pytest.raises(LaneBusy):
            await world.submit(engine, when_busy=WhenBusy.QUEUE)

        refuses = ActionResult(outcome="refused", failure=Failure("no", "no"))
        for operation_id in (first, second.run.id, third.run.id):
            context = await world.actions.by_id["x.prove"].answer(refuses)
            assert context.operation_id == operation_id
            await ended(engine, operation_id)
        await engine.recovered()
        assert (await engine.store.lane(LANE)).holder is None


async def test_a_queued_operation_that_was_cancelled_is_passed_over(world):
    async with world.engine() as engine:
        first = await world.submit(engine)
        second = await world.submit(engine, when_busy=WhenBusy.QUEUE)
        third = await world.submit(engine, when_busy=WhenBusy.QUEUE)
        cancelled = await engine.tell(second.operation.run.id, inputs.Cancel(ANN))
        assert cancelled.run.status is Status.CANCELLED
        await engine.tell(first.operation.run.id, inputs.Cancel(ANN))
        await in_status(engine, third.operation.run.id, Status.RUNNING)


async def test_who_saw_the_lane_held_just_before_it_was_let_go_is_promoted(world, monkeypatch):
    seen, go_on = asyncio.Event(), asyncio.Event()
    async with world.engine() as engine:
        await engine.recovered()
        first = (await world.submit(engine)).operation.run.id
        look = engine.store.key_and_lane

        async def late(*asked):
            found = await look(*asked)
            seen.set()
            await go_on.wait()
            return found

        monkeypatch.setattr(engine.store, "key_and_lane", late)
        queues = asyncio.create_task(world.submit(engine, when_busy=WhenBusy.QUEUE))
        await seen.wait()
        await world.actions.by_id["x.prove"].answer(ActionResult(outcome="fail"))
        await ended(engine, first)
        go_on.set()
        second = (await queues).operation.run
        await engine.recovered()
        assert second.status is Status.PENDING
        assert (await engine.operation(second.id)).run.status is Status.RUNNING


async def test_shared_operations_do_not_hold_the_lane(tmp_path):
    looks = {
        "plan": "look",
        "version": 1,
        "start": "check",
        "lane": {"mode": "shared"},
        "phases": {
            "check": {"action": "x.check", "on": {"pass": "pass", "fail": "fail"}},
            "pass": {"end": "pass"},
            "fail": {"end": "fail"},
        },
    }
    world = World(tmp_path / "laneway.db", PLAN, looks)
    async with world.engine() as engine:
        await world.submit(engine)
        for _ in range(3):
            assert (await world.submit(engine, plan="look")).operation.run.status is Status.RUNNING
        assert len((await engine.store.lane(LANE)).running_shared) == 3


async def test_a_frozen_lane_takes_nothing_and_refuses_who_waited(world):
    async with world.engine() as engine:
        first = await world.submit(engine)
        waiting = await world.submit(engine, when_busy=WhenBusy.QUEUE)
        await engine.freeze(LANE, BOB, "migration")
        with pytest.raises(LaneFrozen):
            await world.submit(engine, when_busy=WhenBusy.QUEUE)
        await engine.tell(first.operation.run.id, inputs.Cancel(ANN))
        refused = await ended(engine, waiting.operation.run.id)
        assert failure(refused).code == "lane_frozen"
        await engine.unfreeze(LANE)
        assert (await world.submit(engine)).operation.run.status is Status.RUNNING


async def test_who_waited_behind_a_bootstrap_is_refused_and_does_not_bootstrap(world):
    async with world.engine() as engine:
        first = await world.submit(engine)
        waiting = await world.submit(engine, when_busy=WhenBusy.QUEUE)
        world.actions.answer_all(lambda _: PASS)
        for action in ("x.prove", "x.destroy"):
            if not world.actions.by_id[action].asked.empty():
                await world.actions.by_id[action].answer(PASS)
        await ended(engine, first.operation.run.id)
        refused = await ended(engine, waiting.operation.run.id)

    assert refused.run.status is Status.REFUSED
    assert failure(refused).code == "repeat_not_accepted"
    assert failure(refused).detail == {"operation": first.operation.run.id}
    assert len(world.actions.by_id["x.destroy"].calls["run"]) == 1


async def test_one_may_queue_behind_a_bootstrap_that_runs_and_name_it(world):
    async with world.engine() as engine:
        first = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await world.actions.by_id["x.destroy"].called()
        with pytest.raises(LaneBusy) as busy:
            await world.submit(engine)
        assert busy.value.detail == {"operation": first}
        unnamed = await world.submit(engine, when_busy=WhenBusy.QUEUE)
        named = await world.submit(engine, when_busy=WhenBusy.QUEUE, supersedes=first)
        world.actions.answer_all(lambda _: PASS)
        await world.actions.by_id["x.destroy"].answer(PASS)
        assert (await ended(engine, unnamed.operation.run.id)).run.status is Status.REFUSED
        assert (await ended(engine, named.operation.run.id)).run.status is Status.PASS


async def test_a_second_bootstrap_must_name_the_latest_one(world):
    async with world.engine() as engine:
        first = await world.run_through(engine)
        with pytest.raises(RepeatNotAccepted) as refused:
            await world.submit(engine)
        assert refused.value.detail == {"operation": first}
        second = await world.run_through(engine, supersedes=first)
        with pytest.raises(RepeatNotAccepted):
            await world.submit(engine, supersedes=first)
        await world.run_through(engine, supersedes=second)


async def test_a_bootstrap_that_failed_its_verification_counts_as_one(world):
    async with world.engine() as engine:
        first = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await world.actions.by_id["x.destroy"].answer(PASS)
        await world.actions.by_id["x.check"].answer(ActionFailed("down", "it is down"))
        await world.actions.by_id["x.check"].answer(PASS)
        assert (await ended(engine, first)).run.status is Status.FAIL
        with pytest.raises(RepeatNotAccepted):
            await world.submit(engine)
