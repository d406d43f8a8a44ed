"""The web application: every route, and what happens around each request.

A request has a trace id, its caller sees a problem and never an error, and the access log has a
line about it, without tokens and without the query. No page of another site reads an answer: CORS
is closed, as nothing here opens it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware
from multidict import istr

from laneway.ports.store import StoreError

from . import logs, openapi, problems
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
    plan_versions,
    plans,
    retention,
    session,
    ui,
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
    *plan_versions.ROUTES,
    *diagrams.ROUTES,
    *health.ROUTES,
    *pages.ROUTES,
    *ui.ROUTES,
)
"""Every route there is."""

# What a page, or something that is no page, may do where it does not say so itself: nothing.
_DEFAULTS = {
    istr("Content-Security-Policy"): "default-src 'none'; frame-ancestors 'none'",
    istr("Referrer-Policy"): "no-referrer",
    istr("Cross-Origin-Resource-Policy"): "same-origin",
    istr("Cross-Origin-Opener-Policy"): "same-origin",
}
_ALWAYS = {
    istr("X-Content-Type-Options"): "nosniff",
    istr("X-Frame-Options"): "DENY",
    hdrs.SERVER: "Laneway",
}
_HTTPS_ONLY = "max-age=31536000"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = structlog.get_logger("laneway.http")


def web_application(services: Services) -> web.Application:
    """The application over its services."""
    # The limit is checked where a body is read; aiohttp's own must only not be lower.
    app = web.Application(
        middlewares=[_around(services.metrics)],
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
    headers = response.headers
    headers[TRACE_HEADER] = trace_id(request)
    headers.update(_ALWAYS)
    for name, value in _DEFAULTS.items():
        headers.setdefault(name, value)
    if hdrs.CACHE_CONTROL not in headers and response.content_type.endswith("json"):
        headers[hdrs.CACHE_CONTROL] = "no-store"
    if front.tls:
        headers["Strict-Transport-Security"] = _HTTPS_ONLY


def _around(metrics: Metrics) -> Middleware:
    """All that happens around each request; one layer, as every stream that is open is in it."""

    @web.middleware
    async def around(request: web.Request, handler: _Handler) -> web.StreamResponse:
        time = asyncio.get_running_loop().time
        began, status = time(), 499  # as nginx says: the client left before it was answered
        # The context is the request's own, as its task is; so nobody has to clear it.
        structlog.contextvars.bind_contextvars(trace_id=trace_id(request))
        try:
            response = await handler(request)
            status = response.status
        except (ConnectionResetError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem
            response = problems.response(_problem(request, error), trace_id(request))
            status = response.status
        finally:
            _note(metrics, request, status, time() - began)
        return response

    return around


def _note(metrics: Metrics, request: web.Request, status: int, seconds: float) -> None:
    """Count a request by its route, and write its line into the access log."""
    resource = request.match_info.route.resource
    # What no route answers is one, whatever its address.
    metrics.answered(resource.canonical if resource else "none", request.method, status, seconds)
    logs.request(
        method=request.method,
        path=shown_path(request.path),
        status=status,
        milliseconds=round(seconds * 1000, 1),
        caller=request.get(CALLER),
        trace_id=trace_id(request),
    )


def _problem(request: web.Request, error: Exception) -> problems.Problem:
    known = problems.problem_of(error)
    if known is None:
        _log.exception("internal_error", path=shown_path(request.path))
        return problems.Problem("internal_error", "the server's log has it, by the trace id")
    if isinstance(error, StoreError):
        _log.error("store_unavailable", why=str(error))
    return known
