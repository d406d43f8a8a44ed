"""Moving along the plan: entering phases, beginning their work, finishing, stopping."""

from typing import Any

from . import attempts, inputs
from . import events as ev
from .cancelling import own_policy
from .commands import action_key, timer_key
from .expressions import ExpressionFailed
from .instants import later
from .machine import Guards
from .model import (
    ActionPhase,
    ApprovalPhase,
    CancelPolicy,
    EndPhase,
    EndStatus,
    ParallelPhase,
    Phase,
    WaitPhase,
)
from .run import Approval, PhaseStatus, Stage
from .standing import changes_something, covers, covers_digest, missing
from .step import DEADLINE, ENDS, STATUS_OF_OUTCOME, Step


def enter(step: Step, name: str) -> None:
    """Go to a phase. `settle` arrives there, once all that led to it has been said."""
    step.arriving = name


def settle(step: Step) -> None:
    """Arrive at one phase after another, until there is something to wait for.

    A loop and no recursion: a dry run may pass through a whole plan, loops too, in one step.
    """
    while step.arriving is not None:
        name, step.arriving = step.arriving, None
        _arrive(step, name)


def _arrive(step: Step, name: str) -> None:
    """End there, pause before it, or begin its work."""
    if name in ENDS or isinstance(step.phase(name), EndPhase):
        step.end(name)
        return
    limit = step.phase(name).max_visits
    if limit is not None and step.at(name).visits > limit:
        _break(step, "visits_exhausted", f"{name} may be entered {limit} times, and has been")
    elif step.run.pause_requested:
        step.emit(ev.OperationPaused(name))
    else:
        begin(step, name)


def begin(step: Step, name: str) -> None:
    """Begin a phase's work, unless something that it requires must be made first."""
    phase = step.phase(name)
    renewed = missing(step.plan.plan, step.run, phase, step.now)
    if renewed is not None:
        enter(step, step.take(f"renew:{renewed}"))
    elif not _authorized(step, phase, name):
        _deny(step)
    elif isinstance(phase, ActionPhase):
        attempts.start(step, name)
    elif isinstance(phase, ApprovalPhase):
        _ask(step, phase)
    elif isinstance(phase, WaitPhase):
        _wait(step, phase)
    elif isinstance(phase, ParallelPhase):
        _fan_out(step, phase)


def begin_branch(step: Step, name: str) -> None:
    """Begin a branch of the phase that the operation is in, another time or after all."""
    if _authorized(step, step.phase(step.run.place), name):
        attempts.start(step, name)
    else:
        _deny(step)


def _authorized(step: Step, phase: Phase, beginning: str) -> bool:
    """Whether the requester may (still) do it; asked before the first phase that changes something.

    Without a policy there is nothing to ask.
    """
    ruling = step.ruling
    if ruling is None or step.run.accepted.dry_run or not changes_something(phase):
        return True
    if attempts.has_changed(step, beginning):
        return True
    step.emit(ev.AuthorizationChecked(phase.name, ruling))
    return ruling.allowed


def _deny(step: Step) -> None:
    """End as ``refused``: nothing was changed."""
    assert step.ruling is not None, "only a ruling denies"
    failure = ev.Failure("authorization_denied", step.ruling.reason)
    for name in step.run.staged(*_UNDER_WAY):  # it was written down, and not begun
        step.withdraw(action_key(name))
        step.withdraw(timer_key(name))
    step.take("denied")
    step.withdraw(timer_key(DEADLINE))
    step.emit(ev.OperationFinished(EndStatus.REFUSED, failure))


def _ask(step: Step, phase: ApprovalPhase) -> None:
    if step.run.accepted.dry_run:
        finish(step, phase.name, "approved", status=PhaseStatus.SKIPPED)
        return
    covered = covers(step.plan.plan, step.run)
    expires_at = later(step.now, phase.expires)
    step.emit(
        ev.ApprovalRequested(
            phase.name, covers_digest(covered), covered, phase.role, phase.quorum, expires_at
        )
    )
    step.timer(phase.name, expires_at)


def check_approver(step: Step, told: inputs.Approve, approval: Approval) -> None:
    """Refuse a decision on something else, by the requester, or by somebody who has decided.

    Raises:
        inputs.DigestMismatch, inputs.SelfApproval, inputs.IllegalInput: as said.
    """
    phase = step.phase(told.phase)
    assert isinstance(phase, ApprovalPhase), f"{told.phase} asks nobody"
    if told.digest != approval.digest:
        raise inputs.DigestMismatch("what you were shown has changed: read it again, then decide")
    own = told.actor.same_person(step.run.accepted.requested_by)
    if own and told.decision == "approve" and not phase.allow_requester:
        raise inputs.SelfApproval("who requests an operation may not approve it")
    if approval.decided_by(told.actor) is not None:
        raise inputs.IllegalInput(f"{told.actor.subject} has decided already")


