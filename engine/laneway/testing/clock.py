"""A clock that stands still until it is moved."""

import asyncio
import heapq
from itertools import count

from laneway.core.instants import Instant, elapsed, later

START = Instant("2026-01-01T00:00:00.000Z")


class ManualClock:
    """Implements `laneway.ports.environment.Clock`; sleepers wake when the time has been moved."""

    def __init__(self, start: Instant = START) -> None:
        self._now = start
        self._order = count()
        self._sleepers: list[tuple[Instant, int, asyncio.Future[None]]] = []
        self._changed = asyncio.Event()

    def now(self) -> Instant:
        """The time."""
        return self._now

    async def sleep(self, milliseconds: int) -> None:
        """Return when the clock has been moved that far."""
        if milliseconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (later(self._now, milliseconds), next(self._order), woken))
        self._changed.set()
        await woken

    def move(self, milliseconds: int) -> None:
        """Let time pass at once, and wake those whose time has come, the earliest first."""
        self.move_to(later(self._now, milliseconds))

    def move_to(self, moment: Instant) -> None:
        """Let time pass until a moment; one that is past changes nothing."""
        self._now = max(self._now, moment)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)

    def next_wake(self) -> int | None:
        """Milliseconds until the earliest sleeper wakes, or None where nobody sleeps."""
        self._sleepers = [item for item in self._sleepers if not item[2].done()]
        heapq.heapify(self._sleepers)
        return elapsed(self._now, self._sleepers[0][0]) if self._sleepers else None

    async def slept_for(self, milliseconds: int) -> None:
        """Return when somebody sleeps for no longer than that."""
        while (wake := self.next_wake()) is None or wake > milliseconds:
            self._changed.clear()
            await self._changed.wait()
