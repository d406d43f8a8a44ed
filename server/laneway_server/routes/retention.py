"""Holds: an operation stays, whatever its plan's retention says, until somebody releases it."""

from aiohttp import web

from laneway.ports.retention import Hold
from laneway_server import forms
from laneway_server.access.ruling import Act
from laneway_server.pruned import HoldView

from .route import Answer, Call, Route, answer


async def show(call: Call) -> web.Response:
    """Whether an operation is on hold."""
    held = await call.services.engine.store.retention.held(call.id)
    return answer(_view(call.id, held))


async def hold(call: Call) -> web.Response:
    """Put an operation on hold."""
    asked: forms.HoldRequest = call.body
    held = await call.services.engine.hold(call.id, call.who.actor, asked.reason)
    return answer(_view(call.id, held))


async def release(call: Call) -> web.Response:
    """Let go of an operation."""
    await call.services.engine.release(call.id)
    return answer(_view(call.id, None))


def _view(operation_id: str, hold: Hold | None) -> HoldView:
    return HoldView(
        operation=operation_id,
        held=hold is not None,
        by=hold.by if hold else None,
        reason=hold.reason if hold else None,
        at=hold.at if hold else None,
    )


_SHOWN = (Answer(200, "Whether the operation is on hold, and why.", HoldView),)
_GONE = ("not_found",)

ROUTES = (
    Route(
        method="GET",
        path="/v1/operations/{id}/hold",
        handler=show,
        act=Act.READ,
        name="readHold",
        tag="retention",
        summary="Whether an operation is on hold, and why",
        answers=_SHOWN,
        problems=_GONE,
    ),
    Route(
        method="POST",
        path="/v1/operations/{id}/hold",
        handler=hold,
        act=Act.ADMIN,
        kept=("reason",),
        name="holdOperation",
        tag="retention",
        summary="Keep an operation, whatever its plan's retention says",
        body=forms.HoldRequest,
        answers=_SHOWN,
        problems=_GONE,
    ),
    Route(
        method="POST",
        path="/v1/operations/{id}/release",
        handler=release,
        act=Act.ADMIN,
        kept=("reason",),
        name="releaseOperation",
        tag="retention",
        summary="Let an operation go when its plan's retention says so",
        body=forms.ReleaseRequest,
        answers=_SHOWN,
        problems=_GONE,
    ),
)