def settle_approval(step: Step, name: str) -> None:
    """Go on where a decision settles the approval: one rejection, or as many as the quorum."""
    approval = step.at(name).approval
    assert approval is not None, f"{name} has no approval"
    newest = approval.decisions[-1]
    evidence = {"digest": approval.digest, "approved_by": list(approval.approved_by)}
    if newest.decision == "reject":
        failure = ev.Failure("approval_rejected", newest.comment or "the approval was rejected")
        evidence["rejected_by"] = newest.by.subject
        finish(step, name, "rejected", evidence=evidence, failure=failure)
    elif len(approval.approved_by) >= approval.quorum:
        finish(step, name, "approved", evidence=evidence, digest=approval.digest)


def _wait(step: Step, phase: WaitPhase) -> None:
    if step.run.accepted.dry_run:
        finish(step, phase.name, "pass", status=PhaseStatus.SKIPPED)
        return
    until = later(step.now, phase.duration or 0)
    if phase.until is not None:
        try:
            until = step.plan.expressions.moment(phase.until, step.scope())
        except ExpressionFailed as failed:
            _break(step, "expression_failed", str(failed))
            return
    step.emit(ev.WaitStarted(phase.name, until))
    step.timer(phase.name, until)


def _fan_out(step: Step, phase: ParallelPhase) -> None:
    step.emit(ev.ParallelStarted(phase.name, tuple(branch.name for branch in phase.branches)))
    for branch in phase.branches:
        if step.at(phase.name).stage is Stage.BRANCHES:
            attempts.start(step, branch.name)


def finish(
    step: Step,
    name: str,
    outcome: str,
    *,
    status: PhaseStatus | None = None,
    evidence: dict[str, Any] | None = None,
    digest: str = "",
    failure: ev.Failure | None = None,
    artifacts: tuple[ev.ArtifactRef, ...] = (),
    actor: ev.Actor = ev.ENGINE,
) -> None:
    """A phase or branch is over with an outcome: go on from there."""
    over = ev.PhaseFinished(
        phase=name,
        outcome=outcome,
        status=status or STATUS_OF_OUTCOME.get(outcome, PhaseStatus.FAIL),
        attempt=step.at(name).attempt,
        evidence=evidence or {},
        digest=digest,
        failure=failure,
        artifacts=artifacts,
    )
    phase = step.phase(name)
    if isinstance(phase, ActionPhase) and phase.parent:
        step.target(f"finished:{name}")  # the statechart has the last word
        step.phase_over(over, actor)
        _join(step, phase.parent)
    else:
        step.phase_over(over, actor)
        _advance(step, outcome)


def _join(step: Step, name: str) -> None:
    phase = step.phase(name)
    assert isinstance(phase, ParallelPhase), f"{name} has no branches"
    passed = [b.name for b in phase.branches if step.at(b.name).outcome == "pass"]
    ended = [b.name for b in phase.branches if step.at(b.name).finished]
    if phase.join == "any" and passed:
        _cancel_branches(step, phase)
        finish(step, name, "pass", evidence=_branches(step, phase))
    elif len(ended) == len(phase.branches) and _gave_up(step, phase):
        stop(step)
    elif len(ended) == len(phase.branches):
        outcome = "pass" if len(passed) == len(ended) else "fail"
        failures = (step.at(b.name).failure for b in phase.branches if b.name not in passed)
        failure = next(filter(None, failures), None)
        finish(step, name, outcome, evidence=_branches(step, phase), failure=failure)


def _gave_up(step: Step, phase: ParallelPhase) -> bool:
    """Whether a branch was not made another time because of a stop."""
    cancelled = (step.at(b.name).status is PhaseStatus.CANCELLED for b in phase.branches)
    return stops_here(step) and any(cancelled)


def _branches(step: Step, phase: ParallelPhase) -> dict[str, Any]:
    return {branch.name: step.at(branch.name).outcome for branch in phase.branches}


def _cancel_branches(step: Step, phase: ParallelPhase) -> None:
    for branch in phase.branches:
        if not step.at(branch.name).finished:
            _give_up(step, branch.name)


def _give_up(step: Step, name: str, failure: ev.Failure | None = None) -> None:
    attempt = step.at(name).attempt
    status = PhaseStatus.CANCELLED
    step.phase_over(ev.PhaseFinished(name, "cancelled", status, attempt, failure=failure))


