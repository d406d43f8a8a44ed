"""Server-sent events: a rendering of the feed (the WHATWG HTML standard, section 9.2)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from aiohttp import web

from laneway.ports.store import StoreError

from . import frames
from .feed import Feed
from .frames import Frame
from .topic import Follower

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx passes on what it gets, at once
}

_log = structlog.get_logger("laneway.streams")


@dataclass
class Sent:
    """What one client is sent, and how far it is.

    Attributes:
        cursor: of the newest event that was sent or left out.
        sees: whether the client may read an operation, by its id; asked anew for every batch.
        to_the_end: the stream is of one operation, and is over with it.
    """

    cursor: int
    sees: Callable[[str], Awaitable[bool]]
    to_the_end: bool


async def stream(
    request: web.Request, feed: Feed, follower: Follower, sent: Sent
) -> web.StreamResponse:
    """Send events, until the client leaves, is too slow, may not read on, or the server stops."""
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    follower.on_slow = lambda: _give_up(request)
    writer = _Writer(response, follower)
    try:
        await writer.send(frames.RETRY)
        await _follow(writer, feed, sent)
    except StoreError as failed:
        # Too late for a problem: the client comes back, and is told then.
        _log.warning("stream_ended", why=str(failed))
    except ConnectionResetError:
        return response
    await response.write_eof()
    return response


class _Writer:
    """A response, and how its client keeps up."""

    def __init__(self, response: web.StreamResponse, follower: Follower) -> None:
        self._response = response
        self.follower = follower

    async def send(self, content: bytes) -> None:
        """Send bytes; waits where the client does not take them."""
        with self.follower.writing():
            await self._response.write(content)


async def _follow(writer: _Writer, feed: Feed, sent: Sent) -> None:
    follower = writer.follower
    while not feed.closing:
        found = await follower.read(sent.cursor)
        if found:
            shown = await _seen(found, sent)
            if sent.to_the_end and not shown:
                break  # the right to read it is gone: the client comes back, and is told so
            if shown:
                await writer.send(b"".join([frame.sse for frame in shown]))
            sent.cursor = found[-1].cursor
            if sent.to_the_end and found[-1].terminal:
                await writer.send(frames.end(found[-1].encoded.recorded))
                return
            continue
        if follower.silent:
            await writer.send(frames.SILENCE)
        await follower.wait()
    await writer.send(frames.GOODBYE)


async def _seen(found: Sequence[Frame], sent: Sent) -> Sequence[Frame]:
    """The frames of a batch that the client may read; each operation is asked about once."""
    operations = {frame.encoded.recorded.operation_id for frame in found}
    hidden = {each for each in operations if not await sent.sees(each)}
    if not hidden:
        return found
    return [frame for frame in found if frame.encoded.recorded.operation_id not in hidden]


def _give_up(request: web.Request) -> None:
    """Cut off a client that does not read. It resumes where it was, and loses nothing."""
    if request.transport is not None:
        request.transport.abort()
