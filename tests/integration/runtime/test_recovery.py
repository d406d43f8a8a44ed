"""What an engine takes up that another one left: crashes, shutdowns, and a store that fails."""

import asyncio
from pathlib import Path

import pytest

from laneway.core import inputs
from laneway.core.chain import verify
from laneway.core.model import WhenBusy
from laneway.core.run import Status
from laneway.ports.driver import ActionFailed, OutcomeUnknown
from laneway.ports.store import StoreUnavailable
from laneway.runtime.operations import EngineFenced
from laneway.runtime.submissions import Draining
from tests.support.engines import (
    ANN,
    LANE,
    PASS,
    PROD,
    World,
    ended,
    failure,
    in_status,
    types,
    until,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "laneway.db")


async def test_a_reading_action_that_was_lost_runs_again_under_the_same_token(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].called()
    async with world.engine() as engine:
        await world.actions.by_id["x.prove"].answer(PASS)
        await world.actions.by_id["x.destroy"].called()
        assert world.actions.by_id["x.prove"].calls["run"] == [f"{operation_id}_prove_1"] * 2
        assert "phase_resumed" in await types(engine, operation_id)


async def test_a_destructive_action_that_was_lost_is_asked_about(world):
    destroy = world.actions.by_id["x.destroy"]
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        context, _ = await destroy.asked.get()
        await context.save_checkpoint({"known": [1, 2]}, "ids noted")
    async with world.engine() as engine:
        context = await destroy.answer(PASS)
        assert context.checkpoint == {"known": [1, 2]}
        for _ in range(2):
            await world.actions.by_id["x.check"].answer(PASS)
        over = await ended(engine, operation_id)
        assert over.run.status is Status.PASS
        assert verify(await engine.store.events(operation_id)) == over.run.head
    token = f"{operation_id}_destroy_1"
    assert destroy.calls == {"run": [token], "recover": [token]}


async def test_an_attempt_that_never_reached_the_provider_is_made_under_the_same_token(world):
    destroy = world.actions.by_id["x.destroy"]
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await destroy.asked.get()
    async with world.engine() as engine:
        await destroy.answer(ActionFailed("not_started", "nothing was posted"))
        await destroy.answer(PASS)
        await until(engine, operation_id, lambda o: o.run.place == "verify")
    token = f"{operation_id}_destroy_1"
    assert destroy.calls == {"run": [token, token], "recover": [token]}


async def test_not_started_is_believed_after_a_crash_only(world):
    """Otherwise a driver that lost sight of its POST could be made to send it again."""
    destroy = world.actions.by_id["x.destroy"]
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await destroy.answer(OutcomeUnknown("gateway_timeout", "504"))
        await destroy.answer(ActionFailed("not_started", "nothing was posted"))
        over = await ended(engine, operation_id)
        assert failure(over).code == "not_started"
    assert len(destroy.calls["run"]) == 1


async def test_what_cannot_be_told_waits_for_a_person_across_restarts(world):
    destroy = world.actions.by_id["x.destroy"]
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await destroy.asked.get()
    async with world.engine() as engine:
        await destroy.answer(OutcomeUnknown("no_row", "there is no row"))
        await in_status(engine, operation_id, Status.RECONCILIATION_REQUIRED)
    async with world.engine() as engine:
        operation = await engine.operation(operation_id)
        assert operation.run.status is Status.RECONCILIATION_REQUIRED
        holder = (await engine.store.lane(LANE)).holder
        assert holder is not None
        assert holder.id == operation_id
        await engine.tell(operation_id, inputs.Reconcile(ANN, outcome="retry", note="do it"))
        assert (await destroy.answer(PASS)).token == f"{operation_id}_destroy_2"


async def test_timers_that_came_due_while_nobody_looked_fire_at_the_start(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine, PROD)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await in_status(engine, operation_id, Status.WAITING)
    world.clock.move(3_600_000)
    async with world.engine() as engine:
        over = await ended(engine, operation_id)
        assert over.run.status is Status.REFUSED
        assert failure(over).code == "approval_expired"


async def test_a_queue_goes_on_after_a_crash_between_release_and_promotion(world):
    async with world.engine() as engine:
        first = await world.submit(engine)
        second = await world.submit(engine, when_busy=WhenBusy.QUEUE)
        engine._promote = _nothing  # the crash comes first
        await engine.tell(first.operation.run.id, inputs.Cancel(ANN))
        assert (await engine.operation(second.operation.run.id)).run.status is Status.PENDING
    async with world.engine() as engine:
        await in_status(engine, second.operation.run.id, Status.RUNNING)


async def test_a_queue_from_before_a_restart_is_served_when_its_holder_ends(world):
    async with world.engine() as engine:
        first = await world.submit(engine)
        second = await world.submit(engine, when_busy=WhenBusy.QUEUE)
        elsewhere = await world.submit(engine, PROD)
    async with world.engine() as engine:
        await engine.recovered()
        await engine.tell(elsewhere.operation.run.id, inputs.Cancel(ANN))
        await engine.tell(first.operation.run.id, inputs.Cancel(ANN))
        await in_status(engine, second.operation.run.id, Status.RUNNING)


async def _nothing(lane: object) -> None:
    """The engine does not get to it."""


async def test_an_older_engine_is_fenced(world):
    async with world.engine() as engine:
        submitted = await world.submit(engine)
        await engine.store.claim("another", world.clock.now())
        with pytest.raises(EngineFenced):
            await engine.tell(submitted.operation.run.id, inputs.Cancel(ANN))
        assert engine.fenced
        with pytest.raises(EngineFenced):
            await world.submit(engine, PROD)


