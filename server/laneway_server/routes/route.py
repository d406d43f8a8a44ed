"""A route: an address, what it takes, what it may answer. Said once, for the router and OpenAPI.

What a route declares is what happens: the body and the query are read by its types before the
handler is called, and everything that is not ``public`` asks for the caller.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol

import msgspec
from aiohttp import hdrs, web

from laneway.core.model import Lane
from laneway_server import forms, reading, views
from laneway_server.access import auditing
from laneway_server.access.identity import Caller
from laneway_server.access.ruling import Act, Question, Scope, Verdict
from laneway_server.services import Services

from . import authorization

JSON = "application/json"
UNPROVED_BODY = 32 * 1024
"""Bytes of a body that anybody may send: more than the longest token."""

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


@dataclass(frozen=True, slots=True)
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

    def demand(self, act: Act, plan: str | None = None, lane: Lane | None = None) -> Verdict:
        """What the policy says of the caller doing this.

        Raises:
            Problem: ``authorization_denied``.
        """
        question = Question(act=act, plan=plan, lane=lane)
        return authorization.demand(self.services.access, self.who, question)

    @property
    def visible(self) -> tuple[Scope, ...] | None:
        """What the caller may read; None is everything."""
        return self.services.access.visible(self.who.actor)

    async def check_still_seen(self) -> None:
        """Hold that the caller may still read the operation, after they have waited.

        Raises:
            OperationNotFound: they may not.
        """
        if not await self.services.visibility.sees(self.who.actor, self.id):
            raise authorization.hidden(self.id)

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

    def __call__(self, call: Call) -> Coroutine[Any, Any, web.StreamResponse]:
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
        act: what the caller must be allowed to do, with the operation or on the lane that the
            address names; None where the handler asks, or leaves out what the caller may not see.
        kept: what it does is no event of an operation, so it is an entry of the audit log, with
            these fields of its body.
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
    act: Act | None = None
    kept: tuple[str, ...] | None = None
    public: bool = False
    stored: bool = True

    async def handle(self, services: Services, request: web.Request) -> web.StreamResponse:
        """Read a request as the route declares it, and hand it over."""
        caller = None if self.public else await _identified(services, request)
        if caller is None or self.method == "GET":
            # Here, and not in a method: every stream that is open has this on its stack.
            return await self.handler(await self._call(services, request, caller))
        services.auditor.admit(caller)
        tried = auditing.tried(request, services.front, self.name, caller, self.kept)
        answering = self._answered(services, request, caller, tried)
        return await services.auditor.watched(tried, answering)

    async def _answered(
        self,
        services: Services,
        request: web.Request,
        caller: Caller | None,
        tried: auditing.Tried,
    ) -> web.StreamResponse:
        return await self.handler(await self._call(services, request, caller, tried))

    async def _call(
        self,
        services: Services,
        request: web.Request,
        caller: Caller | None,
        tried: auditing.Tried | None = None,
    ) -> Call:
        """The call that a request is, where it may be made."""
        call = Call(
            services=services,
            request=request,
            caller=caller,
            query=reading.read_query(request, self.query),
            key=reading.idempotency_key(request) if self.keyed else "",
            body=await self._body(services, request),
        )
        if tried is not None:
            tried.learn(call.body)
        call = await self._authorized(call)
        if tried is not None:
            tried.actor = call.who.actor
        return call

    async def _authorized(self, call: Call) -> Call:
        """The call, with the rules that allow it written into its actor."""
        if self.act is None:
            return call
        if "{id}" in self.path:
            services = call.services
            operation = await authorization.loaded(
                services.access, call.who, services.engine, call.id
            )
            verdict = authorization.demand_of_operation(
                call.services.access, call.who, self.act, operation, call.body
            )
        else:
            lane = call.lane if "{product}" in self.path else None
            verdict = call.demand(self.act, lane=lane)
        return replace(call, caller=authorization.ruled(call.who, verdict))

    async def _body(self, services: Services, request: web.Request) -> Any:
        if self.body is None:
            return None
        limits = services.limits
        most = min(limits.body, UNPROVED_BODY) if self.public else limits.body
        return await reading.read_body(request, self.body, most, limits.depth)


async def _identified(services: Services, request: web.Request) -> Caller:
    address = services.front.address(request)
    if hdrs.AUTHORIZATION in request.headers:
        with services.failures.watching(address):
            caller = await services.access.identify(request)
    else:
        # Whoever brings no proof guesses at none: a page that is signed out is no attack.
        services.failures.check(address)
        caller = await services.access.identify(request)
    request[CALLER] = caller.actor.subject
    return caller


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """An answer in JSON; nothing of it may be kept by caches without asking again."""
    return web.Response(
        body=views.to_json(value),
        status=status,
        headers={hdrs.CONTENT_TYPE: JSON, hdrs.CACHE_CONTROL: "no-cache", **(headers or {})},
    )
