"""A simulated Odoo site: a real HTTP server that answers as was measured on Odoo 18.0.

One site stands for one lane. What it answers depends on the lane's state:

- the web container is stopped: 404 from the proxy on every route;
- no database: health and version answer, `/web/login` goes to the database selector, logos are
  the stock one;
- a database that is not initialised, or an artifact that is broken: 500 HTML on every route;
- a bootstrapped database: everything, and `/launchplane/health` with the runtime identity.
"""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from laneway.testing.simulators.control import Control
from laneway.testing.simulators.faults import Fault, FaultBoard
from laneway.testing.simulators.images import placeholder, stock_logo
from laneway.testing.simulators.lanes import SimulatedLane
from laneway.testing.simulators.odoo_pages import (
    bad_gateway,
    database_selector,
    internal_server_error,
    login_page,
    not_found,
    stopped_container,
)
from laneway.testing.simulators.server import CONTROL_PREFIX, HttpServer, Wire
from laneway.testing.simulators.timing import Durations, Sleep

SUPPORTED_VERSIONS = ("16.0", "17.0", "18.0", "19.0")
HEALTH_ROUTES = ("/web/health", "/launchplane/health")

_FAVICON = b"\x00\x00\x01\x00"  # how the file of an icon begins; nobody looks further
_PREVIEW_URL = "https://pr-42.preview.example.invalid"


