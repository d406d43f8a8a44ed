"""The drivers that ship keep every promise of the port."""

from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Any

import pytest

from laneway.core.model import ActionSpec, Lane
from laneway.drivers.dokploy.driver import DokployDriver
from laneway.drivers.odoo.driver import OdooDriver
from laneway.drivers.web.driver import HttpDriver
from laneway.ports.driver import Driver
from laneway.testing.action_context import FakeContext
from laneway.testing.driver_conformance import DriverConformance
from laneway.testing.recording_proxy import RecordingProxy
from laneway.testing.simulators import PLANTED_SECRETS, DemoWorld, no_sleep
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
PROMPTED: dict[str, dict[str, Any]] = {
    "odoo.prove_policy": {"confirmation": "bootstrap cm testing"},
    "dokploy.run_schedule": {"schedule": SCHEDULE},
    "http.check": {"probes": [{"name": "health", "path": "/web/health", "headers": TOKEN}]},
    "http.request_read": {"path": "/web/health", "headers": TOKEN},
    "http.request_safe_write": WRITE,
    "http.request": WRITE,
    "http.request_destructive": WRITE,
}
READ_BY_POST = ("/web/database/list",)


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
        lane = self._world.lanes["testing"]
        lane.state.database = "ready"
        lane.state.identity = lane.spec.identity("earlier")
        for row in self._world.dokploy.state.deployments.values():
            row.status = "done"
        return FakeContext(
            Lane("odoo", "cm", "testing"),
            self._record(),
            parameters=PROMPTED.get(spec.action_id),
            token=f"op_{next(self._numbers)}_phase_1",
        )

    def mutations(self) -> int:
        return sum(len(proxy.mutations) for proxy in self._proxies)

    def _record(self) -> dict[str, object]:
        records: Any = self._world.targets()["targets"]
        record: dict[str, Any] = next(one for one in records if one["instance"] == "testing")
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
            "drivers": {"http": {"secrets": {"token": record["dokploy"]["api_key"]}}},
        }


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


async def rig_of(driver: Driver) -> AsyncIterator[SimulatedRig]:
    async with (
        DemoWorld(sleep=no_sleep) as world,
        RecordingProxy(world.dokploy.url) as dokploy,
        RecordingProxy(world.sites["testing"].url, reads=READ_BY_POST) as odoo,
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


class TestOdooDriver(DriverConformance):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[SimulatedRig]:
        async for rig in rig_of(OdooDriver()):
            yield rig
