"""The fold: what is so after an event.

``evolve`` knows nothing of the plan and decides nothing. The same events give the same run, in this
process or the next.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from . import events as ev
from .envelope import Recorded
from .instants import Instant
from .run import HELD, PENDING, Approval, Decision, PhaseRun, PhaseStatus, Run, Stage, Status

Changes = dict[str, Any]
"""What an event changes of a run, field by field."""


def begin(operation_id: str, event: ev.OperationAccepted, at: Instant) -> Run:
    """The run after its first event; what a retry carried over is there as skipped phases."""
    carried = {
        name: PhaseRun(
            status=PhaseStatus.SKIPPED, outcome=c.outcome, evidence=c.evidence, finished_at=at
        )
        for name, c in event.carried.items()
    }
    return Run(id=operation_id, accepted=event, created_at=at, updated_at=at, phases=carried)


def evolve(run: Run, event: ev.AnyEvent, at: Instant) -> Run:
    """The run after one more event."""
    changes = _EVOLVE[type(event)](run, event, at)
    changed = msgspec.structs.replace(run, seq=run.seq + 1, updated_at=at, **changes)
    status = _status(changed)
    if status is changed.status:
        return changed
    return msgspec.structs.replace(changed, status=status)


def fold(recorded: Sequence[Recorded]) -> Run:
    """The run that a whole operation's events give.

    Raises:
        ValueError: there are none, or the first is not ``operation_accepted``.
    """
    if not recorded or not isinstance(recorded[0].event, ev.OperationAccepted):
        raise ValueError("an operation begins with operation_accepted")
    first, *rest = recorded
    run = begin(first.operation_id, recorded[0].event, first.at)
    for item in rest:
        run = evolve(run, item.event, item.at)
    return msgspec.structs.replace(run, head=recorded[-1].hash)


def _status(run: Run) -> Status:
    if run.finished_at is not None or run.started_at is None:
        return run.status
    stages = {phase.stage for phase in run.phases.values()}
    if Stage.UNKNOWN in stages:
        return Status.RECONCILIATION_REQUIRED
    if run.paused:
        return Status.PAUSED
    if Stage.ACTING in stages or Stage.RECOVERING in stages:
        return Status.RUNNING
    return Status.RUNNING if stages.isdisjoint(_WAITS) else Status.WAITING


_WAITS = frozenset({Stage.APPROVAL, Stage.WAIT, Stage.RETRY})


def _phase(run: Run, name: str, **changes: Any) -> Changes:
    """The change of one phase."""
    return {"phases": {**run.phases, name: msgspec.structs.replace(run.phase(name), **changes)}}


def _started(run: Run, event: ev.OperationStarted, at: Instant) -> Changes:
    return {
        "started_at": at,
        "deadline_at": event.deadline_at,
        "target": event.target,
        "status": Status.RUNNING,
    }


def _transition(run: Run, event: ev.TransitionTaken, at: Instant) -> Changes:
    kind, _, _ = event.on.partition(":")
    stops = kind in ("cancelled", "deadline", "broken", "denied")
    detours = {"renew": (*run.detours, event.source), "renewed": run.detours[:-1]}.get(kind, ())
    changes = {
        "place": event.target,
        "begun": False,
        "paused": False,
        "pause_requested": run.pause_requested and not stops,
        "detours": detours,
        "pending_stop": "" if stops else run.pending_stop,
        "answering": bool(run.pending_stop) and not stops and (run.answering or kind == "outcome"),
        "stopped_at": _stopped_at(run, event, kind, stops=stops),
        "phases": _left_and_arrived(run, event, kind),
    }
    if kind == "deadline":
        changes |= {"last_failure": _deadline_exceeded(run), "failed_in": ""}
    return changes


def _left_and_arrived(run: Run, event: ev.TransitionTaken, kind: str) -> dict[str, PhaseRun]:
    """The phases as a transition leaves them, and the one that it leads to."""
    phases = dict(run.phases)
    for name in _not_begun(run, event.source, kind):
        phases[name] = msgspec.structs.replace(run.phase(name), **_NOT_BEGUN)
    if not event.target.startswith("@"):
        phases[event.target] = _arrived(phases.get(event.target, PENDING), kind)
    return phases


def _not_begun(run: Run, source: str, kind: str) -> Sequence[str]:
    """The phases that a transition leaves as they were before their work was begun."""
    if kind == "denied":
        return run.staged(*(stage for stage in Stage if stage is not Stage.NONE))
    return (source,) if kind == "renew" else ()


def _stopped_at(run: Run, event: ev.TransitionTaken, kind: str, *, stops: bool) -> str:
    """The first phase that was left without having passed counts, until it passes after all."""
    if stops or (kind == "outcome" and run.detours):
        return run.stopped_at or (run.detours[0] if run.detours else event.source)
    return run.stopped_at


def _deadline_exceeded(run: Run) -> ev.Failure:
    message = f"the operation was not over by its deadline, {run.deadline_at}"
    return ev.Failure("deadline_exceeded", message)


def _arrived(phase: PhaseRun, kind: str) -> PhaseRun:
    if kind == "renewed":
        return msgspec.structs.replace(phase, **_NOT_BEGUN)
    visits = phase.visits + (kind != "renew")
    return msgspec.structs.replace(phase, visits=visits, tries=0, reason="", **_NOT_BEGUN)


_NOT_BEGUN: Changes = {
    "status": PhaseStatus.PENDING,
    "stage": Stage.NONE,
    "until": None,
    "finished_at": None,
}


def _phase_started(run: Run, event: ev.PhaseStarted, at: Instant) -> Changes:
    acts = event.safety != "read" and not event.dry_run
    destroys = event.safety == "destructive" and not event.dry_run
    phases = _approvals_used(run) if acts else dict(run.phases)
    previous = run.phase(event.phase)
    phases[event.phase] = msgspec.structs.replace(
        previous,
        status=PhaseStatus.RUNNING,
        stage=Stage.ACTING,
        attempt=event.attempt,
        tries=previous.tries + 1,
        token=event.token,
        dry_run=event.dry_run,
        until=event.timeout_at,
        started_at=at if previous.tries == 0 else previous.started_at,
        parameters=event.parameters,
        **_CLEARED,
    )
    return {
        "begun": True,
        "changed": run.changed or acts,
        "no_return": run.no_return or event.no_return,
        "destructive_at": run.destructive_at or (at if destroys else None),
        "phases": phases,
    }


def _approvals_used(run: Run) -> dict[str, PhaseRun]:
    phases = dict(run.phases)
    for name, phase in run.phases.items():
        if phase.approval is not None and phase.status is PhaseStatus.PASS:
            used = msgspec.structs.replace(phase.approval, used=True)
            phases[name] = msgspec.structs.replace(phase, approval=used)
    return phases


_CLEARED: Changes = {
    "finished_at": None,
    "outcome": "",
    "evidence": {},
    "digest": "",
    "failure": None,
    "checkpoint": None,
    "message": "",
    "reason": "",
}


def _progressed(run: Run, event: ev.PhaseProgressed, at: Instant) -> Changes:
    checkpoint = event.checkpoint
    if checkpoint is None:
        checkpoint = run.phase(event.phase).checkpoint
    return _phase(run, event.phase, message=event.message, checkpoint=checkpoint)


def _retry_scheduled(run: Run, event: ev.PhaseRetryScheduled, at: Instant) -> Changes:
    return _phase(
        run,
        event.phase,
        status=PhaseStatus.WAITING,
        stage=Stage.RETRY,
        until=event.retry_at,
        reason="",
        failure=event.failure,
    )


def _held(run: Run, event: ev.PhaseHeld, at: Instant) -> Changes:
    return _phase(run, event.phase, reason=HELD)


def _resumed_attempt(run: Run, event: ev.PhaseResumed, at: Instant) -> Changes:
    resumed = _phase(
        run,
        event.phase,
        status=PhaseStatus.RUNNING,
        stage=Stage.ACTING,
        reason="",
        until=event.timeout_at,
    )
    return resumed | {"begun": True}


def _recovering(run: Run, event: ev.PhaseRecovering, at: Instant) -> Changes:
    return _phase(
        run,
        event.phase,
        stage=Stage.RECOVERING,
        reason=event.reason,
        until=event.recover_until,
        failure=event.failure or run.phase(event.phase).failure,
    )


def _unknown(run: Run, event: ev.PhaseOutcomeUnknown, at: Instant) -> Changes:
    return _phase(
        run,
        event.phase,
        status=PhaseStatus.RECONCILIATION_REQUIRED,
        stage=Stage.UNKNOWN,
        until=None,
        failure=event.failure,
    )


def _reconciled(run: Run, event: ev.PhaseReconciled, at: Instant) -> Changes:
    return _phase(run, event.phase, reason="", **_NOT_BEGUN)


def _approval_requested(run: Run, event: ev.ApprovalRequested, at: Instant) -> Changes:
    approval = Approval(event.digest, event.covers, event.role, event.quorum, event.expires_at)
    waiting = _phase(
        run,
        event.phase,
        status=PhaseStatus.WAITING,
        stage=Stage.APPROVAL,
        until=event.expires_at,
        started_at=at,
        approval=approval,
        **_CLEARED,
    )
    return waiting | {"begun": True}


def _approval_decided(run: Run, event: ev.ApprovalDecided, at: Instant) -> Changes:
    approval = run.phase(event.phase).approval
    if approval is None:
        return {}
    decision = Decision(event.decision, event.digest, event.comment, event.by, at)
    decided = msgspec.structs.replace(approval, decisions=(*approval.decisions, decision))
    return _phase(run, event.phase, approval=decided)


def _approval_revoked(run: Run, event: ev.ApprovalRevoked, at: Instant) -> Changes:
    approval = run.phase(event.phase).approval
    if approval is None:
        return {}
    standing = tuple(d for d in approval.decisions if not d.by.same_person(event.by))
    left = msgspec.structs.replace(approval, decisions=standing)
    return _phase(run, event.phase, approval=left)


def _authorization_checked(run: Run, event: ev.AuthorizationChecked, at: Instant) -> Changes:
    return {}


def _wait_started(run: Run, event: ev.WaitStarted, at: Instant) -> Changes:
    waiting = _phase(
        run,
        event.phase,
        status=PhaseStatus.WAITING,
        stage=Stage.WAIT,
        until=event.until,
        started_at=at,
        **_CLEARED,
    )
    return waiting | {"begun": True}


def _parallel_started(run: Run, event: ev.ParallelStarted, at: Instant) -> Changes:
    fresh = {"status": PhaseStatus.PENDING, "stage": Stage.NONE, "tries": 0, **_CLEARED}
    branches = {
        name: msgspec.structs.replace(run.phase(name), visits=run.phase(name).visits + 1, **fresh)
        for name in event.branches
    }
    started = _phase(
        run,
        event.phase,
        status=PhaseStatus.RUNNING,
        stage=Stage.BRANCHES,
        started_at=at,
        **_CLEARED,
    )
    return {"phases": started["phases"] | branches, "begun": True}


def _phase_finished(run: Run, event: ev.PhaseFinished, at: Instant) -> Changes:
    finished = _phase(
        run,
        event.phase,
        status=PhaseStatus(event.status),
        stage=Stage.NONE,
        until=None,
        started_at=run.phase(event.phase).started_at or at,
        finished_at=at,
        outcome=event.outcome,
        evidence=event.evidence,
        digest=event.digest,
        failure=event.failure,
        artifacts=event.artifacts,
        reason="",
    )
    finished["begun"] = True
    if event.status in (PhaseStatus.PASS, PhaseStatus.SKIPPED):
        return finished | _made_good(run, event.phase)
    if event.status == PhaseStatus.CANCELLED or event.failure is None:
        return finished
    return finished | {"last_failure": event.failure, "failed_in": event.phase}


def _made_good(run: Run, name: str) -> Changes:
    """A phase has passed: that it failed before, or was left, is no reason for anything now."""
    left: Changes = {"stopped_at": ""} if run.stopped_at == name else {}
    return left | ({"last_failure": None, "failed_in": ""} if run.failed_in == name else {})


def _pause_requested(run: Run, event: ev.PauseRequested, at: Instant) -> Changes:
    return {"pause_requested": True}


def _paused(run: Run, event: ev.OperationPaused, at: Instant) -> Changes:
    return {"paused": True, "pause_requested": False}


def _resumed(run: Run, event: ev.OperationResumed, at: Instant) -> Changes:
    return {"paused": False, "pause_requested": False}


def _cancel_requested(run: Run, event: ev.CancelRequested, at: Instant) -> Changes:
    return {"pending_stop": "cancelled"}


def _deadline_passed(run: Run, event: ev.DeadlinePassed, at: Instant) -> Changes:
    return {"pending_stop": run.pending_stop or "deadline", "deadline_over": True}


def _finished(run: Run, event: ev.OperationFinished, at: Instant) -> Changes:
    return {
        "status": Status(event.status),
        "finished_at": at,
        "failure": event.failure,
        "paused": False,
        "pause_requested": False,
        "pending_stop": "",
    }


_EVOLVE: Mapping[type, Callable[[Run, Any, Instant], Changes]] = {
    ev.OperationStarted: _started,
    ev.TransitionTaken: _transition,
    ev.PhaseStarted: _phase_started,
    ev.PhaseProgressed: _progressed,
    ev.PhaseRetryScheduled: _retry_scheduled,
    ev.PhaseHeld: _held,
    ev.PhaseResumed: _resumed_attempt,
    ev.PhaseRecovering: _recovering,
    ev.PhaseOutcomeUnknown: _unknown,
    ev.PhaseReconciled: _reconciled,
    ev.ApprovalRequested: _approval_requested,
    ev.ApprovalDecided: _approval_decided,
    ev.ApprovalRevoked: _approval_revoked,
    ev.AuthorizationChecked: _authorization_checked,
    ev.WaitStarted: _wait_started,
    ev.ParallelStarted: _parallel_started,
    ev.PhaseFinished: _phase_finished,
    ev.PauseRequested: _pause_requested,
    ev.OperationPaused: _paused,
    ev.OperationResumed: _resumed,
    ev.CancelRequested: _cancel_requested,
    ev.DeadlinePassed: _deadline_passed,
    ev.OperationFinished: _finished,
}
