"""A proxy in front of a provider that writes down what a driver really sends."""

from types import TracebackType
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_HOP = frozenset({"host", "connection", "content-length", "transfer-encoding", "content-encoding"})


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A request that passed."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    json: Any = None


class RecordingProxy:
    """A real HTTP server that passes every request on. Use it as an asynchronous context manager.

    Args:
        upstream: base URL of what it stands in front of.
        reads: paths that change nothing although they are asked by POST.
    """

    def __init__(self, upstream: str, *, reads: tuple[str, ...] = ()) -> None:
        self._upstream = upstream.rstrip("/")
        self._reads = reads
        self._session: aiohttp.ClientSession | None = None
        self.requests: list[Recorded] = []
        self.url = ""

    @property
    def mutations(self) -> list[Recorded]:
        """The requests that may change something."""
        return [
            request
            for request in self.requests
            if request.method not in SAFE_METHODS and request.path not in self._reads
        ]

    async def __aenter__(self) -> "RecordingProxy":
        self._session = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
        await self._runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append(_recorded(request, body))
        headers = {name: value for name, value in request.headers.items() if _kept(name)}
        try:
            return await self._answer(request, headers, body)
        except aiohttp.ClientError:
            if request.transport is not None:
                request.transport.close()
            return web.Response()

    async def _answer(
        self, request: web.Request, headers: dict[str, str], body: bytes
    ) -> web.Response:
        if self._session is None:
            raise RuntimeError("the proxy has not been entered")
        async with self._session.request(
            request.method,
            f"{self._upstream}{request.rel_url}",
            headers=headers,
            data=body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if _kept(name)}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())


def _kept(name: str) -> bool:
    return name.lower() not in _HOP


def _recorded(request: web.Request, body: bytes) -> Recorded:
    return Recorded(
        method=request.method,
        path=request.path,
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        json=msgspec.json.decode(body) if body else None,
    )
