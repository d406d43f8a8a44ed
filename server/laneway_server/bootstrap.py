"""The one place that names concrete adapters, and puts the server together."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.resources import files
from pathlib import Path

import msgspec

from laneway.core.instants import parse_duration
from laneway.core.machine import ACCEPTED, Machine
from laneway.core.model import ActionSpec
from laneway.drivers.dokploy.driver import DokployDriver
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.http import HttpSettings
from laneway.drivers.odoo.driver import OdooDriver
from laneway.drivers.registry import Registry, RegistryError, discover
from laneway.drivers.web.driver import HttpDriver
from laneway.loading.plans import PlanCatalog, load_folder
from laneway.loading.problems import FileInvalid
from laneway.loading.targets import TargetRecords, load_targets
from laneway.ports.environment import Clock, Targets
from laneway.ports.store import Store
from laneway.runtime.engine import Engine
from laneway.runtime.environment import SystemClock, Ulids
from laneway.stores.sqlite.opening import Settings as Opening
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.simulators import DemoWorld

from . import logs
from .access.open_access import OpenAccess
from .config import Settings
from .service import Service, StartupFailed
from .services import Limits, Services
from .streams.feed import Feed
from .targets import ReloadingTargets

DATABASE = "laneway.db"
"""The database where none is named."""


def action_specs() -> Mapping[str, ActionSpec]:
    """What the drivers of this installation offer, by ``action_id``.

    Raises:
        RegistryError: the drivers cannot be used together.
    """
    return _registry().specs()


def build(settings: Settings, world: DemoWorld | None = None) -> Service:
    """A server by its settings. Nothing is opened before it starts.

    Args:
        world: the simulators of a demo, where they are to be other than usual.

    Raises:
        StartupFailed: drivers, plans or target records cannot be read.
    """
    registry = _registered(settings)
    plans = _plans(settings, registry)
    targets = None if settings.targets is None else _targets(Path(settings.targets))

    @asynccontextmanager
    async def parts() -> AsyncIterator[Services]:
        async with AsyncExitStack() as stack:
            database = _database(settings, stack)
            known = targets or await _demo(stack, database, world)
            await registry.start()
            stack.push_async_callback(registry.stop)
            store = await SqliteStore.open(database)
            stack.push_async_callback(store.close)
            yield _services(settings, store, registry, plans, known)

    return Service(settings, parts)


def serve(settings: Settings, started: Callable[[Service], None] = lambda _: None) -> None:
    """Run a server in this process until a signal ends it.

    Args:
        started: called when the server answers.

    Raises:
        StartupFailed: it did not start.
    """
    logs.configure(settings.log_format, settings.log_level)
    asyncio.run(build(settings).run(started))


@asynccontextmanager
async def opened_store(database: Path, *, migrate: bool) -> AsyncIterator[Store]:
    """A database without a server, for looking after it.

    Args:
        database: the file; it is made where it is not there.
        migrate: bring an older schema up to date; else it is refused.

    Raises:
        StoreError: it cannot be opened; the message says what to do.
    """
    store = await SqliteStore.open(database, Opening(migrate=migrate))
    try:
        yield store
    finally:
        await store.close()


def _services(
    settings: Settings,
    store: Store,
    registry: Registry,
    plans: PlanCatalog,
    targets: Targets,
) -> Services:
    clock: Clock = SystemClock()
    feed = Feed(store, clock)
    engine = Engine(
        store=store,
        actions=registry,
        plans=plans,
        targets=targets,
        clock=clock,
        ids=Ulids(),
        announce=feed.announce,
    )
    return Services(
        engine=engine,
        feed=feed,
        access=OpenAccess(),
        plans=plans,
        targets=targets,
        drivers=registry.descriptors(),
        clock=clock,
        records=targets if isinstance(targets, ReloadingTargets) else None,
        limits=Limits(
            body=settings.max_body,
            depth=settings.max_depth,
            streams=settings.max_streams,
            waiters=settings.max_waiters,
            behind=settings.stream_buffer,
        ),
    )


# --- drivers, plans, target records --------------------------------------------------------------


def _registry(
    runs: RunSettings | None = None,
    probes: HttpSettings | None = None,
    hosts: Sequence[str] = (),
) -> Registry:
    shipped = (
        DokployDriver(runs=runs),
        OdooDriver(runs=runs, probes=probes),
        HttpDriver(probes, hosts),
    )
    return Registry((*shipped, *discover()))


def _registered(settings: Settings) -> Registry:
    poll, settle = parse_duration(settings.dokploy_poll), parse_duration(settings.dokploy_settle)
    runs = RunSettings(
        first_poll=poll,
        last_poll=10 * poll,
        settle=settle,
        unanswered=settle,
        row_wait=parse_duration(settings.dokploy_row_wait),
    )
    probes = HttpSettings(allow_private_addresses=settings.probe_private_addresses)
    try:
        return _registry(runs, probes, _hosts(settings.http_hosts))
    except RegistryError as error:
        raise StartupFailed(str(error)) from error


def _hosts(listed: str) -> Sequence[str]:
    return [host for host in map(str.strip, listed.split(",")) if host]


def _plans(settings: Settings, registry: Registry) -> PlanCatalog:
    """The plans; one that is broken shows in ``/v1/plans``, and stops nobody."""
    folder = Path(settings.plans) if settings.plans else Path(str(files(__package__) / "plans"))
    try:
        catalog = load_folder(folder, registry.specs())
    except OSError as error:
        raise StartupFailed(f"the plans cannot be read: {error}") from error
    for offered in catalog.plans.values():
        _build_chart(offered.compiled.machine)
    return catalog


def _build_chart(machine: Machine) -> None:
    """Ask the first question now: making the chart takes a while, which a caller would wait."""
    machine.step(machine.configuration(ACCEPTED), "start")


def _targets(file: Path) -> ReloadingTargets:
    try:
        return ReloadingTargets(file, SystemClock())
    except FileInvalid as invalid:
        raise StartupFailed(str(invalid)) from invalid


# --- the demo ------------------------------------------------------------------------------------


def _database(settings: Settings, stack: AsyncExitStack) -> Path:
    if settings.database is not None:
        return Path(settings.database)
    if not settings.demo:
        return Path(DATABASE)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="laneway-demo-"))
    return Path(folder) / DATABASE


async def _demo(stack: AsyncExitStack, database: Path, world: DemoWorld | None) -> TargetRecords:
    """Start the simulators; what they remember is beside the database, and survives as it does."""
    state = database.with_name(database.name + ".world.json")
    simulated = world or DemoWorld(state_file=state)
    try:
        await stack.enter_async_context(simulated)
    except OSError as error:
        raise StartupFailed(f"the simulators cannot start: {error}; see {state}") from error
    document = msgspec.json.encode(simulated.targets()).decode()
    return load_targets(document, "the demo's target records")
