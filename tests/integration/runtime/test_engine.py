"""The engine over a real store: an operation from its beginning to its end, and once more."""

import pytest

from laneway.core import inputs
from laneway.core.chain import verify
from laneway.core.run import Approval, Status
from laneway.ports.driver import ActionFailed
from laneway.runtime.operations import Operation, OperationNotFound
from laneway.runtime.submissions import RetryNotPossible
from tests.support.engines import ANN, BOB, LANE, PASS, PROD, World, ended, failure, in_status


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "laneway.db")


async def test_a_plan_runs_to_its_end_and_every_step_was_written_before_it_was_taken(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        for action in ("x.prove", "x.destroy", "x.check", "x.check"):
            context = await world.actions.by_id[action].answer(PASS)
            written = await engine.store.events(operation_id)
            assert any(getattr(item.event, "token", "") == context.token for item in written)
        over = await ended(engine, operation_id)
        events = await engine.store.events(operation_id)

    assert over.run.status is Status.PASS
    assert verify(events) == over.run.head
    announced = [item for c in world.committed for item in c.events]
    assert announced == events
    assert await_none(world) == {"x.prove": 1, "x.destroy": 1, "x.check": 2}


def await_none(world):
    calls = {name: len(action.calls["run"]) for name, action in world.actions.by_id.items()}
    return {name: number for name, number in calls.items() if number}


async def test_an_operation_that_is_not_there(world):
    async with world.engine() as engine:
        with pytest.raises(OperationNotFound):
            await engine.operation("op_none")
        with pytest.raises(OperationNotFound):
            await engine.tell("op_none", inputs.Cancel(ANN))


async def test_an_approval_is_bound_to_what_was_seen(world):
    async with world.engine() as engine:
        operation_id = (await world.submit(engine, PROD)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        waiting = await in_status(engine, operation_id, Status.WAITING)
        digest = asked_of(waiting).digest
        for told, refusal in (
            (
                inputs.Approve(BOB, phase="approval", decision="approve", digest="sha256:other"),
                inputs.DigestMismatch,
            ),
            (
                inputs.Approve(ANN, phase="approval", decision="approve", digest=digest),
                inputs.SelfApproval,
            ),
            (
                inputs.Approve(BOB, phase="destroy", decision="approve", digest=digest),
                inputs.IllegalInput,
            ),
        ):
            with pytest.raises(refusal):
                await engine.tell(operation_id, told)
        rejected = inputs.Approve(ANN, phase="approval", decision="reject", digest=digest)
        assert (await engine.tell(operation_id, rejected)).run.status is Status.REFUSED


def asked_of(operation: Operation, phase: str = "approval") -> Approval:
    approval = operation.run.phase(phase).approval
    assert approval is not None
    return approval


async def test_a_dry_run_neither_destroys_nor_counts(world):
    async with world.engine() as engine:
        dry = await world.run_through(engine, dry_run=True)
        assert world.actions.by_id["x.destroy"].calls == {
            "dry_run": [f"{dry}_destroy_1"],
        }
        lane = await engine.store.lane(LANE)
        assert lane.last_destructive == {}
        assert lane.last_pass is None
        await world.run_through(engine)


async def test_a_dry_run_asks_everything_once(world):
    world.actions.answer_all(lambda _: ActionFailed("busy", "later", retry_class="unavailable"))
    async with world.engine() as engine:
        dry = await world.submit(engine, dry_run=True)
        over = await ended(engine, dry.operation.run.id)
        assert failure(over).code == "busy"
    assert len(world.actions.by_id["x.prove"].calls["run"]) == 1


async def test_a_retry_goes_on_from_what_failed_with_proofs_made_anew(world):
    async with world.engine() as engine:
        first = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        await world.actions.by_id["x.destroy"].answer(PASS)
        for _ in range(2):
            await world.actions.by_id["x.check"].answer(ActionFailed("down", "it is down"))
        await ended(engine, first)

        again = await engine.retry(first, "it is up again", ANN, "ann", "retry-1")
        assert again.operation.run.accepted.retry_of == first
        for _ in range(2):
            await world.actions.by_id["x.check"].answer(PASS)
        assert (await ended(engine, again.operation.run.id)).run.status is Status.PASS
        same = await engine.retry(first, "it is up again", ANN, "ann", "retry-1")
        assert same.replayed
        with pytest.raises(RetryNotPossible):
            await engine.retry(again.operation.run.id, "", ANN, "ann", "retry-2")
    assert len(world.actions.by_id["x.destroy"].calls["run"]) == 1


async def test_a_retry_of_the_destructive_phase_asks_for_the_proof_and_the_approval_again(world):
    async with world.engine() as engine:
        first = (await world.submit(engine, PROD)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        waiting = await in_status(engine, first, Status.WAITING)
        await engine.tell(first, approve(waiting))
        await world.actions.by_id["x.destroy"].answer(ActionFailed("no_disk", "the disk is full"))
        await ended(engine, first)

        again = (await engine.retry(first, "", ANN, "ann", "r")).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        waiting = await in_status(engine, again, Status.WAITING)
        assert len(world.actions.by_id["x.destroy"].calls["run"]) == 1
        await engine.tell(again, approve(waiting))
        await world.actions.by_id["x.destroy"].answer(PASS)
        for _ in range(2):
            await world.actions.by_id["x.check"].answer(PASS)
        assert (await ended(engine, again)).run.status is Status.PASS


def approve(operation, phase="approval"):
    digest = asked_of(operation, phase).digest
    return inputs.Approve(BOB, phase=phase, decision="approve", digest=digest)


async def test_a_retry_does_not_begin_with_what_has_passed_and_changed_something(tmp_path):
    plan = {
        "plan": "rebuild",
        "version": 1,
        "start": "destroy",
        "phases": {
            "destroy": {
                "action": "x.destroy",
                "on": {
                    "pass": [{"to": "pass", "when": "phases.destroy.evidence.n > 1"}],
                    "fail": "fail",
                },
            },
            "pass": {"end": "pass"},
            "fail": {"end": "fail"},
        },
    }
    world = World(tmp_path / "laneway.db", plan)
    async with world.engine() as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.destroy"].answer(PASS)
        assert failure(await ended(engine, operation_id)).code == "expression_failed"
        with pytest.raises(RetryNotPossible):
            await engine.retry(operation_id, "", ANN, "ann", "r")
    assert len(world.actions.by_id["x.destroy"].calls["run"]) == 1
