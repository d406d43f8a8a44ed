"""`dokploy.stop`, `dokploy.start` and `dokploy.check_status`."""

from typing import Any

import pytest

from laneway.ports.driver import ActionFailed, OutcomeUnknown
from laneway.testing.action_context import FakeContext
from laneway.testing.simulators import Fault
from tests.integration.drivers.rig import Bench, bench

STOP, START = "compose.stop", "compose.start"


async def unknown(b: Bench, context: FakeContext) -> str:
    with pytest.raises(OutcomeUnknown) as raised:
        await b.action("dokploy.stop").run(context)
    return raised.value.failure.code


async def status(b: Bench, expect: str) -> str:
    return (await b.run("dokploy.check_status", parameters={"expect": expect})).outcome


async def test_a_lane_is_stopped_and_started_and_can_be_asked_which_it_is():
    async with bench() as b:
        assert (await status(b, "started"), await status(b, "stopped")) == ("pass", "other")
        stopped = await b.run("dokploy.stop")
        assert (stopped.outcome, stopped.evidence["status"]) == ("pass", "idle")
        assert (await status(b, "started"), await status(b, "stopped")) == ("other", "pass")
        assert not b.world.lanes["testing"].state.web_running
        started = await b.run("dokploy.start")
        assert (started.outcome, started.evidence["status_before"]) == ("pass", "idle")
        assert b.world.lanes["testing"].state.web_running


async def test_the_checkpoint_is_written_before_the_post():
    async with bench() as b:
        posts: list[int] = []

        class Watching(FakeContext):
            async def save_checkpoint(self, checkpoint: dict[str, Any], message: str) -> None:
                posts.append(b.world.dokploy.requests.get(STOP, 0))
                await super().save_checkpoint(checkpoint, message)

        model = b.context()
        await b.action("dokploy.stop").run(Watching(model.lane, model.target))
        assert posts == [0, 1]


@pytest.mark.parametrize(
    "fault",
    [Fault.ANSWER_502_WHILE_RUNNING, Fault.ANSWER_504_WHILE_RUNNING, Fault.DROP_WHILE_RUNNING],
)
async def test_a_lost_answer_is_made_up_for_by_the_compose_s_status(fault: Fault):
    async with bench() as b:
        b.world.dokploy.faults.add(fault, route=STOP, times=1)
        assert (await b.run("dokploy.stop")).outcome == "pass"
        assert b.world.dokploy.requests[STOP] == 1


async def test_a_stop_that_may_still_be_on_its_way_is_not_called_failed():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.DROP_CONNECTION, route=STOP, times=1)
        context = b.context()
        assert await unknown(b, context) == "outcome_unknown_compose_status"
        assert sum(context.slept) >= 300_000
        with pytest.raises(OutcomeUnknown):
            await b.action("dokploy.stop").recover(context)
        # Once it has arrived after all, recovering finds it.
        await b.run("dokploy.stop", token="op_OTHER_stop_1")
        assert (await b.action("dokploy.stop").recover(context)).outcome == "pass"


async def test_a_stop_that_dokploy_says_went_through_and_did_not_is_a_failure():
    async with bench() as b:
        compose = b.world.dokploy._composes[b.world.lanes["testing"].spec.compose_id]
        compose.set_running = lambda *, running: None  # type: ignore[method-assign]
        done = await b.run("dokploy.stop")
        assert (done.outcome, done.failure and done.failure.code) == ("fail", "compose_status")


async def test_a_command_that_failed_is_a_failure_at_once():
    async with bench() as b:
        state = b.world.lanes["testing"].state

        async def sleep(_milliseconds: int) -> None:
            state.compose_status = "error"

        b.world.dokploy.faults.add(Fault.ANSWER_500, route=START, times=1)
        state.compose_status = "idle"
        context = b.context(sleep=sleep)
        done = await b.action("dokploy.start").run(context)
        assert (done.outcome, len(context.slept)) == ("fail", 1)


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED])
async def test_a_refusal_is_a_plain_failure(fault: Fault):
    async with bench() as b:
        b.world.dokploy.faults.add(fault, route=STOP, times=1)
        with pytest.raises(ActionFailed) as raised:
            await b.run("dokploy.stop")
        assert raised.value.failure.code == "unauthorized_or_rate_limited"
        assert b.world.lanes["testing"].state.web_running


async def test_nothing_is_stopped_while_a_deployment_is_at_work_or_the_target_is_another():
    async with bench() as b:
        b.world.lanes["testing"].state.compose_status = "running"
        with pytest.raises(ActionFailed) as raised:
            await b.run("dokploy.stop")
        assert raised.value.failure.code == "deployment_running"
        b.world.lanes["testing"].state.compose_status = "done"
        b.world.dokploy.faults.add(Fault.WRONG_LIVE_NAME, times=1)
        with pytest.raises(ActionFailed) as drifted:
            await b.run("dokploy.stop")
        assert drifted.value.failure.code == "target_drifted"
        assert STOP not in b.world.dokploy.requests


async def test_a_lost_attempt_is_begun_again_where_nothing_was_posted():
    async with bench() as b:
        with pytest.raises(ActionFailed) as raised:
            await b.recover("dokploy.stop")
        assert raised.value.failure.code == "not_started"


async def test_a_panel_that_cannot_be_read_meanwhile_is_waited_for():
    async with bench() as b:
        context = b.context()
        context.checkpoint = {"before": "done", "answer": 200}
        b.world.lanes["testing"].state.compose_status = "idle"
        b.world.dokploy.faults.add(Fault.ANSWER_502, route="compose.one", times=40)
        assert (await b.action("dokploy.stop").recover(context)).outcome == "pass"
        assert len(context.slept) == 40


async def test_a_dry_run_sends_nothing():
    async with bench() as b:
        for word, procedure in (("stop", STOP), ("start", START)):
            shown = await b.action(f"dokploy.{word}").dry_run(b.context())
            assert [each["procedure"] for each in shown.evidence["would_send"]] == [procedure]
            assert procedure not in b.world.dokploy.requests


async def test_a_check_of_the_status_can_be_skipped_for_a_dry_run():
    async with bench() as b:
        skipped = {"expect": "stopped", "required": False}
        done = await b.run("dokploy.check_status", parameters=skipped)
        assert (done.outcome, done.evidence) == ("pass", {"skipped": True})
