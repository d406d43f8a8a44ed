"""A reverse proxy that does to connections what proxies do, and says how often it did."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import StrEnum

import aiohttp
from aiohttp import hdrs, web

_HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive", "host"})
_PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"


class Evil(StrEnum):
    """What it does."""

    BUFFERS = "holds an event stream back until it is over"
    DROPS_IDLE = "drops a connection on which nothing comes for a moment"
    CUTS = "cuts an event stream in the middle of an event"
    CUTS_BEFORE = "cuts an event stream in the middle of its first event"
    CLOSES = "ends an event stream cleanly in the middle of an event"
    ANSWERS_502 = "answers 502 in the server's place"
    ANSWERS_502_TO_STREAMS = "answers 502 to who asks for an event stream"


class HostileProxy:
    """A proxy in front of a server.

    Args:
        upstream: the server's address.
        evil: what it does.
        often: after how many times `had_enough` is set.
        stops: whether it is well-behaved from then on.

    Attributes:
        done: how many times it did it.
        had_enough: it did it as often as was wanted.
        paths: of every request, with what it accepts.
    """

    def __init__(self, upstream: str, evil: Evil, *, often: int = 3, stops: bool = False) -> None:
        self._upstream = upstream
        self._evil = evil
        self._often = often
        self._stops = stops
        self.done = 0
        self.had_enough = asyncio.Event()
        self.paths: list[tuple[str, str]] = []
        self.idle = 0.2
        self.url = ""

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator["HostileProxy"]:
        """It answers, on loopback."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        # Its own timeouts are not the point: what is evil, it does itself.
        waits = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=waits, auto_decompress=False) as self._http:
            runner = web.AppRunner(
                app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
            )
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", 0).start()
                self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
                yield self
            finally:
                await runner.cleanup()

    def _does(self, *evils: Evil) -> bool:
        return self._evil in evils and not (self._stops and self.had_enough.is_set())

    def _did(self) -> None:
        self.done += 1
        if self.done >= self._often:
            self.had_enough.set()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        streams = request.headers.get(hdrs.ACCEPT) == "text/event-stream"
        self.paths.append((request.path, "stream" if streams else "json"))
        if self._does(Evil.ANSWERS_502) or (self._does(Evil.ANSWERS_502_TO_STREAMS) and streams):
            self._did()
            return web.Response(status=502, text=_PAGE, content_type="text/html")
        try:
            async with self._http.request(
                request.method,
                f"{self._upstream}{request.path_qs}",
                headers={k: v for k, v in request.headers.items() if k.lower() not in _HOP},
                data=await request.read(),
                allow_redirects=False,
            ) as answer:
                return await self._pass_on(request, answer, streams=streams)
        except aiohttp.ClientError:
            return web.Response(status=502, text=_PAGE, content_type="text/html")

    async def _pass_on(
        self, request: web.Request, answer: aiohttp.ClientResponse, *, streams: bool
    ) -> web.StreamResponse:
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP}
        if self._does(Evil.BUFFERS) and streams:
            self._did()
            return web.Response(status=answer.status, headers=headers, body=await answer.read())
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        if answer.status == 204:
            return response
        async for chunk in self._chunks(request, answer):
            if streams and (passed := self._cut(chunk)) is not None:
                await response.write(passed)
                if self._evil is not Evil.CLOSES:
                    _drop(request)
                return response
            await response.write(chunk)
        return response

    async def _chunks(
        self, request: web.Request, answer: aiohttp.ClientResponse
    ) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(self.idle if self._does(Evil.DROPS_IDLE) else None):
                    chunk = await answer.content.readany()
            except TimeoutError:
                self._did()
                _drop(request)
                return
            if not chunk:
                return
            yield chunk

    def _cut(self, chunk: bytes) -> bytes | None:
        """What is let through before the stream is cut off; None: it is not, yet."""
        if not self._does(Evil.CUTS, Evil.CUTS_BEFORE, Evil.CLOSES) or b"\ndata:" not in chunk:
            return None
        self._did()
        first = chunk.find(b"\n\n", chunk.find(b"\ndata:")) + 2
        whole = 0 if self._evil is Evil.CUTS_BEFORE or first == len(chunk) else first
        return chunk[: whole + (len(chunk) - whole) // 2]


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()
