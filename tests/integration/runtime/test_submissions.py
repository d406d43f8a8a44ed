"""What is submitted: keys and replays, what is refused, and callers who go away."""

import asyncio

import pytest

from laneway.core.chain import verify
from laneway.core.events import Actor
from laneway.core.run import Status
from laneway.runtime.submissions import KeyReused, PlanNotFound, RequestInvalid, TargetNotFound
from tests.support.engines import LANE, PASS, PROD, World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "laneway.db")


async def test_submitting_answers_before_any_action_has_ended(world):
    async with world.engine() as engine:
        submitted = await world.submit(engine)
        assert submitted.operation.run.status is Status.RUNNING
        assert not submitted.replayed


async def test_the_same_key_is_the_same_operation_as_it_is_now(world):
    async with world.engine() as engine:
        first = await world.submit(engine, key="k")
        await world.actions.by_id["x.prove"].answer(PASS)
        await world.actions.by_id["x.destroy"].called()
        again = await world.submit(engine, key="k")

    assert again.replayed
    assert again.operation.run.id == first.operation.run.id
    assert again.operation.run.seq > first.operation.run.seq


async def test_many_at_once_with_one_key_make_one_operation(world):
    async with world.engine() as engine:
        made = await asyncio.gather(*(world.submit(engine, key="k") for _ in range(20)))
        assert len({item.operation.run.id for item in made}) == 1
        assert [item.replayed for item in made].count(False) == 1


async def test_one_key_on_two_lanes_at_once_is_one_operation_and_one_refusal(world):
    async with world.engine() as engine:
        answers = await asyncio.gather(
            world.submit(engine, LANE, key="k"),
            world.submit(engine, PROD, key="k"),
            return_exceptions=True,
        )
        assert [type(a) for a in answers].count(KeyReused) == 1
        assert (await engine.store.lane(PROD)).holder is None or (
            await engine.store.lane(LANE)
        ).holder is None


async def test_a_key_used_for_something_else_is_refused(world):
    async with world.engine() as engine:
        first = await world.submit(engine, key="k")
        with pytest.raises(KeyReused) as refused:
            await world.submit(engine, key="k", reason="other")
        assert refused.value.detail == {"operation": first.operation.run.id}


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"plan": "nothing"}, PlanNotFound),
        ({"request": {"wrong": 1}}, RequestInvalid),
        ({"supersedes": "op_x"}, RequestInvalid),
    ],
)
async def test_a_refused_submission_leaves_nothing(world, asked, refusal):
    async with world.engine() as engine:
        with pytest.raises(refusal):
            await world.submit(engine, key="k", **asked)
        assert await engine.store.last_position() == 0
        assert await engine.store.key("ann", "k") is None


async def test_a_lane_without_a_target_record_is_refused(world):
    world.targets.gone.add(LANE)
    async with world.engine() as engine:
        with pytest.raises(TargetNotFound):
            await world.submit(engine)


async def test_a_caller_who_goes_away_changes_nothing(world):
    async with world.engine() as engine:
        submitting = asyncio.ensure_future(world.submit(engine, key="k"))
        await asyncio.sleep(0)
        submitting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await submitting
        await world.actions.by_id["x.prove"].called()
        assert (await world.submit(engine, key="k")).replayed


@pytest.mark.parametrize("number", [2.0, 1e18, 0.5])
async def test_a_request_and_its_requester_are_read_again_as_they_were(world, number):
    async with world.engine() as engine:
        said = {"actor": Actor("caller", "ann", {"n": number}), "request": {"n": number}}
        made = (await world.submit(engine, **said)).operation.run
    async with world.engine() as engine:
        again = (await engine.operation(made.id)).run
        # It goes on all the while: there may be more events by now than it has seen.
        assert verify((await engine.store.events(made.id))[: again.seq]) == again.head
    for run in (made, again):
        assert repr(run.accepted.request) == repr({"n": number})
        assert repr(run.accepted.requested_by.claims) == repr({"n": number})
