"""The drivers that ship keep every promise of the port."""

from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Any

import pytest

from laneway.core.model import ActionSpec, Lane
from laneway.drivers.dokploy.driver import DokployDriver
from laneway.drivers.odoo.driver import OdooDriver
from laneway.drivers.time.driver import TimeDriver
from laneway.drivers.web.driver import HttpDriver
from laneway.ports.driver import Driver
from laneway.testing.action_context import FakeContext
from laneway.testing.driver_conformance import DriverConformance
from laneway.testing.recording_proxy import RecordingProxy
from laneway.testing.simulators import PLANTED_SECRETS, DemoWorld, SimulatedLane, no_sleep
from laneway.testing.simulators.rows import Schedule

SCHEDULE = "nightly"
TOKEN = {"Authorization": {"secret": "token", "prefix": "Bearer "}}
WRITE: dict[str, Any] = {
    "method": "POST",
    "path": "/web/webclient/version_info",
    "headers": TOKEN,
    "json": {"api_key": "planted-in-a-body-2Hd6"},
    "expect": {"status": 200},
}
BACKUP = "op_earlier_backup_1"
NEXT = {"artifact_id": "registry.example.invalid/odoo-cm:next", "source_git_ref": "next"}
PROMPTED: dict[str, dict[str, Any]] = {
    "odoo.prove_policy": {"confirmation": "bootstrap cm testing"},
    "odoo.prove_promotion": {"confirmation": "promote to testing"},
    "odoo.prove_backup": {"max_age_minutes": 30},
    "odoo.restore": {"backup": BACKUP},
    "dokploy.run_schedule": {"schedule": SCHEDULE},
    "dokploy.check_status": {"expect": "started"},
    "dokploy.deploy_artifact": NEXT,
    "time.check_window": {"opens": "2025-12-31T00:00:00Z", "closes": "2026-01-02T00:00:00Z"},
    "http.check": {"probes": [{"name": "health", "path": "/web/health", "headers": TOKEN}]},
    "http.request_read": {"path": "/web/health", "headers": TOKEN},
    "http.request_safe_write": WRITE,
    "http.request": WRITE,
    "http.request_destructive": WRITE,
}
READ_BY_POST = ("/web/database/list",)
READ_BY_ODOO_S_POST = (*READ_BY_POST, "/web/webclient/version_info")


class SimulatedRig:
    """A driver in front of the simulated world, with a proxy before each of its servers."""

    def __init__(
        self, driver: Driver, world: DemoWorld, dokploy: RecordingProxy, odoo: RecordingProxy
    ) -> None:
        self.driver = driver
        self.secrets: Sequence[str] = (
            *PLANTED_SECRETS,
            world.dokploy.api_key,
            WRITE["json"]["api_key"],
        )
        self._world = world
        self._proxies = (dokploy, odoo)
        self._numbers = count(1)

    def context(self, spec: ActionSpec) -> FakeContext:
        # The lane is as a bootstrap leaves it, so that everything about it can pass.
        for lane in self._world.lanes.values():
            as_bootstrapped(lane)
        backed_up(self._world)
        for row in self._world.dokploy.state.deployments.values():
            row.status = "done"
        return FakeContext(
            Lane("odoo", "cm", "testing"),
            self._record(),
            parameters={**self._deployed(spec), **PROMPTED.get(spec.action_id, {})},
            token=f"op_{next(self._numbers)}_phase_1",
        )

    def mutations(self) -> int:
        return sum(len(proxy.mutations) for proxy in self._proxies)

    def _deployed(self, spec: ActionSpec) -> dict[str, str]:
        """What actions have to be told of the artifact that is there."""
        lane = self._world.lanes["testing"].spec
        told = {
            "artifact_id": lane.artifact_id,
            "source_git_ref": lane.source_git_ref,
            "replaces": lane.artifact_id,
        }
        return {name: told[name] for name in spec.parameters.get("required", ()) if name in told}

    def _record(self) -> dict[str, object]:
        records: Any = self._world.targets()["targets"]
        by_instance: dict[str, dict[str, Any]] = {one["instance"]: one for one in records}
        record, prod = by_instance["testing"], by_instance["prod"]
        dokploy, odoo = self._proxies
        schedule = {"schedule_id": nightly(self._world).schedule_id, "name": SCHEDULE}
        return {
            **record,
            "dokploy": {
                **record["dokploy"],
                "url": dokploy.url,
                "schedules": {SCHEDULE: schedule},
            },
            "odoo": {**record["odoo"], "base_url": odoo.url},
            "policy": {
                **record["policy"],
                "odoo_promotion": {"enabled": True, "confirmation": "promote to testing"},
            },
            "promotion": {
                "source": {
                    "instance": "prod",
                    "compose_id": prod["dokploy"]["compose_id"],
                    "name": prod["expected"]["name"],
                    "odoo": prod["odoo"],
                }
            },
            "drivers": {"http": {"secrets": {"token": record["dokploy"]["api_key"]}}},
        }


