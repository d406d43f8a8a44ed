"""What a command takes from around it, so that a test can give it something else."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Surroundings:
    """Time and chance.

    Attributes:
        sleep: lets that many seconds pass.
        chance: a number from 0 to 1, for jitter.
        now: the time, with its zone.
    """

    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    now: Callable[[], datetime] = utc_now


REAL = Surroundings()
