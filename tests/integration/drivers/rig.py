"""Drivers against the simulated world."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from laneway.core.model import Lane
from laneway.drivers.dokploy.driver import DokployDriver
from laneway.drivers.odoo.driver import OdooDriver
from laneway.drivers.time.driver import TimeDriver
from laneway.drivers.web.driver import HttpDriver
from laneway.ports.driver import Action, ActionResult, Driver
from laneway.testing.action_context import FakeContext
from laneway.testing.simulators import DemoWorld, no_sleep

CONFIRMATION = "bootstrap cm testing"


class Bench:
    """A world, the drivers, and contexts for attempts on its lanes."""

    def __init__(self, world: DemoWorld, drivers: tuple[Driver, ...]) -> None:
        self.world = world
        self._actions: dict[str, Action] = {
            action.spec.action_id: action for driver in drivers for action in driver.actions()
        }

    def action(self, action_id: str) -> Action:
        return self._actions[action_id]

    def record(self, instance: str = "testing") -> dict[str, Any]:
        targets: Any = self.world.targets()["targets"]
        return next(record for record in targets if record["instance"] == instance)

    def context(self, *, instance: str = "testing", **given: Any) -> FakeContext:
        record = given.pop("target", None) or self.record(instance)
        return FakeContext(Lane("odoo", "cm", instance), record, **given)

    async def run(self, action_id: str, **given: Any) -> ActionResult:
        return await self.action(action_id).run(self.context(**given))

    async def recover(self, action_id: str, **given: Any) -> ActionResult:
        return await self.action(action_id).recover(self.context(**given))

    async def bootstrapped(self) -> None:
        """Put the lane where a bootstrap leaves it."""
        result = await self.run("odoo.bootstrap", token="op_EARLIER_bootstrap_1")
        assert result.outcome == "pass"


@asynccontextmanager
async def bench(**options: Any) -> AsyncIterator[Bench]:
    """A world whose commands take no time, unless the options say otherwise."""
    drivers = (DokployDriver(), OdooDriver(), HttpDriver(), TimeDriver())
    async with DemoWorld(**{"sleep": no_sleep, **options}) as world:
        for driver in drivers:
            await driver.start()
        try:
            yield Bench(world, drivers)
        finally:
            for driver in drivers:
                await driver.stop()
