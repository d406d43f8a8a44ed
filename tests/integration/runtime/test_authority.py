"""The policy is asked at the submission, when a lane is granted, and before anything is changed."""

import asyncio

import pytest

from laneway.core import inputs
from laneway.core.events import OperationAccepted, Ruling
from laneway.core.model import WhenBusy
from laneway.core.run import Status
from laneway.ports.driver import ActionFailed
from laneway.runtime.submissions import AuthorizationDenied, RequestInvalid
from tests.support.engines import (
    ANN,
    BOB,
    PASS,
    PROD,
    World,
    ended,
    failure,
    in_status,
    types,
)

YES = Ruling(allowed=True, rules=("rebuild-testing",), policy="sha256:1")
NO = Ruling(allowed=False, policy="sha256:2", reason="no rule lets ann do this")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "laneway.db")


async def test_what_it_said_of_a_submission_is_stored_with_the_operation(world):
    world.policy.says = YES
    async with world.engine() as engine:
        operation = (await world.submit(engine)).operation
        (first, *_) = await engine.store.events(operation.run.id)
    assert isinstance(first.event, OperationAccepted)
    assert first.event.authorization == YES


async def test_who_may_not_makes_no_operation_and_learns_nothing_of_the_request(world):
    world.policy.says = NO
    async with world.engine() as engine:
        for request in ({}, {"wrong": True}):
            with pytest.raises(AuthorizationDenied, match="no rule lets ann"):
                await world.submit(engine, request=request)
        world.policy.says = YES
        with pytest.raises(RequestInvalid):
            await world.submit(engine, request={"wrong": True})
        assert await engine.store.unfinished() == []


async def test_a_right_that_is_gone_when_the_lane_is_free_refuses_what_waited(world):
    world.policy.says = YES
    async with world.engine() as engine:
        first = (await world.submit(engine)).operation.run.id
        waiting = (await world.submit(engine, when_busy=WhenBusy.QUEUE)).operation.run.id
        world.policy.says = NO
        await engine.tell(first, inputs.Cancel(ANN))
        refused = await ended(engine, waiting)
    assert refused.run.status is Status.REFUSED
    assert failure(refused).code == "authorization_denied"


async def test_a_right_that_is_gone_before_the_first_change_lets_nothing_be_changed(world):
    world.policy.says = YES
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        world.policy.says = NO
        await world.actions.by_id["x.prove"].answer(PASS)
        refused = await ended(engine, operation_id)
        said = await types(engine, operation_id)
        lane = await engine.store.lane(refused.run.lane)
    assert failure(refused).code == "authorization_denied"
    assert said[-3:] == ["authorization_checked", "transition_taken", "operation_finished"]
    assert world.actions.by_id["x.destroy"].calls["run"] == []
    assert lane.holder is None
    assert lane.last_destructive == {}


async def test_once_something_is_changed_it_is_asked_no_more(world):
    world.policy.says = YES
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await world.actions.by_id["x.destroy"].called()
        world.policy.says = NO
        await world.actions.by_id["x.destroy"].answer(PASS)
        asked = len(world.policy.asked)
        await world.actions.by_id["x.check"].answer(PASS)
        await world.actions.by_id["x.check"].answer(PASS)
        assert (await ended(engine, operation_id)).run.status is Status.PASS
    assert len(world.policy.asked) == asked


async def test_an_operation_that_was_under_way_is_asked_about_after_a_restart(world):
    world.policy.says = YES
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
    world.policy.says = NO
    async with world.engine() as engine:
        await engine.recovered()
        await world.actions.by_id["x.prove"].answer(PASS)
        assert failure(await ended(engine, operation_id)).code == "authorization_denied"


async def test_what_was_held_by_the_engine_before_is_asked_about_when_it_is_begun(world):
    world.policy.says = YES
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        draining = asyncio.ensure_future(engine.drain(grace=5_000))
        await world.clock.slept_for(5_000)
        await world.actions.by_id["x.prove"].answer(PASS)
        await draining
        assert (await types(engine, operation_id))[-1] == "phase_held"
    world.policy.says = NO
    async with world.engine() as engine:
        refused = await ended(engine, operation_id)
        lane = await engine.store.lane(refused.run.lane)
        outstanding = await engine.store.outstanding_actions()
    assert failure(refused).code == "authorization_denied"
    assert world.actions.by_id["x.destroy"].calls == {}
    assert (lane.holder, [*outstanding]) == (None, [])


async def test_a_retry_is_asked_about_as_a_retry(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(ActionFailed("gone", "no answer"))
        await ended(engine, operation_id)
        world.policy.says = NO
        with pytest.raises(AuthorizationDenied):
            await engine.retry(operation_id, "", BOB, "bob", "k")
    _, asked = world.policy.asked[-1]
    assert (asked.retry_of, asked.requested_by) == (operation_id, BOB)


# --- the evidence of a dry run -------------------------------------------------------------------


async def covered(world, engine, **asked):
    """What an approval on prod covers."""
    submitted = await world.submit(engine, PROD, **asked)
    await world.actions.by_id["x.prove"].answer(PASS)
    waiting = await in_status(engine, submitted.operation.run.id, Status.WAITING)
    approval = waiting.run.phase("approval").approval
    assert approval is not None
    return approval.covers


async def test_an_approval_covers_the_newest_dry_run_of_the_same_request(world):
    request = {"confirmation": "rebuild prod"}
    async with world.engine() as engine:
        await world.run_through(engine, PROD, dry_run=True, request=request)
        newest = await world.run_through(engine, PROD, dry_run=True, request=request)
        await world.run_through(engine, PROD, dry_run=True, request={"confirmation": "other"})
        await world.run_through(engine, dry_run=True, request=request)
        seen = (await covered(world, engine, request=request))["dry_run"]
        row = await engine.store.operation(newest)
    assert row is not None
    assert seen == {
        "operation": newest,
        "status": "pass",
        "finished_at": row.finished_at,
        "head": row.head,
    }


async def test_without_a_dry_run_an_approval_says_nothing_of_one(world):
    async with world.engine() as engine:
        assert "dry_run" not in await covered(world, engine)
