"""Alarms: very many waits that mostly end early, with one sleeper for all of them."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

from laneway.core.instants import Instant, elapsed, later
from laneway.ports.environment import Clock

FEW = 64
"""So many that were cancelled may lie about."""


class Alarm:
    """Something to call at a time.

    Attributes:
        over: the time has come.
    """

    __slots__ = ("call", "over")

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call
        self.over = False


class Alarms:
    """See the module."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = count()
        self._set: list[tuple[Instant, int, Alarm]] = []
        self._cancelled = 0
        self._sleeper: asyncio.Task[None] | None = None
        self._wakes_at = Instant("")

    def ring(self, milliseconds: int, call: Callable[[], None]) -> Alarm:
        """Call after so many milliseconds, unless that is cancelled."""
        alarm, due = Alarm(call), later(self._clock.now(), milliseconds)
        heapq.heappush(self._set, (due, next(self._order), alarm))
        if self._sleeper is None or due < self._wakes_at:
            self._sleep()
        return alarm

    def cancel(self, alarm: Alarm) -> None:
        """Call nobody."""
        if alarm.call is None:
            return
        alarm.call = None
        self._cancelled += 1
        if self._cancelled > FEW + len(self._set) // 2:
            self._set = [item for item in self._set if item[2].call is not None]
            heapq.heapify(self._set)
            self._cancelled = 0

    async def stop(self) -> None:
        """Ring no more."""
        if self._sleeper is not None:
            self._sleeper.cancel()
            await asyncio.gather(self._sleeper, return_exceptions=True)

    def _sleep(self) -> None:
        if self._sleeper is not None:
            self._sleeper.cancel()
        self._wakes_at = self._set[0][0]
        self._sleeper = asyncio.create_task(self._wake_at(self._wakes_at), name="alarms")

    async def _wake_at(self, due: Instant) -> None:
        while True:
            await self._clock.sleep(elapsed(self._clock.now(), due))
            # Not by the clock alone: one that was set back would keep everybody waiting.
            self._ring_until(max(due, self._clock.now()))
            if not self._set:
                self._sleeper = None
                return
            due = self._wakes_at = self._set[0][0]

    def _ring_until(self, moment: Instant) -> None:
        while self._set and self._set[0][0] <= moment:
            _, _, alarm = heapq.heappop(self._set)
            call, alarm.call, alarm.over = alarm.call, None, True
            if call is None:
                self._cancelled -= 1
            else:
                call()
