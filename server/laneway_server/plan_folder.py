"""The plans of a folder, as operators edit it: loaded anew, whole, whenever it changes.

A plan whose file can no longer be used stays in force as it was, and ``GET /v1/plans`` says what is
wrong with the file. A version is what it was when it was first loaded: other content under the same
name and version is refused, for as long as the database lives. Operations keep the plan that they
were accepted under, whatever becomes of the folder.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import structlog
from watchfiles import awatch

from laneway.core.machine import ACCEPTED
from laneway.core.model import ActionSpec
from laneway.loading.plans import LoadedPlan, PlanCatalog, load_folder
from laneway.loading.problems import PlanError
from laneway.loading.yaml import read_yaml
from laneway.ports.environment import Clock
from laneway.ports.plan_versions import PlanContent, PlanVersion, PlanVersions

_log = structlog.get_logger("laneway.plans")

SETTLE = 200
"""Milliseconds without another change after which the folder is read: editors write in steps."""


class PlanFolder:
    """Implements ``Catalog``; it is empty until it is started.

    Attributes:
        plans: those that submissions may name.
        errors: what is wrong with the files that cannot be used now, by file.
        texts: what is in those files.
        loads: how often the folder was read.
    """

    def __init__(self, folder: Path, actions: Mapping[str, ActionSpec], clock: Clock) -> None:
        self._folder = folder
        self._actions = actions
        self._clock = clock
        self._known: dict[tuple[str, int], PlanVersion] = {}
        self._watching: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._loaded = asyncio.Condition()
        self.plans: Mapping[str, LoadedPlan] = {}
        self.errors: Mapping[str, Sequence[PlanError]] = {}
        self.texts: Mapping[str, str] = {}
        self.loads = 0

    # --- life ------------------------------------------------------------------------------------

    async def start(self, versions: PlanVersions) -> None:
        """Load the plans, and follow the folder from now on.

        Raises:
            OSError: the folder cannot be read.
            StoreError: the database does not answer.
        """
        self._versions = versions
        self._known = {(each.name, each.version): each for each in await versions.all()}
        await self._take(await self._read())
        self._watching = asyncio.create_task(self._watch(), name="plans")

    async def stop(self) -> None:
        """Follow the folder no more."""
        self._stopping.set()
        if self._watching is not None:
            await asyncio.gather(self._watching, return_exceptions=True)

    async def loaded(self, count: int) -> None:
        """Return when the folder was read so often."""
        async with self._loaded:
            await self._loaded.wait_for(lambda: self.loads >= count)

    # --- what it offers --------------------------------------------------------------------------

    def offered(self, name: str) -> LoadedPlan | None:
        """The plan of that name, or None."""
        return self.plans.get(name)

    def first_seen(self, plan: LoadedPlan) -> PlanVersion | None:
        """When the plan's version was first loaded; None where that is not known."""
        return self._known.get(_version(plan))

    # --- loading ---------------------------------------------------------------------------------

    async def _watch(self) -> None:
        changes = awatch(
            self._folder, watch_filter=None, debounce=SETTLE, stop_event=self._stopping
        )
        try:
            async for _ in changes:
                await self._reload()
        except OSError as error:
            _log.error("plans_not_followed", folder=str(self._folder), why=str(error))

    async def _reload(self) -> None:
        """Read the folder; whatever goes wrong, what was offered is offered still."""
        try:
            await self._take(await self._read())
        except Exception:  # noqa: BLE001 - the folder is followed for as long as the server lives
            _log.exception("plans_kept", folder=str(self._folder))

    async def _read(self) -> PlanCatalog:
        # Reading, proving and building charts takes a while: requests are answered meanwhile.
        return await asyncio.to_thread(_load, self._folder, self._actions)

    async def _take(self, catalog: PlanCatalog) -> None:
        """Offer what can be used of it, all at once; keep what it spoils."""
        contradictions = {each.file: self._contradicts(each) for each in catalog.plans.values()}
        spoiled = {file: [error] for file, error in contradictions.items() if error is not None}
        usable = {name: each for name, each in catalog.plans.items() if each.file not in spoiled}
        errors = {**catalog.errors, **spoiled}
        kept = {name: old for name, old in self.plans.items() if old.file in errors}
        await self._register(usable.values())
        self.plans, self.errors = {**kept, **usable}, errors
        self.texts = {**catalog.texts, **_sources(catalog, spoiled)}
        _tell(self.plans, errors)
        async with self._loaded:
            self.loads += 1
            self._loaded.notify_all()

    def _contradicts(self, plan: LoadedPlan) -> PlanError | None:
        """That the plan's version was something else before; None where it was not."""
        known = self._known.get(_version(plan))
        if known is None or known.digest == plan.compiled.plan.digest:
            return None
        name, version = _version(plan)
        place = read_yaml(plan.source).value(("version",))
        message = f"version {version} of {name} was something else on {known.first_seen_at}"
        hint = "raise `version`: what operations were accepted under must keep its name"
        return PlanError(plan.file, *place, "version_not_raised", message, hint)

    async def _register(self, plans: Collection[LoadedPlan]) -> None:
        now = self._clock.now()
        seen = [
            PlanVersion(
                name=each.compiled.plan.name,
                version=each.compiled.plan.version,
                digest=each.compiled.plan.digest,
                first_seen_at=now,
            )
            for each in plans
            if _version(each) not in self._known
        ]
        await self._versions.register(seen, [_content(each) for each in plans])
        self._known |= {(each.name, each.version): each for each in seen}


def _load(folder: Path, actions: Mapping[str, ActionSpec]) -> PlanCatalog:
    catalog = load_folder(folder, actions)
    for offered in catalog.plans.values():
        machine = offered.compiled.machine
        machine.step(machine.configuration(ACCEPTED), "start")  # makes the chart, which takes long
    return catalog


def _content(plan: LoadedPlan) -> PlanContent:
    known = plan.compiled.plan
    return PlanContent(
        digest=known.digest,
        source=plan.source,
        document=known.document,
        actions=dict(plan.actions),
    )


def _sources(catalog: PlanCatalog, files: Collection[str]) -> dict[str, str]:
    return {each.file: each.source for each in catalog.plans.values() if each.file in files}


def _version(plan: LoadedPlan) -> tuple[str, int]:
    return plan.compiled.plan.name, plan.compiled.plan.version


def _tell(plans: Mapping[str, LoadedPlan], errors: Mapping[str, Sequence[PlanError]]) -> None:
    versions = {name: plan.compiled.plan.version for name, plan in plans.items()}
    _log.info("plans_loaded", plans=versions)
    for file, found in errors.items():
        kept = [name for name, plan in plans.items() if plan.file == file]
        _log.error("plan_refused", file=file, kept=kept, errors=[str(error) for error in found])
