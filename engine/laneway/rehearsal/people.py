"""What people and drivers of a rehearsal tell the core, from what scenarios say of it."""

from laneway.core import inputs
from laneway.core.digests import digest
from laneway.core.events import Actor
from laneway.core.run import Run

from .scenario import Answer, Doing

_WHO = {"approve": "approver", "reject": "approver", "revoke": "approver", "reconcile": "operator"}
STALE = "sha256:stale"


def told(doing: Doing, run: Run) -> inputs.AnyInput:
    """The input that somebody's doing is."""
    actor = Actor("caller", doing.by or _WHO.get(doing.do, run.accepted.requested_by.subject))
    if doing.do in ("approve", "reject"):
        return _decision(doing, run, actor)
    if doing.do == "reconcile":
        note = doing.comment or "looked at it"
        return inputs.Reconcile(actor, outcome=doing.outcome, note=note, phase=doing.phase or None)
    if doing.do == "revoke":
        return inputs.Revoke(actor, phase=doing.phase, reason=doing.comment)
    if doing.do == "resume":
        return inputs.Resume(actor)
    kind = inputs.Cancel if doing.do == "cancel" else inputs.Pause
    return kind(actor, doing.comment)


def _decision(doing: Doing, run: Run, actor: Actor) -> inputs.Approve:
    approval = run.phase(doing.phase).approval
    seen = STALE if doing.stale or approval is None else approval.digest
    return inputs.Approve(
        actor, phase=doing.phase, decision=doing.do, digest=seen, comment=doing.comment
    )


def proof_digest(answer: Answer) -> str:
    """What an answer proves: what it says, or its evidence, as in the runtime."""
    return answer.digest or digest("laneway/proof/v1", answer.evidence)
