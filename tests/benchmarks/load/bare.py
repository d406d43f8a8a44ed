"""The least that aiohttp can do, as a process of its own: what the server is held against.

    python -m tests.benchmarks.load.bare PORT

``POST /answer`` reads its body and answers the bytes that ``PUT /answer`` left. ``GET /stream``
stays open, and gets what ``POST /stream?times=N&pause=S`` sends: its body, N times, S seconds from
one to the next, each written to every stream in turn, by ``write`` and nothing else. Where the body
says ``"sent":0``, it says when that began.
"""

import asyncio
import sys
import time

from aiohttp import web

SSE = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}


class Bare:
    """The application."""

    def __init__(self) -> None:
        self._body = b"{}"
        self._streams: list[web.StreamResponse] = []

    def application(self) -> web.Application:
        """Its routes."""
        app = web.Application(client_max_size=2**30)
        app.router.add_put("/answer", self.keep)
        app.router.add_post("/answer", self.answer)
        app.router.add_get("/stream", self.stream)
        app.router.add_post("/stream", self.send)
        return app

    async def keep(self, request: web.Request) -> web.Response:
        """Keep what is to be answered."""
        self._body = await request.read()
        return web.Response(status=204)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer it."""
        await request.read()
        return web.Response(status=202, body=self._body, content_type="application/json")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Stay open."""
        response = web.StreamResponse(headers=SSE)
        await response.prepare(request)
        await response.write(b"retry: 2000\n\n")
        self._streams.append(response)
        try:
            await asyncio.Event().wait()
        finally:
            self._streams.remove(response)
        return response

    async def send(self, request: web.Request) -> web.Response:
        """Send the body to all."""
        content = await request.read()
        for _ in range(int(request.query["times"])):
            stamped = content.replace(b'"sent":0', b'"sent":%d' % time.monotonic_ns())
            for response in self._streams:
                await response.write(stamped)
            await asyncio.sleep(float(request.query["pause"]))
        return web.Response(status=204)


if __name__ == "__main__":
    web.run_app(
        Bare().application(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        print=None,
        handler_cancellation=True,
        backlog=1_024,
    )