async def test_draining_takes_nothing_new_and_gives_actions_their_time(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        prove = world.actions.by_id["x.prove"]
        await prove.called()
        draining = asyncio.ensure_future(engine.drain(grace=5_000))
        await world.clock.slept_for(5_000)
        with pytest.raises(Draining):
            await world.submit(engine, PROD)
        await prove.answer(PASS)
        await draining
        operation = await engine.operation(operation_id)
        assert operation.run.phase("prove").outcome == "pass"
        assert not world.actions.by_id["x.destroy"].calls
        assert (await types(engine, operation_id))[-1] == "phase_held"
    async with world.engine() as engine:
        await world.actions.by_id["x.destroy"].called()
        # It was never begun, so it is begun, and nobody is asked what became of it.
        assert world.actions.by_id["x.destroy"].calls == {"run": [f"{operation_id}_destroy_1"]}


async def test_an_action_that_outlasts_the_grace_period_is_taken_up_at_the_next_start(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        _, answered = await world.actions.by_id["x.prove"].asked.get()
        draining = asyncio.ensure_future(engine.drain(grace=5_000))
        await world.clock.slept_for(5_000)
        world.clock.move(5_000)
        await draining
        assert answered.cancelled()
        assert "phase_finished" not in await types(engine, operation_id)
    async with world.engine() as engine:
        await world.actions.by_id["x.prove"].answer(PASS)
        await until(engine, operation_id, lambda o: o.run.place == "destroy")


async def test_what_a_driver_said_is_kept_while_the_store_does_not_answer(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        commit, failures = engine.store.commit, iter([StoreUnavailable("disk full")] * 3)

        async def failing(*args):
            if (failure := next(failures, None)) is not None:
                raise failure
            return await commit(*args)

        engine.store.commit = failing
        await world.actions.by_id["x.prove"].answer(PASS)
        for _ in range(3):
            await world.clock.slept_for(500)
            world.clock.move(500)
        operation = await until(engine, operation_id, lambda o: o.run.place == "destroy")
        assert operation.run.phase("prove").outcome == "pass"


async def test_a_submission_that_could_not_be_written_is_not_there(world):
    async with world.engine() as engine:
        commit = engine.store.commit

        async def failing(*_):
            raise StoreUnavailable("disk full")

        engine.store.commit = failing
        with pytest.raises(StoreUnavailable):
            await world.submit(engine, key="k")
        engine.store.commit = commit
        assert not (await world.submit(engine, key="k")).replayed


async def test_stopping_waits_for_a_commit_whose_caller_is_gone(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        cancelling = asyncio.ensure_future(engine.tell(operation_id, inputs.Cancel(ANN)))
        await asyncio.sleep(0)
        cancelling.cancel()
    async with world.engine() as engine:
        assert (await engine.operation(operation_id)).run.status is Status.CANCELLED


async def test_a_slow_reader_does_not_bring_back_what_was(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        engine._operations._kept.clear()
        events, read, go_on = engine.store.events, asyncio.Event(), asyncio.Event()

        async def slow(wanted: str, *args: int):
            found = await events(wanted, *args)
            read.set()
            await go_on.wait()
            return found

        engine.store.events = slow
        reading = asyncio.ensure_future(engine.operation(operation_id))
        await read.wait()
        engine.store.events = events
        await engine.tell(operation_id, inputs.Cancel(ANN))
        go_on.set()
        assert (await reading).run.status is Status.CANCELLED
        assert (await engine.operation(operation_id)).run.status is Status.CANCELLED


async def soon(holds):
    """Let the loop turn until something holds, and not once more."""
    while not holds():  # noqa: ASYNC110 - nothing tells of it: the moment is within the engine
        await asyncio.sleep(0)


async def test_what_a_driver_has_said_is_written_though_the_engine_stops_at_that_moment(world):
    check = world.actions.by_id["x.check"]
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        for action in ("x.prove", "x.destroy", "x.check", "x.check"):
            await world.actions.by_id[action].answer(PASS)
        await soon(lambda: not engine._executor._tasks)  # both are about to be written
    async with world.engine() as engine:
        assert (await ended(engine, operation_id)).run.status is Status.PASS
    assert len(check.calls["run"]) == 2


async def test_what_was_committed_while_the_engine_stopped_is_known_not_to_have_begun(world):
    destroy = world.actions.by_id["x.destroy"]
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await soon(lambda: not engine._executor._tasks)  # its outcome is about to be written
    async with world.engine() as engine:
        await destroy.answer(PASS)
        await until(engine, operation_id, lambda o: o.run.place == "verify")
        assert "phase_held" in await types(engine, operation_id)
    assert destroy.calls == {"run": [f"{operation_id}_destroy_1"]}


async def test_what_a_timer_led_to_while_the_engine_stopped_is_known_not_to_have_begun(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        failed = ActionFailed("down", "not now", retry_class="unavailable")
        await world.actions.by_id["x.prove"].answer(failed)
        await in_status(engine, operation_id, Status.WAITING)
        await world.clock.slept_for(2_000)
        world.clock.move(2_000)
        await soon(lambda: engine._operations._telling)  # the timer has fired
    async with world.engine() as engine:
        await world.actions.by_id["x.prove"].called()
        assert (await types(engine, operation_id)).count("phase_held") == 1
