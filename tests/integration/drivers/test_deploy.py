"""`dokploy.deploy` against a Dokploy that misbehaves: one POST, and no guess is a pass."""

import asyncio
from typing import Any

import msgspec
import pytest

from laneway.ports.driver import ActionFailed, OutcomeUnknown
from laneway.testing.action_context import FakeContext
from laneway.testing.simulators import PLANTED_SECRETS, Fault, HeldSleep
from tests.integration.drivers.rig import Bench, bench

DEPLOY, REDEPLOY = "compose.deploy", "compose.redeploy"
ROWS = "deployment.allByCompose"


def posts(b: Bench) -> int:
    requests = b.world.dokploy.requests
    return requests.get(DEPLOY, 0) + requests.get(REDEPLOY, 0)


def compose_id(b: Bench) -> str:
    return b.world.lanes["testing"].spec.compose_id


def by_others(b: Bench, times: int = 1) -> None:
    """Deployments that somebody else asks for."""
    compose = b.world.dokploy._composes[compose_id(b)]
    for _ in range(times):
        compose.queue_deployment(b.world.dokploy._tables, "", "")


async def unknown(b: Bench, context: FakeContext) -> str:
    """The code with which a run ends unknown, as recovering it does."""
    with pytest.raises(OutcomeUnknown) as raised:
        await b.action("dokploy.deploy").run(context)
    code = raised.value.failure.code
    with pytest.raises(OutcomeUnknown) as again:
        await b.action("dokploy.deploy").recover(context)
    assert again.value.failure.code == code
    assert posts(b) == 1
    return code


@pytest.mark.parametrize(("redeploy", "procedure"), [(False, DEPLOY), (True, REDEPLOY)])
async def test_a_compose_is_deployed_once(redeploy: bool, procedure: str):
    async with bench() as b:
        context = b.context(parameters={"redeploy": redeploy})
        done = await b.action("dokploy.deploy").run(context)
        assert (done.outcome, done.evidence["procedure"]) == ("pass", procedure)
        assert (b.world.dokploy.requests[procedure], posts(b)) == (1, 1)
        (row,) = b.world.dokploy.state.deployments.values()
        assert done.evidence["deployment_id"] == row.deployment_id
        again = await b.action("dokploy.deploy").recover(context)
        assert (again.outcome, again.evidence) == (done.outcome, done.evidence)
        assert posts(b) == 1


async def test_the_rows_are_noted_down_before_the_post():
    async with bench() as b:
        await b.run("dokploy.deploy", token="op_A_deploy_1")
        seen: list[int] = []

        class Watching(FakeContext):
            async def save_checkpoint(self, checkpoint: dict[str, Any], message: str) -> None:
                seen.append(posts(b))
                await super().save_checkpoint(checkpoint, message)

        model = b.context()
        context = Watching(model.lane, model.target)
        assert (await b.action("dokploy.deploy").run(context)).outcome == "pass"
        assert seen[0] == 1
        assert len(context.checkpoints[0]["known_deployments"]) == 1


async def test_a_deployment_that_fails_is_told_without_secrets():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.COMMAND_FAILS, route=DEPLOY, times=1)
        held = HeldSleep()
        b.world.dokploy._composes[compose_id(b)]._sleep = held
        running = asyncio.create_task(b.run("dokploy.deploy"))
        await held.entered.wait()
        (row,) = b.world.dokploy.state.deployments
        b.world.dokploy._tables.log(row, *(f"pulling with {secret}" for secret in PLANTED_SECRETS))
        b.world.dokploy.state.deployments[row].error_message = f"denied: {PLANTED_SECRETS[2]}"
        held.release()
        result = await running
        assert result.outcome == "fail"
        assert result.failure is not None
        assert result.failure.code == "deploy_failed"
        (log,) = result.artifacts
        assert b"pulling with [redacted]" in log.content
        told = log.content.decode() + repr(result.evidence) + result.failure.message
        assert not [secret for secret in PLANTED_SECRETS if secret in told]


