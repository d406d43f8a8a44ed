"""Events: of one operation as JSON or as a stream, and of all operations as a stream."""

from collections.abc import Coroutine
from typing import Any

import msgspec
from aiohttp import hdrs, web

from laneway.core.chain import wire_text
from laneway.core.envelope import Recorded
from laneway_server import forms, reading, wire
from laneway_server.access.ruling import Act
from laneway_server.problems import FieldError, Problem, invalid
from laneway_server.streams import longpoll, sse

from .route import Answer, Call, Route, answer

DEFAULT_LIMIT = 200

_LAST_EVENT_ID = ("Last-Event-ID", "The last `id` that was seen: the stream goes on after it.")
_STREAM = Answer(200, "Server-sent events; `data` is an event's JSON.", media="text/event-stream")


def wants_stream(request: web.Request) -> bool:
    """Whether the caller asks for server-sent events."""
    accepted = ",".join(request.headers.getall(hdrs.ACCEPT, []))
    for item in accepted.split(","):
        media, *parameters = (part.strip().lower() for part in item.split(";"))
        if media == "text/event-stream":
            return not any(p.replace(" ", "") in ("q=0", "q=0.0", "q=0.00") for p in parameters)
    return False


def of_operation(call: Call) -> Coroutine[Any, Any, web.StreamResponse]:
    """The events of an operation."""
    # Not awaited here: every stream that is open would keep this on its stack.
    return _stream(call) if wants_stream(call.request) else _listed(call)


async def _listed(call: Call) -> web.Response:
    query: forms.EventsQuery = call.query
    after = query.after or 0
    wait = reading.milliseconds(query.wait)
    operation = await call.services.engine.operation(call.id)
    if wait and operation.run.seq <= after:
        with call.services.waiters.one(call.who.key_scope):
            services = call.services
            await longpoll.news(services.engine, services.feed, call.id, after, wait)
        await call.check_still_seen()
    return await _page(call, after, query.limit or DEFAULT_LIMIT)


async def _page(call: Call, after: int, limit: int) -> web.Response:
    found = await call.services.engine.store.events(call.id, after, limit)
    operation = await call.services.engine.operation(call.id)
    last = found[-1].seq if found else after
    page = wire.EventPage(
        events=[_raw(recorded) for recorded in found],
        next_after=last,
        end=operation.run.terminal and last >= operation.run.seq,
    )
    return answer(page)


def _raw(recorded: Recorded) -> msgspec.Raw:
    return msgspec.Raw(wire_text(recorded).encode())


async def _stream(call: Call) -> web.StreamResponse:
    # What is found on the way is not kept here: the stream may be one of ten thousand.
    after = _begins_after(call)
    if await _is_over(call, after):
        return web.Response(status=204)  # tells an EventSource not to come back
    services, reader = call.services, _reader(call, to_the_end=True)
    with services.streams.one(call.who.key_scope), services.feed.follow(call.id, reader):
        reader.begin(after)
        reader.topic.knows((await services.engine.operation(call.id)).run.seq)
        return await reader.stream(services.feed)


def _begins_after(call: Call) -> int:
    query: forms.EventsQuery = call.query
    given = [name for name in ("wait", "limit") if getattr(query, name) is not None]
    if given:
        errors = [FieldError(f"?{name}", "is not for streams") for name in given]
        raise invalid("the query does not have its form", *errors)
    return reading.event_cursor(call.request, query.after) or 0


async def _is_over(call: Call, after: int) -> bool:
    run = (await call.services.engine.operation(call.id)).run
    return run.terminal and after >= run.seq


async def of_all(call: Call) -> web.StreamResponse:
    """The events of all operations, as they are committed."""
    if call.visible == ():
        # There are only so many places, and anybody who has an account at an issuer can ask.
        raise Problem("authorization_denied", "no rule lets you read any operation")
    query: forms.AllEventsQuery = call.query
    services, reader = call.services, _reader(call, to_the_end=False)
    after = reading.event_cursor(call.request, query.after)
    with services.streams.one(call.who.key_scope), services.feed.follow_all(reader):
        last = await services.feed.last_position()
        # Nobody has seen an event that is still to come: those were of another database.
        elsewhere = after is None or after > last
        reader.begin(last if after is None or elsewhere else after, elsewhere=elsewhere)
        return await reader.stream(services.feed)


def _reader(call: Call, *, to_the_end: bool) -> sse.Reader:
    sight = call.services.visibility.sight(call.who.actor)
    return sse.Reader(call.request, sight, call.services.limits.behind, to_the_end=to_the_end)


ROUTES = (
    Route(
        method="GET",
        path="/v1/operations/{id}/events",
        handler=of_operation,
        act=Act.READ,
        name="readEvents",
        tag="events",
        summary="The events of an operation: JSON, or a stream with `Accept: text/event-stream`",
        query=forms.EventsQuery,
        headers=(_LAST_EVENT_ID,),
        answers=(
            Answer(200, "Events, in order.", wire.EventPage),
            _STREAM,
            Answer(204, "A stream that would have nothing more: the operation has ended."),
        ),
        problems=("not_found", "too_many_waiters", "too_many_streams"),
    ),
    Route(
        method="GET",
        path="/v1/events",
        handler=of_all,
        name="followEvents",
        tag="events",
        summary="The events of all operations as a stream; `id` is the position among them",
        query=forms.AllEventsQuery,
        headers=(_LAST_EVENT_ID,),
        answers=(_STREAM,),
        problems=("too_many_streams",),
    ),
)
