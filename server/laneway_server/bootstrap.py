"""The one place that names concrete adapters, and puts the server together."""

import asyncio
import dataclasses
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from laneway.core.instants import parse_duration
from laneway.core.model import ActionSpec
from laneway.drivers.dokploy.driver import DokployDriver
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.http import HttpSettings
from laneway.drivers.odoo.driver import OdooDriver
from laneway.drivers.registry import Registry, RegistryError, discover
from laneway.drivers.time.driver import TimeDriver
from laneway.drivers.web.driver import HttpDriver
from laneway.evidence.keys import KeyInvalid, SigningKey, ephemeral_key, load_signing_key
from laneway.loading.problems import FileInvalid
from laneway.loading.targets import TargetRecords, load_targets
from laneway.ports.environment import Clock
from laneway.ports.retention import Survey
from laneway.ports.store import Store
from laneway.runtime.engine import Engine
from laneway.runtime.environment import SystemClock, Ulids
from laneway.runtime.operations import Committed
from laneway.stores.sqlite import beside
from laneway.stores.sqlite.opening import Settings as Opening
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.simulators import DemoWorld

from . import from_settings, logs, process
from .access.authority import PolicyAuthority
from .access.opening import Entrance, opened, read_policy
from .access.reloading import ReloadingPolicy
from .config import listed
from .metrics import Metrics
from .plan_folder import PlanFolder
from .service import Service, StartupFailed
from .services import DeclaredTargets, Services
from .settings import Settings
from .streams.feed import Feed
from .targets import ReloadingTargets

DATABASE = "laneway.db"
"""The database where none is named."""

DEMO_KEY = "demo key, worth nothing"
"""What a demo's own key is called wherever somebody is told who signed."""


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
    plans = _plan_folder(settings, registry)
    policy = _policy(settings)
    key = _evidence_key(settings)
    targets = None if settings.targets is None else _targets(Path(settings.targets))

    @asynccontextmanager
    async def parts() -> AsyncIterator[Services]:
        async with AsyncExitStack() as stack:
            database = _database(settings, stack)
            known = targets or await _demo(stack, database, world)
            await registry.start()
            stack.push_async_callback(registry.stop)
            store = await SqliteStore.open(database, _opening(settings))
            stack.push_async_callback(store.close)
            await _started(plans, store)
            stack.push_async_callback(plans.stop)
            entrance = await opened(
                policy, store, SystemClock(), from_settings.front(settings), stack
            )
            services = _services(settings, store, registry, plans, known, entrance)
            yield dataclasses.replace(services, evidence_key=key)

    return Service(settings, parts)


def serve(settings: Settings, started: Callable[[Service], None] = lambda _: None) -> None:
    """Run a server in this process until a signal ends it.

    Args:
        started: called when the server answers.

    Raises:
        StartupFailed: it did not start.
    """
    logs.configure(settings.log_format, settings.log_level)
    process.share_fairly()

    def tell(service: Service) -> None:
        process.settle()
        started(service)

    with asyncio.Runner(loop_factory=process.loop_factory()) as runner:
        runner.run(build(settings).run(tell))


@asynccontextmanager
async def opened_store(database: Path, *, migrate: bool) -> AsyncIterator[Store]:
    """A database without a server, for looking after it; it was read once, whole.

    Args:
        database: the file; it is made where it is not there.
        migrate: bring an older schema up to date; else it is refused.

    Raises:
        StoreError: it cannot be opened; the message says what to do.
    """
    store = await SqliteStore.open(database, Opening(migrate=migrate))
    try:
        await store.examined()
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def survey(database: Path) -> AsyncIterator[Survey]:
    """What of a database might be pruned; a server may have it open.

    Raises:
        StoreError: it cannot be read; the message says what to do.
    """
    async with beside.survey(database) as found:
        yield found


