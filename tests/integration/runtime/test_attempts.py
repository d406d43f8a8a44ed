"""How an attempt ends: in time or not, with a retry, with what a driver says or raises."""

import asyncio

import pytest

from laneway.core import inputs
from laneway.core.run import Status
from laneway.ports.driver import ActionFailed, ActionResult, Artifact, OutcomeUnknown
from tests.support.engines import (
    ANN,
    BOB,
    LANE,
    PASS,
    World,
    ended,
    failure,
    in_status,
    types,
    until,
)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "laneway.db")


async def test_a_retry_waits_for_its_timer(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        prove = world.actions.by_id["x.prove"]
        await prove.answer(ActionFailed("busy", "try later", retry_class="unavailable"))
        await in_status(engine, operation_id, Status.WAITING)
        await world.clock.slept_for(2_000)
        assert len(prove.calls["run"]) == 1
        world.clock.move(2_000)
        assert (await prove.answer(PASS)).attempt == 2
        assert "phase_retry_scheduled" in await types(engine, operation_id)


async def test_a_read_that_takes_too_long_fails_and_its_driver_is_stopped(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        _, answered = await world.actions.by_id["x.prove"].asked.get()
        await world.clock.slept_for(60_000)
        world.clock.move(60_000)
        over = await ended(engine, operation_id)
        assert failure(over).code == "timeout"
        with pytest.raises(asyncio.CancelledError):
            await answered


async def test_a_destructive_action_that_takes_too_long_is_asked_about_and_never_repeated(world):
    destroy = world.actions.by_id["x.destroy"]
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await destroy.asked.get()
        await world.clock.slept_for(45 * 60_000)
        world.clock.move(45 * 60_000)
        await destroy.answer(OutcomeUnknown("no_row", "cannot tell"))
        unknown = await in_status(engine, operation_id, Status.RECONCILIATION_REQUIRED)
        assert (await engine.store.lane(LANE)).holder.id == operation_id
        assert destroy.calls == {
            "run": [f"{operation_id}_destroy_1"],
            "recover": [f"{operation_id}_destroy_1"],
        }
        with pytest.raises(inputs.NotCancellable):
            await engine.tell(operation_id, inputs.Cancel(ANN))
        told = inputs.Reconcile(BOB, outcome="pass", note="I saw it")
        await engine.tell(unknown.run.id, told)
        for _ in range(2):
            await world.actions.by_id["x.check"].answer(PASS)
        assert (await ended(engine, operation_id)).run.status is Status.PASS


async def test_whatever_a_driver_raises_fails_a_read_and_leaves_the_rest_unknown(
    world,
):
    async with world.engine() as engine:
        reading = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(ZeroDivisionError("secret text"))
        over = await ended(engine, reading)
        assert failure(over).code == "internal_error"
        assert "secret text" not in failure(over).message

        destroying = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await world.actions.by_id["x.destroy"].answer(ZeroDivisionError())
        await world.actions.by_id["x.destroy"].answer(ZeroDivisionError())
        await in_status(engine, destroying, Status.RECONCILIATION_REQUIRED)


async def test_an_artifact_is_kept_without_the_secrets_that_the_attempt_read(world, monkeypatch):
    monkeypatch.setenv("PANEL_KEY", "s3cret")
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        (await world.actions.by_id["x.destroy"].called()).secret("env:PANEL_KEY")
        log = Artifact(name="run.log", media_type="text/plain", content=b"key s3cret \xff used")
        await world.actions.by_id["x.destroy"].answer(
            ActionResult(outcome="pass", artifacts=(log,), evidence={"said": "s3cret"})
        )
        over = await until(engine, operation_id, lambda o: o.run.place == "verify")
        phase = over.run.phase("destroy")
        content = await engine.store.artifact(phase.artifacts[0].digest)
    assert phase.evidence == {"said": "[redacted]"}
    assert phase.artifacts[0].name == "run.log"
    assert content == b"key [redacted] \xff used"


async def test_a_failure_whose_detail_is_no_json_is_told_as_text(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        odd = ActionFailed("odd", "it is odd", detail={"what": object()}, evidence={"n": {1, 2}})
        await world.actions.by_id["x.prove"].answer(odd)
        over = await ended(engine, operation_id)
        assert list(failure(over).detail) == ["not_json"]
        assert list(over.run.phase("prove").evidence) == ["not_json"]
