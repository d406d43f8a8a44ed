"""Operations at work: load, decide, commit, and only then act.

One decision at a time per operation. What is in memory is a copy of what the store has: it can be
dropped at any time, and is read again from the events.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

import msgspec

from laneway.core import inputs
from laneway.core.chain import GENESIS, seal
from laneway.core.commands import AnyCommand
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.decide import Decision, decide
from laneway.core.envelope import Recorded
from laneway.core.events import Ruling
from laneway.core.evolve import fold
from laneway.core.instants import Instant
from laneway.core.model import LaneMode
from laneway.core.retention import Candidate
from laneway.core.run import Run
from laneway.core.step import Attributed
from laneway.ports.environment import Authority, Clock
from laneway.ports.retention import Removed, Tombstone
from laneway.ports.store import (
    Commit,
    KeyRecord,
    Lease,
    OperationRow,
    SequenceConflict,
    StaleLease,
    Store,
    StoredPlan,
    StoreError,
)

KEPT_IN_MEMORY = 2_000
"""How many operations are kept in memory; the others are read again when they are needed."""

PLANS_KEPT = 100
"""How many plans are kept compiled, each some 40 KiB, and 400 once it was used."""

T = TypeVar("T")


class OperationNotFound(Exception):
    """There is no operation of that id."""


class OperationExpired(OperationNotFound):
    """The operation was pruned; ``tombstone`` is what is left of it."""

    def __init__(self, tombstone: Tombstone) -> None:
        super().__init__(f"{tombstone.operation_id} was pruned at {tombstone.pruned_at}")
        self.tombstone = tombstone


class EngineFenced(Exception):
    """Another engine has claimed the store: this one does nothing any more."""


class Operation(msgspec.Struct, frozen=True):
    """An operation as it was at one moment."""

    plan: CompiledPlan
    run: Run


class Committed(msgspec.Struct, frozen=True):
    """What a commit changed: the operation as it is now, its new events, and what to do."""

    operation: Operation
    events: tuple[Recorded, ...]
    position: int
    commands: tuple[AnyCommand, ...] = ()
    withdraw: tuple[str, ...] = ()


class Operations:
    """See the module. ``on_commit`` is called after each commit, in the order of commits."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        authority: Authority,
        on_commit: Callable[[Committed], None],
    ) -> None:
        self.store = store
        self._clock = clock
        self._authority = authority
        self._on_commit = on_commit
        self._kept: OrderedDict[str, Operation] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._plans: OrderedDict[str, CompiledPlan] = OrderedDict()
        self._telling: set[asyncio.Task[Operation]] = set()
        self._lease: Lease | None = None
        self._pruned = 0
        self.fenced = False

    async def claim(self, holder: str) -> None:
        """Take the right to write."""
        self._lease = await self.store.claim(holder, self._clock.now())

    async def load(self, operation_id: str) -> Operation:
        """The operation as it is.

        Raises:
            OperationNotFound: there is none; as `OperationExpired`, where there was one.
        """
        kept = self._kept.get(operation_id)
        if kept is not None:
            self._kept.move_to_end(operation_id)
            return kept
        pruned = self._pruned
        recorded = await self.store.events(operation_id)
        if not recorded:
            raise await self.missing(operation_id)
        run = fold(recorded)
        plan = await self.plan(run.accepted.plan_digest)
        kept = self._kept.get(operation_id)
        if kept is not None and kept.run.seq >= run.seq:
            return kept  # it was decided on while its events were read
        operation = Operation(plan, run)
        # What was pruned while its events were read must not stay in memory.
        return self._keep(operation) if pruned == self._pruned else operation

    async def missing(self, operation_id: str) -> OperationNotFound:
        """What to raise of an operation that is not there."""
        tombstone = await self.store.retention.tombstone(operation_id)
        if tombstone is not None:
            return OperationExpired(tombstone)
        return OperationNotFound(f"there is no operation {operation_id}")

    async def plan(self, digest: str) -> CompiledPlan:
        """The plan that an operation is pinned to."""
        plan = self._plans.get(digest)
        if plan is None:
            stored = await self.store.plan(digest)
            if stored is None:
                raise StoreError(f"the store has lost the plan {digest}")
            plan = compile_plan(stored.document, stored.actions)
        return self._keep_plan(digest, plan)

    async def save_plan(self, plan: CompiledPlan, stored: StoredPlan) -> None:
        """Keep a plan, before the first operation that is pinned to it."""
        if stored.digest not in self._plans:
            await self.store.save_plan(stored)
        self._keep_plan(stored.digest, plan)

    def _keep_plan(self, digest: str, plan: CompiledPlan) -> CompiledPlan:
        self._plans[digest] = plan
        self._plans.move_to_end(digest)
        if len(self._plans) > PLANS_KEPT:
            self._plans.popitem(last=False)
        return plan

    async def tell(self, operation_id: str, told: inputs.AnyInput) -> Operation:
        """Give an operation an input, and return it as it is then.

        The commit is not given up when the caller is, be it a client that goes away or a task of
        the engine when that stops: what follows from it is performed, or held.

        Raises:
            OperationNotFound, inputs.InputRefused, StoreError, EngineFenced: nothing was changed.
        """
        telling = asyncio.create_task(self._tell(operation_id, told))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        return await asyncio.shield(telling)

    async def settled(self) -> None:
        """Return when no commit is under way whose caller may be gone."""
        while self._telling:
            await asyncio.wait(self._telling)

    async def _tell(self, operation_id: str, told: inputs.AnyInput) -> Operation:
        async with self._lock(operation_id):
            try:
                return await self._decide(operation_id, told)
            except SequenceConflict:
                self._kept.pop(operation_id, None)
                return await self._decide(operation_id, told)

    async def _decide(self, operation_id: str, told: inputs.AnyInput) -> Operation:
        before = await self.load(operation_id)
        now = self._clock.now()
        decision = decide(before.plan, before.run, told, now, self._ruling(before))
        if not decision.events:
            return before
        return await self._commit(before.plan, before.run, decision, now)

    def _ruling(self, operation: Operation) -> Ruling | None:
        """What the policy says now; once something was changed, it is not asked any more."""
        run = operation.run
        if run.accepted.dry_run or (run.changed and not run.unbegun):
            return None
        return self._authority.ruling(operation.plan.plan, run.accepted)

    async def create(
        self,
        plan: CompiledPlan,
        first: Recorded,
        decision: Decision | None,
        run: Run,
        key: KeyRecord,
    ) -> Operation:
        """Write a new operation: its first event, and where its lane is free what follows at once.

        Raises:
            LaneHeld, KeyTaken, StoreError, EngineFenced: nothing was written.
        """
        async with self._lock(run.id):
            return await self._commit(plan, run, decision, first.at, first=first, key=key)

    async def _commit(
        self,
        plan: CompiledPlan,
        before: Run,
        decision: Decision | None,
        now: Instant,
        *,
        first: Recorded | None = None,
        key: KeyRecord | None = None,
    ) -> Operation:
        after = decision.run if decision else before
        events = _sealed(before, decision.events if decision else (), now, first)
        operation = Operation(plan, msgspec.structs.replace(after, head=events[-1].hash))
        commit = Commit(
            row=row(operation),
            expected_seq=0 if first else before.seq,
            events=events,
            commands=decision.commands if decision else (),
            withdraw=decision.withdraw if decision else (),
            key=key,
        )
        position = await self._write(commit)
        self._keep(operation)
        self._on_commit(Committed(operation, events, position, commit.commands, commit.withdraw))
        return operation

    async def _write(self, commit: Commit) -> int:
        return await self._leased(partial(self.store.commit, commit))

    async def _leased(self, write: Callable[[Lease], Awaitable[T]]) -> T:
        if self.fenced or self._lease is None:
            raise EngineFenced("this engine does not hold the store")
        try:
            return await write(self._lease)
        except StaleLease as stale:
            self.fenced = True
            raise EngineFenced(str(stale)) from stale

    async def prune(self, candidates: Sequence[Candidate], at: Instant) -> Removed:
        """Remove those that may go, from memory too; see ``laneway.ports.retention``.

        Raises:
            StoreError, EngineFenced: nothing was removed.
        """
        retention = self.store.retention
        removed = await self._leased(lambda lease: retention.prune(candidates, at, lease))
        self._pruned += 1
        for tombstone in removed.tombstones:
            self._kept.pop(tombstone.operation_id, None)
        return removed

    async def drop_plans(self) -> int:
        """Remove plans that no operation is pinned to; before any operation is accepted or read."""
        return await self._leased(self.store.retention.drop_plans)

    def _keep(self, operation: Operation) -> Operation:
        run = operation.run
        self._kept[run.id] = operation
        self._kept.move_to_end(run.id)
        if len(self._kept) > KEPT_IN_MEMORY:
            self._kept.popitem(last=False)
        return operation

    def _lock(self, operation_id: str) -> asyncio.Lock:
        return self._locks.setdefault(operation_id, asyncio.Lock())


