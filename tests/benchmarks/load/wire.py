"""HTTP/1.1 with as little work as possible, so that the server is measured and not the client.

Requests are bytes that were made before. Answers are read as far as the benchmarks need.
"""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple


class Answer(NamedTuple):
    """An answer. ``at``: when its last byte had come (ns, monotonic)."""

    status: int
    body: bytes
    at: int


class Connection(asyncio.Protocol):
    """A connection that is kept alive; one request at a time, answered with a length."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._buffer = b""
        self._answered: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _length(self._buffer[:end])
        whole = end + 4 + length
        if len(self._buffer) < whole:
            return
        answer = Answer(int(self._buffer[9:12]), self._buffer[end + 4 : whole], time.monotonic_ns())
        self._buffer = self._buffer[whole:]
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionResetError("the server closed the connection"))

    async def request(self, request: bytes) -> Answer:
        """Send a request and return its answer.

        Raises:
            ConnectionResetError: the server went away.
        """
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


class Stream(asyncio.Protocol):
    """An event stream: sends its request, and gives every event to a function, as bytes.

    What comes before an event, such as the length of a chunk, comes with it.
    """

    def __init__(self, request: bytes, told: Callable[[bytes, int], None]) -> None:
        self._request = request
        self._told = told
        self._rest = b""
        self._transport: asyncio.Transport
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open: ask."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        at = time.monotonic_ns()
        *events, self._rest = (self._rest + data).split(b"\n\n")
        for event in events:
            self._told(event, at)
        if events and not self.opened.done():
            self.opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        for waited in (self.opened, self.closed):
            if not waited.done():
                waited.set_result(None)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


async def stream(port: int, request: bytes, told: Callable[[bytes, int], None]) -> Stream:
    """A stream that has begun."""
    loop = asyncio.get_running_loop()
    _, made = await loop.create_connection(lambda: Stream(request, told), "127.0.0.1", port)
    await made.opened
    return made


def _length(head: bytes) -> int:
    """The length of the body, by the header."""
    at = head.lower().find(b"\r\ncontent-length:")
    if at < 0:
        return 0
    return int(head[at + 17 :].split(b"\r\n", 1)[0])
