"""Pruning: the loop that removes what retention lets go, a few operations in a transaction.

It only proposes. The store judges again in the transaction that removes.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Protocol

import msgspec
import structlog

from laneway.core.instants import Instant, later
from laneway.core.retention import DAY, Candidate, stays
from laneway.ports.environment import Clock
from laneway.ports.retention import Removed, Survey

from .insist import insist

_log = structlog.get_logger("laneway.pruning")


class PruningSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How often is pruned (milliseconds), and how many operations in one transaction."""

    interval: int = 3_600_000
    batch: int = 50


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed; counters that only rise, for metrics."""

    turns: int = 0
    operations: int = 0
    events: int = 0
    artifacts: int = 0
    artifact_bytes: int = 0

    def plus(self, removed: Removed) -> "Pruned":
        """With what one transaction removed."""
        return msgspec.structs.replace(
            self,
            operations=self.operations + len(removed.tombstones),
            events=self.events + removed.events,
            artifacts=self.artifacts + removed.artifacts,
            artifact_bytes=self.artifact_bytes + removed.artifact_bytes,
        )


class Remover(Protocol):
    """Removes under the lease, wherever there is a copy."""

    async def prune(self, candidates: Sequence[Candidate], at: Instant) -> Removed:
        """Remove those that may go."""
        ...


async def past_their_days(
    retention: Survey, now: Instant, size: int
) -> AsyncIterator[Sequence[Candidate]]:
    """Operations that ended longer ago than their plan's ``keep_days``, in pages.

    Only these can go; most of what stays all the same is the newest of its plan on its lane.
    """
    for digest, limits in (await retention.limits()).items():
        before = later(now, -limits.keep_days * DAY)
        after: Candidate | None = None
        while page := await retention.candidates(digest, limits, before, size, after):
            yield page
            after = page[-1]


class Pruning:
    """Prunes at once, and then at each interval, from `start` to `stop`.

    Attributes:
        total: what it has removed since it was made.
    """

    def __init__(
        self, retention: Survey, remover: Remover, clock: Clock, settings: PruningSettings
    ) -> None:
        self._retention = retention
        self._remover = remover
        self._clock = clock
        self._settings = settings
        self._loop: asyncio.Task[None] | None = None
        self.total = Pruned()

    def start(self) -> None:
        """Begin."""
        self._loop = asyncio.create_task(self._run(), name="pruning")

    async def stop(self) -> None:
        """End the loop; a transaction that is under way is written or not, as a whole."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    async def turn(self) -> Pruned:
        """Prune whatever may go now; returns what went.

        Raises:
            StoreError, EngineFenced: what was removed before stays removed, and is counted.
        """
        now, before = self._clock.now(), self.total
        pages = past_their_days(self._retention, now, self._settings.batch)
        async with aclosing(pages):  # type: ignore[type-var]
            async for page in pages:
                going = [each for each in page if stays(each, now) is None]
                if going:
                    self.total = self.total.plus(await self._remover.prune(going, now))
        self.total = msgspec.structs.replace(self.total, turns=self.total.turns + 1)
        return _since(before, self.total)

    async def _run(self) -> None:
        while True:
            removed = await insist(self._clock, self.turn, task="pruning")
            if removed is not None and removed.operations:
                _log.info("pruned", **msgspec.structs.asdict(removed))
            await self._clock.sleep(self._settings.interval)


def _since(before: Pruned, now: Pruned) -> Pruned:
    then = msgspec.structs.asdict(before)
    return Pruned(**{n: value - then[n] for n, value in msgspec.structs.asdict(now).items()})
