"""The engine over a real store: submissions, lanes, queues, retries, timers."""

import asyncio

import pytest

from laneway.core import inputs
from laneway.core.chain import verify
from laneway.core.events import Actor, Failure
from laneway.core.model import WhenBusy
from laneway.core.run import Approval, Status
from laneway.ports.driver import ActionFailed, ActionResult, Artifact, OutcomeUnknown
from laneway.runtime.operations import Operation, OperationNotFound
from laneway.runtime.submissions import (
    KeyReused,
    LaneBusy,
    LaneFrozen,
    PlanNotFound,
    RepeatNotAccepted,
    RequestInvalid,
    RetryNotPossible,
    TargetNotFound,
)
from tests.support.engines import (
    ANN,
    BOB,
    LANE,
    PASS,
    PLAN,
    PROD,
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


def asked_of(operation: Operation, phase: str = "approval") -> Approval:
    approval = operation.run.phase(phase).approval
    assert approval is not None
    return approval


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


async def test_a_queued_operation_that_was_cancelled_is_passed_over(world):
    async with world.engine() as engine:
        first = await world.submit(engine)
        second = await world.submit(engine, when_busy=WhenBusy.QUEUE)
        third = await world.submit(engine, when_busy=WhenBusy.QUEUE)
        cancelled = await engine.tell(second.operation.run.id, inputs.Cancel(ANN))
        assert cancelled.run.status is Status.CANCELLED
        await engine.tell(first.operation.run.id, inputs.Cancel(ANN))
        await in_status(engine, third.operation.run.id, Status.RUNNING)


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


async def test_a_caller_who_goes_away_changes_nothing(world):
    async with world.engine() as engine:
        submitting = asyncio.ensure_future(world.submit(engine, key="k"))
        await asyncio.sleep(0)
        submitting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await submitting
        await world.actions.by_id["x.prove"].called()
        assert (await world.submit(engine, key="k")).replayed


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


async def test_a_dry_run_asks_everything_once(world):
    world.actions.answer_all(lambda _: ActionFailed("busy", "later", retry_class="unavailable"))
    async with world.engine() as engine:
        dry = await world.submit(engine, dry_run=True)
        over = await ended(engine, dry.operation.run.id)
        assert failure(over).code == "busy"
    assert len(world.actions.by_id["x.prove"].calls["run"]) == 1


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
