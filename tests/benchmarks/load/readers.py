"""Starts and asks `reader`."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.benchmarks.frame.machine import ROOT

_LOOK = 0.1
"""Seconds between two looks: to answer takes time from reading."""


class Asked(NamedTuple):
    """A request, and how many make it. ``silent``: it is not answered soon."""

    request: bytes
    times: int = 1
    silent: bool = False


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What was read since it was last reset.

    Attributes:
        closed: connections that the server has closed.
        open: connections that are open now.
        first, last: when the first and the last bytes came (ns, monotonic); 0: none came.
        stamped: events that said when they were told.
        late: how long these took until they were read, in milliseconds: ``p50``, ``p99``,
            ``p100``; told when it is reset.
    """

    bytes: int
    reads: int
    closed: int
    open: int
    first: int
    last: int
    stamped: int
    late: dict[str, float]


class Readers:
    """A process of readers; ``pid`` is its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.pid = process.pid
        self._process = process

    async def report(self, what: str = "look") -> Counted:
        """What was read; with ``reset`` it is counted anew from here."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n".encode())
        line = await self._process.stdout.readline()
        return msgspec.json.decode(line, type=Counted)

    async def settled(self) -> None:
        """Return when nothing more comes: what was there before they came was read."""
        before, now = -1, 0
        while now != before:
            await asyncio.sleep(_LOOK)
            before, now = now, (await self.report()).bytes
        await self.report("reset")

    async def until(self, enough: Callable[[Counted], bool]) -> Counted:
        """What was read, as soon as it is enough; counted anew from here."""
        while not enough(await self.report()):  # noqa: ASYNC110 - the readers cannot set one
            await asyncio.sleep(_LOOK)
        return await self.report("reset")


@asynccontextmanager
async def readers(folder: Path, port: int, asked: Sequence[Asked]) -> AsyncIterator[Readers]:
    """Readers that are all connected."""
    file = folder / "requests.json"
    file.write_text(
        json.dumps([(each.request.decode(), each.silent, each.times) for each in asked])
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.load.reader", str(port), str(file)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        if await process.stdout.readline() != b"open\n":
            raise RuntimeError("the readers could not connect")
        yield Readers(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
