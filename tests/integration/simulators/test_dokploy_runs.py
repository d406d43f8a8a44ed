"""schedule.runManually: it blocks, goes on without its caller, repeats, and answers by version."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from laneway.testing.simulators import Fault, HeldSleep
from tests.integration.simulators.support import (
    OPERATION,
    VERSIONS,
    bootstrap_script,
    dokploy_of,
)

SUPERSEDED = "Superseded by a new run of this schedule."
ON_HOST = {"scheduleType": "dokploy-server", "serverId": None}
IN_CONTAINER = {
    "scheduleType": "compose",
    "composeId": "demo-compose-cm-testing",
    "serverId": None,
    "serviceName": "web",
    "command": bootstrap_script(),
    "script": None,
}
UPDATE = f"LANEWAY_OPERATION={OPERATION} run-odoo --update-only"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_success_answers_true_or_the_row_by_version(version: str):
    async with dokploy_of(dokploy_version=version) as (world, dokploy):
        schedule = await dokploy.create_schedule()
        answer = await dokploy.run(schedule)
        [row] = await dokploy.rows(schedule)
        named = {"deploymentId": row["deploymentId"], "logPath": row["logPath"]}
        old = version in ("0.28.0", "0.29.5", "0.29.6", "0.29.13")
        assert answer.status == 200
        assert answer.json == (True if old else {"status": "done", **named})
        assert row["status"] == "done"
        assert len(world.bootstraps) == 1


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("fields", [ON_HOST, IN_CONTAINER])
async def test_a_failure_is_500_or_a_200_that_says_error_by_version(version: str, fields):
    async with dokploy_of(dokploy_version=version) as (world, dokploy):
        world.dokploy.faults.add(Fault.COMMAND_FAILS)
        schedule = await dokploy.create_schedule(**fields)
        answer = await dokploy.run(schedule)
        [row] = await dokploy.rows(schedule)
        if version in ("0.28.0", "0.29.5", "0.29.6", "0.29.13"):
            assert (answer.status, answer.json["code"]) == (500, "INTERNAL_SERVER_ERROR")
        else:
            assert (answer.status, answer.json["status"]) == (200, "error")
        assert (row["status"], row["errorMessage"]) == ("error", None)


@pytest.mark.parametrize(
    ("version", "status"),
    [("0.28.0", "done"), ("0.29.14", "done"), ("0.30.0", "error"), ("0.30.2", "error")],
)
async def test_a_failing_script_on_a_remote_server_passed_for_done_before_0_30(
    version: str, status: str
):
    async with dokploy_of(dokploy_version=version) as (world, dokploy):
        world.dokploy.faults.add(Fault.COMMAND_FAILS)
        schedule = await dokploy.create_schedule()
        await dokploy.run(schedule)
        [row] = await dokploy.rows(schedule)
        assert row["status"] == status
        assert [run.exit_code for run in world.bootstraps] == [1]


async def test_the_call_blocks_until_the_command_ends_and_the_row_is_there_at_once():
    held = HeldSleep()
    async with dokploy_of(sleep=held) as (_world, dokploy):
        schedule = await dokploy.create_schedule()
        call = asyncio.create_task(dokploy.run(schedule))
        await held.entered.wait()
        [row] = await dokploy.rows(schedule)
        assert not call.done()
        assert (row["status"], row["finishedAt"]) == ("running", None)
        held.release()
        assert (await call).json["status"] == "done"
        [row] = await dokploy.rows(schedule)
        assert row["finishedAt"] is not None


async def test_the_command_goes_on_when_its_caller_disconnects():
    held = HeldSleep()
    async with dokploy_of(sleep=held) as (world, dokploy):
        schedule = await dokploy.create_schedule()
        call = asyncio.create_task(dokploy.run(schedule))
        await held.entered.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert [run.running for run in world.bootstraps] == [True]
        held.release()
        await world.dokploy.settled()
        [row] = await dokploy.rows(schedule)
        assert row["status"] == "done"
        assert [run.exit_code for run in world.bootstraps] == [0]


async def test_it_is_not_idempotent_without_a_guard():
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule()
        await dokploy.run(schedule)
        await dokploy.run(schedule)
        assert [run.marker for run in world.bootstraps] == [OPERATION, OPERATION]
        assert len(world.dokploy.deliveries) == 2
        assert [row["status"] for row in await dokploy.rows(schedule)] == ["done", "done"]


async def test_a_guarded_command_does_nothing_the_second_time_and_still_ends_done():
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule(script=bootstrap_script(guarded=True))
        first = await dokploy.run(schedule)
        second = await dokploy.run(schedule)
        assert (first.json["status"], second.json["status"]) == ("done", "done")
        assert len(world.dokploy.deliveries) == 2
        assert len(world.bootstraps) == 1
        [skipped] = world.lanes["testing"].state.skipped
        assert skipped.marker == OPERATION


async def test_the_guard_lets_another_marker_through():
    async with dokploy_of() as (world, dokploy):
        for marker in ("op_1", "op_2"):
            script = bootstrap_script(marker, guarded=True)
            await dokploy.run(await dokploy.create_schedule(script=script))
        assert [run.marker for run in world.bootstraps] == ["op_1", "op_2"]


@pytest.mark.parametrize("version", ["0.29.14", "0.30.0", "0.30.2"])
async def test_two_at_once_are_not_held_back_and_the_second_command_fails(version: str):
    held = HeldSleep()
    async with dokploy_of(sleep=held, dokploy_version=version) as (world, dokploy):
        schedule = await dokploy.create_schedule(**ON_HOST)
        first = asyncio.create_task(dokploy.run(schedule))
        await held.entered.wait()
        second = await dokploy.run(schedule)
        assert second.json["status"] == "error"
        _newer, older = await dokploy.rows(schedule)
        superseded = version != "0.29.14"
        assert (older["status"], older["errorMessage"]) == (
            ("error", SUPERSEDED) if superseded else ("running", None)
        )
        held.release()
        assert (await first).json["status"] == "done"
        assert len(world.bootstraps) == 1


async def test_a_superseded_run_s_later_done_overwrites_the_row():
    held = HeldSleep()
    async with dokploy_of(sleep=held) as (world, dokploy):
        world.dokploy.faults.add(Fault.SUPERSEDED)
        schedule = await dokploy.create_schedule()
        call = asyncio.create_task(dokploy.run(schedule))
        await held.entered.wait()
        theirs, ours = await dokploy.rows(schedule)
        assert (ours["status"], ours["errorMessage"]) == ("error", SUPERSEDED)
        assert theirs["status"] == "done"
        held.release()
        assert (await call).json["deploymentId"] == ours["deploymentId"]
        _theirs, ours = await dokploy.rows(schedule)
        assert (ours["status"], ours["errorMessage"]) == ("done", SUPERSEDED)


async def test_rows_are_newest_first_and_pruned_to_ten_before_each_new_one():
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule()
        for _ in range(14):
            await dokploy.run(schedule)
        rows = await dokploy.rows(schedule)
        began = [delivery.deployment_id for delivery in world.dokploy.deliveries]
        assert [row["deploymentId"] for row in rows] == began[:2:-1]
        assert len(rows) == 11
        assert (await dokploy.query("deployment.readLogs", deploymentId=began[0])).status == 404


async def test_a_remote_server_executes_the_script_and_not_the_command():
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule(command=bootstrap_script(), script="true")
        assert (await dokploy.run(schedule)).json["status"] == "done"
        assert world.bootstraps == []


async def test_a_container_executes_the_command():
    async with dokploy_of() as (world, dokploy):
        assert (await dokploy.run(await dokploy.create_schedule(**IN_CONTAINER))).status == 200
        assert len(world.bootstraps) == 1


async def test_a_stopped_container_executes_nothing():
    async with dokploy_of() as (world, dokploy):
        await dokploy.mutate("compose.stop", composeId="demo-compose-cm-testing")
        schedule = await dokploy.create_schedule(**IN_CONTAINER)
        assert (await dokploy.run(schedule)).json["status"] == "error"
        assert world.bootstraps == []


@pytest.mark.parametrize(
    ("failing", "line"), [(False, "✅ Command executed successfully"), (True, "❌ Command failed")]
)
async def test_the_log_of_a_remote_server_ends_with_how_it_went(failing: bool, line: str):
    async with dokploy_of() as (world, dokploy):
        if failing:
            world.dokploy.faults.add(Fault.COMMAND_FAILS)
        schedule = await dokploy.create_schedule()
        await dokploy.run(schedule)
        [row] = await dokploy.rows(schedule)
        lines = (await dokploy.log(row["deploymentId"])).splitlines()
        assert lines[0] == "Initializing schedule"
        assert lines[2] == f"PID: {row['pid']} | Schedule ID: {schedule}"
        assert lines[-1] == line
        assert await dokploy.log(row["deploymentId"], tail=1) == f"{line}\n"


async def test_the_log_of_the_panel_s_own_host_has_no_such_line():
    async with dokploy_of() as (_world, dokploy):
        schedule = await dokploy.create_schedule(**ON_HOST)
        await dokploy.run(schedule)
        [row] = await dokploy.rows(schedule)
        assert "Command" not in await dokploy.log(row["deploymentId"])


@pytest.mark.parametrize("tail", ["0", "10001", "many"])
async def test_a_tail_out_of_bounds_is_400(tail: str):
    async with dokploy_of() as (_world, dokploy):
        answer = await dokploy.query("deployment.readLogs", deploymentId="x", tail=tail)
        assert answer.status == 400


async def test_kill_process_ends_the_command_and_answers_with_nothing():
    held = HeldSleep()
    async with dokploy_of(sleep=held) as (world, dokploy):
        schedule = await dokploy.create_schedule()
        call = asyncio.create_task(dokploy.run(schedule))
        await held.entered.wait()
        [row] = await dokploy.rows(schedule)
        killed = await dokploy.mutate("deployment.killProcess", deploymentId=row["deploymentId"])
        assert (killed.status, killed.content) == (200, b"")
        assert (await call).json["status"] == "error"
        assert [run.exit_code for run in world.bootstraps] == [137]
        assert world.lanes["testing"].state.database == "uninitialised"


async def test_a_killed_bootstrap_can_be_run_again():
    held = HeldSleep()
    async with dokploy_of(sleep=held) as (world, dokploy):
        schedule = await dokploy.create_schedule(script=bootstrap_script(guarded=True))
        call = asyncio.create_task(dokploy.run(schedule))
        await held.entered.wait()
        [row] = await dokploy.rows(schedule)
        await dokploy.mutate("deployment.killProcess", deploymentId=row["deploymentId"])
        await call
        held.release()
        assert (await dokploy.run(schedule)).json["status"] == "done"
        assert [run.exit_code for run in world.bootstraps] == [137, 0]


async def test_kill_process_without_a_pid_is_400():
    async with dokploy_of() as (_world, dokploy):
        schedule = await dokploy.create_schedule(**IN_CONTAINER)
        await dokploy.run(schedule)
        [row] = await dokploy.rows(schedule)
        answer = await dokploy.mutate("deployment.killProcess", deploymentId=row["deploymentId"])
        assert (row["pid"], answer.status) == (None, 400)
        assert answer.json["message"] == "Deployment is not running"


async def test_an_update_needs_a_database_and_bootstraps_nothing():
    async with dokploy_of() as (world, dokploy):
        update = await dokploy.create_schedule(script=UPDATE, name="platform-data-workflow")
        assert (await dokploy.run(update)).json["status"] == "error"
        await dokploy.run(await dokploy.create_schedule())
        assert (await dokploy.run(update)).json["status"] == "done"
        assert len(world.bootstraps) == 1
        assert [run.exit_code for run in world.lanes["testing"].updates] == [0]


async def test_a_run_works_on_the_lane_that_its_app_name_or_script_names():
    async with dokploy_of() as (world, dokploy):
        await dokploy.run(await dokploy.create_schedule(appName="platform-cm-prod-anything"))
        by_script = f"docker exec compose-cm-testing {bootstrap_script()}"
        await dokploy.run(await dokploy.create_schedule(appName="mine", script=by_script))
        assert {name: len(lane.bootstraps) for name, lane in world.lanes.items()} == {
            "testing": 1,
            "prod": 1,
        }


async def test_a_run_on_no_lane_fails():
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule(appName="somebody-elses")
        assert (await dokploy.run(schedule)).json["status"] == "error"
        assert world.bootstraps == []


async def test_stopping_the_simulator_ends_the_call_that_waits():
    held = HeldSleep()
    async with dokploy_of(sleep=held) as (world, dokploy):
        schedule = await dokploy.create_schedule()
        call = asyncio.create_task(dokploy.run(schedule))
        await held.entered.wait()
        await world.dokploy.stop()
        with pytest.raises(aiohttp.ClientError):
            await call
        assert [run.running for run in world.bootstraps] == [True]
