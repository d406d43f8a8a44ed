"""Lanes: who may begin on one, when it becomes free, and what a queue does then.

The store's unique index has the last word on who holds a lane. What is here decides before it comes
to that, one question at a time per lane, so that the answer is the same whatever the timing.
"""

import asyncio
from weakref import WeakValueDictionary

from laneway.core import inputs
from laneway.core.admission import LaneState, refusal
from laneway.core.events import Failure
from laneway.core.model import Lane, Plan
from laneway.core.run import Status
from laneway.ports.environment import Authority, Targets
from laneway.ports.store import LaneRecord, OperationFilter, Store

from .operations import Operation, Operations

PAGE = 500

NO_TARGET = Failure("target_not_found", "the lane has no target record any more")


class Lanes:
    """Serialises what is decided about a lane."""

    def __init__(
        self, store: Store, operations: Operations, targets: Targets, authority: Authority
    ) -> None:
        self._store = store
        self._authority = authority
        self._operations = operations
        self._targets = targets
        self._locks: WeakValueDictionary[Lane, asyncio.Lock] = WeakValueDictionary()
        self._queued: set[Lane] = set()
        self._learned = False

    def lock(self, lane: Lane) -> asyncio.Lock:
        """Hold this while deciding about the lane."""
        return self._locks.setdefault(lane, asyncio.Lock())

    def queued(self, lane: Lane) -> None:
        """An operation is about to wait for the lane."""
        self._queued.add(lane)

    async def learn(self) -> None:
        """Find the lanes that something waited for before this engine started."""
        pending, before = OperationFilter(status=Status.PENDING), None
        while found := await self._store.operations(pending, PAGE, before):
            self._queued.update(row.lane for row in found)
            before = found[-1].id
        self._learned = True

    def may_be_queued(self, lane: Lane) -> bool:
        """Whether it is worth asking the store for a queue: of most lanes there is none.

        Who decides about the lane just now may have seen it held, and be about to wait for it.
        """
        lock = self._locks.get(lane)
        deciding = lock is not None and lock.locked()
        return not self._learned or lane in self._queued or deciding

    async def promote(self, lane: Lane) -> None:
        """Give a free lane to the first in its queue that may begin; refuse those that may not."""
        async with self.lock(lane):
            record = await self._store.lane(lane)
            if not record.queue:
                self._queued.discard(lane)
            for waiting in record.queue if record.holder is None else ():
                if await self._grant(waiting.id, record):
                    return

    async def _grant(self, operation_id: str, record: LaneRecord) -> bool:
        operation = await self._operations.load(operation_id)
        run = operation.run
        target = self._targets.target(run.lane)
        refused = NO_TARGET if target is None else self._refusal(operation, record)
        told = (
            inputs.LaneGranted(target=target or {})
            if refused is None
            else inputs.LaneRefused(failure=refused)
        )
        try:
            await self._operations.tell(operation_id, told)
        except inputs.InputRefused:
            return False  # cancelled since the queue was read
        return refused is None

    def _refusal(self, operation: Operation, record: LaneRecord) -> Failure | None:
        """What was asked at the submission is asked again: policy, freeze, repeat."""
        plan, asked = operation.plan.plan, operation.run.accepted
        ruling = self._authority.ruling(plan, asked)
        if ruling is not None and not ruling.allowed:
            return Failure("authorization_denied", ruling.reason)
        return refusal(plan, asked, state(plan, record))


def state(plan: Plan, record: LaneRecord) -> LaneState:
    """What admission must know of a lane, for one plan.

    What the lane's holder is about to do counts when it has ended: until then others may queue.
    """
    last = record.last_destructive.get(plan.name)
    if last is not None and record.holder is not None and last.id == record.holder.id:
        last = None
    return LaneState(
        frozen_because=record.freeze.reason if record.freeze else None,
        last_destructive=last.id if last else None,
    )
