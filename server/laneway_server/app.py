"""The web application: every route, and what happens around each request.

A request has a trace id, its caller sees a problem and never an error, and the access log has a
line about it, without tokens and without the query.
"""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from aiohttp import web

from laneway.ports.store import StoreError

from . import openapi, problems
from .routes import artifacts, decisions, events, health, lanes, operations, pages, plans
from .routes.route import CALLER, Route
from .services import Services

ROUTES: tuple[Route, ...] = (
    *operations.ROUTES,
    *artifacts.ROUTES,
    *decisions.ROUTES,
    *events.ROUTES,
    *lanes.ROUTES,
    *plans.ROUTES,
    *health.ROUTES,
    *pages.ROUTES,
)
"""Every route there is."""

TRACE_HEADER = "X-Trace-Id"

_TRACE = web.RequestKey("trace", str)

# https://www.w3.org/TR/trace-context/: version, trace id, parent id, flags; zeros are no id.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = structlog.get_logger("laneway.http")


def web_application(services: Services) -> web.Application:
    """The application over its services."""
    # The limit is checked where a body is read; aiohttp's own must only not be lower.
    app = web.Application(
        middlewares=[_around, _problems], client_max_size=services.limits.body + 1
    )
    app[pages.OPENAPI] = openapi.encoded(ROUTES)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, partial(route.handle, services))
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, partial(route.handle, services))
    app.on_response_prepare.append(_headers)
    return app


def runner(app: web.Application) -> web.AppRunner:
    """What serves it: a handler is cancelled when its client leaves, and logging is ours."""
    return web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=5.0)


def trace_id(request: web.Request) -> str:
    """The trace id of a request: its caller's, or one that was made for it."""
    if _TRACE not in request:
        found = _TRACEPARENT.fullmatch(request.headers.get("traceparent", "").strip())
        request[_TRACE] = found[1] if found else secrets.token_hex(16)
    return request[_TRACE]


async def _headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers[TRACE_HEADER] = trace_id(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Server"] = "Laneway"


@web.middleware
async def _around(request: web.Request, handler: _Handler) -> web.StreamResponse:
    loop = asyncio.get_running_loop()
    began = loop.time()
    status = 499  # as nginx says: the client left before it was answered
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        _log.info(
            "request",
            method=request.method,
            path=request.path,
            status=status,
            milliseconds=round((loop.time() - began) * 1000, 1),
            caller=request.get(CALLER),
            trace_id=trace_id(request),
        )


@web.middleware
async def _problems(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (ConnectionResetError, asyncio.CancelledError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem
        return problems.response(_problem(request, error), trace_id(request))


def _problem(request: web.Request, error: Exception) -> problems.Problem:
    known = problems.problem_of(error)
    if known is None:
        _log.exception("internal_error", path=request.path, trace_id=trace_id(request))
        return problems.Problem("internal_error", "the server's log has it, by the trace id")
    if isinstance(error, StoreError):
        _log.error("store_unavailable", why=str(error), trace_id=trace_id(request))
    return known
