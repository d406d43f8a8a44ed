"""Whether the server lives, and whether it can do its work."""

from aiohttp import web
from msgspec import UNSET

import laneway
from laneway_server import wire
from laneway_server.problems import Problem

from .route import Answer, Call, Route, answer


async def health(call: Call) -> web.Response:
    """That the server lives, whatever its surroundings do."""
    records = call.services.records
    targets = UNSET if records is None else records.standing()
    return answer(wire.Health(status="ok", version=laneway.__version__, targets=targets))


async def ready(call: Call) -> web.Response:
    """That the server takes operations and can write them down: it tries."""
    engine = call.services.engine
    if engine.draining:
        raise Problem("draining", "the server is about to stop")
    if engine.fenced:
        raise Problem("fenced", "another process has claimed the database")
    await engine.store.check()
    return answer(wire.Ready(status="ready"))


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
)
