"""`dokploy.run_schedule`: a schedule that people made is run once, and no guess is a pass."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from laneway.ports.driver import ActionFailed, ActionResult, OutcomeUnknown
from laneway.testing.action_context import FakeContext
from laneway.testing.simulators import Fault, HeldSleep
from laneway.testing.simulators.rows import Schedule
from laneway.testing.simulators.shell import RUN_ROUTE
from tests.integration.drivers.rig import Bench, bench

ASKED = {"schedule": "nightly"}
ACTION = "dokploy.run_schedule"


@asynccontextmanager
async def prepared(
    live: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[Bench, dict[str, Any]]]:
    """A bench with a schedule of the compose, and a record that names it."""
    async with bench(**options) as b:
        fields = {
            "schedule_id": "people-s-own",
            "name": "Nightly backup",
            "cron_expression": "0 3 * * *",
            "command": "backup",
            "app_name": "schedule-nightly",
            "created_at": "2026-01-05T09:00:00.000Z",
            "schedule_type": "compose",
            "compose_id": b.world.lanes["testing"].spec.compose_id,
        }
        b.world.dokploy._tables.save_schedule(Schedule(**{**fields, **(live or {})}))
        record = b.record()
        recorded = {"schedule_id": "people-s-own", "name": "Nightly backup"}
        record["dokploy"]["schedules"] = {"nightly": recorded}
        yield b, record


def posts(b: Bench) -> int:
    return b.world.dokploy.requests.get(RUN_ROUTE, 0)


async def run(b: Bench, context: FakeContext) -> ActionResult:
    return await b.action(ACTION).run(context)


async def code_of(b: Bench, record: dict[str, Any], **given: Any) -> str:
    with pytest.raises(ActionFailed) as raised:
        await b.run(ACTION, target=record, **{"parameters": ASKED, **given})
    return raised.value.failure.code


@pytest.mark.parametrize("version", ["0.22.0", "0.29.13", "0.30.2"])
async def test_a_schedule_is_run_once_as_it_is(version: str):
    async with prepared(dokploy_version=version) as (b, record):
        before = b.world.dokploy.schedules()[0]
        context = b.context(target=record, parameters=ASKED)
        done = await run(b, context)
        assert (done.outcome, done.evidence["decided_by"]) == ("pass", "answer")
        assert done.evidence["schedule"]["name"] == "Nightly backup"
        assert b.world.dokploy.schedules() == [before], "it is not changed"
        again = await b.action(ACTION).recover(context)
        assert again.outcome == "pass"
        assert again.evidence["schedule"]["type"] == "compose"
        assert posts(b) == 1


async def test_a_command_that_fails_is_told():
    async with prepared() as (b, record):
        b.world.dokploy.faults.add(Fault.COMMAND_FAILS, route="other", times=1)
        done = await b.run(ACTION, target=record, parameters=ASKED)
        assert done.outcome == "fail"
        assert done.failure is not None
        assert done.failure.code == "schedule_failed"


async def test_behind_tee_a_success_is_not_believed():
    live = {"schedule_type": "server", "server_id": "server-1", "script": "backup"}
    old = {"dokploy_version": "0.29.13", "server_id": "server-1"}
    async with prepared(live, **old) as (b, record):
        context = b.context(target=record, parameters=ASKED)
        for call in (b.action(ACTION).run, b.action(ACTION).recover):
            with pytest.raises(OutcomeUnknown) as raised:
                await call(context)
            assert raised.value.failure.code == "outcome_unknown_exit_code_hidden"


@pytest.mark.parametrize("fault", [Fault.ANSWER_504_WHILE_RUNNING, Fault.DROP_WHILE_RUNNING])
async def test_a_lost_answer_is_made_up_for_by_the_row(fault: Fault):
    async with prepared() as (b, record):
        b.world.dokploy.faults.add(fault, route=RUN_ROUTE, times=1)
        done = await b.run(ACTION, target=record, parameters=ASKED)
        assert (done.outcome, done.evidence["decided_by"]) == ("pass", "row")
        assert posts(b) == 1


async def test_without_an_answer_and_a_row_the_outcome_is_unknown():
    async with prepared() as (b, record):
        b.world.dokploy.faults.add(Fault.ANSWER_524, route=RUN_ROUTE, times=1)
        with pytest.raises(OutcomeUnknown) as raised:
            await b.run(ACTION, target=record, parameters=ASKED)
        assert raised.value.failure.code == "outcome_unknown_no_deployment"
        assert posts(b) == 1


async def test_a_run_among_others_is_not_guessed():
    async with prepared({"script": None}) as (b, record):
        b.world.dokploy.faults.add(Fault.SUPERSEDED, route=RUN_ROUTE, times=1)
        b.world.dokploy.faults.add(Fault.DROP_WHILE_RUNNING, route=RUN_ROUTE, times=1)
        with pytest.raises(OutcomeUnknown) as raised:
            await b.run(ACTION, target=record, parameters=ASKED)
        assert raised.value.failure.code == "outcome_unknown_ambiguous_rows"


async def test_a_lost_attempt_that_may_have_posted_is_never_begun_again():
    async with prepared() as (b, record):
        with pytest.raises(ActionFailed) as nothing:
            await b.recover(ACTION, target=record, parameters=ASKED)
        assert nothing.value.failure.code == "not_started"
        noted = {
            "schedule_id": "people-s-own",
            "marker": b.context().token,
            "known_deployments": [],
            "schedule_type": "compose",
        }
        with pytest.raises(OutcomeUnknown) as raised:
            await b.recover(ACTION, target=record, parameters=ASKED, checkpoint=noted)
        assert raised.value.failure.code == "outcome_unknown_no_deployment"
        assert posts(b) == 0


async def test_a_run_that_goes_on_is_not_run_beside():
    async with prepared() as (b, record):
        held = HeldSleep()
        b.world.dokploy.faults.add(Fault.COMMAND_WAITS, route="other", times=1)
        first = asyncio.create_task(
            b.run(ACTION, target=record, parameters=ASKED, token="op_A_run_1", sleep=held)
        )
        await held.entered.wait()
        assert await code_of(b, record) == "schedule_running"
        b.world.dokploy.faults.clear()
        held.release()
        assert (await first).outcome == "pass"
        assert posts(b) == 1


async def test_only_what_the_record_names_is_run():
    async with prepared() as (b, record):
        named = {"parameters": {"schedule": "people-s-own"}}
        assert await code_of(b, record, **named) == "schedule_unknown"
        assert posts(b) == 0


@pytest.mark.parametrize(
    "live",
    [
        {"name": "Somebody else's"},
        {"compose_id": "demo-compose-cm-prod"},
        {"schedule_type": "server", "server_id": "another-server"},
        {"schedule_type": "dokploy-server"},
        {"schedule_type": "application", "application_id": "x"},
    ],
)
async def test_a_schedule_that_is_not_the_recorded_one_is_left_alone(live: dict[str, Any]):
    async with prepared(live, server_id="server-1") as (b, record):
        assert await code_of(b, record) == "schedule_mismatch"
        assert posts(b) == 0


async def test_a_schedule_that_is_gone_is_a_failure():
    async with prepared() as (b, record):
        b.world.dokploy._tables.delete_schedule("people-s-own")
        assert await code_of(b, record) == "dokploy_not_found"


async def test_a_target_that_is_another_is_left_alone():
    async with prepared() as (b, record):
        b.world.dokploy.faults.add(Fault.MISSING_DOMAIN, times=1)
        assert await code_of(b, record) == "target_drifted"
        assert posts(b) == 0


async def test_a_dry_run_shows_the_request_and_sends_nothing():
    async with prepared() as (b, record):
        context = b.context(target=record, parameters=ASKED)
        shown = await b.action(ACTION).dry_run(context)
        assert shown.evidence["would_send"] == [
            {
                "method": "POST",
                "procedure": "schedule.runManually",
                "json": {"scheduleId": "people-s-own"},
            }
        ]
        assert posts(b) == 0
