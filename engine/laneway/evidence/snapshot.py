"""An operation's run as the bundle shows it: the same events always give the same snapshot."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from laneway.core.events import ArtifactRef
from laneway.core.model import ActionPhase, ApprovalPhase, EndPhase, ParallelPhase, Phase, Plan
from laneway.core.run import Approval, PhaseRun, Run

from .predicate import (
    ApprovalState,
    ArtifactName,
    Decision,
    PhaseState,
    PlanName,
    Snapshot,
    Waiting,
)

Kind = Literal["action", "approval", "wait", "parallel"]


def snapshot(plan: Plan, run: Run) -> Snapshot:
    """The operation as it is after its newest event."""
    accepted = run.accepted
    waiting = None if run.terminal else run.waiting_for()
    return Snapshot(
        id=run.id,
        seq=run.seq,
        status=run.status,
        plan=PlanName(name=plan.name, version=plan.version, digest=plan.digest, title=plan.title),
        lane=run.lane,
        phase=run.place if run.place in plan.phases and not run.terminal else None,
        phases=[_phase(each, run) for each in plan.every_phase() if not isinstance(each, EndPhase)],
        waiting_for=Waiting(**waiting) if waiting else None,
        request=accepted.request,
        requested_by=accepted.requested_by,
        reason=accepted.reason,
        dry_run=accepted.dry_run,
        supersedes=accepted.supersedes,
        retry_of=accepted.retry_of,
        created_at=run.created_at,
        updated_at=run.updated_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        deadline_at=run.deadline_at,
        failure=run.failure,
        pause_requested=run.pause_requested,
        cancel_requested=run.pending_stop == "cancelled",
    )


def _phase(phase: Phase, run: Run) -> PhaseState:
    at: PhaseRun = run.phase(phase.name)
    return PhaseState(
        name=phase.name,
        title=phase.title,
        kind=_kind(phase),
        status=at.status,
        attempt=at.attempt,
        started_at=at.started_at,
        finished_at=at.finished_at,
        outcome=at.outcome or None,
        evidence=at.evidence,
        failure=at.failure,
        message=at.message or None,
        until=at.until,
        approval=_approval(at.approval),
        artifacts=[artifact(ref) for ref in at.artifacts] or UNSET,
        **_performs(phase),
    )


def _kind(phase: Phase) -> Kind:
    if isinstance(phase, ActionPhase):
        return "action"
    if isinstance(phase, ApprovalPhase):
        return "approval"
    return "parallel" if isinstance(phase, ParallelPhase) else "wait"


def _performs(phase: Phase) -> dict[str, Any]:
    if not isinstance(phase, ActionPhase):
        return {}
    return {
        "parent": phase.parent or UNSET,
        "action": phase.action.action_id,
        "safety": phase.action.safety,
    }


def _approval(approval: Approval | None) -> ApprovalState | UnsetType:
    if approval is None:
        return UNSET
    decisions = [
        Decision(decision=each.decision, comment=each.comment, digest=each.digest, by=each.by)
        for each in approval.decisions
    ]
    return ApprovalState(
        digest=approval.digest,
        covers=approval.covers,
        role=approval.role,
        quorum=approval.quorum,
        expires_at=approval.expires_at,
        decisions=decisions,
    )


def artifact(ref: ArtifactRef) -> ArtifactName:
    """An artifact by its name and digest."""
    return ArtifactName(name=ref.name, media_type=ref.media_type, size=ref.size, digest=ref.digest)
