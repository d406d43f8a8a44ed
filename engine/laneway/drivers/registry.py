"""The registry: which drivers there are, and which of them offers an action.

Third-party drivers are found through the entry-point group ``laneway.drivers``: the entry point
names a callable that takes nothing and returns a driver.

    [project.entry-points."laneway.drivers"]
    example = "example_laneway.driver:ExampleDriver"
"""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from laneway.core.model import ActionSpec
from laneway.ports.descriptors import descriptor_mistakes
from laneway.ports.driver import Action, Driver, DriverDescriptor

ENTRY_POINT_GROUP = "laneway.drivers"


class RegistryError(Exception):
    """The drivers cannot be used together, or one of them not at all."""


class Registry:
    """Drivers by id, and actions by id.

    Raises:
        RegistryError: an id is there twice, a driver's actions are not those that its descriptor
            names, or the descriptor is not as ``schemas/driver.schema.json`` says.
    """

    def __init__(self, drivers: Iterable[Driver]) -> None:
        self._drivers: dict[str, Driver] = {}
        self._actions: dict[str, Action] = {}
        self._started: list[Driver] = []
        for driver in drivers:
            self._add(driver)

    def descriptors(self) -> tuple[DriverDescriptor, ...]:
        """Every driver's descriptor, in the order in which they were given."""
        return tuple(driver.descriptor for driver in self._drivers.values())

    def specs(self) -> dict[str, ActionSpec]:
        """What the engine must know of every action, by its id."""
        return {action_id: action.spec for action_id, action in self._actions.items()}

    def action(self, action_id: str) -> Action | None:
        """The action with that id, or None."""
        return self._actions.get(action_id)

    async def start(self) -> None:
        """Start every driver; where one fails, those that had started are stopped again."""
        for driver in self._drivers.values():
            try:
                await driver.start()
            except BaseException:
                await self.stop()
                raise
            self._started.append(driver)

    async def stop(self) -> None:
        """Stop every driver that was started, the newest first, whatever the others do.

        Raises:
            ExceptionGroup: of what the drivers raised.
        """
        errors: list[Exception] = []
        while self._started:
            try:
                await self._started.pop().stop()
            except Exception as error:  # noqa: BLE001 - the others must be stopped all the same
                errors.append(error)
        if errors:
            raise ExceptionGroup("drivers could not be stopped", errors)

    def _add(self, driver: Driver) -> None:
        driver_id = driver.descriptor.driver_id
        if driver_id in self._drivers:
            raise RegistryError(f"two drivers are called {driver_id}")
        actions = tuple(driver.actions())
        _check_described(driver.descriptor, actions)
        _check_descriptor(driver.descriptor)
        for action in actions:
            if action.spec.action_id in self._actions:
                raise RegistryError(f"two drivers offer the action {action.spec.action_id}")
            self._actions[action.spec.action_id] = action
        self._drivers[driver_id] = driver


def discover() -> tuple[Driver, ...]:
    """The drivers that installed packages offer, by the names of their entry points.

    Raises:
        RegistryError: one of them cannot be loaded; the message names it and its package.
    """
    found = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)
    return tuple(_load(point) for point in found)


def _load(point: EntryPoint) -> Driver:
    try:
        driver: Driver = point.load()()
    except Exception as error:
        package = point.dist.name if point.dist else "an unknown package"
        message = f"the driver {point.name} of {package} cannot be loaded: {error}"
        raise RegistryError(message) from error
    return driver


def _check_described(descriptor: DriverDescriptor, actions: tuple[Action, ...]) -> None:
    described = {spec.action_id: spec for spec in descriptor.actions}
    offered = {action.spec.action_id: action.spec for action in actions}
    if len(described) != len(descriptor.actions) or len(offered) != len(actions):
        raise RegistryError(f"the driver {descriptor.driver_id} names an action twice")
    if described != offered:
        differing = sorted(
            name for name in described | offered if described.get(name) != offered.get(name)
        )
        message = f"the driver {descriptor.driver_id} does not offer what it describes: "
        raise RegistryError(message + ", ".join(differing))


def _check_descriptor(descriptor: DriverDescriptor) -> None:
    """That a descriptor is as its schema says; plans and people rely on every field of it."""
    wrong = descriptor_mistakes(descriptor)
    if wrong:
        lines = "".join(f"\n  {each}" for each in wrong)
        message = f"the driver {descriptor.driver_id} is not described as drivers are:{lines}"
        raise RegistryError(message)
