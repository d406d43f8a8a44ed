"""Timers: they live in the store; this is the loop that tells operations when one is due."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from laneway.core import inputs
from laneway.core.commands import SetTimer
from laneway.core.instants import Instant, elapsed
from laneway.ports.environment import Clock
from laneway.ports.store import PendingCommand, Store

from .insist import insist
from .operations import Operation

BATCH = 500
LONGEST_SLEEP = 3_600_000


class Timers:
    """Sleeps until the earliest timer, and is woken by one that is set before that."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tell: Callable[[str, inputs.AnyInput], Awaitable[Operation]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._tell = tell
        self._wake = asyncio.Event()
        self._sleeping_until: Instant | None = None
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; timers that came due while nobody looked are fired first."""
        self._loop = asyncio.create_task(self._run(), name="timers")

    async def stop(self) -> None:
        """End the loop."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    def set(self, timer: SetTimer) -> None:
        """A timer was committed: wake up if it is due before what is slept for."""
        if self._sleeping_until is None or timer.due_at < self._sleeping_until:
            self._wake.set()

    async def _run(self) -> None:
        while True:
            await insist(self._clock, self._turn, task="timers")

    async def _turn(self) -> None:
        self._wake.clear()
        self._sleeping_until = None
        due = await self._store.timers(self._clock.now(), BATCH)
        if due:
            await asyncio.gather(*(self._fire(timer) for timer in due))
        else:
            await self._sleep(await self._store.timers(None, 1))

    async def _sleep(self, earliest: Sequence[PendingCommand]) -> None:
        milliseconds = LONGEST_SLEEP
        for timer in (pending.command for pending in earliest):
            if isinstance(timer, SetTimer):
                self._sleeping_until = timer.due_at
                milliseconds = min(milliseconds, elapsed(self._clock.now(), timer.due_at))
        asleep = asyncio.ensure_future(self._clock.sleep(milliseconds))
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({asleep, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asleep.cancel()
            woken.cancel()

    async def _fire(self, pending: PendingCommand) -> None:
        fired = inputs.TimerFired(name=pending.command.key.removeprefix("timer:"))
        await insist(
            self._clock, lambda: self._tell(pending.operation_id, fired), timer=pending.command.key
        )
