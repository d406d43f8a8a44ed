"""The plan `odoo-maintenance` on the simulators: in its window, and with the lane up at the end."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from laneway.core.instants import as_datetime, instant
from laneway.core.run import Status
from laneway.testing.clock import START
from laneway.testing.simulators import Fault
from tests.integration.plans.stage import Stage, failure, passed, stage
from tests.support.engines import in_status

PLAN = "odoo-maintenance"
HOUR = 3_600_000


def at(hours: float) -> str:
    return instant(as_datetime(START) + timedelta(hours=hours))


def nights(records: dict[str, Any]) -> None:
    """Time begins at midnight; the window is open from two o'clock on, for two hours."""
    for record in records.values():
        record["maintenance"] = {"windows": [{"from": "02:00", "to": "04:00"}]}


def never(records: dict[str, Any]) -> None:
    for record in records.values():
        del record["maintenance"]


async def waiting(s: Stage, operation: str, until: str) -> None:
    """Return when it waits for its window."""
    found = await in_status(s.engine, operation, Status.WAITING)
    assert found.run.phases["wait_for_window"].until == until


def works(s: Stage) -> int:
    """How often the lane's maintenance schedule has run."""
    runs = s.simulated.dokploy.deliveries
    return sum(run.schedule_id == "demo-maintenance-cm-testing" for run in runs)


def stops(s: Stage) -> int:
    return s.simulated.dokploy.requests.get("compose.stop", 0)


async def test_it_waits_for_the_window_and_then_works_on_a_stopped_lane(tmp_path: Path):
    async with stage(tmp_path / "laneway.db", targets=nights) as s:
        operation = await s.submit(PLAN, "testing")
        await waiting(s, operation, at(2))
        assert (stops(s), works(s)) == (0, 0)
        s.world.clock.move(2 * HOUR)
        done = await s.ended(operation)
        assert done.run.status is Status.PASS
        assert (stops(s), works(s)) == (1, 1)
        assert done.run.phases["stopped"].evidence == {"compose_status": "idle"}
        assert s.lane("testing").state.web_running


async def test_a_window_that_is_open_is_not_waited_for(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        done = await s.ended(await s.submit(PLAN, "testing"))
        assert (done.run.status, works(s)) == (Status.PASS, 1)


async def test_who_asks_may_say_before_when_not(tmp_path: Path):
    async with stage(tmp_path / "laneway.db", targets=nights) as s:
        request = {"not_before": "2026-01-02T00:00:00Z"}
        operation = await s.submit(PLAN, "testing", request=request)
        await waiting(s, operation, at(26))


async def test_a_window_that_closed_while_the_server_was_away_is_waited_for_again(tmp_path: Path):
    async with stage(tmp_path / "laneway.db", targets=nights) as s:
        operation = await s.submit(PLAN, "testing")
        await waiting(s, operation, at(2))
        s.world.clock.move(5 * HOUR)
        await s.until_waiting_until(operation, at(26))
        assert stops(s) == 0
        s.world.clock.move(21 * HOUR)
        done = await s.ended(operation)
        assert (done.run.status, works(s)) == (Status.PASS, 1)


async def test_a_third_window_that_was_missed_is_the_last(tmp_path: Path):
    async with stage(tmp_path / "laneway.db", targets=nights) as s:
        operation = await s.submit(PLAN, "testing")
        for night in range(3):
            await s.until_waiting_until(operation, at(24 * night + 2))
            s.world.clock.move_to(instant(as_datetime(START) + timedelta(hours=24 * night + 3.5)))
        done = await s.ended(operation)
        assert (done.run.status, failure(done)) == (Status.FAIL, "visits_exhausted")
        assert stops(s) == 0


async def test_a_lane_without_a_window_is_refused(tmp_path: Path):
    async with stage(tmp_path / "laneway.db", targets=never) as s:
        done = await s.ended(await s.submit(PLAN, "testing"))
        assert (done.run.status, failure(done)) == (Status.REFUSED, "window_not_configured")
        assert stops(s) == 0


async def test_work_that_fails_leaves_a_lane_that_is_up(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        s.simulated.dokploy.faults.add(Fault.COMMAND_FAILS, route="other", times=1)
        done = await s.ended(await s.submit(PLAN, "testing"))
        assert (done.run.status, failure(done)) == (Status.FAIL, "schedule_failed")
        assert passed(done) >= {"stop", "bring_up", "verify_up"}
        assert (s.lane("testing").state.web_running, works(s)) == (True, 1)


async def test_a_lane_that_is_not_well_after_the_work_is_brought_up_and_told(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        s.simulated.sites["testing"].faults.add(Fault.IDENTITY_MISMATCH)
        done = await s.ended(await s.submit(PLAN, "testing"))
        assert (done.run.status, failure(done)) == (Status.FAIL, "runtime_identity_mismatch")
        assert s.simulated.dokploy.requests["compose.start"] == 2


async def test_a_dry_run_waits_for_nothing_and_stops_nothing(tmp_path: Path):
    async with stage(tmp_path / "laneway.db", targets=nights) as s:
        operation = await s.submit(PLAN, "testing", dry_run=True)
        done = await s.ended(operation)
        assert done.run.status is Status.PASS
        assert (stops(s), works(s)) == (0, 0)
        sent = [done.run.phases[name].evidence["would_send"] for name in ("stop", "work", "start")]
        assert [request["procedure"] for (request,) in sent] == [
            "compose.stop",
            "schedule.runManually",
            "compose.start",
        ]
