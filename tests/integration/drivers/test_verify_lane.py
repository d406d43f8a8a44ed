"""The plan `odoo-verify-lane`, on the simulators, through a real engine and its database."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from laneway.core.compile import CompiledPlan
from laneway.core.model import ActionPhase, LaneMode, ParallelPhase, Safety
from laneway.core.run import PhaseStatus, Status
from laneway.drivers.dokploy.driver import DokployDriver
from laneway.drivers.odoo.driver import OdooDriver
from laneway.drivers.registry import Registry
from laneway.drivers.time.driver import TimeDriver
from laneway.drivers.web.driver import HttpDriver
from laneway.loading.plans import load_folder
from laneway.loading.targets import load_targets
from laneway.runtime.engine import Engine
from laneway.runtime.operations import Operation
from laneway.testing.recording_proxy import RecordingProxy
from laneway.testing.simulators import DemoWorld, Fault, HeldSleep, no_sleep
from tests.support.engines import World, ended, in_status, until

PLANS = Path(__file__).parents[3] / "plans"
BRANCHES = {"pages", "target", "health", "canonical", "logo", "runtime_identity"}
READ_BY_POST = ("/web/database/list",)


class Stage:
    """An engine over a simulated world whose testing lane has been bootstrapped."""

    def __init__(self, world: World, engine: Engine, simulated: DemoWorld) -> None:
        self.world = world
        self.engine = engine
        self.simulated = simulated

    async def submit(self, plan: str, **asked: Any) -> str:
        submitted = await self.world.submit(self.engine, plan=plan, **asked)
        return submitted.operation.run.id

    async def verify(self, **asked: Any) -> str:
        return await self.submit("odoo-verify-lane", **asked)


@asynccontextmanager
async def stage(path: Path, simulated: DemoWorld, targets: object = None) -> AsyncIterator[Stage]:
    registry = Registry((DokployDriver(), OdooDriver(), HttpDriver(), TimeDriver()))
    world: Any = World(path)
    world.actions = registry
    world.catalog = load_folder(PLANS, registry.specs())
    records = msgspec.json.encode(targets or simulated.targets()).decode()
    world.targets = load_targets(records, "targets.yaml")
    await registry.start()
    try:
        async with world.engine() as engine:
            yield Stage(world, engine, simulated)
    finally:
        await registry.stop()


def ready(simulated: DemoWorld) -> None:
    """Put the testing lane where a bootstrap leaves it."""
    lane = simulated.lanes["testing"]
    lane.state.database = "ready"
    lane.state.identity = lane.spec.identity("earlier")


def plan() -> CompiledPlan:
    specs = Registry((DokployDriver(), OdooDriver(), HttpDriver(), TimeDriver())).specs()
    offered = load_folder(PLANS, specs).offered("odoo-verify-lane")
    assert offered is not None
    return offered.compiled


def test_the_plan_only_reads_and_shares_its_lane():
    compiled = plan().plan
    assert compiled.lane.mode is LaneMode.SHARED
    assert {phase.action.safety for phase in compiled.action_phases()} == {Safety.READ}
    verify = compiled.phases["verify"]
    assert isinstance(verify, ParallelPhase)
    assert {branch.name for branch in verify.branches} == BRANCHES
    assert all(isinstance(branch, ActionPhase) for branch in verify.branches)


async def test_a_lane_as_recorded_passes_and_nothing_is_changed(tmp_path: Path):
    async with (
        DemoWorld(sleep=no_sleep) as simulated,
        RecordingProxy(simulated.dokploy.url) as dokploy,
        RecordingProxy(simulated.sites["testing"].url, reads=READ_BY_POST) as odoo,
    ):
        ready(simulated)
        simulated.sites["testing"]._canonical_url = odoo.url
        targets: Any = simulated.targets()
        record = next(one for one in targets["targets"] if one["instance"] == "testing")
        record["dokploy"]["url"], record["odoo"]["base_url"] = dokploy.url, odoo.url
        async with stage(tmp_path / "laneway.db", simulated, targets) as s:
            run = (await ended(s.engine, await s.verify())).run
            assert run.status is Status.PASS
            assert {run.phases[name].status for name in BRANCHES} == {PhaseStatus.PASS}
            pages = run.phases["pages"].evidence["probes"]
            assert [probe["probe"] for probe in pages] == ["login page", "database server"]
            assert (dokploy.mutations, odoo.mutations) == ([], [])


async def test_it_does_not_wait_for_a_bootstrap_that_runs_and_is_not_in_its_way(tmp_path: Path):
    held = HeldSleep()
    async with DemoWorld(sleep=held) as simulated:
        ready(simulated)
        async with stage(tmp_path / "laneway.db", simulated) as s:
            request = {"confirmation": "bootstrap cm testing"}
            bootstrap = await s.submit("odoo-stable-bootstrap", request=request)
            await held.entered.wait()
            first, second = await s.verify(), await s.verify()
            for verification in (first, second):
                assert (await ended(s.engine, verification)).run.status is Status.PASS
            running = await in_status(s.engine, bootstrap, Status.RUNNING)
            assert running.run.phases["bootstrap"].status is PhaseStatus.RUNNING
            held.release()
            done = await ended(s.engine, bootstrap)
            assert done.run.status is Status.PASS
            assert len(simulated.bootstraps) == 1


@pytest.mark.parametrize(
    ("fault", "branch", "code"),
    [
        (Fault.STOCK_LOGO, "logo", "logo_stock_image"),
        (Fault.STALE_CANONICAL, "canonical", "canonical_mismatch"),
        (Fault.IDENTITY_MISMATCH, "runtime_identity", "runtime_identity_mismatch"),
        (Fault.WRONG_LIVE_NAME, "target", "name_mismatch"),
    ],
)
async def test_what_is_wrong_is_shown_beside_what_is_right(
    tmp_path: Path, fault: Fault, branch: str, code: str
):
    async with DemoWorld(sleep=no_sleep) as simulated:
        ready(simulated)
        for board in (simulated.dokploy.faults, simulated.sites["testing"].faults):
            board.add(fault)
        async with stage(tmp_path / "laneway.db", simulated) as s:
            run = (await ended(s.engine, await s.verify())).run
            assert run.status is Status.FAIL
            wrong = run.phases[branch].failure
            assert wrong is not None
            assert wrong.code == code
            others = {run.phases[name].status for name in BRANCHES - {branch}}
            assert others == {PhaseStatus.PASS}


async def test_a_lane_without_a_database_does_not_pass_by_its_health_page(tmp_path: Path):
    async with (
        DemoWorld(sleep=no_sleep) as simulated,
        stage(tmp_path / "laneway.db", simulated) as s,
    ):
        operation = await s.verify()
        for branch, code in (("pages", "http_wrong_body"), ("health", "health_no_database")):
            found = await until(s.engine, operation, failed(branch))
            failure = found.run.phases[branch].failure
            assert failure is not None
            assert failure.code == code
        found = await s.engine.operation(operation)
        probes = found.run.phases["pages"].evidence["probes"]
        assert [probe["status"] for probe in probes] == ["fail", "pass"]


def failed(branch: str) -> Callable[[Operation], bool]:
    return lambda found: found.run.phases[branch].status is PhaseStatus.FAIL
