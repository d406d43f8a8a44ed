"""Callers of a server: many that submit and follow, as fast as it goes or at a steady rate."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from .server import Server, connection, get, submission
from .wire import Connection, Stream, stream

ALL = get("/v1/events", "Accept: text/event-stream")
_FIRST = b"event: operation_accepted"
_LAST = b"event: operation_finished"
_ID = b'"operation_id":"'
_ID_LENGTH = 29
_keys = count()  # never one twice: a key that was used is an operation that was made


@dataclass
class Seen:
    """What was seen of one operation: nanoseconds of the machine's monotonic clock."""

    asked: int
    answered: int = 0
    first: int = 0
    ended: asyncio.Future[int] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Callers:
    """Submits on lanes that are free, and learns of the ends from one stream of all events."""

    def __init__(self, server: Server, lanes: int) -> None:
        self._port = server.port
        self._lanes = deque(range(lanes))
        self._early: dict[bytes, dict[bytes, int]] = {}
        self._known: dict[bytes, Seen] = {}
        self._connections: deque[Connection] = deque()
        self._stack = AsyncExitStack()
        self._stream: Stream | None = None
        self.events = 0

    async def open(self, connections: int) -> None:
        """Connect."""
        self._stream = await stream(self._port, ALL, self._told)
        for _ in range(connections):
            made = await self._stack.enter_async_context(connection(self._port))
            self._connections.append(made)

    async def close(self) -> None:
        """Hang up."""
        if self._stream is not None:
            self._stream.close()
            await self._stream.closed
        await self._stack.aclose()

    async def one(self, plan: str = "eight", due: int | None = None) -> Seen:
        """Submit one operation, and return when it has ended.

        Args:
            plan: of the operation.
            due: when it was to be submitted, where that is not now: a caller that is late because
                the server is counts as waiting.
        """
        lane, number = self._lanes.popleft(), next(_keys)
        http = self._connections.popleft()
        asked = time.monotonic_ns() if due is None else due
        answer = await http.request(submission(f"key-{number}", lane, plan))
        self._connections.append(http)
        if answer.status != 202:
            raise RuntimeError(f"{answer.status}: {answer.body.decode()}")
        at = answer.body.index(b'"id":"') + 6
        operation_id = answer.body[at : at + _ID_LENGTH]
        seen = Seen(asked, answer.at)
        self._known[operation_id] = seen
        for kind, told in self._early.pop(operation_id, {}).items():
            _note(seen, kind, told)
        await seen.ended
        del self._known[operation_id]
        self._lanes.append(lane)
        return seen

    async def many(self, total: int, at_once: int) -> list[Seen]:
        """Submit operations, so many at once, until all have ended."""
        gate = asyncio.Semaphore(at_once)

        async def each() -> Seen:
            async with gate:
                return await self.one()

        return await asyncio.gather(*(each() for _ in range(total)))

    async def steadily(self, rate: float, seconds: float) -> list[Seen]:
        """Submit operations at a rate (each second), however fast they are answered."""
        begin = time.monotonic_ns()
        under_way = []
        for number in range(int(rate * seconds)):
            due = begin + int(number * 1e9 / rate)
            await asyncio.sleep((due - time.monotonic_ns()) / 1e9)
            under_way.append(asyncio.create_task(self.one(due=due)))
        return await asyncio.gather(*under_way)

    def _told(self, event: bytes, at: int) -> None:
        self.events += 1
        kind = _FIRST if _FIRST in event else _LAST if _LAST in event else b""
        if not kind:
            return
        place = event.index(_ID) + len(_ID)
        operation_id = event[place : place + _ID_LENGTH]
        seen = self._known.get(operation_id)
        if seen is None:  # the stream may be faster than the answer
            self._early.setdefault(operation_id, {})[kind] = at
        else:
            _note(seen, kind, at)


def _note(seen: Seen, kind: bytes, at: int) -> None:
    if kind == _FIRST:
        seen.first = at
    elif not seen.ended.done():
        seen.ended.set_result(at)


@asynccontextmanager
async def calling(server: Server, lanes: int, connections: int) -> AsyncIterator[Callers]:
    """Callers that are connected."""
    callers = Callers(server, lanes)
    await callers.open(connections)
    try:
        yield callers
    finally:
        await callers.close()