def as_bootstrapped(lane: SimulatedLane) -> None:
    """A lane as a bootstrap leaves it, whatever was deployed on it since."""
    lane.state.database, lane.state.compose_status = "ready", "done"
    lane.state.env = lane.state.deployed = None
    lane.state.identity = lane.identify("earlier")
    lane.state.database_of = lane.spec.artifact_id


def backed_up(world: DemoWorld) -> None:
    """A run that left a backup behind."""
    dokploy, lane = world.dokploy, world.lanes["testing"]
    if BACKUP in lane.state.backups:
        return
    schedule = Schedule(
        schedule_id="backups",
        name="platform-odoo-backup",
        app_name="platform-cm-testing-odoo-backup",
        cron_expression="0 0 31 2 *",
        command="",
        created_at="2026-01-05T09:00:00.000Z",
        schedule_type="server",
        server_id=dokploy.server_id,
    )
    dokploy.keep(schedule)
    row = dokploy._tables.begin_run(schedule)
    dokploy._tables.log(
        row.deployment_id,
        f"laneway-backup: database.dump 1 {'0' * 64}",
        f"laneway-backup: filestore.tar 1 {'0' * 64}",
        f"laneway-backup: {BACKUP} of {lane.spec.artifact_id} from {lane.spec.source_git_ref}"
        " is complete",
    )
    dokploy._tables.update_status(row.deployment_id, "done")
    lane.state.backups[BACKUP] = lane.spec.artifact_id


def nightly(world: DemoWorld) -> Schedule:
    """A schedule that people made for the compose."""
    schedule = Schedule(
        schedule_id="people-s-own",
        name=SCHEDULE,
        cron_expression="0 3 * * *",
        command="backup",
        app_name="schedule-nightly",
        created_at="2026-01-05T09:00:00.000Z",
        schedule_type="compose",
        compose_id=world.lanes["testing"].spec.compose_id,
    )
    world.dokploy._tables.save_schedule(schedule)
    return schedule


async def rig_of(
    driver: Driver, reads: tuple[str, ...] = READ_BY_POST
) -> AsyncIterator[SimulatedRig]:
    async with (
        DemoWorld(sleep=no_sleep) as world,
        RecordingProxy(world.dokploy.url) as dokploy,
        RecordingProxy(world.sites["testing"].url, reads=reads) as odoo,
    ):
        world.sites["testing"]._canonical_url = odoo.url
        await driver.start()
        yield SimulatedRig(driver, world, dokploy, odoo)
        await driver.stop()


class TestDokployDriver(DriverConformance):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[SimulatedRig]:
        async for rig in rig_of(DokployDriver()):
            yield rig


class TestHttpDriver(DriverConformance):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[SimulatedRig]:
        async for rig in rig_of(HttpDriver()):
            yield rig


class TestTimeDriver(DriverConformance):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[SimulatedRig]:
        async for rig in rig_of(TimeDriver()):
            yield rig


class TestOdooDriver(DriverConformance):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[SimulatedRig]:
        async for rig in rig_of(OdooDriver(), READ_BY_ODOO_S_POST):
            yield rig