@pytest.mark.parametrize(
    "fault",
    [
        Fault.ANSWER_502_WHILE_RUNNING,
        Fault.ANSWER_504_WHILE_RUNNING,
        Fault.ANSWER_524_WHILE_RUNNING,
        Fault.DROP_WHILE_RUNNING,
    ],
)
async def test_a_lost_answer_is_made_up_for_by_the_row(fault: Fault):
    async with bench() as b:
        b.world.dokploy.faults.add(fault, route=DEPLOY, times=1)
        assert (await b.run("dokploy.deploy")).outcome == "pass"
        assert posts(b) == 1


@pytest.mark.parametrize(
    "fault", [Fault.ANSWER_500, Fault.ANSWER_502, Fault.ANSWER_524, Fault.DROP_CONNECTION]
)
async def test_without_an_answer_and_a_row_the_outcome_is_unknown(fault: Fault):
    async with bench() as b:
        b.world.dokploy.faults.add(fault, route=DEPLOY, times=1)
        context = b.context()
        assert await unknown(b, context) == "outcome_unknown_no_deployment"
        assert sum(context.slept) >= 300_000, "a worker may be busy for long"


async def test_a_refusal_is_a_plain_failure():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.RATE_LIMITED, route=DEPLOY, times=1)
        with pytest.raises(ActionFailed) as raised:
            await b.run("dokploy.deploy")
        assert raised.value.failure.code == "unauthorized_or_rate_limited"
        assert b.world.dokploy.state.deployments == {}


async def test_two_new_deployments_cannot_be_told_apart():
    async with bench() as b:
        held = HeldSleep()
        b.world.dokploy._composes[compose_id(b)]._sleep = held
        context = b.context()
        running = asyncio.create_task(unknown(b, context))
        await held.entered.wait()
        by_others(b)
        held.release()
        assert await running == "outcome_unknown_ambiguous_rows"


async def test_another_deployment_after_the_first_one_s_end_is_noticed():
    async with bench() as b:
        pauses = 0

        async def sleep(_milliseconds: int) -> None:
            nonlocal pauses
            pauses += 1
            await b.world.dokploy.settled()
            if pauses == 2:
                by_others(b)

        context = b.context(sleep=sleep)
        assert await unknown(b, context) == "outcome_unknown_ambiguous_rows"


async def test_where_the_marker_survives_others_do_not_matter():
    async with bench() as b:
        lane = b.world.lanes["testing"]
        compose = b.world.dokploy._composes[compose_id(b)]
        held = compose._sleep = HeldSleep()
        lane.spec = msgspec.structs.replace(lane.spec, source_type="raw")
        running = asyncio.create_task(b.run("dokploy.deploy"))
        await held.entered.wait()
        by_others(b)
        held.release()
        done = await running
        assert done.outcome == "pass"
        row = b.world.dokploy.state.deployments[done.evidence["deployment_id"]]
        assert row.description == f"LANEWAY_OPERATION={b.context().token}"


async def test_a_deployment_that_is_no_longer_listed_is_unknown():
    async with bench() as b:
        by_others(b, 3)
        await b.world.dokploy.settled()
        context = b.context()
        assert (await b.action("dokploy.deploy").run(context)).outcome == "pass"
        by_others(b, 12)
        await b.world.dokploy.settled()
        with pytest.raises(OutcomeUnknown) as raised:
            await b.action("dokploy.deploy").recover(context)
        assert raised.value.failure.code == "outcome_unknown_row_pruned"


@pytest.mark.parametrize("status", ["", None])
async def test_an_empty_status_is_never_a_success(status: str | None):
    async with bench() as b:
        await b.world.dokploy.settled()
        context = b.context()
        assert (await b.action("dokploy.deploy").run(context)).outcome == "pass"
        (row,) = b.world.dokploy.state.deployments.values()
        row.status = status  # type: ignore[assignment]
        looking = b.context(checkpoint=context.checkpoint, sleep=_Cancelling(40))
        with pytest.raises(asyncio.CancelledError):
            await b.action("dokploy.deploy").recover(looking)


