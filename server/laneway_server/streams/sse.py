"""Server-sent events: a rendering of the feed (the WHATWG HTML standard, section 9.2)."""

import structlog
from aiohttp import web

from laneway.ports.store import StoreError

from . import frames
from .feed import Feed
from .topic import Follower

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx passes on what it gets, at once
}

_log = structlog.get_logger("laneway.streams")


async def stream(
    request: web.Request, feed: Feed, follower: Follower, after: int, *, to_the_end: bool
) -> web.StreamResponse:
    """Send events from a cursor on, until the client leaves, is too slow, or the server stops.

    Args:
        to_the_end: the stream is of one operation, and is over with it.
    """
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    follower.on_slow = lambda: _give_up(request)
    writer = _Writer(response, follower)
    try:
        await writer.send(frames.RETRY)
        await _follow(writer, feed, after, to_the_end=to_the_end)
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


async def _follow(writer: _Writer, feed: Feed, cursor: int, *, to_the_end: bool) -> None:
    follower = writer.follower
    while not feed.closing:
        found = await follower.read(cursor)
        if found:
            await writer.send(b"".join([frame.sse for frame in found]))
            cursor = found[-1].cursor
            if to_the_end and found[-1].terminal:
                await writer.send(frames.end(found[-1].encoded.recorded))
                return
            continue
        if follower.silent:
            await writer.send(frames.SILENCE)
        await follower.wait()
    await writer.send(frames.GOODBYE)


def _give_up(request: web.Request) -> None:
    """Cut off a client that does not read. It resumes where it was, and loses nothing."""
    if request.transport is not None:
        request.transport.abort()
