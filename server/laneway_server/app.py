"""The web application: every route, and what happens around each request.

A request has a trace id, its caller sees a problem and never an error, and the access log has a
line about it, without tokens and without the query. No page of another site reads an answer: CORS
is closed, as nothing here opens it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from laneway.ports.store import StoreError

from . import openapi, problems
from .access.addresses import Front
from .metrics import Metrics
from .redaction import shown_path
from .routes import (
    artifacts,
    audit,
    decisions,
    diagrams,
    events,
    evidence,
    health,
    lanes,
    operations,
    pages,
    plans,
    retention,
    session,
)
from .routes.route import CALLER, Route
from .services import Services
from .tracing import TRACE_HEADER, trace_id

ROUTES: tuple[Route, ...] = (
    *operations.ROUTES,
    *artifacts.ROUTES,
    *evidence.ROUTES,
    *decisions.ROUTES,
    *events.ROUTES,
    *lanes.ROUTES,
    *retention.ROUTES,
    *audit.ROUTES,
    *session.ROUTES,
    *plans.ROUTES,
    *diagrams.ROUTES,
    *health.ROUTES,
    *pages.ROUTES,
)
"""Every route there is."""

# What a page, or something that is no page, may do where it does not say so itself: nothing.
_DEFAULTS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Server": "Laneway",
}
_HTTPS_ONLY = "max-age=31536000"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = structlog.get_logger("laneway.http")


def web_application(services: Services) -> web.Application:
    """The application over its services."""
    # The limit is checked where a body is read; aiohttp's own must only not be lower.
    app = web.Application(
        middlewares=[_counted(services.metrics), _around, _problems],
        client_max_size=services.limits.body + 1,
    )
    app[pages.OPENAPI] = openapi.encoded(ROUTES)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, partial(route.handle, services))
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, partial(route.handle, services))
    app.on_response_prepare.append(partial(_headers, services.front))
    return app


def runner(app: web.Application) -> web.AppRunner:
    """What serves it: a handler is cancelled when its client leaves, and logging is ours."""
    return web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=5.0)


async def _headers(front: Front, request: web.Request, response: web.StreamResponse) -> None:
    response.headers[TRACE_HEADER] = trace_id(request)
    response.headers.update(_ALWAYS)
    for name, value in _DEFAULTS.items():
        response.headers.setdefault(name, value)
    if response.content_type.endswith("json"):
        response.headers.setdefault("Cache-Control", "no-store")
    if front.tls:
        response.headers["Strict-Transport-Security"] = _HTTPS_ONLY


def _counted(metrics: Metrics) -> Middleware:
    """Counts requests by their routes; what no route answers is one, whatever its address."""

    @web.middleware
    async def count(request: web.Request, handler: _Handler) -> web.StreamResponse:
        began, status = asyncio.get_running_loop().time(), 499
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            resource = request.match_info.route.resource
            route = resource.canonical if resource is not None else "none"
            seconds = asyncio.get_running_loop().time() - began
            metrics.answered(route, request.method, status, seconds)

    return count


@web.middleware
async def _around(request: web.Request, handler: _Handler) -> web.StreamResponse:
    loop = asyncio.get_running_loop()
    began = loop.time()
    status = 499  # as nginx says: the client left before it was answered
    with structlog.contextvars.bound_contextvars(trace_id=trace_id(request)):
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            _log.info(
                "request",
                method=request.method,
                path=shown_path(request.path),
                status=status,
                milliseconds=round((loop.time() - began) * 1000, 1),
                caller=request.get(CALLER),
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
        _log.exception("internal_error", path=shown_path(request.path))
        return problems.Problem("internal_error", "the server's log has it, by the trace id")
    if isinstance(error, StoreError):
        _log.error("store_unavailable", why=str(error))
    return known
