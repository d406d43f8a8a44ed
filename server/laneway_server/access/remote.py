"""What is kept by somebody else: asked for when it is needed, by one at a time, and remembered.

A value is used while it is fresh. Then it is asked for again; where that fails, the old one goes on
serving for a while. No matter how many want it: one question is under way, and after each there is
a time in which none is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec
import structlog

from laneway.core.instants import Instant, elapsed
from laneway.ports.environment import Clock

Value = TypeVar("Value")
_log = structlog.get_logger("laneway.access")


class Unavailable(Exception):
    """It cannot be had now. The message says why, for people; it holds nothing secret."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often something is asked for; all in milliseconds.

    Attributes:
        patience: how long an answer may take.
        fresh: how long an answer is used without asking again.
        stale: how old an answer may become while no other can be had.
        cool_down: how long after an answer, or none, nobody asks again.
    """

    patience: int = 5_000
    fresh: int = 600_000
    stale: int = 3_600_000
    cool_down: int = 10_000


class Remote(Generic[Value]):
    """One such thing.

    Args:
        name: for the log.
        fetch: asks for it; raises `Unavailable`.
    """

    def __init__(
        self, name: str, fetch: Callable[[], Awaitable[Value]], clock: Clock, pace: Pace
    ) -> None:
        self._name = name
        self._fetch = fetch
        self._clock = clock
        self._pace = pace
        self._held: tuple[Value, Instant] | None = None
        self._tried_at: Instant | None = None
        self._failure = ""
        self._asking: asyncio.Task[None] | None = None

    @property
    def failing(self) -> bool:
        """Whether it could not be had when it was last asked for."""
        return bool(self._failure)

    async def get(self) -> Value:
        """The value: fresh, or as it was while it cannot be had.

        Raises:
            Unavailable: there is none that is young enough.
        """
        if self._held is None or self._age(self._held[1]) >= self._pace.fresh:
            await self._ask()
        return self._value()

    async def renewed(self) -> Value:
        """The value, asked for anew unless that has just been done.

        Raises:
            Unavailable: as for `get`.
        """
        await self._ask()
        return self._value()

    async def stop(self) -> None:
        """Ask no longer."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _value(self) -> Value:
        if self._held is None or self._age(self._held[1]) >= self._pace.stale:
            raise Unavailable(self._failure)
        return self._held[0]

    def _age(self, since: Instant) -> int:
        return elapsed(since, self._clock.now())

    async def _ask(self) -> None:
        if self._asking is None:
            if self._tried_at is not None and self._age(self._tried_at) < self._pace.cool_down:
                return
            self._asking = asyncio.create_task(self._try())
        # Who leaves while waiting must not end the question: others wait for the same answer.
        await asyncio.shield(self._asking)

    async def _try(self) -> None:
        try:
            value = await self._in_time()
        except Unavailable as error:
            self._failure = str(error)
            _log.warning("issuer_unavailable", issuer=self._name, why=self._failure)
        else:
            self._failure = ""
            self._held = (value, self._clock.now())
        finally:
            self._tried_at = self._clock.now()
            self._asking = None

    async def _in_time(self) -> Value:
        """The answer, unless the patience runs out first."""
        answer = asyncio.ensure_future(self._fetch())
        alarm = asyncio.create_task(self._clock.sleep(self._pace.patience))
        try:
            await asyncio.wait({answer, alarm}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            raise Unavailable(f"it did not answer within {self._pace.patience} ms")
        finally:
            for task in (answer, alarm):
                task.cancel()
            await asyncio.gather(answer, alarm, return_exceptions=True)
