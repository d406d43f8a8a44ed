"""The registry of drivers, and the drivers that packages bring along."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint, EntryPoints

import msgspec
import pytest

from laneway.core.model import ActionSpec, Safety
from laneway.drivers import registry
from laneway.drivers.dokploy.driver import DokployDriver
from laneway.drivers.odoo.driver import OdooDriver
from laneway.drivers.registry import Registry, RegistryError, discover
from laneway.ports.driver import Action, DriverDescriptor


class Quiet:
    """A driver that offers nothing."""

    def __init__(self, driver_id: str, log: list[str], *, fails: str = "") -> None:
        self.descriptor = DriverDescriptor(driver_id=driver_id, label="Quiet", description="Still")
        self._log = log
        self._fails = fails

    def actions(self) -> Sequence[Action]:
        return ()

    async def start(self) -> None:
        await self._do("start")

    async def stop(self) -> None:
        await self._do("stop")

    async def _do(self, verb: str) -> None:
        self._log.append(f"{verb} {self.descriptor.driver_id}")
        if self._fails == verb:
            raise OSError(verb)


def third_party() -> Quiet:
    return Quiet("third", [])


def broken() -> Quiet:
    raise OSError("no such library")


def test_actions_are_found_by_their_ids():
    both = Registry([DokployDriver(), OdooDriver()])
    assert set(both.specs()) == {
        "dokploy.prove_target",
        "dokploy.read_artifact",
        "dokploy.check_status",
        "dokploy.deploy",
        "dokploy.deploy_artifact",
        "dokploy.stop",
        "dokploy.start",
        "dokploy.run_schedule",
        "odoo.prove_policy",
        "odoo.prove_promotion",
        "odoo.prove_source",
        "odoo.bootstrap",
        "odoo.post_deploy",
        "odoo.backup",
        "odoo.prove_backup",
        "odoo.restore",
        "odoo.check_health",
        "odoo.check_canonical",
        "odoo.check_logo",
        "odoo.check_runtime_identity",
        "odoo.check_version",
    }
    action = both.action("odoo.bootstrap")
    assert action is not None
    assert action.spec.safety is Safety.DESTRUCTIVE
    assert both.action("odoo.nothing") is None
    assert [found.driver_id for found in both.descriptors()] == ["dokploy", "odoo"]


def test_a_driver_that_is_there_twice_is_refused():
    with pytest.raises(RegistryError, match="two drivers are called odoo"):
        Registry([OdooDriver(), OdooDriver()])


def test_an_action_that_two_drivers_offer_is_refused():
    other = OdooDriver()
    other.descriptor = msgspec.structs.replace(other.descriptor, driver_id="other")
    with pytest.raises(RegistryError, match=r"two drivers offer the action odoo\.prove_policy"):
        Registry([OdooDriver(), other])


def test_a_descriptor_that_is_not_borne_out_is_refused():
    driver = DokployDriver()
    more = ActionSpec(action_id="dokploy.dream", safety=Safety.READ)
    driver.descriptor = msgspec.structs.replace(driver.descriptor, actions=(more,))
    with pytest.raises(RegistryError, match=r"dokploy\.deploy, .*dokploy\.dream"):
        Registry([driver])


async def test_drivers_start_in_order_and_stop_in_reverse():
    log: list[str] = []
    drivers = Registry([Quiet("a", log), Quiet("b", log)])
    await drivers.start()
    await drivers.stop()
    await drivers.stop()
    assert log == ["start a", "start b", "stop b", "stop a"]


async def test_where_one_does_not_start_the_others_are_stopped():
    log: list[str] = []
    drivers = Registry([Quiet("a", log), Quiet("b", log, fails="start"), Quiet("c", log)])
    with pytest.raises(OSError, match="start"):
        await drivers.start()
    assert log == ["start a", "start b", "stop a"]


async def test_where_one_does_not_stop_the_others_do():
    log: list[str] = []
    drivers = Registry([Quiet("a", log), Quiet("b", log, fails="stop")])
    await drivers.start()
    with pytest.raises(ExceptionGroup):
        await drivers.stop()
    assert log[-1] == "stop a"


def points(monkeypatch: pytest.MonkeyPatch, *named: tuple[str, str]) -> None:
    found = EntryPoints(
        EntryPoint(name=name, value=f"{__name__}:{value}", group="laneway.drivers")
        for name, value in named
    )
    monkeypatch.setattr(registry, "entry_points", lambda group: found.select(group=group))
    modules = {"third_party": third_party, "broken": broken}
    monkeypatch.setattr(EntryPoint, "load", lambda point: modules[point.attr])


def test_packages_bring_drivers_along(monkeypatch: pytest.MonkeyPatch):
    points(monkeypatch, ("z", "third_party"))
    assert [driver.descriptor.driver_id for driver in discover()] == ["third"]


def test_a_package_whose_driver_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch):
    points(monkeypatch, ("ill", "broken"))
    with pytest.raises(RegistryError, match=r"the driver ill of .*: no such library"):
        discover()
