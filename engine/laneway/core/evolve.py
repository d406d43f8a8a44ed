"""The fold: what is so after an event.

``evolve`` knows nothing of the plan and decides nothing. The same events give the same run, in this
process or the next.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from . import events as ev
from .instants import Instant
from .run import HELD, Approval, PhaseRun, PhaseStatus, Run, Stage, Status


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
    changed = _EVOLVE[type(event)](run, event, at)
    counted = msgspec.structs.replace(changed, seq=run.seq + 1, updated_at=at)
    return msgspec.structs.replace(counted, status=_status(counted))


def fold(recorded: Sequence[ev.Recorded]) -> Run:
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
    if run.staged(Stage.UNKNOWN):
        return Status.RECONCILIATION_REQUIRED
    if run.paused:
        return Status.PAUSED
    if run.staged(Stage.ACTING, Stage.RECOVERING):
        return Status.RUNNING
    return Status.WAITING if run.staged(Stage.APPROVAL, Stage.WAIT, Stage.RETRY) else Status.RUNNING


def _with_phase(run: Run, name: str, **changes: Any) -> Run:
    phase = msgspec.structs.replace(run.phase(name), **changes)
    return msgspec.structs.replace(run, phases={**run.phases, name: phase})


def _started(run: Run, event: ev.OperationStarted, at: Instant) -> Run:
    return msgspec.structs.replace(
        run,
        started_at=at,
        deadline_at=event.deadline_at,
        target=event.target,
        status=Status.RUNNING,
    )


def _transition(run: Run, event: ev.TransitionTaken, at: Instant) -> Run:
    kind, _, _ = event.on.partition(":")
    stops = kind in ("cancelled", "deadline", "broken", "denied")
    detours = {"renew": (*run.detours, event.source), "renewed": run.detours[:-1]}.get(kind, ())
    moved = msgspec.structs.replace(
        run,
        place=event.target,
        begun=False,
        paused=False,
        pause_requested=run.pause_requested and not stops,
        detours=detours,
        pending_stop="" if stops else run.pending_stop,
        answering=bool(run.pending_stop) and not stops and (run.answering or kind == "outcome"),
        stopped_at=_stopped_at(run, event, kind, stops=stops),
        last_failure=_deadline_exceeded(run) if kind == "deadline" else run.last_failure,
        failed_in="" if kind == "deadline" else run.failed_in,
    )
    for name in _not_begun(run, event.source, kind):
        moved = _with_phase(moved, name, **_NOT_BEGUN)
    return moved if event.target.startswith("@") else _arrived(moved, event.target, kind)


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


def _arrived(run: Run, name: str, kind: str) -> Run:
    if kind == "renewed":
        return _with_phase(run, name, **_NOT_BEGUN)
    visits = run.phase(name).visits + (kind != "renew")
    return _with_phase(run, name, visits=visits, tries=0, reason="", **_NOT_BEGUN)


_NOT_BEGUN: dict[str, Any] = {
    "status": PhaseStatus.PENDING,
    "stage": Stage.NONE,
    "until": None,
    "finished_at": None,
}


def _phase_started(run: Run, event: ev.PhaseStarted, at: Instant) -> Run:
    changes = event.safety != "read" and not event.dry_run
    destroys = event.safety == "destructive" and not event.dry_run
    acting = msgspec.structs.replace(
        _approvals_used(run) if changes else run,
        begun=True,
        changed=run.changed or changes,
        no_return=run.no_return or event.no_return,
        destructive_at=run.destructive_at or (at if destroys else None),
    )
    previous = run.phase(event.phase)
    return _with_phase(
        acting,
        event.phase,
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


def _approvals_used(run: Run) -> Run:
    for name, phase in run.phases.items():
        if phase.approval is not None and phase.status is PhaseStatus.PASS:
            used = msgspec.structs.replace(phase.approval, used=True)
            run = _with_phase(run, name, approval=used)
    return run


_CLEARED: dict[str, Any] = {
    "finished_at": None,
    "outcome": "",
    "evidence": {},
    "digest": "",
    "failure": None,
    "checkpoint": None,
    "message": "",
    "reason": "",
}


def _progressed(run: Run, event: ev.PhaseProgressed, at: Instant) -> Run:
    checkpoint = event.checkpoint
    if checkpoint is None:
        checkpoint = run.phase(event.phase).checkpoint
    return _with_phase(run, event.phase, message=event.message, checkpoint=checkpoint)


def _retry_scheduled(run: Run, event: ev.PhaseRetryScheduled, at: Instant) -> Run:
    return _with_phase(
        run,
        event.phase,
        status=PhaseStatus.WAITING,
        stage=Stage.RETRY,
        until=event.retry_at,
        reason="",
        failure=event.failure,
    )


def _held(run: Run, event: ev.PhaseHeld, at: Instant) -> Run:
    return _with_phase(run, event.phase, reason=HELD)


def _resumed_attempt(run: Run, event: ev.PhaseResumed, at: Instant) -> Run:
    resumed = _with_phase(
        run,
        event.phase,
        status=PhaseStatus.RUNNING,
        stage=Stage.ACTING,
        reason="",
        until=event.timeout_at,
    )
    return msgspec.structs.replace(resumed, begun=True)


def _recovering(run: Run, event: ev.PhaseRecovering, at: Instant) -> Run:
    return _with_phase(
        run,
        event.phase,
        stage=Stage.RECOVERING,
        reason=event.reason,
        until=event.recover_until,
        failure=event.failure or run.phase(event.phase).failure,
    )


def _unknown(run: Run, event: ev.PhaseOutcomeUnknown, at: Instant) -> Run:
    return _with_phase(
        run,
        event.phase,
        status=PhaseStatus.RECONCILIATION_REQUIRED,
        stage=Stage.UNKNOWN,
        until=None,
        failure=event.failure,
    )


def _reconciled(run: Run, event: ev.PhaseReconciled, at: Instant) -> Run:
    return _with_phase(run, event.phase, reason="", **_NOT_BEGUN)


def _approval_requested(run: Run, event: ev.ApprovalRequested, at: Instant) -> Run:
    approval = Approval(event.digest, event.covers, event.role, event.quorum, event.expires_at)
    waiting = _with_phase(
        run,
        event.phase,
        status=PhaseStatus.WAITING,
        stage=Stage.APPROVAL,
        until=event.expires_at,
        started_at=at,
        approval=approval,
        **_CLEARED,
    )
    return msgspec.structs.replace(waiting, begun=True)


def _approval_decided(run: Run, event: ev.ApprovalDecided, at: Instant) -> Run:
    approval = run.phase(event.phase).approval
    if approval is None:
        return run
    decided = msgspec.structs.replace(approval, decisions=(*approval.decisions, event))
    return _with_phase(run, event.phase, approval=decided)


def _approval_revoked(run: Run, event: ev.ApprovalRevoked, at: Instant) -> Run:
    approval = run.phase(event.phase).approval
    if approval is None:
        return run
    standing = tuple(d for d in approval.decisions if not d.by.same_person(event.by))
    left = msgspec.structs.replace(approval, decisions=standing)
    return _with_phase(run, event.phase, approval=left)


def _authorization_checked(run: Run, event: ev.AuthorizationChecked, at: Instant) -> Run:
    return run


def _wait_started(run: Run, event: ev.WaitStarted, at: Instant) -> Run:
    waiting = _with_phase(
        run,
        event.phase,
        status=PhaseStatus.WAITING,
        stage=Stage.WAIT,
        until=event.until,
        started_at=at,
        **_CLEARED,
    )
    return msgspec.structs.replace(waiting, begun=True)


def _parallel_started(run: Run, event: ev.ParallelStarted, at: Instant) -> Run:
    started = _with_phase(
        run,
        event.phase,
        status=PhaseStatus.RUNNING,
        stage=Stage.BRANCHES,
        started_at=at,
        **_CLEARED,
    )
    for branch in event.branches:
        visits = run.phase(branch).visits + 1
        fresh = {"status": PhaseStatus.PENDING, "stage": Stage.NONE, "tries": 0, "visits": visits}
        started = _with_phase(started, branch, **fresh, **_CLEARED)
    return msgspec.structs.replace(started, begun=True)


def _phase_finished(run: Run, event: ev.PhaseFinished, at: Instant) -> Run:
    finished = _with_phase(
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
    begun = msgspec.structs.replace(finished, begun=True)
    if event.status in (PhaseStatus.PASS, PhaseStatus.SKIPPED):
        return _made_good(begun, event.phase)
    if event.status == PhaseStatus.CANCELLED or event.failure is None:
        return begun
    return msgspec.structs.replace(begun, last_failure=event.failure, failed_in=event.phase)


def _made_good(run: Run, name: str) -> Run:
    """A phase has passed: that it failed before, or was left, is no reason for anything now."""
    if run.stopped_at == name:
        run = msgspec.structs.replace(run, stopped_at="")
    if run.failed_in == name:
        run = msgspec.structs.replace(run, last_failure=None, failed_in="")
    return run


def _pause_requested(run: Run, event: ev.PauseRequested, at: Instant) -> Run:
    return msgspec.structs.replace(run, pause_requested=True)


def _paused(run: Run, event: ev.OperationPaused, at: Instant) -> Run:
    return msgspec.structs.replace(run, paused=True, pause_requested=False)


def _resumed(run: Run, event: ev.OperationResumed, at: Instant) -> Run:
    return msgspec.structs.replace(run, paused=False, pause_requested=False)


def _cancel_requested(run: Run, event: ev.CancelRequested, at: Instant) -> Run:
    return msgspec.structs.replace(run, pending_stop="cancelled")


def _deadline_passed(run: Run, event: ev.DeadlinePassed, at: Instant) -> Run:
    pending = run.pending_stop or "deadline"
    return msgspec.structs.replace(run, pending_stop=pending, deadline_over=True)


def _finished(run: Run, event: ev.OperationFinished, at: Instant) -> Run:
    return msgspec.structs.replace(
        run,
        status=Status(event.status),
        finished_at=at,
        failure=event.failure,
        paused=False,
        pause_requested=False,
        pending_stop="",
    )


_EVOLVE: Mapping[type, Callable[[Run, Any, Instant], Run]] = {
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