class OdooSimulator:
    """The site of one lane.

    Args:
        lane: the lane whose state it shows.
        version: the Odoo series that it answers as, `16.0` to `19.0`.
        website: whether the `website` module is installed by a bootstrap; without it no page
            advertises a canonical address.
        canonical_url: the address that it advertises; None for its own.
        lists_databases: whether `/web/database/list` is allowed (Odoo's `list_db`).
        durations: `slow` is used.
        sleep: waits out the fault `slow`.
        port: the port to listen on; 0 takes a free one.

    Raises:
        ValueError: the version is not a supported one.
    """

    def __init__(
        self,
        lane: SimulatedLane,
        *,
        version: str = "18.0",
        website: bool = True,
        canonical_url: str | None = None,
        lists_databases: bool = True,
        durations: Durations | None = None,
        sleep: Sleep = asyncio.sleep,
        port: int = 0,
    ) -> None:
        if version not in SUPPORTED_VERSIONS:
            raise ValueError(f"not a simulated Odoo version: {version!r}")
        self.lane = lane
        self.version = version
        self.faults = FaultBoard()
        self._website = website
        self._canonical_url = canonical_url
        self._lists_databases = lists_databases
        self._wire = Wire(
            self.faults,
            route_name=lambda request: request.path,
            sleep=sleep,
            slow_seconds=(durations or Durations()).slow,
        )
        self._server = HttpServer(self._app(), port)

    async def start(self) -> None:
        """Listen."""
        await self._server.start()

    async def stop(self) -> None:
        """Let go of calls that hang, and stop listening."""
        self.faults.clear()
        await self._server.stop()

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return self._server.url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def canonical_url(self) -> str:
        """The base URL that the login page advertises."""
        return self._canonical_url or self.url

    @property
    def requests(self) -> dict[str, int]:
        """How many calls of each path arrived, those that a fault struck included."""
        return dict(self._wire.requests)

    def describe(self) -> dict[str, object]:
        """What `GET /_simulator/state` answers."""
        return {
            "simulator": "odoo",
            "version": self.version,
            "lane": self.lane.spec.key,
            "requests": self.requests,
            "state": self.lane.state,
        }

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._wire.middleware(), self._container()])
        control = Control(self.faults, state=self.describe, bootstraps=lambda: self.lane.bootstraps)
        control.add_to(app)
        app.add_routes(
            [
                web.get("/web/health", self._health),
                web.get("/launchplane/health", self._own_health),
                web.get("/web/login", self._login),
                web.get("/web/database/selector", self._selector),
                web.post("/web/database/list", self._databases),
                web.post("/web/webclient/version_info", self._version_info),
                web.get("/web/binary/company_logo", self._company_logo),
                web.get("/logo.png", self._company_logo),
                web.get("/web/static/img/favicon.ico", self._favicon),
                web.get("/web/image/res.company/{id}/logo", self._company_image),
            ]
        )
        if self.version == "19.0":
            app.router.add_get("/web/version", self._web_version)
        return app

    def _container(self) -> Middleware:
        """The middleware for what makes no difference between routes."""

        @web.middleware
        async def in_the_container(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(CONTROL_PREFIX):
                return await handler(request)
            if not self.lane.state.web_running:
                return stopped_container()
            if request.path in HEALTH_ROUTES and self._fault(Fault.HEALTH_DOWN, request):
                return bad_gateway()
            if self.lane.state.database == "uninitialised" or self.lane.broken:
                return _odoo_s(internal_server_error())
            return _odoo_s(await handler(request))

        return in_the_container

    async def _health(self, request: web.Request) -> web.Response:
        """`pass` whatever happens, unless the caller asks for the database server's state."""
        if not request.query.get("db_server_status"):
            return web.json_response({"status": "pass"})
        if self._fault(Fault.POSTGRES_DOWN, request):
            return web.json_response({"status": "fail", "db_server_status": False}, status=500)
        return web.json_response({"status": "pass", "db_server_status": True})

    async def _own_health(self, request: web.Request) -> web.Response:
        identity = self.lane.state.identity
        if identity is None:
            return not_found()
        if self._fault(Fault.POSTGRES_DOWN, request):
            return web.json_response({"status": "fail"}, status=503)
        body: dict[str, object] = {"status": "ok"}
        shown = {name: getattr(identity, name) for name in identity.__struct_fields__}
        if self._fault(Fault.IDENTITY_MISSING, request):
            return web.json_response(body)
        if self._fault(Fault.IDENTITY_MALFORMED, request):
            return web.json_response({**body, "runtime_identity": "not an object"})
        if self._fault(Fault.IDENTITY_MISMATCH, request):
            shown["instance"] = "somewhere-else"
        return web.json_response({**body, "runtime_identity": shown})

    async def _login(self, request: web.Request) -> web.Response:
        if self._fault(Fault.POSTGRES_DOWN, request):
            return internal_server_error()
        if self.lane.state.database == "absent":
            return web.Response(status=303, headers={"Location": "/web/database/selector"})
        stale = self._fault(Fault.STALE_CANONICAL, request)
        canonical = _PREVIEW_URL if stale else self.canonical_url
        return login_page(
            host=request.host, canonical=canonical if self._website else None, preview=stale
        )

    async def _selector(self, _request: web.Request) -> web.Response:
        return database_selector(self._database_names())

    async def _databases(self, _request: web.Request) -> web.Response:
        if self._lists_databases:
            return _rpc({"result": self._database_names()})
        denied = {"name": "odoo.exceptions.AccessDenied", "message": "Access Denied"}
        return _rpc({"error": {"code": 200, "message": "Odoo Server Error", "data": denied}})

    async def _version_info(self, _request: web.Request) -> web.Response:
        return _rpc({"result": self._version_fields()})

    async def _web_version(self, _request: web.Request) -> web.Response:
        fields = self._version_fields()
        shown = {"version": fields["server_version"], "version_info": fields["server_version_info"]}
        return web.json_response(shown)

    async def _company_logo(self, request: web.Request) -> web.Response:
        return _png(self._logo(request))

    async def _favicon(self, _request: web.Request) -> web.Response:
        return web.Response(body=_FAVICON, content_type="image/x-icon")

    async def _company_image(self, request: web.Request) -> web.Response:
        if self._fault(Fault.PLACEHOLDER_LOGO, request):
            return _png(placeholder())
        if self.lane.state.database == "absent":
            return not_found()
        own = request.match_info["id"] == "1"
        return _png(self._logo(request) if own else placeholder())

    def _logo(self, request: web.Request) -> bytes:
        ready = self.lane.state.database == "ready"
        failing = self._fault(Fault.STOCK_LOGO, request) or self._fault(
            Fault.POSTGRES_DOWN, request
        )
        return self.lane.spec.logo if ready and not failing else stock_logo()

    def _fault(self, fault: Fault, request: web.Request) -> bool:
        return self.faults.applies(fault, request.path)

    def _database_names(self) -> list[str]:
        return [] if self.lane.state.database == "absent" else [self.lane.spec.database]

    def _version_fields(self) -> dict[str, object]:
        major = int(self.version.split(".")[0])
        return {
            "server_version": self.version,
            "server_version_info": [major, 0, 0, "final", 0, ""],
            "server_serie": self.version,
            "protocol_version": 1,
        }


def _odoo_s(response: web.StreamResponse) -> web.StreamResponse:
    """An answer of Odoo's own, and not of the proxy: it carries the header that all of them do."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _rpc(content: dict[str, object]) -> web.Response:
    return web.json_response({"jsonrpc": "2.0", "id": None, **content})


def _png(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="image/png")
