"""Server-sent events: a rendering of the feed (the WHATWG HTML standard, section 9.2).

Who has read all there was is sent what comes next as it is committed: the same bytes as everybody
else, right into the connection. Who is behind, or does not take what is sent, has a loop of their
own that reads for them, and waits for them.
"""

import structlog
from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict, istr

from laneway.ports.store import StoreError
from laneway_server.access.visibility import Sight

from . import frames
from .feed import Feed
from .frames import Sendable, Span
from .topic import Follower

HEADERS = CIMultiDict(
    {
        istr("Content-Type"): "text/event-stream; charset=utf-8",
        istr("Cache-Control"): "no-store",
        istr("X-Accel-Buffering"): "no",  # nginx passes on what it gets, at once
    }
)

_log = structlog.get_logger("laneway.streams")


class Reader(Follower):
    """One client, what it is sent, and how far it is.

    Attributes:
        cursor: of the newest event that was sent or left out.
    """

    __slots__ = (
        "_chunked",
        "_elsewhere",
        "_protocol",
        "_request",
        "_response",
        "_sight",
        "_to_the_end",
        "_writer",
        "cursor",
    )

    def __init__(
        self, request: web.Request, sight: Sight, behind: int, *, to_the_end: bool
    ) -> None:
        """A client that has been sent nothing yet.

        Args:
            request: its own.
            sight: what it may see; asked anew whenever there is something.
            behind: how many events may be committed while it takes nothing.
            to_the_end: the stream is of one operation, and is over with it.
        """
        super().__init__()
        self._request = request
        self._protocol = request.protocol
        self._chunked = request.version >= HttpVersion11
        self._response = web.StreamResponse(headers=HEADERS)
        self._writer: AbstractStreamWriter | None = None
        self._sight = sight
        self._to_the_end = to_the_end
        self._elsewhere = False
        self.cursor = 0
        self.behind_limit = behind

    def begin(self, cursor: int, *, elsewhere: bool = False) -> None:
        """Begin after a cursor.

        Args:
            cursor: of the newest event that is not sent.
            elsewhere: it is not where the client has asked to begin: the client is told where.
        """
        self.cursor = cursor
        self._elsewhere = elsewhere

    async def stream(self, feed: Feed) -> web.StreamResponse:
        """Send events, until it leaves, is too slow, may not read on, or the server stops."""
        response = self._response
        if self._chunked:
            response.enable_chunked_encoding()
        self._writer = await response.prepare(self._request)
        if self._request.method == "HEAD":
            return response
        try:
            await self._greet()
            await self._follow(feed)
        except StoreError as failed:
            # Too late for a problem: the client comes back, and is told then.
            _log.warning("stream_ended", why=str(failed))
        except ConnectionResetError:
            return response
        await response.write_eof()
        return response

    async def _greet(self) -> None:
        await self._send(frames.begins_at(self.cursor) if self._elsewhere else frames.RETRY)
        self._response.headers.clear()  # they are sent; there may be ten thousand of these

    async def _follow(self, feed: Feed) -> None:
        while not feed.closing:
            # What was sent is not kept: who waits here may do so for long, and is not alone.
            if await self._catch_up(feed):
                return
            if self.silent:
                await self._send(frames.SILENCE)
            await self.wait()
        await self._send(frames.GOODBYE)

    async def _catch_up(self, feed: Feed) -> bool:
        """Send all there is; returns whether the stream is over with it."""
        while not feed.closing and (found := await self.read(self.cursor)):
            span = Span(found, found[-1].cursor)
            if not await self._send_seen(span):
                return True
            if self._to_the_end and span.terminal:
                await self._send(frames.end(found[-1].encoded.recorded))
                return True
        return False

    async def _send_seen(self, span: Span) -> bool:
        """Send what the client may see of it; False: it may not see the one operation any more."""
        seen = span.only({each: await self._sight.sees(each) for each in span.operations})
        if not seen.frames and self._to_the_end:
            await self._send(frames.GOODBYE)
            return False
        if seen.frames:
            await self._send(seen.sse)
        self.cursor = span.last
        return True

    async def _send(self, content: bytes) -> None:
        """Send bytes; waits where the client does not take them."""
        assert self._writer is not None, "it is prepared"
        with self.writing():
            await self._response.write(content)
            await self._writer.drain()

    # --- without being woken ---------------------------------------------------------------------

    def take(self) -> bool:
        """See `Follower`."""
        span = self.topic.span(self.cursor)
        if span is None or (span.terminal and self._to_the_end):
            return False
        if not span.frames:
            return not self.silent or self._write(frames.SILENT)
        seen = span.seen_by(self._sight)
        if seen is None or (self._to_the_end and not seen.frames):
            return False
        if seen.frames and not self._write(seen):
            return False
        self.cursor = span.last
        return True

    def _write(self, sent: Sendable) -> bool:
        """Write to the connection; False where it is gone, or still has much to send."""
        protocol = self._protocol
        transport = protocol.transport
        if transport is None or protocol.writing_paused or transport.is_closing():
            return False
        transport.write(sent.chunk if self._chunked else sent.sse)
        self.heard()
        return True

    def give_up(self) -> None:
        """Cut off a client that does not read. It resumes where it was, and loses nothing."""
        if self._protocol.transport is not None:
            self._protocol.transport.abort()
