"""A lost attempt is asked about by reading: how it ended, that it never began, or nobody knows."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from laneway.ports.driver import ActionFailed, OutcomeUnknown
from laneway.testing.action_context import FakeContext
from laneway.testing.recording_proxy import RecordingProxy
from laneway.testing.simulators import Fault, HeldSleep
from laneway.testing.simulators.shell import RUN_ROUTE
from tests.integration.drivers.rig import Bench, bench


class Killed(Exception):
    """The engine is gone."""


class Dying(FakeContext):
    """A context whose engine is killed as the n-th checkpoint has been written."""

    def __init__(self, model: FakeContext, dies_at: int) -> None:
        super().__init__(model.lane, model.target, token=model.token)
        self._left = dies_at

    async def save_checkpoint(self, checkpoint: dict[str, Any], message: str) -> None:
        await super().save_checkpoint(checkpoint, message)
        self._left -= 1
        if self._left == 0:
            raise Killed


async def killed(b: Bench, dies_at: int, **given: Any) -> dict[str, Any] | None:
    """Run a bootstrap until the engine dies; returns what it had written down."""
    context = Dying(b.context(**given), dies_at)
    with pytest.raises(Killed):
        await b.action("odoo.bootstrap").run(context)
    return context.checkpoint


async def not_started(b: Bench, checkpoint: dict[str, Any] | None) -> None:
    with pytest.raises(ActionFailed) as raised:
        await b.recover("odoo.bootstrap", checkpoint=checkpoint)
    assert raised.value.failure.code == "not_started"


async def unknown(b: Bench, checkpoint: dict[str, Any] | None) -> str:
    with pytest.raises(OutcomeUnknown) as raised:
        await b.recover("odoo.bootstrap", checkpoint=checkpoint)
    return raised.value.failure.code


async def test_without_a_checkpoint_nothing_was_posted():
    async with bench() as b:
        await not_started(b, None)


@pytest.mark.parametrize("earlier_runs", [0, 1, 12])
async def test_a_checkpoint_without_a_run_means_that_it_never_began(earlier_runs: int):
    async with bench() as b:
        for number in range(earlier_runs):
            await b.run("odoo.bootstrap", token=f"op_{number}_bootstrap_1")
        posted = b.world.dokploy.requests.get(RUN_ROUTE, 0)
        checkpoint = await killed(b, 1)
        await not_started(b, checkpoint)
        assert b.world.dokploy.requests.get(RUN_ROUTE, 0) == posted
        again = await b.run("odoo.bootstrap", checkpoint=checkpoint)
        assert again.outcome == "pass"
        assert len(b.world.bootstraps) == earlier_runs + 1


async def test_a_restarted_attempt_finds_a_delivery_that_was_only_late():
    async with bench() as b:
        checkpoint = await killed(b, 1)
        await not_started(b, checkpoint)
        (schedule,) = b.world.dokploy.schedules()
        late = b.world.dokploy._runner.begin(schedule)
        assert (await b.run("odoo.bootstrap", checkpoint=checkpoint)).outcome == "pass"
        await late.task
        assert len(b.world.bootstraps) == 1
        assert b.world.dokploy.requests.get(RUN_ROUTE, 0) == 0


async def test_a_late_delivery_is_known_by_its_marker_where_the_checkpoint_is_lost():
    held = HeldSleep()
    async with bench(sleep=held) as b:
        await killed(b, 1)
        (schedule,) = b.world.dokploy.schedules()
        late = b.world.dokploy._runner.begin(schedule)
        line = f"laneway-guard: {b.context().token} begins"
        b.world.dokploy._tables.log(late.row.deployment_id, line)
        looked = HeldSleep()
        running = asyncio.create_task(b.run("odoo.bootstrap", sleep=looked))
        await looked.entered.wait()
        held.release()
        looked.release()
        assert (await running).outcome == "pass"
        assert len(b.world.bootstraps) == 1
        assert b.world.dokploy.requests.get(RUN_ROUTE, 0) == 0


@pytest.mark.parametrize("fault", [None, Fault.COMMAND_FAILS])
async def test_a_run_that_goes_on_is_waited_for(fault: Fault | None):
    held = HeldSleep()
    async with bench(sleep=held) as b:
        if fault is not None:
            b.world.dokploy.faults.add(fault, route=RUN_ROUTE, times=1)
        checkpoint = await killed(b, 2)
        assert checkpoint is not None
        assert checkpoint["stage"] == "seen"
        recovering = asyncio.create_task(b.recover("odoo.bootstrap", checkpoint=checkpoint))
        await held.entered.wait()
        held.release()
        result = await recovering
        assert result.outcome == ("pass" if fault is None else "fail")
        assert len(b.world.bootstraps) == 1


async def test_a_run_that_was_seen_and_is_no_longer_listed_is_unknown():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.ROWS_PRUNED, route=RUN_ROUTE, times=1)
        b.world.dokploy.faults.add(Fault.DROP_WHILE_RUNNING, route=RUN_ROUTE, times=1)
        with pytest.raises(OutcomeUnknown):
            await b.run("odoo.bootstrap")
        first = await checkpoint_of_a_first_run(b)
        assert await unknown(b, first) == "outcome_unknown_row_pruned"


async def checkpoint_of_a_first_run(b: Bench) -> dict[str, Any]:
    (schedule,) = b.world.dokploy.schedules()
    return {
        "schedule_id": schedule.schedule_id,
        "marker": b.context().token,
        "known_deployments": [],
    }


async def test_a_list_that_somebody_cleared_proves_nothing():
    async with bench() as b:
        await b.bootstrapped()
        checkpoint = await killed(b, 1)
        b.world.dokploy.state.deployments.clear()
        assert await unknown(b, checkpoint) == "outcome_unknown_row_pruned"


async def test_once_something_was_heard_of_the_post_no_run_stays_unknown():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.ANSWER_502, route=RUN_ROUTE, times=1)
        checkpoint = await killed(b, 2)
        assert checkpoint is not None
        assert (checkpoint["stage"], checkpoint["answer"]["status"]) == ("answered", 502)
        assert await unknown(b, checkpoint) == "outcome_unknown_no_deployment"


async def test_a_silence_that_lasts_counts_as_heard():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.HANG, route=RUN_ROUTE, times=1)
        checkpoint = await killed(b, 2)
        assert checkpoint is not None
        assert checkpoint["stage"] == "unanswered"
        assert await unknown(b, checkpoint) == "outcome_unknown_no_deployment"


async def test_the_answer_that_was_written_down_is_not_forgotten():
    async with bench(dokploy_version="0.22.0", server_id=None) as b:
        checkpoint = await killed(b, 1)
        assert checkpoint is not None
        answered = {**checkpoint, "stage": "answered", "answer": {"meaning": "succeeded"}}
        result = await b.recover("odoo.bootstrap", checkpoint=answered)
        assert (result.outcome, result.evidence["decided_by"]) == ("pass", "answer")


async def test_a_cancelled_row_is_not_trusted_and_its_log_is():
    async with bench() as b:
        checkpoint = await killed(b, 1)
        (schedule,) = b.world.dokploy.schedules()
        run = b.world.dokploy._runner.begin(schedule)
        await run.task
        run.row.status = "cancelled"
        assert (await b.recover("odoo.bootstrap", checkpoint=checkpoint)).outcome == "pass"
        b.world.dokploy.state.logs.clear()
        assert await unknown(b, checkpoint) == "outcome_unknown_cancelled_row"


async def test_rows_that_disagree_without_a_log_stay_unknown():
    async with bench(dokploy_version="0.22.0", server_id=None) as b:
        checkpoint = await killed(b, 1)
        (schedule,) = b.world.dokploy.schedules()
        first, second = [b.world.dokploy._runner.begin(schedule) for _ in range(2)]
        await asyncio.gather(first.task, second.task)
        first.row.status, second.row.status = "done", "error"
        assert await unknown(b, checkpoint) == "outcome_unknown_ambiguous_rows"


async def test_a_run_that_the_guard_held_back_tells_nothing_of_the_one_that_it_found():
    async with bench() as b:
        checkpoint = await killed(b, 1)
        (schedule,) = b.world.dokploy.schedules()
        run = b.world.dokploy._runner.begin(schedule)
        await run.task
        run.row.status = "error"
        marker = b.context().token
        line = f"laneway-guard: {marker} has begun and has not ended"
        b.world.dokploy.state.logs[run.row.deployment_id] = [line]
        assert await unknown(b, checkpoint) == "outcome_unknown_lost_run"


async def test_a_row_without_a_status_is_not_a_pass():
    async with bench() as b:
        checkpoint = await killed(b, 1)
        (schedule,) = b.world.dokploy.schedules()
        run = b.world.dokploy._runner.begin(schedule)
        await run.task
        setattr(run.row, "status", "")  # noqa: B010  # no status that the simulator knows
        b.world.dokploy.state.logs.clear()
        waited = asyncio.Event()

        async def wait(_milliseconds: int) -> None:
            waited.set()
            await asyncio.Event().wait()

        recovering = asyncio.create_task(
            b.recover("odoo.bootstrap", checkpoint=checkpoint, sleep=wait)
        )
        await waited.wait()
        assert not recovering.done()
        recovering.cancel()
        await asyncio.gather(recovering, return_exceptions=True)


@pytest.mark.parametrize(("dies_at", "outcome"), [(1, "not_started"), (2, "pass"), (3, "pass")])
async def test_recovering_only_reads_wherever_the_engine_died(dies_at: int, outcome: str):
    async with bench() as b, RecordingProxy(b.world.dokploy.url) as proxy:
        record = b.record()
        record["dokploy"]["url"] = proxy.url
        b.world.dokploy.faults.add(Fault.ANSWER_504_WHILE_RUNNING, route=RUN_ROUTE, times=1)
        context = Dying(b.context(target=record), dies_at)
        with suppress(Killed):
            await b.action("odoo.bootstrap").run(context)
        sent = len(proxy.mutations)
        again = b.context(target=record, checkpoint=context.checkpoint)
        told = "not_started"
        with suppress(ActionFailed):
            told = (await b.action("odoo.bootstrap").recover(again)).outcome
        assert told == outcome
        assert len(proxy.mutations) == sent


@pytest.mark.parametrize(
    "action_id", ["odoo.bootstrap", "odoo.post_deploy", "dokploy.deploy", "dokploy.run_schedule"]
)
@pytest.mark.parametrize("key", ["env:NO_LONGER_THERE", None])
async def test_where_nobody_can_be_asked_nothing_is_known(action_id: str, key: str | None):
    async with bench() as b:
        record = b.record()
        record["dokploy"]["api_key"] = key
        context = b.context(target=record, checkpoint={"marker": "op_01TEST_phase_1"})
        with pytest.raises(OutcomeUnknown) as unknown:
            await b.action(action_id).recover(context)
    assert unknown.value.failure.code == "cannot_ask"
