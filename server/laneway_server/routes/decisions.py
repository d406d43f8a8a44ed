"""What people tell an operation: cancel, pause, resume, approve or reject, reconcile."""

from aiohttp import web

from laneway.core import inputs
from laneway_server import forms, wire
from laneway_server.access.ruling import Act

from .operations import snapshot
from .route import Answer, Call, Route


async def _tell(call: Call, told: inputs.AnyInput, status: int) -> web.Response:
    operation = await call.services.engine.tell(call.id, told)
    return await snapshot(call, operation, status)


async def cancel(call: Call) -> web.Response:
    """Cancel an operation."""
    asked: forms.CancelRequest = call.body
    return await _tell(call, inputs.Cancel(call.who.actor, asked.reason), 202)


async def pause(call: Call) -> web.Response:
    """Stop an operation before its next phase."""
    asked: forms.PauseRequest = call.body
    return await _tell(call, inputs.Pause(call.who.actor, asked.reason), 202)


async def resume(call: Call) -> web.Response:
    """Let an operation go on."""
    return await _tell(call, inputs.Resume(call.who.actor), 202)


async def decide(call: Call) -> web.Response:
    """Decide on an approval, or take one's own back."""
    asked: forms.ApprovalRequest = call.body
    if asked.decision == "revoke":
        return await _tell(
            call, inputs.Revoke(call.who.actor, phase=asked.phase, reason=asked.comment), 200
        )
    told = inputs.Approve(
        call.who.actor,
        phase=asked.phase,
        decision=asked.decision,
        digest=asked.digest,
        comment=asked.comment,
    )
    return await _tell(call, told, 200)


async def reconcile(call: Call) -> web.Response:
    """Say what became of an attempt whose outcome is unknown."""
    asked: forms.ReconcileRequest = call.body
    told = inputs.Reconcile(
        call.who.actor, outcome=asked.outcome, note=asked.note, phase=asked.phase
    )
    return await _tell(call, told, 202)


_ACCEPTED = (Answer(202, "The operation as it is now.", wire.OperationView),)
_REFUSALS = ("not_found", "illegal_transition")

ROUTES = (
    Route(
        method="POST",
        path="/v1/operations/{id}/cancel",
        handler=cancel,
        act=Act.CANCEL,
        name="cancelOperation",
        tag="decisions",
        summary="Cancel an operation, now or as soon as its phase allows",
        body=forms.CancelRequest,
        answers=_ACCEPTED,
        problems=(*_REFUSALS, "not_cancellable"),
    ),
    Route(
        method="POST",
        path="/v1/operations/{id}/pause",
        handler=pause,
        act=Act.PAUSE,
        name="pauseOperation",
        tag="decisions",
        summary="Stop an operation before its next phase; it keeps its lane",
        body=forms.PauseRequest,
        answers=_ACCEPTED,
        problems=_REFUSALS,
    ),
    Route(
        method="POST",
        path="/v1/operations/{id}/resume",
        handler=resume,
        act=Act.PAUSE,
        name="resumeOperation",
        tag="decisions",
        summary="Let a paused operation go on",
        body=forms.ResumeRequest,
        answers=_ACCEPTED,
        problems=_REFUSALS,
    ),
    Route(
        method="POST",
        path="/v1/operations/{id}/approvals",
        handler=decide,
        act=Act.APPROVE,
        name="decideApproval",
        tag="decisions",
        summary="Approve or reject what an operation waits for, or take one's approval back",
        body=forms.ApprovalRequest,
        answers=(Answer(200, "The operation as it is now.", wire.OperationView),),
        problems=(*_REFUSALS, "digest_mismatch", "self_approval"),
    ),
    Route(
        method="POST",
        path="/v1/operations/{id}/reconcile",
        handler=reconcile,
        act=Act.RECONCILE,
        name="reconcileOperation",
        tag="decisions",
        summary="Say what became of an attempt whose outcome is unknown",
        body=forms.ReconcileRequest,
        answers=_ACCEPTED,
        problems=_REFUSALS,
    ),
)
