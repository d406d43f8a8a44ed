"""How long things take in the simulated world, and how a test holds them in mid-run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec

Sleep = Callable[[float], Awaitable[None]]
Now = Callable[[], datetime]


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """How many seconds each thing takes.

    `bootstrap` is the bootstrap command, `post_deploy` the `--update-only` command, `backup` and
    `restore` those two, `deploy` what compose.deploy queues, and `slow` what the fault of that name
    adds to an answer.
    """

    bootstrap: float = 12.0
    post_deploy: float = 3.0
    backup: float = 2.0
    restore: float = 3.0
    deploy: float = 2.0
    slow: float = 5.0


class HeldSleep:
    """A sleep that ends when the test says so, for holding a command in mid-run.

        held = HeldSleep()
        world = DemoWorld(sleep=held)
        …
        await held.entered.wait()   # the command is in mid-run now
        held.release()              # this sleep, and every later one, ends

    `asked` lists the durations that were asked for, in seconds.
    """

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.entered = asyncio.Event()
        self._released = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        """Wait until `release`, whatever the duration."""
        self.asked.append(seconds)
        self.entered.set()
        await self._released.wait()

    def release(self) -> None:
        """Let go of every sleep, those that have not begun included."""
        self._released.set()


async def no_sleep(_seconds: float) -> None:
    """A sleep that takes no time: it only lets others run once."""
    await asyncio.sleep(0)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`, as both Dokploy and Laneway write it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
