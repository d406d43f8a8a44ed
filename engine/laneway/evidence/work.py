"""Rules of a replay: attempts of actions, waits and branches, from their beginning on."""

from laneway.core import events as ev
from laneway.core.expressions import ExpressionFailed
from laneway.core.instants import Instant, elapsed, later
from laneway.core.model import ActionPhase, CancelPolicy, ParallelPhase, Phase, Safety, WaitPhase
from laneway.core.movement import cancel_policy
from laneway.core.retry import delay, wants_retry
from laneway.core.run import HELD, LOST, PhaseRun, Stage

from .moment import Complaint, Complaints, Moment, is_so
from .moves import begins, here, stands

UNDER_WAY = (Stage.ACTING, Stage.RECOVERING)


def can_dry_run(phase: ActionPhase) -> bool:
    """Whether the action can be asked what it would do."""
    return phase.action.safety is Safety.READ or phase.action.supports_dry_run


# --- attempts ------------------------------------------------------------------------------------


def started(m: Moment[ev.PhaseStarted]) -> Complaints:
    """An attempt begins, of the action that the plan names, when the plan lets it."""
    phase = m.phase(m.event.phase)
    if not isinstance(phase, ActionPhase):
        yield Complaint(f"{phase.name} performs no action")
        return
    yield from _may_begin(m, phase)
    yield from _is_planned(m, phase)
    yield from _dry_run(m, phase)


def _may_begin(m: Moment[ev.PhaseStarted], phase: ActionPhase) -> Complaints:
    at = m.state(phase.name)
    early = at.stage is Stage.RETRY and at.until is not None and m.at < at.until
    yield from is_so(not early, f"the next attempt was to begin at {at.until}")
    number = at.attempt + 1
    yield from is_so(m.event.attempt == number, f"it is attempt {number}", "attempt")
    if phase.parent is None:
        yield from begins(m, phase)
    else:
        yield from _branch_begins(m, phase, phase.parent)


def _branch_begins(m: Moment[ev.PhaseStarted], phase: ActionPhase, parent: str) -> Complaints:
    yield from here(m, parent)
    begun, at = m.state(parent).stage is Stage.BRANCHES, m.state(phase.name)
    yield from is_so(begun, f"{parent} has not begun its branches")
    idle = at.stage in (Stage.NONE, Stage.RETRY) and not at.finished
    yield from is_so(idle, f"{phase.name} has begun already")


def _is_planned(m: Moment[ev.PhaseStarted], phase: ActionPhase) -> Complaints:
    event, action = m.event, phase.action
    yield from is_so(event.action == action.action_id, f"it is {action.action_id}", "action")
    yield from is_so(event.safety == action.safety, f"that is {action.safety}", "safety")
    token = f"{m.run.id}_{phase.name}_{event.attempt}"
    yield from is_so(event.token == token, f"its token is {token}", "token")
    place = m.phase(phase.parent or phase.name)
    last = cancel_policy(m.step, place, inherit=True) is CancelPolicy.REFUSE
    told = f"the plan {'does not let' if last else 'lets'} it be cancelled from here on"
    yield from is_so(event.no_return is last, told, "no_return")
    yield from _in_time(m, phase, event.timeout_at)
    yield from _is_given(m, phase)


def _in_time(m: Moment[ev.AttemptEvent], phase: ActionPhase, until: Instant) -> Complaints:
    due = later(m.at, phase.timeout)
    yield from is_so(until == due, f"the plan gives it until {due}", "timeout_at")


def _is_given(m: Moment[ev.PhaseStarted], phase: ActionPhase) -> Complaints:
    try:
        asked = m.compiled.expressions.render(phase.parameters, m.step.scope())
    except ExpressionFailed as failed:
        yield Complaint(f"what it is given cannot be made: {failed}", "parameters")
        return
    given = m.event.parameters == asked
    yield from is_so(given, "the plan gives it something else", "parameters")


def _dry_run(m: Moment[ev.PhaseStarted], phase: ActionPhase) -> Complaints:
    dry = m.run.accepted.dry_run
    yield from is_so(not dry or can_dry_run(phase), "a dry run cannot do that")
    only_tried = dry and phase.action.safety is not Safety.READ
    told = "a dry run changes nothing" if dry else "the operation is no dry run"
    yield from is_so(m.event.dry_run is only_tried, told, "dry_run")