async def back_up(database: Path, target: Path) -> dict[str, Any]:
    """Copy one moment of a database into a new file; a server may have it open.

    Returns:
        What there is to say of the copy.

    Raises:
        StoreError: there is no copy; the message says why.
    """
    return msgspec.structs.asdict(await beside.back_up(database, target))


def _services(
    settings: Settings,
    store: Store,
    registry: Registry,
    plans: PlanFolder,
    targets: DeclaredTargets,
    entrance: Entrance,
) -> Services:
    clock: Clock = SystemClock()
    feed = Feed(store, clock)
    metrics = Metrics()

    def announce(committed: Committed) -> None:
        feed.announce(committed)
        metrics.announce(committed)

    engine = Engine(
        store=store,
        actions=registry,
        plans=plans,
        targets=targets,
        clock=clock,
        ids=Ulids(),
        authority=PolicyAuthority(entrance.access, registry.descriptors()),
        pruning=from_settings.pruning(settings),
        artifact_limits=from_settings.artifact_limits(settings),
        announce=announce,
    )
    return Services(
        engine=engine,
        feed=feed,
        access=entrance.access,
        plans=plans,
        targets=targets,
        drivers=registry.descriptors(),
        clock=clock,
        records=targets if isinstance(targets, ReloadingTargets) else None,
        limits=from_settings.limits(settings),
        front=entrance.front,
        metrics=metrics,
        sign_ins=entrance.sign_ins,
    )


def _opening(settings: Settings) -> Opening:
    return Opening(checkpoints=settings.checkpoints == "own")


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
        TimeDriver(),
    )
    return Registry((*shipped, *discover()))


def _runs(settings: Settings) -> RunSettings:
    poll, settle = parse_duration(settings.dokploy_poll), parse_duration(settings.dokploy_settle)
    return RunSettings(
        first_poll=poll,
        last_poll=10 * poll,
        settle=settle,
        unanswered=settle,
        row_wait=parse_duration(settings.dokploy_row_wait),
    )


def _registered(settings: Settings) -> Registry:
    runs = _runs(settings)
    probes = HttpSettings(allow_private_addresses=settings.probe_private_addresses)
    try:
        return _registry(runs, probes, listed(settings.http_hosts))
    except RegistryError as error:
        raise StartupFailed(str(error)) from error


def _plan_folder(settings: Settings, registry: Registry) -> PlanFolder:
    """The plans; one that is broken shows in ``/v1/plans``, and stops nobody."""
    folder = Path(settings.plans) if settings.plans else Path(str(files(__package__) / "plans"))
    if not folder.is_dir():
        raise StartupFailed(f"the plans cannot be read: {folder} is no folder")
    return PlanFolder(folder, registry.specs(), SystemClock())


async def _started(plans: PlanFolder, store: Store) -> None:
    try:
        await plans.start(store.plan_versions)
    except OSError as error:
        raise StartupFailed(f"the plans cannot be read: {error}") from error


def _policy(settings: Settings) -> ReloadingPolicy | None:
    try:
        return read_policy(settings.access, SystemClock())
    except FileInvalid as invalid:
        raise StartupFailed(str(invalid)) from invalid


def _evidence_key(settings: Settings) -> SigningKey | None:
    """The key that was configured; a demo without one makes its own, anew at each start."""
    if not settings.evidence_key:
        # A demo is to show what a signed bundle looks like. Nobody is to rely on what is simulated,
        # so that the key is not kept: bundles are signed when they are asked for, and not before.
        return ephemeral_key(DEMO_KEY) if settings.demo else None
    try:
        return load_signing_key(Path(settings.evidence_key))
    except KeyInvalid as invalid:
        raise StartupFailed(f"evidence_key: {invalid}") from invalid


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
    simulated = world or DemoWorld(state_file=state, maintained=True)
    try:
        await stack.enter_async_context(simulated)
    except OSError as error:
        raise StartupFailed(f"the simulators cannot start: {error}; see {state}") from error
    document = msgspec.json.encode(simulated.targets()).decode()
    return load_targets(document, "the demo's target records")
