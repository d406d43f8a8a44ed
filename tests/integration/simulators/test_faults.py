"""Every fault does what its description says, for the calls it was switched on for."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from laneway.testing.simulators import DESCRIPTIONS, Durations, Fault, FaultBoard, HeldSleep
from tests.integration.simulators.support import Site, dokploy_of, odoo_of

AT_ONCE = [("answer_500", 500), ("answer_502", 502), ("answer_503", 503), ("answer_504", 504)]
AT_ONCE += [("answer_524", 524)]
LATE = [("answer_502_while_running", 502), ("answer_504_while_running", 504)]
LATE += [("answer_524_while_running", 524)]
RUN = "schedule.runManually"
COMPOSE = "demo-compose-cm-testing"


def test_every_fault_is_described():
    assert set(DESCRIPTIONS) == set(Fault)
    assert len(set(DESCRIPTIONS.values())) == len(Fault)


def test_a_fault_is_counted_per_route():
    board = FaultBoard()
    board.add(Fault.SLOW, route="a", times=2)
    taken = [board.applies(Fault.SLOW, route) for route in ("b", "a", "a", "a")]
    assert taken == [False, True, True, False]


def test_a_fault_without_a_count_applies_until_it_is_cleared():
    board = FaultBoard()
    kept, gone = board.add(Fault.HANG), board.add(Fault.SLOW)
    assert [board.applies(Fault.SLOW, "any") for _ in range(3)] == [True] * 3
    board.clear(Fault.SLOW)
    assert not board.applies(Fault.SLOW, "any")
    assert gone.cleared.is_set()
    assert not kept.cleared.is_set()
    assert (gone.hits, kept.hits, board.rules) == (3, 0, (kept,))


@pytest.mark.parametrize("times", [0, -1])
def test_a_fault_applies_to_one_call_at_least(times: int):
    with pytest.raises(ValueError, match="at least one call"):
        FaultBoard().add(Fault.HANG, times=times)


@pytest.mark.parametrize(("fault", "status"), AT_ONCE)
async def test_an_answer_at_once_does_nothing(fault: str, status: int):
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule()
        world.dokploy.faults.add(Fault(fault), route=RUN, times=1)
        assert (await dokploy.run(schedule)).status == status
        assert (world.dokploy.deliveries, world.bootstraps) == ([], [])
        assert world.dokploy.requests[RUN] == 1
        assert (await dokploy.run(schedule)).status == 200
        assert len(world.dokploy.deliveries) == 1


@pytest.mark.parametrize(("fault", "status"), LATE)
async def test_a_proxy_gives_up_while_the_command_goes_on(fault: str, status: int):
    held = HeldSleep()
    async with dokploy_of(sleep=held) as (world, dokploy):
        schedule = await dokploy.create_schedule()
        world.dokploy.faults.add(Fault(fault), route=RUN, times=1)
        answer = await dokploy.run(schedule)
        assert (answer.status, answer.headers["content-type"]) == (
            status,
            "text/html; charset=utf-8",
        )
        [row] = await dokploy.rows(schedule)
        assert row["status"] == "running"
        held.release()
        await world.dokploy.settled()
        [row] = await dokploy.rows(schedule)
        assert row["status"] == "done"
        assert [run.exit_code for run in world.bootstraps] == [0]


@pytest.mark.parametrize(("fault", "status"), LATE)
async def test_a_proxy_gives_up_on_other_calls_that_are_carried_out(fault: str, status: int):
    async with dokploy_of() as (world, dokploy):
        world.dokploy.faults.add(Fault(fault), route="compose.stop", times=1)
        answer = await dokploy.mutate("compose.stop", composeId=COMPOSE)
        assert answer.status == status
        assert not world.lanes["testing"].state.web_running


@pytest.mark.parametrize(
    ("fault", "delivered"), [("drop_connection", 0), ("drop_while_running", 1)]
)
async def test_a_connection_is_dropped_before_or_after_the_run_begins(fault: str, delivered: int):
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule()
        world.dokploy.faults.add(Fault(fault), route=RUN, times=1)
        with pytest.raises(aiohttp.ClientError):
            await dokploy.run(schedule)
        await world.dokploy.settled()
        assert len(world.dokploy.deliveries) == delivered
        assert [run.exit_code for run in world.bootstraps] == [0] * delivered


@pytest.mark.parametrize(("fault", "delivered"), [("hang", 0), ("hang_while_running", 1)])
async def test_a_call_hangs_until_the_fault_is_cleared(fault: str, delivered: int):
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule()
        rule = world.dokploy.faults.add(Fault(fault), route=RUN, times=1)
        call = asyncio.create_task(dokploy.run(schedule))
        await rule.struck.wait()
        await world.dokploy.settled()
        assert not call.done()
        assert len(world.dokploy.deliveries) == delivered
        world.dokploy.faults.clear()
        with pytest.raises(aiohttp.ClientError):
            await call


async def test_a_rate_limited_key_is_answered_as_a_wrong_one():
    async with dokploy_of() as (world, dokploy):
        world.dokploy.faults.add(Fault.RATE_LIMITED, times=2)
        for _ in range(2):
            answer = await dokploy.query("compose.one", composeId=COMPOSE)
            assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
        assert (await dokploy.query("compose.one", composeId=COMPOSE)).status == 200


async def test_a_slow_answer_is_right_and_waits_first():
    held = HeldSleep()
    async with dokploy_of(sleep=held, durations=Durations(slow=7)) as (world, dokploy):
        world.dokploy.faults.add(Fault.SLOW, route="compose.one", times=1)
        call = asyncio.create_task(dokploy.query("compose.one", composeId=COMPOSE))
        await held.entered.wait()
        assert held.asked == [7]
        held.release()
        assert (await call).json["name"] == "cm-testing"


async def test_a_command_waits_in_mid_run_until_the_fault_is_cleared():
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule()
        rule = world.dokploy.faults.add(Fault.COMMAND_WAITS, route="bootstrap")
        call = asyncio.create_task(dokploy.run(schedule))
        await rule.struck.wait()
        [row] = await dokploy.rows(schedule)
        assert row["status"] == "running"
        assert [run.running for run in world.bootstraps] == [True]
        assert world.lanes["testing"].state.database == "uninitialised"
        world.dokploy.faults.clear(Fault.COMMAND_WAITS)
        assert (await call).json["status"] == "done"


async def test_a_failing_command_leaves_half_a_database_and_its_marker_unused():
    async with dokploy_of() as (world, dokploy):
        world.dokploy.faults.add(Fault.COMMAND_FAILS, route="bootstrap", times=1)
        assert (await dokploy.run(await dokploy.create_schedule())).json["status"] == "error"
        state = world.lanes["testing"].state
        assert (state.database, state.markers, state.identity) == ("uninitialised", [], None)


async def test_a_fault_of_one_kind_of_command_spares_the_other():
    async with dokploy_of() as (world, dokploy):
        world.dokploy.faults.add(Fault.COMMAND_FAILS, route="update")
        update = await dokploy.create_schedule(script="run --update-only")
        assert (await dokploy.run(await dokploy.create_schedule())).json["status"] == "done"
        assert (await dokploy.run(update)).json["status"] == "error"


@pytest.mark.parametrize(
    ("fault", "exit_codes"), [("row_stays_running", [0]), ("command_lost", [])]
)
async def test_after_a_panel_restart_the_row_stays_running_for_good(
    fault: str, exit_codes: list[int]
):
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule()
        world.dokploy.faults.add(Fault(fault), times=1)
        with pytest.raises(aiohttp.ClientError):
            await dokploy.run(schedule)
        await world.dokploy.settled()
        [row] = await dokploy.rows(schedule)
        assert (row["status"], row["finishedAt"]) == ("running", None)
        assert "Command" not in await dokploy.log(row["deploymentId"])
        assert [run.exit_code for run in world.bootstraps] == exit_codes


async def test_later_runs_by_others_push_the_row_out():
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule()
        world.dokploy.faults.add(Fault.ROWS_PRUNED, times=1)
        answer = await dokploy.run(schedule)
        rows = await dokploy.rows(schedule)
        assert answer.json["deploymentId"] not in [row["deploymentId"] for row in rows]
        assert len(rows) == 11
        assert len(world.bootstraps) == 1


async def test_a_run_by_somebody_else_leaves_the_row_alone_before_0_30():
    held = HeldSleep()
    async with dokploy_of(sleep=held, dokploy_version="0.29.14") as (world, dokploy):
        schedule = await dokploy.create_schedule()
        world.dokploy.faults.add(Fault.SUPERSEDED, times=1)
        call = asyncio.create_task(dokploy.run(schedule))
        await held.entered.wait()
        assert [row["status"] for row in await dokploy.rows(schedule)] == ["done", "running"]
        held.release()
        await call


async def test_a_wrong_live_name_and_a_missing_domain():
    async with dokploy_of() as (world, dokploy):
        world.dokploy.faults.add(Fault.WRONG_LIVE_NAME, times=1)
        world.dokploy.faults.add(Fault.MISSING_DOMAIN, route="compose.one", times=1)
        struck = (await dokploy.query("compose.one", composeId=COMPOSE)).json
        after = (await dokploy.query("compose.one", composeId=COMPOSE)).json
        assert (struck["name"], after["name"]) == ("somebody-elses-compose", "cm-testing")
        assert (len(struck["domains"]), len(after["domains"])) == (1, 2)
        world.dokploy.faults.add(Fault.MISSING_DOMAIN)
        asked = await dokploy.query("domain.byComposeId", composeId=COMPOSE)
        assert len(asked.json) == 1


@pytest.mark.parametrize(("fault", "status"), AT_ONCE)
async def test_odoo_is_struck_on_the_way_like_dokploy(fault: str, status: int):
    async with odoo_of() as (world, odoo):
        world.sites["testing"].faults.add(Fault(fault), route="/web/login", times=1)
        assert (await odoo.get("/web/health")).status == 200
        assert [(await odoo.get("/web/login")).status for _ in range(2)] == [status, 200]
        assert world.sites["testing"].requests["/web/login"] == 2


async def test_a_fault_of_one_server_is_not_another_s():
    async with odoo_of() as (world, odoo):
        world.sites["testing"].faults.add(Fault.ANSWER_503)
        prod = Site(odoo.session, world.sites["prod"].url)
        assert (await odoo.get("/web/health")).status == 503
        assert (await prod.get("/web/health")).status == 200
