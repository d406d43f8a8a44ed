"""Lanes: list, show, freeze, unfreeze."""

import structlog
from aiohttp import web

from laneway.core.model import Lane
from laneway.ports.store import LaneRecord
from laneway_server import forms, lane_list, views, wire
from laneway_server.access.ruling import Act
from laneway_server.problems import Problem

from .route import Answer, Call, Route, answer

_log = structlog.get_logger("laneway.lanes")


async def index(call: Call) -> web.Response:
    """Lanes, by their names."""
    query: forms.LanesQuery = call.query
    declared = frozenset(call.services.targets.lanes())
    wanted = lane_list.wanted(query, call.visible)
    store = call.services.engine.store
    headers = await _position(call)  # before them: what comes while they are read is told again
    found, cursor = await lane_list.page(store, declared, query, wanted)
    make = lane_list.Summaries(declared, call.visible, call.services.phase_titles)
    lanes = [await make.of(each) for each in found]
    return answer(wire.LaneList(lanes=lanes, next_cursor=cursor), headers=headers)


async def _position(call: Call) -> dict[str, str]:
    """From where on to follow; who may read no events need not know how many there are."""
    if call.visible == ():
        return {}
    return {_POSITION: str(await call.services.feed.last_position())}


async def show(call: Call) -> web.Response:
    """A lane as it is."""
    return answer(views.lane_view(await _known(call), call.visible))


async def freeze(call: Call) -> web.Response:
    """Let no new operation begin on a lane."""
    asked: forms.FreezeRequest = call.body
    lane, actor = call.lane, call.who.actor
    if call.services.targets.target(lane) is None:
        # Whoever misspells a lane must not go away in the belief that it is frozen.
        raise _unknown(lane)
    record = await call.services.engine.freeze(lane, actor, asked.reason)
    _log.info("lane_frozen", lane=str(lane), by=actor.subject, reason=asked.reason)
    return answer(views.lane_view(record, call.visible))


async def unfreeze(call: Call) -> web.Response:
    """Let operations begin on a lane again."""
    asked: forms.UnfreezeRequest = call.body
    record = await _known(call)
    if record.freeze is not None:
        record = await call.services.engine.unfreeze(call.lane)
        by = call.who.actor.subject
        _log.info("lane_unfrozen", lane=str(call.lane), by=by, reason=asked.reason)
    return answer(views.lane_view(record, call.visible))


async def _known(call: Call) -> LaneRecord:
    """The lane, where the server has a target record for it or something has happened on it."""
    record = await call.services.engine.store.lane(call.lane)
    if record == LaneRecord(lane=call.lane) and call.services.targets.target(call.lane) is None:
        raise _unknown(call.lane)
    return record


def _unknown(lane: Lane) -> Problem:
    return Problem("target_not_found", f"the server has no target record for {lane}")


_POSITION = "Laneway-Position"
_FOLLOW = (
    "The position of the newest event before the list was read: whoever follows `/v1/events` from"
    " there (`Last-Event-ID`) misses nothing."
)
_LANE = "/v1/lanes/{product}/{context}/{instance}"
_SHOWN = (Answer(200, "The lane as it is.", wire.LaneView),)
_UNKNOWN = ("target_not_found",)

ROUTES = (
    Route(
        method="GET",
        path="/v1/lanes",
        handler=index,
        name="listLanes",
        tag="lanes",
        summary="Lanes by their names: who holds each, who waits, and what was done on it last",
        query=forms.LanesQuery,
        answers=(
            Answer(200, "A page of the list.", wire.LaneList, headers=((_POSITION, _FOLLOW),)),
        ),
    ),
    Route(
        method="GET",
        path=_LANE,
        handler=show,
        act=Act.READ,
        name="readLane",
        tag="lanes",
        summary="Who holds a lane, who waits for it, and what was done on it last",
        answers=_SHOWN,
        problems=_UNKNOWN,
    ),
    Route(
        method="POST",
        path=f"{_LANE}/freeze",
        handler=freeze,
        act=Act.FREEZE,
        name="freezeLane",
        tag="lanes",
        summary="Let no new operation begin on a lane; one that runs goes on",
        body=forms.FreezeRequest,
        kept=("reason",),
        answers=_SHOWN,
        problems=_UNKNOWN,
    ),
    Route(
        method="POST",
        path=f"{_LANE}/unfreeze",
        handler=unfreeze,
        act=Act.FREEZE,
        name="unfreezeLane",
        tag="lanes",
        summary="Let operations begin on a lane again, those that are queued first",
        body=forms.UnfreezeRequest,
        kept=("reason",),
        answers=_SHOWN,
        problems=_UNKNOWN,
    ),
)
