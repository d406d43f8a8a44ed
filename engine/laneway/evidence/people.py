"""Rules of a replay: what people said, and whether they could."""

from laneway.core import events as ev
from laneway.core import inputs, movement
from laneway.core.decide import LEGAL
from laneway.core.instants import later
from laneway.core.model import ApprovalPhase
from laneway.core.run import Stage
from laneway.core.standing import covers, covers_digest

from .moment import Complaint, Complaints, Moment, is_so
from .moves import begins

_ANOTHER = "somebody else caused it than it says"


def _told(m: Moment[ev.Event], kind: type[inputs.Input], by: ev.Actor) -> Complaints:
    """It was said by whom it names, in a status in which that can be said."""
    yield from is_so(m.actor == by, _ANOTHER, "by")
    legal = m.run.status in LEGAL[kind]
    yield from is_so(legal, f"it cannot be said to an operation that is {m.run.status}")


# --- approvals -----------------------------------------------------------------------------------


def requested(m: Moment[ev.ApprovalRequested]) -> Complaints:
    """The plan asks for it here, and shows what is so."""
    event, phase = m.event, m.phase(m.event.phase)
    if not isinstance(phase, ApprovalPhase):
        yield Complaint(f"{phase.name} asks nobody")
        return
    yield from begins(m, phase)
    yield from is_so(not m.run.accepted.dry_run, "a dry run asks nobody")
    asked = (event.role, event.quorum) == (phase.role, phase.quorum)
    yield from is_so(asked, f"the plan asks {phase.quorum} of {phase.role}", "role")
    due = later(m.at, phase.expires)
    yield from is_so(event.expires_at == due, f"the plan gives it until {due}", "expires_at")
    shown = event.covers == covers(m.plan, m.run)
    yield from is_so(shown, "it covers something else than what was so", "covers")
    right = event.digest == covers_digest(event.covers)
    yield from is_so(right, "its digest is not that of what it covers", "digest")


def decided(m: Moment[ev.ApprovalDecided]) -> Complaints:
    """Somebody who may decide does so, on what is asked now, once."""
    event, at = m.event, m.state(m.event.phase)
    yield from _told(m, inputs.Approve, event.by)
    word = event.decision in ("approve", "reject")
    yield from is_so(word, f"{event.decision!r} is no decision", "decision")
    if at.stage is not Stage.APPROVAL or at.approval is None:
        yield Complaint(f"no approval of {event.phase} is asked for")
        return
    told = inputs.Approve(event.by, phase=event.phase, decision=event.decision, digest=event.digest)
    try:
        movement.check_approver(m.step, told, at.approval)
    except inputs.InputRefused as refused:
        yield Complaint(f"the plan does not let them decide: {refused}", "by")


def revoked(m: Moment[ev.ApprovalRevoked]) -> Complaints:
    """Somebody takes back what they had given, before anything came of it."""
    yield from _told(m, inputs.Revoke, m.event.by)
    approval = m.state(m.event.phase).approval
    given = None if approval is None else approval.decided_by(m.event.by)
    if approval is None or given is None or given.decision != "approve":
        yield Complaint(f"they had not approved {m.event.phase}", "by")
    else:
        yield from is_so(not approval.used, "something had been done on its strength")


# --- reconciling, pausing, cancelling ------------------------------------------------------------


def reconciled(m: Moment[ev.PhaseReconciled]) -> Complaints:
    """Somebody says what became of an attempt that nobody can tell of."""
    event, at = m.event, m.state(m.event.phase)
    yield from _told(m, inputs.Reconcile, event.by)
    yield from is_so(at.stage is Stage.UNKNOWN, f"the outcome of {event.phase} is not unknown")
    yield from is_so(event.attempt == at.attempt, f"it is at attempt {at.attempt}", "attempt")
    known = event.outcome in ("pass", "fail", "retry")
    yield from is_so(known, f"{event.outcome!r} is no outcome of a reconciliation", "outcome")


def asked_to_pause(m: Moment[ev.PauseRequested]) -> Complaints:
    """Somebody asks for a pause that is not asked for yet."""
    yield from _told(m, inputs.Pause, m.event.by)
    yield from is_so(not m.run.pause_requested, "a pause was asked for already")


def paused(m: Moment[ev.OperationPaused]) -> Complaints:
    """The pause takes effect before a phase."""
    yield from is_so(m.run.pause_requested, "nobody had asked for a pause")
    before = m.event.next_phase == m.run.place and not m.run.begun
    yield from is_so(before, f"the operation is in {m.run.place}", "next_phase")


def resumed(m: Moment[ev.OperationResumed]) -> Complaints:
    """Somebody takes a pause back, or ends it."""
    yield from _told(m, inputs.Resume, m.event.by)
    stands = m.run.paused or m.run.pause_requested
    yield from is_so(stands, "the operation was not paused")


def cancel(m: Moment[ev.CancelRequested]) -> Complaints:
    """Somebody asks to cancel, before the point of no return."""
    yield from _told(m, inputs.Cancel, m.event.by)
    again = bool(m.run.pending_stop) and not movement.can_stop_now(m.step, inherit=True)
    yield from is_so(not again, "it was to stop already, and could not yet")
    try:
        movement.refuse_late_cancel(m.step)
    except inputs.InputRefused as refused:
        yield Complaint(f"it could not be cancelled any more: {refused}")


def deadline(m: Moment[ev.DeadlinePassed]) -> Complaints:
    """The deadline passes when it is over, once."""
    due = m.run.deadline_at
    over = due is not None and m.at >= due and not m.run.deadline_over
    yield from is_so(over, f"the deadline is {due}")
