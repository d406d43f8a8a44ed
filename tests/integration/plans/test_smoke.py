"""The plan `odoo-smoke` on the simulators: everything that is wrong is shown at once."""

from pathlib import Path

import pytest

from laneway.core.model import LaneMode, Safety
from laneway.core.run import PhaseStatus, Status
from laneway.testing.simulators import Fault
from tests.integration.plans.stage import failure, stage

PLAN = "odoo-smoke"
BRANCHES = {"pages", "headers", "database", "version", "certificate"}


async def test_a_site_that_does_what_it_should_passes_and_nothing_is_changed(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        plan = s.world.catalog.offered(PLAN).compiled.plan
        assert plan.lane.mode is LaneMode.SHARED
        assert {phase.action.safety for phase in plan.action_phases()} == {Safety.READ}
        done = await s.ended(await s.submit(PLAN, "prod"))
        assert done.run.status is Status.PASS
        assert {done.run.phases[name].status for name in BRANCHES} == {PhaseStatus.PASS}
        assert s.simulated.dokploy.requests == {}, "it asks the site and nobody else"
        probes = done.run.phases["pages"].evidence["probes"]
        assert [probe["probe"] for probe in probes] == [
            "login page",
            "icon",
            "a page that is not there",
        ]


@pytest.mark.parametrize("series", ["16.0", "19.0"])
async def test_it_knows_every_series(tmp_path: Path, series: str):
    async with stage(tmp_path / "laneway.db", odoo_version=series) as s:
        done = await s.ended(await s.submit(PLAN, "prod"))
        assert done.run.status is Status.PASS
        assert done.run.phases["version"].evidence["series"] == series


async def test_a_lane_without_a_database_fails_it_and_the_rest_is_told(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        s.lane("prod").state.database = "absent"
        done = await s.ended(await s.submit(PLAN, "prod"))
        assert (done.run.status, failure(done)) == (Status.FAIL, "http_wrong_body")
        wrong = {name for name in BRANCHES if done.run.phases[name].status is PhaseStatus.FAIL}
        assert wrong == {"pages"}


async def test_an_odoo_of_another_series_than_on_record_fails_it(tmp_path: Path):
    def older(records: dict[str, dict[str, dict[str, str]]]) -> None:
        records["prod"]["odoo"]["version"] = "17.0"

    async with stage(tmp_path / "laneway.db", targets=older) as s:
        done = await s.ended(await s.submit(PLAN, "prod"))
        assert (done.run.status, failure(done)) == (Status.FAIL, "version_mismatch")


async def test_it_runs_beside_an_operation_that_holds_the_lane(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        request = {"confirmation": "promote cm testing to prod"}
        promotion = await s.submit("odoo-promote", "prod", request=request)
        await s.waiting(promotion)
        done = await s.ended(await s.submit(PLAN, "prod"))
        assert done.run.status is Status.PASS
        assert (await s.engine.operation(promotion)).run.status is Status.WAITING


async def test_a_proxy_s_error_is_told_as_what_may_pass(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        s.simulated.sites["prod"].faults.add(Fault.ANSWER_502, route="/web/login", times=1)
        operation = await s.submit(PLAN, "prod")
        await s.waiting(operation)
        s.world.clock.move(10_000)
        done = await s.ended(operation)
        assert done.run.status is Status.PASS
