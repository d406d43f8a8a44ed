"""What the two simulators share as HTTP servers: their life, their faults and their counts."""

from __future__ import annotations

import contextlib
import secrets
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from laneway.testing.simulators.faults import (
    AFTER_FAULTS,
    AT_ONCE_STATUS,
    BEFORE_FAULTS,
    LATE_STATUS,
    Fault,
    FaultBoard,
    FaultRule,
)
from laneway.testing.simulators.timing import Sleep

CONTROL_PREFIX = "/_simulator/"
LOOPBACK = "127.0.0.1"
QUIET_PORTS = range(20_000, 32_000)
"""Ports below those that systems give to whoever asks for a free one (Linux: from 32768 on)."""

TRIES = 50
"""How many of them are tried before any free port will do."""

RouteName = Callable[[web.Request], str]

_PROXY_REASONS = {524: "A timeout occurred"}


class HttpServer:
    """A real HTTP server on the loopback interface.

    Args:
        app: what it serves.
        port: the port to listen on; 0 takes a free one.
    """

    def __init__(self, app: web.Application, port: int = 0) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        self._port = port

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        await self._runner.setup()
        await self._listen()
        self._port = self._runner.addresses[0][1]

    async def _listen(self) -> None:
        """On the port that was asked for, or on a free one that will be free again.

        A port that the system gives to anybody who asks for one may be somebody else's when the
        server starts again, and is to have the same: so it takes one that the system does not give.
        """
        if self._port:
            await web.TCPSite(self._runner, LOOPBACK, self._port).start()
            return
        for _ in range(TRIES):
            port = QUIET_PORTS[secrets.randbelow(len(QUIET_PORTS))]
            with contextlib.suppress(OSError):
                await web.TCPSite(self._runner, LOOPBACK, port).start()
                return
        await web.TCPSite(self._runner, LOOPBACK, 0).start()

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        await self._runner.cleanup()

    @property
    def port(self) -> int:
        """The port it listens on, once it has started."""
        return self._port

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://{LOOPBACK}:{self._port}"


class Wire:
    """The way between a caller and a simulator, where calls are counted and faults strike.

    Args:
        faults: what is switched on.
        route_name: names the route of a request, for counts and faults.
        sleep: waits out the fault `slow`.
        slow_seconds: how long that is.
        handles_late_faults: routes whose handlers apply the faults of the way back themselves,
            because their calls do not end until something else does.
    """

    def __init__(
        self,
        faults: FaultBoard,
        *,
        route_name: RouteName,
        sleep: Sleep,
        slow_seconds: float,
        handles_late_faults: frozenset[str] = frozenset(),
    ) -> None:
        self.requests: Counter[str] = Counter()
        self._faults = faults
        self._route_name = route_name
        self._sleep = sleep
        self._slow_seconds = slow_seconds
        self._handles_late_faults = handles_late_faults

    def middleware(self) -> Middleware:
        """The aiohttp middleware that puts every call through `carry`."""

        @web.middleware
        async def on_the_wire(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(CONTROL_PREFIX):
                return await handler(request)
            return await self.carry(request, handler)

        return on_the_wire

    async def carry(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count a call and bring it to its handler, unless a fault strikes on the way."""
        route = self._route_name(request)
        self.requests[route] += 1
        before = self._faults.take(BEFORE_FAULTS, route)
        if before is not None:
            return await self.strike(request, before)
        if self._faults.applies(Fault.SLOW, route):
            await self._sleep(self._slow_seconds)
        response = await handler(request)
        if route in self._handles_late_faults:
            return response
        after = self._faults.take(AFTER_FAULTS, route)
        return response if after is None else await self.strike(request, after)

    async def strike(self, request: web.Request, rule: FaultRule) -> web.StreamResponse:
        """What the caller gets of a fault of the way there or back."""
        status = {**AT_ONCE_STATUS, **LATE_STATUS}.get(rule.fault)
        if status == 500:
            return internal_error()
        if status is not None:
            return proxy_error(status)
        if rule.fault is Fault.RATE_LIMITED:
            return unauthorized()
        if rule.fault in (Fault.HANG, Fault.HANG_WHILE_RUNNING):
            await rule.cleared.wait()
        return drop(request)


def drop(request: web.Request) -> web.Response:
    """Close the connection: the caller gets no answer. What is returned reaches nobody."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def proxy_error(status: int) -> web.Response:
    """The HTML page of a proxy in front: no JSON, no Dokploy, no Odoo."""
    reason = _PROXY_REASONS.get(status) or HTTPStatus(status).phrase
    page = f"<html><head><title>{status} {reason}</title></head><body>{reason}</body></html>"
    return web.Response(status=status, reason=reason, text=page, content_type="text/html")


def unauthorized() -> web.Response:
    """Dokploy's answer to a bad key, an expired one, and one past its rate limit."""
    return web.json_response({"message": "Unauthorized"}, status=401)


def internal_error() -> web.Response:
    """An answer 500 of the kind that says nothing."""
    body = {"message": "Internal server error", "code": "INTERNAL_SERVER_ERROR"}
    return web.json_response(body, status=500)
