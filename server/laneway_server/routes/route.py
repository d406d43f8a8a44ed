"""A route: an address, what it takes, what it may answer. Said once, for the router and OpenAPI.

What a route declares is what happens: the body and the query are read by its types before the
handler is called, and everything that is not ``public`` asks for the caller.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from aiohttp import web

from laneway.core.model import Lane
from laneway_server import forms, reading, views
from laneway_server.access.identity import Caller
from laneway_server.services import Services

JSON = "application/json"
CALLER = web.RequestKey("caller", str)
"""The subject of a request's caller, for the access log."""


@dataclass(frozen=True)
class Answer:
    """One way in which a route answers.

    Attributes:
        body: the type of the body; None where there is none, or where it is no JSON.
        headers: of the answer, each with what it says.
    """

    status: int
    description: str
    body: type[msgspec.Struct] | None = None
    media: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Call:
    """One request, read and identified.

    Attributes:
        body: of the type that the route declares; query: the same.
        key: the Idempotency-Key, where the route asks for one.
    """

    services: Services
    request: web.Request
    caller: Caller | None
    body: Any
    query: Any
    key: str

    @property
    def who(self) -> Caller:
        """The caller of a route that is not public."""
        assert self.caller is not None, "only public routes have nobody"
        return self.caller

    @property
    def id(self) -> str:
        """The operation that the address names."""
        return self.request.match_info["id"]

    @property
    def lane(self) -> Lane:
        """The lane that the address names."""
        match = self.request.match_info
        return Lane(match["product"], match["context"], match["instance"])


class Handler(Protocol):
    """What answers a call."""

    __name__: str

    async def __call__(self, call: Call) -> web.StreamResponse:
        """Answer it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Route:
    """See the module.

    Attributes:
        name: the ``operationId``; unique.
        problems: codes that the handler may answer with, besides those of every route of its kind.
        keyed: it asks for an Idempotency-Key.
        headers: of the request, each with what it does.
        public: it asks nobody who they are.
        stored: it reads or writes the database.
    """

    method: str
    path: str
    handler: Handler
    name: str
    tag: str
    summary: str
    answers: tuple[Answer, ...]
    problems: tuple[str, ...] = ()
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] = forms.NoQuery
    keyed: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    public: bool = False
    stored: bool = True

    async def handle(self, services: Services, request: web.Request) -> web.StreamResponse:
        """Read a request as the route declares it, and hand it over."""
        caller = None if self.public else services.access.identify(request)
        if caller is not None:
            request[CALLER] = caller.actor.subject
        call = Call(
            services=services,
            request=request,
            caller=caller,
            query=reading.read_query(request, self.query),
            key=reading.idempotency_key(request) if self.keyed else "",
            body=await self._body(services, request),
        )
        return await self.handler(call)

    async def _body(self, services: Services, request: web.Request) -> Any:
        if self.body is None:
            return None
        limits = services.limits
        return await reading.read_body(request, self.body, limits.body, limits.depth)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """An answer in JSON; nothing of it may be kept by caches without asking again."""
    return web.Response(
        body=views.to_json(value),
        status=status,
        content_type=JSON,
        headers={"Cache-Control": "no-cache", **(headers or {})},
    )