def _current(m: Moment[ev.AttemptEvent], *stages: Stage) -> Complaints:
    """It is about the attempt that the phase is at, in a stage in which that can happen."""
    at = m.state(m.event.phase)
    yield from is_so(at.stage in stages, f"{m.event.phase} is {_doing(at)}")
    yield from is_so(m.event.attempt == at.attempt, f"it is at attempt {at.attempt}", "attempt")


def _doing(at: PhaseRun) -> str:
    return at.stage.value if at.stage else f"not under way ({at.status})"


def progressed(m: Moment[ev.PhaseProgressed]) -> Complaints:
    """The driver says how far it is."""
    yield from _current(m, *UNDER_WAY)


def held(m: Moment[ev.PhaseHeld]) -> Complaints:
    """The engine leaves an attempt to the next one."""
    yield from _current(m, Stage.ACTING)


def resumed(m: Moment[ev.PhaseResumed]) -> Complaints:
    """A lost attempt goes on: one that does no harm twice, or that had not begun."""
    phase, at = _action(m), m.state(m.event.phase)
    idle = [Stage.NONE] if at.reason in (LOST, HELD) else []
    yield from _current(m, *UNDER_WAY, *idle)
    if phase is None:
        return
    yield from _in_time(m, phase, m.event.timeout_at)
    if phase.action.repeatable or at.dry_run:
        return
    unbegun = at.reason in (LOST, HELD)
    yield from is_so(unbegun, "the attempt may have been made, and is not to be made twice")
    if phase.parent is None:
        yield from stands(m, phase)


def _action(m: Moment[ev.AttemptEvent]) -> ActionPhase | None:
    phase = m.phase(m.event.phase)
    return phase if isinstance(phase, ActionPhase) else None


def retried(m: Moment[ev.PhaseRetryScheduled]) -> Complaints:
    """An attempt failed in a way that the plan retries, as often as it does."""
    yield from _current(m, *UNDER_WAY)
    phase, at = _action(m), m.state(m.event.phase)
    if phase is None:
        return
    wanted = wants_retry(phase.retry, m.event.failure, at.tries) and not m.run.accepted.dry_run
    yield from is_so(wanted, "the plan makes no other attempt after that", "failure")
    wait, most = elapsed(m.at, m.event.retry_at), delay(phase.retry, at.tries, at.token)
    fits = wait == most if phase.retry.jitter == "none" else 0 <= wait <= phase.retry.max_delay
    yield from is_so(fits, "the plan waits another time", "retry_at")


def recovering(m: Moment[ev.PhaseRecovering]) -> Complaints:
    """The driver is asked what became of an attempt, where it can be."""
    yield from _current(m, *UNDER_WAY)
    phase = _action(m)
    able = phase is not None and phase.action.recoverable
    yield from is_so(able, "its driver cannot be asked what became of an attempt")


def unknown(m: Moment[ev.PhaseOutcomeUnknown]) -> Complaints:
    """Nobody can tell what became of an attempt."""
    yield from _current(m, *UNDER_WAY)


# --- waits and branches --------------------------------------------------------------------------


def waits(m: Moment[ev.WaitStarted]) -> Complaints:
    """A wait begins, for as long as the plan says."""
    phase = m.phase(m.event.phase)
    if not isinstance(phase, WaitPhase):
        yield Complaint(f"{phase.name} does not wait")
        return
    yield from begins(m, phase)
    yield from is_so(not m.run.accepted.dry_run, "a dry run does not wait")
    try:
        until = later(m.at, phase.duration or 0)
        if phase.until is not None:
            until = m.compiled.expressions.moment(phase.until, m.step.scope())
    except ExpressionFailed as failed:
        yield Complaint(f"until when cannot be told: {failed}", "until")
        return
    yield from is_so(m.event.until == until, f"the plan waits until {until}", "until")


def branches(m: Moment[ev.ParallelStarted]) -> Complaints:
    """The branches of a parallel phase begin, all of them."""
    phase: Phase = m.phase(m.event.phase)
    if not isinstance(phase, ParallelPhase):
        yield Complaint(f"{phase.name} has no branches")
        return
    yield from begins(m, phase)
    names = tuple(branch.name for branch in phase.branches)
    yield from is_so(m.event.branches == names, "the plan has other branches", "branches")