async def test_a_cancelled_deployment_is_unknown():
    async with bench() as b:
        context = b.context()
        assert (await b.action("dokploy.deploy").run(context)).outcome == "pass"
        (row,) = b.world.dokploy.state.deployments.values()
        row.status = "cancelled"
        with pytest.raises(OutcomeUnknown) as raised:
            await b.action("dokploy.deploy").recover(context)
        assert raised.value.failure.code == "outcome_unknown_cancelled_row"


class _Cancelling:
    """A sleep that stands for the engine's timeout: after so many the attempt is cancelled."""

    def __init__(self, times: int) -> None:
        self._left = times

    async def __call__(self, _milliseconds: int) -> None:
        self._left -= 1
        if self._left == 0:
            raise asyncio.CancelledError
        await asyncio.sleep(0)


async def test_a_panel_that_cannot_be_read_meanwhile_is_waited_for():
    async with bench() as b:
        context = b.context()
        held = HeldSleep()
        b.world.dokploy._composes[compose_id(b)]._sleep = held
        running = asyncio.create_task(b.action("dokploy.deploy").run(context))
        await held.entered.wait()
        b.world.dokploy.faults.add(Fault.ANSWER_502, route=ROWS, times=4)
        held.release()
        assert (await running).outcome == "pass"
        messages = [message for message, _ in context.progressed]
        assert any("cannot be read" in message for message in messages)
        assert "Dokploy can be read again" in messages


async def test_a_lost_attempt_is_begun_again_only_where_nothing_was_noted_down():
    async with bench() as b:
        with pytest.raises(ActionFailed) as raised:
            await b.recover("dokploy.deploy")
        assert raised.value.failure.code == "not_started"
        noted = {"marker": b.context().token, "known_deployments": []}
        with pytest.raises(OutcomeUnknown) as never_seen:
            await b.recover("dokploy.deploy", checkpoint=noted)
        assert never_seen.value.failure.code == "outcome_unknown_no_deployment"
        other = {"marker": "op_OTHER_deploy_1", "known_deployments": []}
        with pytest.raises(ActionFailed):
            await b.recover("dokploy.deploy", checkpoint=other)
        assert posts(b) == 0


async def test_a_deployment_that_runs_is_not_deployed_beside():
    held = HeldSleep()
    async with bench(sleep=held) as b:
        by_others(b)
        await held.entered.wait()
        with pytest.raises(ActionFailed) as raised:
            await b.run("dokploy.deploy")
        assert raised.value.failure.code == "deployment_running"
        assert posts(b) == 0


async def test_a_target_that_is_another_is_not_deployed():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.WRONG_LIVE_NAME, times=1)
        with pytest.raises(ActionFailed) as raised:
            await b.run("dokploy.deploy")
        assert raised.value.failure.code == "target_drifted"
        other = {"target_proof": {"target_proof_digest": "sha256:of another time"}}
        with pytest.raises(ActionFailed):
            await b.run("dokploy.deploy", evidence=other)
        assert posts(b) == 0


async def test_what_is_deployed_may_be_other_than_on_record_for_that_is_what_it_is_for():
    async with bench() as b:
        record = b.record()
        record["expected"]["artifact_id"] = "ghcr.io/example/odoo:next"
        assert (await b.run("dokploy.prove_target", target=record)).outcome == "refused"
        assert (await b.run("dokploy.deploy", target=record)).outcome == "pass"


async def test_a_dry_run_shows_the_request_and_sends_nothing():
    async with bench() as b:
        shown = await b.action("dokploy.deploy").dry_run(b.context(parameters={"redeploy": True}))
        (request,) = shown.evidence["would_send"]
        assert (request["procedure"], request["json"]["composeId"]) == (REDEPLOY, compose_id(b))
        assert shown.evidence["dry_run"] is True
        assert posts(b) == 0
