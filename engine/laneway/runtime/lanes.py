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
from laneway.ports.environment import Authority, Targets
from laneway.ports.store import LaneRecord, Store

from .operations import Operation, Operations

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

    def lock(self, lane: Lane) -> asyncio.Lock:
        """Hold this while deciding about the lane."""
        return self._locks.setdefault(lane, asyncio.Lock())

    async def promote(self, lane: Lane) -> None:
        """Give a free lane to the first in its queue that may begin; refuse those that may not."""
        async with self.lock(lane):
            record = await self._store.lane(lane)
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