def _sealed(
    before: Run, said: tuple[Attributed, ...], now: Instant, first: Recorded | None
) -> tuple[Recorded, ...]:
    recorded = [first] if first else []
    head, seq = (first.hash, 1) if first else (before.head or GENESIS, before.seq)
    for item in said:
        seq += 1
        recorded.append(seal(before.id, seq, now, item.actor, item.event, head))
        head = recorded[-1].hash
    return tuple(recorded)


def row(operation: Operation) -> OperationRow:
    """What the store keeps of an operation to find it by."""
    run, plan = operation.run, operation.plan.plan
    exclusive = plan.lane.mode is LaneMode.EXCLUSIVE
    return OperationRow(
        id=run.id,
        seq=run.seq,
        head=run.head,
        status=run.status,
        phase=run.place if run.place in plan.phases and not run.terminal else "",
        plan=plan.name,
        plan_version=plan.version,
        plan_digest=plan.digest,
        lane=run.lane,
        exclusive=exclusive,
        holds_lane=exclusive and run.started_at is not None and not run.terminal,
        requested_by=run.accepted.requested_by.subject,
        created_at=run.created_at,
        updated_at=run.updated_at,
        finished_at=run.finished_at,
        supersedes=run.accepted.supersedes,
        retry_of=run.accepted.retry_of,
        dry_run=run.accepted.dry_run,
        destructive_at=run.destructive_at,
        waiting_for=run.waiting_for(),
    )
