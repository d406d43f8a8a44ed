"""The engine: what a server (or a program) holds to run operations.

It owns every background task: attempts, timers, the promotion of queues, the recovery at the start.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import structlog

from laneway.core import inputs
from laneway.core.commands import RecoverAction, SetTimer, StartAction
from laneway.core.events import Actor
from laneway.core.model import Lane
from laneway.ports.environment import Authority, Clock, Ids, Plans, Targets
from laneway.ports.retention import Hold
from laneway.ports.store import Freeze, LaneRecord, PendingCommand, Store

from .artifacts import ArtifactKeeper, ArtifactLimits
from .environment import NoPolicy
from .executor import Actions, Executor
from .insist import insist
from .lanes import Lanes
from .operations import Committed, Operation, Operations
from .pruning import Pruning, PruningSettings
from .submissions import Submission, Submissions, Submitted
from .timers import Timers

RECOVERED_AT_ONCE = 200
"""How many operations are told at once, after a start, that their attempt was lost; and how many
lanes are filled at once."""

T = TypeVar("T")

_log = structlog.get_logger("laneway.engine")


class Engine:
    """See the module.

    Without an ``authority`` everybody may do everything, and without ``pruning`` nothing is pruned
    but by a call of ``pruning.turn``. ``announce`` is called after every commit, with what it
    changed; it must not block.
    """

    def __init__(
        self,
        *,
        store: Store,
        actions: Actions,
        plans: Plans,
        targets: Targets,
        clock: Clock,
        ids: Ids,
        authority: Authority | None = None,
        pruning: PruningSettings | None = None,
        artifact_limits: ArtifactLimits | None = None,
        announce: Callable[[Committed], None] = lambda _: None,
    ) -> None:
        self.store = store
        self._clock = clock
        self._announce = announce
        authority = authority or NoPolicy()
        self._operations = Operations(store, clock, authority, self._committed)
        self._executor = Executor(
            actions,
            clock,
            self._operations,
            ArtifactKeeper(store, clock, artifact_limits),
        )
        settings = pruning or PruningSettings()
        self.pruning = Pruning(store.retention, self._operations, clock, settings)
        self._prunes = pruning is not None
        self._timers = Timers(store, clock, self._operations.tell)
        self._lanes = Lanes(store, self._operations, targets, authority)
        self._submissions = Submissions(
            store=store,
            operations=self._operations,
            lanes=self._lanes,
            plans=plans,
            targets=targets,
            authority=authority,
            clock=clock,
            ids=ids,
        )
        self._background: set[asyncio.Task[None]] = set()
        self._submitting: set[asyncio.Task[Submitted]] = set()

    # --- life ------------------------------------------------------------------------------------

    async def start(self, holder: str) -> None:
        """Claim the store, and take up what an engine before this one left: see `_recover`.

        Raises:
            StoreError: the store cannot be claimed.
        """
        await self._operations.claim(holder)
        if self._prunes:
            # Only now: nobody is about to create an operation under one of them.
            await self._operations.drop_plans()
            self.pruning.start()
        lost = await self.store.outstanding_actions()
        free = await self.store.queued_lanes()
        self._timers.start()
        self._spawn(self._recover(list(lost), list(free)))

    async def recovered(self) -> None:
        """Return when what was taken up at the start has been told, and nothing else is pending."""
        while self._background:
            await asyncio.gather(*self._background, return_exceptions=True)

    async def drain(self, grace: int) -> None:
        """Take no new operations; give what runs up to ``grace`` ms; then stop."""
        self._submissions.accepting = False
        await self._executor.drain(grace)
        await self.stop()

    async def stop(self) -> None:
        """End every task. What was under way is taken up by the next start."""
        self._submissions.accepting = False
        await self._executor.stop()
        await self._timers.stop()
        await self.pruning.stop()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, *self._submitting, return_exceptions=True)
        await self._operations.settled()

    @property
    def draining(self) -> bool:
        """Whether it takes no new operations any more."""
        return not self._submissions.accepting

    @property
    def fenced(self) -> bool:
        """Whether another engine has claimed the store."""
        return self._operations.fenced

    # --- what callers do -------------------------------------------------------------------------

    async def submit(self, asked: Submission, actor: Actor, scope: str, key: str) -> Submitted:
        """See `Submissions.submit`."""
        return await self._whole(self._submissions.submit(asked, actor, scope, key))

    async def retry(
        self, operation_id: str, reason: str, actor: Actor, scope: str, key: str
    ) -> Submitted:
        """See `Submissions.retry`."""
        return await self._whole(self._submissions.retry(operation_id, reason, actor, scope, key))

    async def tell(self, operation_id: str, told: inputs.AnyInput) -> Operation:
        """Give an operation an input; see `Operations.tell`."""
        return await self._operations.tell(operation_id, told)

    async def operation(self, operation_id: str) -> Operation:
        """The operation as it is; raises `OperationNotFound`."""
        return await self._operations.load(operation_id)

    async def freeze(self, lane: Lane, actor: Actor, reason: str) -> LaneRecord:
        """Let no new operation begin on a lane; one that runs goes on."""
        async with self._lanes.lock(lane):
            await self.store.set_freeze(lane, Freeze(actor, reason, self._clock.now()))
            return await self.store.lane(lane)

    async def unfreeze(self, lane: Lane) -> LaneRecord:
        """Let operations begin on a lane again, those that are queued first."""
        async with self._lanes.lock(lane):
            await self.store.set_freeze(lane, None)
        self._spawn(self._promote(lane))
        return await self.store.lane(lane)

    async def hold(self, operation_id: str, actor: Actor, reason: str) -> Hold:
        """Let an operation stay, whatever its plan's retention says.

        Raises:
            OperationNotFound: there is none, or no longer.
        """
        hold = Hold(operation_id=operation_id, by=actor, reason=reason, at=self._clock.now())
        if not await self.store.retention.hold(hold):
            raise await self._operations.missing(operation_id)
        return hold

    async def release(self, operation_id: str) -> Hold | None:
        """Let go of an operation; returns the hold that it had."""
        return await self.store.retention.release(operation_id)

    async def _whole(self, work: Coroutine[Any, Any, Submitted]) -> Submitted:
        """Do it to the end, even when the caller goes away."""
        submitting = asyncio.create_task(work)
        self._submitting.add(submitting)
        submitting.add_done_callback(self._submitting.discard)
        return await asyncio.shield(submitting)

    # --- what follows from a commit --------------------------------------------------------------

    def _committed(self, committed: Committed) -> None:
        """Perform what was committed. Nothing here waits: the work is done by tasks."""
        self._announce(committed)
        operation = committed.operation
        for key in committed.withdraw:
            self._executor.withdraw(operation.run.id, key)
        for command in committed.commands:
            if isinstance(command, SetTimer):
                self._timers.set(command)
            elif isinstance(command, StartAction | RecoverAction):
                self._executor.perform(operation, command)
        if operation.run.terminal and self._lanes.may_be_queued(operation.run.lane):
            self._spawn(self._promote(operation.run.lane))

    async def _promote(self, lane: Lane) -> None:
        await insist(self._clock, lambda: self._lanes.promote(lane), lane=str(lane))

    # --- recovery --------------------------------------------------------------------------------

    async def _recover(self, lost: list[PendingCommand], free: list[Lane]) -> None:
        """Tell each operation whose action was under way that it was lost; fill free lanes.

        Timers need nothing: they are in the store, and those that are due fire at once.
        """
        for some in _in_parts(lost):
            await asyncio.gather(*(self._lost(pending) for pending in some))
        for lanes in _in_parts(free):
            await asyncio.gather(*(self._promote(lane) for lane in lanes))
        await insist(self._clock, self._lanes.learn, task="queues")

    async def _lost(self, pending: PendingCommand) -> None:
        command = pending.command
        if not isinstance(command, StartAction | RecoverAction):
            return
        told = inputs.AttemptLost(phase=command.phase, token=command.token)
        await insist(
            self._clock, lambda: self.tell(pending.operation_id, told), attempt=command.token
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("background_failed", exc_info=error)


def _in_parts(items: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), RECOVERED_AT_ONCE):
        yield items[start : start + RECOVERED_AT_ONCE]
