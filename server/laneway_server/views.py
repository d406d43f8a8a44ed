"""The engine's values as the wire's types."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import UNSET, UnsetType

from laneway.core.events import Actor, ArtifactRef
from laneway.core.model import (
    ActionPhase,
    ApprovalPhase,
    EndPhase,
    Lane,
    ParallelPhase,
    Phase,
    Plan,
)
from laneway.core.possible import Retrial, cancellation, retrial
from laneway.core.run import PENDING, Approval, PhaseRun, Run, Status
from laneway.evidence.keys import PublicKey
from laneway.evidence.report import Report
from laneway.ports.descriptors import described
from laneway.ports.driver import DriverDescriptor
from laneway.ports.store import LaneRecord, OperationRow, Scope
from laneway.runtime.operations import Operation

from . import wire

PREFIX = "/v1"

Queues = Mapping[Lane, LaneRecord]
"""The lanes of pending operations, which tell what each of them waits for."""


def to_json(value: Any) -> bytes:
    """The bytes of an answer."""
    return msgspec.json.encode(value)


def operation_path(operation_id: str) -> str:
    """Where an operation is."""
    return f"{PREFIX}/operations/{operation_id}"


def lane_path(lane: Lane) -> str:
    """Where a lane is."""
    names = (lane.product, lane.context, lane.instance)
    return f"{PREFIX}/lanes/" + "/".join(quote(name, safe="") for name in names)


def plan_path(name: str) -> str:
    """Where a plan is."""
    return f"{PREFIX}/plans/{quote(name, safe='')}"


def _links(operation_id: str, lane: Lane, plan: str) -> wire.Links:
    this = operation_path(operation_id)
    more = ("events", "evidence", "diagram", "cancel", "pause", "resume", "approvals")
    return wire.Links(
        this=this,
        lane=lane_path(lane),
        plan=plan_path(plan),
        **{name: f"{this}/{name}" for name in (*more, "reconcile", "retry")},
    )


# --- operations ----------------------------------------------------------------------------------


def operation_view(operation: Operation, record: LaneRecord | None = None) -> wire.OperationView:
    """An operation whole.

    Args:
        record: its lane, where it is pending.
    """
    run, plan = operation.run, operation.plan.plan
    accepted = run.accepted
    return wire.OperationView(
        id=run.id,
        seq=run.seq,
        status=run.status,
        plan=wire.TitledPlanRef(
            name=plan.name, version=plan.version, digest=plan.digest, title=plan.title
        ),
        lane=run.lane,
        phase=run.place if run.place in plan.phases and not run.terminal else None,
        phases=_phases(plan, run),
        waiting_for=_waits(run, record),
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
        possible=_possible(operation),
        links=_links(run.id, run.lane, plan.name),
    )


def _possible(operation: Operation) -> wire.PossibleView:
    plan, run = operation.plan, operation.run
    return wire.PossibleView(cancel=cancellation(plan, run), retry=_retry(retrial(plan, run)))


def _retry(again: Retrial | None) -> wire.RetryView | None:
    if again is None:
        return None
    return wire.RetryView(
        phase=again.begin, destructive=again.destructive, approvals=list(again.approvals)
    )


def outline(view: wire.OperationView) -> wire.OperationView:
    """What of an operation is told to somebody who may not read it: that it is there, and how."""
    by = Actor(kind=view.requested_by.kind, subject=view.requested_by.subject)
    nothing: dict[str, Any] = {
        "phase": None,
        "phases": [],
        "waiting_for": None,
        "request": {},
        "reason": "",
        "failure": None,
        "possible": msgspec.structs.replace(view.possible, retry=None),
    }
    return msgspec.structs.replace(view, requested_by=by, **nothing)


def _waits(run: Run, record: LaneRecord | None) -> wire.WaitingFor | None:
    if record is not None and run.status is Status.PENDING:
        return _waits_for_lane(run.id, record)
    return _waiting_for(None if run.terminal else run.waiting_for())


def _waiting_for(waiting: Mapping[str, Any] | None) -> wire.WaitingFor | None:
    return wire.WaitingFor(**waiting) if waiting else None


def _waits_for_lane(operation_id: str, record: LaneRecord) -> wire.WaitingFor:
    queue = [row.id for row in record.queue]
    place = queue.index(operation_id) + 1 if operation_id in queue else 1
    holder = record.holder.id if record.holder else None
    return wire.WaitingFor(kind="lane", operation=holder, position=place)


def _phases(plan: Plan, run: Run) -> list[wire.PhaseView]:
    return [
        pending if (at := run.phase(phase.name)) is PENDING else _phase_view(run.id, phase, at)
        for phase, pending in _outlook(plan)
    ]


_Outlook = tuple[tuple[Phase, wire.PhaseView], ...]
_outlooks: dict[int, tuple[Plan, _Outlook]] = {}
_MOST_OUTLOOKS = 64


def _outlook(plan: Plan) -> _Outlook:
    """The phases, each as it is shown until something happens to it; made once for a plan."""
    known = _outlooks.get(id(plan))
    if known is not None and known[0] is plan:
        return known[1]
    if len(_outlooks) >= _MOST_OUTLOOKS:
        _outlooks.clear()
    working = (phase for phase in plan.every_phase() if not isinstance(phase, EndPhase))
    outlook = tuple((phase, _phase_view("", phase, PENDING)) for phase in working)
    _outlooks[id(plan)] = plan, outlook
    return outlook


def _phase_view(operation_id: str, phase: Phase, at: PhaseRun) -> wire.PhaseView:
    return wire.PhaseView(
        name=phase.name,
        title=phase.title,
        kind=_working_kind(phase),
        status=at.status,
        attempt=at.attempt,
        started_at=at.started_at,
        finished_at=at.finished_at,
        outcome=at.outcome or None,
        evidence=at.evidence,
        failure=at.failure,
        message=at.message or None,
        until=at.until,
        approval=_approval(phase, at.approval),
        artifacts=[_artifact(operation_id, phase, ref) for ref in at.artifacts] or UNSET,
        **performs(phase),
    )


def _artifact(operation_id: str, phase: Phase, ref: ArtifactRef) -> wire.ArtifactView:
    path = f"{operation_path(operation_id)}/artifacts/{quote(ref.name, safe='')}"
    return wire.ArtifactView(
        name=ref.name,
        media_type=ref.media_type,
        size=ref.size,
        digest=ref.digest,
        link=f"{path}?phase={quote(phase.name, safe='')}",
    )


def performs(phase: Phase) -> dict[str, Any]:
    """What a view of a phase says where the phase performs an action."""
    if not isinstance(phase, ActionPhase):
        return {}
    return {
        "parent": phase.parent or UNSET,
        "action": phase.action.action_id,
        "safety": phase.action.safety,
    }


def _working_kind(phase: Phase) -> Literal["action", "approval", "wait", "parallel"]:
    found = kind(phase)
    assert found != "end", f"{phase.name} only ends"
    return found


def kind(phase: Phase) -> Literal["action", "approval", "wait", "parallel", "end"]:
    """What a phase does."""
    if isinstance(phase, ActionPhase):
        return "action"
    if isinstance(phase, ApprovalPhase):
        return "approval"
    if isinstance(phase, ParallelPhase):
        return "parallel"
    return "end" if isinstance(phase, EndPhase) else "wait"


def _approval(phase: Phase, approval: Approval | None) -> wire.ApprovalView | UnsetType:
    if approval is None or not isinstance(phase, ApprovalPhase):
        return UNSET
    decisions = [
        wire.Decision(
            decision="approve" if decided.decision == "approve" else "reject",
            comment=decided.comment,
            digest=decided.digest,
            by=decided.by,
            at=decided.at,
        )
        for decided in approval.decisions
    ]
    return wire.ApprovalView(
        digest=approval.digest,
        covers=approval.covers,
        role=approval.role,
        quorum=approval.quorum,
        allow_requester=phase.allow_requester,
        expires_at=approval.expires_at,
        decisions=decisions,
        used=approval.used,
    )


def entry(row: OperationRow, lanes: Queues | None = None) -> wire.OperationEntry:
    """An operation in a list."""
    waiting = _waiting_for(None if row.finished_at else row.waiting_for)
    record = (lanes or {}).get(row.lane)
    if row.status == Status.PENDING and record is not None:
        waiting = _waits_for_lane(row.id, record)
    return wire.OperationEntry(
        id=row.id,
        seq=row.seq,
        status=Status(row.status),
        plan=wire.PlanRef(name=row.plan, version=row.plan_version, digest=row.plan_digest),
        lane=row.lane,
        phase=row.phase or None,
        waiting_for=waiting,
        requested_by=wire.Subject(subject=row.requested_by),
        dry_run=row.dry_run,
        supersedes=row.supersedes,
        retry_of=row.retry_of,
        created_at=row.created_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
        links=_links(row.id, row.lane, row.plan),
    )


# --- lanes ---------------------------------------------------------------------------------------


def lane_view(record: LaneRecord, visible: tuple[Scope, ...] | None = None) -> wire.LaneView:
    """A lane as it is, without the operations that the caller may not see (None: they see all).

    That somebody is there is told all the same: whoever may use the lane must know that it is busy.
    """

    def seen(rows: Iterable[OperationRow | None]) -> list[wire.OperationEntry]:
        lanes = {record.lane: record}
        some = (row for row in rows if row is not None)
        return [entry(row, lanes) for row in some if is_seen(visible, row.plan, row.lane)]

    freeze = record.freeze
    return wire.LaneView(
        lane=record.lane,
        busy=record.holder is not None,
        holder=next(iter(seen([record.holder])), None),
        queue=seen(record.queue),
        queued=len(record.queue),
        running_shared=seen(record.running_shared),
        last_pass=next(iter(seen([record.last_pass])), None),
        last_destructive={each.plan.name: each for each in seen(record.last_destructive.values())},
        frozen=freeze is not None,
        freeze=wire.FreezeView(by=freeze.by, reason=freeze.reason, at=freeze.at)
        if freeze
        else None,
    )


def is_seen(visible: tuple[Scope, ...] | None, plan: str, lane: Lane) -> bool:
    """Whether who sees so much sees operations of a plan on a lane; None is everything."""
    return visible is None or any(scope.covers(plan, lane) for scope in visible)


# --- evidence ------------------------------------------------------------------------------------


def verification_view(report: Report, key: PublicKey | None) -> wire.EvidenceVerification:
    """What verifying a bundle came to; ``key`` is the one that must have signed it."""
    return wire.EvidenceVerification(
        verified=report.verified,
        consistent=report.consistent,
        summary=report.summary,
        keyid=key.keyid if key else None,
        about=report.about,
        checks=list(report.checks),
    )


# --- drivers -------------------------------------------------------------------------------------


def driver_view(descriptor: DriverDescriptor) -> wire.DriverView:
    """A driver's descriptor, as ``schemas/driver.schema.json`` says."""
    return msgspec.convert(described(descriptor), wire.DriverView)
