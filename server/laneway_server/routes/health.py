"""Whether the server lives, and whether it can do its work."""

import msgspec
from aiohttp import hdrs, web
from msgspec import UNSET
from prometheus_client import CONTENT_TYPE_LATEST

import laneway
from laneway_server import wire
from laneway_server.problems import Problem

from .route import Answer, Call, Route, answer


async def health(call: Call) -> web.Response:
    """That the server lives, whatever its surroundings do."""
    records, policy = call.services.records, call.services.access.standing()
    targets = UNSET if records is None else records.standing()
    access = UNSET if policy is None else msgspec.convert(policy, wire.AccessView)
    return answer(
        wire.Health(status="ok", version=laneway.__version__, targets=targets, access=access)
    )


async def ready(call: Call) -> web.Response:
    """That the server takes operations and can write them down: it tries."""
    engine = call.services.engine
    if engine.draining:
        raise Problem("draining", "the server is about to stop")
    if engine.fenced:
        raise Problem("fenced", "another process has claimed the database")
    await engine.store.check()
    return answer(wire.Ready(status="ready"))


async def metrics(call: Call) -> web.Response:
    """What the server counts."""
    text = await call.services.metrics.text(call.services)
    headers = {hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST, hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(body=text, headers=headers)


ROUTES = (
    Route(
        method="GET",
        path="/v1/health",
        handler=health,
        name="health",
        tag="server",
        summary="Whether the server lives",
        answers=(Answer(200, "It does.", wire.Health),),
        public=True,
        stored=False,
    ),
    Route(
        method="GET",
        path="/v1/ready",
        handler=ready,
        name="ready",
        tag="server",
        summary="Whether the server takes operations and can write them down",
        answers=(Answer(200, "It can.", wire.Ready),),
        problems=("draining",),
        public=True,
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=metrics,
        name="metrics",
        tag="server",
        summary="What the server counts, in Prometheus's format",
        answers=(Answer(200, "It.", media="text/plain"),),
        public=True,
    ),
)
