"""The real clock and real ids, and a world without a policy."""

import asyncio
import os
import time

from ulid import ULID

from laneway.core.events import OperationAccepted, Ruling
from laneway.core.instants import Instant, since_epoch
from laneway.core.model import Plan


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> Instant:
        """The time."""
        return since_epoch(time.time_ns() // 1_000_000)

    async def sleep(self, milliseconds: int) -> None:
        """Return after that many milliseconds."""
        await asyncio.sleep(max(milliseconds, 0) / 1000)


class Ulids:
    """Ids that sort by the time they were made at.

    Randomness is drawn for many at once: the call for it lets go of the interpreter, and a busy
    engine waits long to get it back.
    """

    _RANDOM = 10
    _DRAWN = 256

    def __init__(self) -> None:
        self._drawn = b""

    def operation_id(self) -> str:
        """``op_<ULID>``."""
        self._drawn = self._drawn or os.urandom(self._RANDOM * self._DRAWN)
        random, self._drawn = self._drawn[: self._RANDOM], self._drawn[self._RANDOM :]
        milliseconds = time.time_ns() // 1_000_000
        return f"op_{ULID(milliseconds.to_bytes(6, 'big') + random)}"


class NoPolicy:
    """Everybody may do everything: there is nothing to ask, and nothing is written down of it."""

    def ruling(self, plan: Plan, asked: OperationAccepted) -> Ruling | None:
        """None."""
        return None
