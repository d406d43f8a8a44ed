"""How long, and at what intervals, a server that does not answer is asked again."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from .problems import NoContact, Refused
from .surroundings import Surroundings

_T = TypeVar("_T")

SLOWEST = 10.0
"""Seconds between two attempts at most."""

FIRST = 0.5
"""Seconds before the second attempt, at most."""


class LostContact(Exception):
    """The server could not be reached for as long as was to be waited for it."""

    def __init__(self, cause: NoContact | Refused, waited: float) -> None:
        super().__init__(f"{cause} (asked again for {waited:.0f}s)")
        self.cause = cause


class Attempt(msgspec.Struct, frozen=True):
    """Why and when a server is asked again.

    Attributes:
        delay: seconds until then.
        number: 1 for the first after the server was there.
    """

    cause: NoContact | Refused
    delay: float
    number: int


class Patience:
    """Counts out the time in which a server may be away.

    Args:
        limit: seconds of waiting, altogether, until contact counts as lost.
        around: what sleeps, and what the jitter comes from.
    """

    def __init__(self, limit: float, around: Surroundings) -> None:
        self._limit = limit
        self._around = around
        self._floor = 0.0
        self._spent = 0.0
        self._failures = 0

    def reached(self) -> None:
        """The server is there: the time begins anew."""
        self._spent = 0.0

    def satisfied(self) -> None:
        """The server does what it is asked: the intervals begin anew, too."""
        self._spent = 0.0
        self._failures = 0

    def wants(self, milliseconds: int | None) -> None:
        """The server says over how long those who come back are to spread, at least."""
        if milliseconds is not None:
            self._floor = min(milliseconds / 1_000, SLOWEST)

    def next(self, cause: NoContact | Refused) -> Attempt:
        """When to ask again.

        Raises:
            LostContact: not any more.
        """
        if self._spent >= self._limit:
            raise LostContact(cause, self._spent)
        delay = min(self._delay(cause), self._limit - self._spent)
        self._failures += 1
        self._spent += delay
        return Attempt(cause, delay, self._failures)

    async def sit_out(self, attempt: Attempt) -> None:
        """Wait for an attempt's time."""
        await self._around.sleep(attempt.delay)

    def _delay(self, cause: NoContact | Refused) -> float:
        # Full jitter, because many clients of one server must not come back to it all at once.
        step = min(SLOWEST, FIRST * 2.0 ** min(self._failures, 10))
        asked = cause.retry_after if isinstance(cause, Refused) else None
        if asked is not None:
            return asked + step * self._around.chance()
        return max(self._floor, step) * self._around.chance()


async def insist(
    send: Callable[[], Awaitable[_T]],
    patience: Patience,
    waiting: Callable[[Attempt], None] = lambda attempt: None,
) -> _T:
    """Ask until it is answered: for what may safely be asked twice.

    Args:
        send: asks once.
        patience: for how long.
        waiting: is told before each time that it is asked again.

    Raises:
        Refused: the answer is no.
        LostContact: there was none.
    """
    while True:
        try:
            return await send()
        except (NoContact, Refused) as error:
            if isinstance(error, Refused) and not error.transient:
                raise
            attempt = patience.next(error)
            waiting(attempt)
            await patience.sit_out(attempt)
