"""Shipped plans on the simulated world, through a real engine and its database.

Time is virtual. The drivers' patience is milliseconds here, and those pass by themselves; a second
passes only when a test says so.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from laneway.core import inputs
from laneway.core.events import Actor
from laneway.core.instants import as_datetime
from laneway.core.model import Lane
from laneway.core.run import PhaseStatus, Status
from laneway.drivers.dokploy.driver import DokployDriver
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.odoo.driver import OdooDriver
from laneway.drivers.registry import Registry
from laneway.drivers.time.driver import TimeDriver
from laneway.drivers.web.driver import HttpDriver
from laneway.loading.plans import load_folder
from laneway.loading.targets import load_targets
from laneway.runtime.engine import Engine
from laneway.runtime.operations import Operation
from laneway.testing.clock import ManualClock
from laneway.testing.simulators import DemoWorld, SimulatedLane, no_sleep
from tests.support.engines import World, ended, in_status, until

PLANS = Path(__file__).parents[3] / "plans"
RITA = Actor("caller", "rita")
QUICK = RunSettings(first_poll=1, last_poll=1, settle=3, unanswered=3, row_wait=200)
_SHORT = 5  # milliseconds: no timer of a plan is so short


class Stage:
    """An engine over a simulated world whose lanes have been bootstrapped."""

    def __init__(self, world: Any, engine: Engine, simulated: DemoWorld) -> None:
        self.world = world
        self.engine = engine
        self.simulated = simulated

    def lane(self, instance: str) -> SimulatedLane:
        return self.simulated.lanes[instance]

    async def submit(self, plan: str, instance: str, **asked: Any) -> str:
        lane = Lane("odoo", "cm", instance)
        submitted = await self.world.submit(self.engine, lane=lane, plan=plan, **asked)
        operation_id: str = submitted.operation.run.id
        return operation_id

    async def approve(self, operation_id: str) -> None:
        """Approve what is asked, as somebody else than the requester."""
        waiting = await in_status(self.engine, operation_id, Status.WAITING)
        approval = waiting.run.phases["approval"].approval
        assert approval is not None
        told = inputs.Approve(RITA, phase="approval", decision="approve", digest=approval.digest)
        await self.engine.tell(operation_id, told)

    async def ended(self, operation_id: str) -> Operation:
        return await ended(self.engine, operation_id)

    async def waiting(self, operation_id: str) -> Operation:
        return await in_status(self.engine, operation_id, Status.WAITING)

    async def until_waiting_until(self, operation_id: str, moment: str) -> Operation:
        """The operation, once it waits for its window until that moment."""

        def so(operation: Operation) -> bool:
            wait = operation.run.phases.get("wait_for_window")
            return (
                operation.run.status is Status.WAITING
                and wait is not None
                and (wait.until == moment)
            )

        return await until(self.engine, operation_id, so)


def passed(operation: Operation) -> set[str]:
    """The phases and branches that passed."""
    phases = operation.run.phases.items()
    return {name for name, phase in phases if phase.status is PhaseStatus.PASS}


def failure(operation: Operation) -> str:
    assert operation.run.failure is not None
    return operation.run.failure.code


@asynccontextmanager
async def stage(path: Path, *, targets: Any = None, **options: Any) -> AsyncIterator[Stage]:
    """The stage.

    Args:
        path: of the database.
        targets: changes the target records before they are loaded.
        options: of the simulated world.
    """
    clock = ManualClock()

    def now() -> datetime:
        return as_datetime(clock.now()).astimezone(UTC)

    drivers = (DokployDriver(runs=QUICK), OdooDriver(runs=QUICK), HttpDriver(), TimeDriver())
    registry = Registry(drivers)
    given = {"sleep": no_sleep, "maintained": True, "now": now, **options}
    async with DemoWorld(**given) as simulated:
        for lane in simulated.lanes.values():
            lane.state.database, lane.state.database_of = "ready", lane.spec.artifact_id
            lane.state.identity = lane.identify("earlier")
        world: Any = World(path)
        world.clock, world.actions = clock, registry
        world.catalog = load_folder(PLANS, registry.specs())
        records: Any = simulated.targets()
        if targets is not None:
            targets({record["instance"]: record for record in records["targets"]})
        world.targets = load_targets(msgspec.json.encode(records).decode(), "targets.yaml")
        await registry.start()
        mover = asyncio.create_task(_moving(clock))
        try:
            async with world.engine() as engine:
                yield Stage(world, engine, simulated)
        finally:
            mover.cancel()
            await asyncio.gather(mover, return_exceptions=True)
            await registry.stop()


async def _moving(clock: ManualClock) -> None:
    """Let the milliseconds pass for which a driver is patient, and nothing longer."""
    while True:
        await clock.slept_for(_SHORT)
        clock.move(clock.next_wake() or 0)