def _advance(step: Step, outcome: str) -> None:
    """Leave a finished phase.

    A stop that was asked for takes effect where the phase passed and another one would follow; an
    outcome that did not pass is first the plan's own to answer (it may have to clean up).
    """
    passed = step.at(step.run.place).status in (PhaseStatus.PASS, PhaseStatus.SKIPPED)
    if step.run.detours and passed:
        _come_back(step)
        return
    try:
        event, guards = step.outcome_transition(outcome)
    except ExpressionFailed as failed:
        _break(step, "expression_failed", str(failed))
        return
    if passed and step.run.pending_stop and not _ends(step, step.target(event, guards)):
        stop(step)
    else:
        enter(step, step.take(event, guards))


def _come_back(step: Step) -> None:
    if stops_here(step):
        stop(step)
    else:
        enter(step, step.take(f"renewed:{step.run.detours[-1]}"))


def _ends(step: Step, name: str) -> bool:
    return name in ENDS or isinstance(step.phase(name), EndPhase)


def _break(step: Step, code: str, message: str) -> None:
    """The engine cannot go on as the plan says: end as ``fail``, with the reason."""
    failure = ev.Failure(code, message)
    step.take("broken")
    step.withdraw(timer_key(DEADLINE))
    step.emit(ev.OperationFinished(EndStatus.FAIL, failure))


# --- stopping: cancellation and deadline ---------------------------------------------------------


def cancel_policy(step: Step, phase: Phase, *, inherit: bool) -> CancelPolicy:
    """What a stop does while the phase is at work.

    A dry run only reads, and is stopped. What the plan says holds. Else, with ``inherit``,
    everything behind the point of no return refuses; else it is the phase's own policy.
    """
    if step.run.accepted.dry_run:
        return CancelPolicy.IMMEDIATE
    if phase.cancel is not None:
        return phase.cancel
    if inherit and step.run.no_return:
        return CancelPolicy.REFUSE
    return own_policy(phase)


def refuse_late_cancel(step: Step) -> None:
    """Refuse a cancellation behind the point of no return, or while an outcome is unknown.

    A phase that has not begun (the operation is paused before it) is not the point of no return.

    Raises:
        inputs.NotCancellable: with what can be done instead.
    """
    if step.run.staged(Stage.UNKNOWN):
        raise inputs.NotCancellable("reconcile first: nobody knows what the action has done")
    place = step.plan.plan.phases.get(step.run.place)
    if place is None or not (step.run.begun or step.run.no_return):
        return
    if cancel_policy(step, place, inherit=True) is CancelPolicy.REFUSE:
        raise inputs.NotCancellable(
            f"{place.name} is past the point of no return; it goes on to its end"
        )


def can_stop_now(step: Step, *, inherit: bool) -> bool:
    """Whether a stop may take effect at once: nothing is under way that must be awaited."""
    if step.run.staged(Stage.UNKNOWN):
        return False
    if not step.run.staged(Stage.ACTING, Stage.RECOVERING):
        return True
    phase = step.phase(step.run.place)
    return cancel_policy(step, phase, inherit=inherit) is CancelPolicy.IMMEDIATE


def stop(step: Step) -> None:
    """Let the pending stop take effect: give up what is under way, and leave the phase."""
    event = step.run.pending_stop
    newest_first = reversed(step.run.staged(*_UNDER_WAY))
    branches_first = sorted(newest_first, key=lambda name: step.at(name).stage is Stage.BRANCHES)
    for name in branches_first:
        _give_up(step, name)
    guards: Guards = ()
    if event == "cancelled" and step.run.place in step.plan.plan.phases:
        try:
            _, guards = step.outcome_transition("cancelled")
        except ExpressionFailed as failed:
            _break(step, "expression_failed", str(failed))
            return
    enter(step, step.take(event, guards))


def stops_here(step: Step) -> bool:
    """Whether a stop is pending that takes effect as soon as nothing must be awaited any more."""
    return bool(step.run.pending_stop) and not step.run.answering


def give_up(step: Step, name: str, failure: ev.Failure | None = None) -> None:
    """Make no other attempt of a phase, because of a pending stop, and let that take effect."""
    _give_up(step, name, failure)
    phase = step.phase(name)
    if isinstance(phase, ActionPhase) and phase.parent:
        _join(step, phase.parent)
    else:
        stop(step)


_UNDER_WAY = (
    Stage.ACTING,
    Stage.RECOVERING,
    Stage.RETRY,
    Stage.APPROVAL,
    Stage.WAIT,
    Stage.BRANCHES,
)
