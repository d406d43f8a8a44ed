"""Attempts of actions: started, retried, lost, recovered, unknown.

The rule that everything here serves: the engine never repeats what may have changed the world. An
attempt whose fate is not known is asked about (``recover``), and where that cannot tell, it is a
person's to say. Only what is ``repeatable``, or known never to have begun, goes on by itself.
"""

from collections.abc import Collection

from . import events as ev
from . import inputs, movement
from .commands import action_key, timer_key
from .expressions import ExpressionFailed
from .instants import later
from .model import ActionPhase, CancelPolicy, Safety
from .retry import delay, wants_retry
from .run import HELD, LOST, PhaseStatus, Stage
from .standing import changes_something
from .step import Step

NOT_STARTED = "not_started"
"""The failure code with which ``recover`` says that an attempt never reached the provider."""

_NOT_BEGUN = {
    LOST: "the action never reached the provider",
    HELD: "the engine was restarted, and had not begun the action",
}
"""Why an attempt goes on whose `PhaseRun.reason` is one of these when it is to be started."""


def start(step: Step, name: str) -> None:
    """Begin a new attempt of a phase's action, or at last one that had not begun."""
    phase = step.action_phase(name)
    if step.at(name).reason in _NOT_BEGUN:
        _go_on(step, phase, _NOT_BEGUN[step.at(name).reason])
        return
    try:
        parameters = step.plan.expressions.render(phase.parameters, step.scope())
    except ExpressionFailed as failed:
        failure = ev.Failure("expression_failed", str(failed), {"expression": failed.source})
        movement.finish(step, name, "fail", failure=failure)
        return
    if step.run.accepted.dry_run and not _can_dry_run(phase):
        _skip(step, phase)
        return
    attempt = step.at(name).attempt + 1
    timeout_at = later(step.now, phase.timeout)
    dry_run = step.run.accepted.dry_run and phase.action.safety is not Safety.READ
    place = step.phase(phase.parent or name)
    policy = movement.cancel_policy(step, place, inherit=True)
    step.emit(
        ev.PhaseStarted(
            phase=name,
            attempt=attempt,
            token=f"{step.run.id}_{name}_{attempt}",
            action=phase.action.action_id,
            safety=phase.action.safety,
            timeout_at=timeout_at,
            parameters=parameters,
            dry_run=dry_run,
            no_return=policy is CancelPolicy.REFUSE,
        )
    )
    step.start_command(phase, timeout_at)


def _can_dry_run(phase: ActionPhase) -> bool:
    return phase.action.safety is Safety.READ or phase.action.supports_dry_run


def _skip(step: Step, phase: ActionPhase) -> None:
    evidence = {"dry_run": f"{phase.action.action_id} cannot be tried without doing it"}
    movement.finish(step, phase.name, "pass", status=PhaseStatus.SKIPPED, evidence=evidence)


def has_changed(step: Step, *beginning: str) -> bool:
    """Whether an attempt has begun that does more than read.

    Args:
        beginning: the phase (or branch) that is about to begin, or to begin after all.
    """
    changing = (phase for phase in step.plan.plan.action_phases() if changes_something(phase))
    return step.run.changed and any(_begun(step, phase.name, beginning) for phase in changing)


def _begun(step: Step, name: str, beginning: Collection[str]) -> bool:
    """One that was held has not begun; nor has one that begins because it never reached anybody."""
    at = step.at(name)
    unbegun = at.reason == HELD or (name in beginning and at.reason in _NOT_BEGUN)
    return at.attempt > unbegun


def progressed(step: Step, told: inputs.AttemptProgressed) -> None:
    """Write down how far an attempt is."""
    _check_current(step, told)
    attempt = step.at(told.phase).attempt
    step.emit(
        ev.PhaseProgressed(told.phase, attempt, told.message, told.data, told.checkpoint),
        told.actor,
    )


def finished(step: Step, told: inputs.AttemptFinished) -> None:
    """An attempt's outcome is known: retry it, go on from it, or begin what never began."""
    _check_current(step, told)
    phase, at = step.action_phase(told.phase), step.at(told.phase)
    if told.outcome not in phase.action.outcomes:
        _undeclared(step, told)
    elif at.stage is Stage.RECOVERING and at.reason == LOST and _never_began(told):
        _begin_after_all(step, phase)
    elif told.outcome == "fail" and _retries(step, phase, told.failure):
        _schedule_retry(step, phase, told.failure)
    else:
        movement.finish(
            step,
            told.phase,
            told.outcome,
            evidence=told.evidence,
            digest=told.digest,
            failure=told.failure,
            artifacts=told.artifacts,
            actor=told.actor,
        )


def _never_began(told: inputs.AttemptFinished) -> bool:
    return told.failure is not None and told.failure.code == NOT_STARTED


def _undeclared(step: Step, told: inputs.AttemptFinished) -> None:
    message = f"the driver gave {told.outcome!r}, which its descriptor does not name"
    failure = ev.Failure("outcome_undeclared", message, {"outcome": told.outcome})
    _not_known(step, step.action_phase(told.phase), failure, recoverable=False)


def unknown(step: Step, told: inputs.AttemptUnknown) -> None:
    """A driver cannot tell what became of an attempt."""
    _check_current(step, told)
    phase, at = step.action_phase(told.phase), step.at(told.phase)
    _not_known(step, phase, told.failure, recoverable=at.stage is Stage.ACTING)


def held(step: Step, told: inputs.AttemptHeld) -> None:
    """The engine stops before it has begun an attempt: the next one may begin it."""
    _check_current(step, told)
    if step.at(told.phase).stage is Stage.RECOVERING:
        raise inputs.StaleAttempt(f"{told.token} has begun: its driver is asked what became of it")
    step.emit(ev.PhaseHeld(told.phase, step.at(told.phase).attempt, "the engine was about to stop"))


def lost(step: Step, told: inputs.AttemptLost) -> None:
    """The engine stopped in mid-attempt: run it again, ask, or leave it to people."""
    _check_current(step, told)
    phase = step.action_phase(told.phase)
    if step.at(phase.name).reason == HELD:
        _begin_after_all(step, phase)
    elif _harmless(step, phase):
        _go_on(step, phase, "the engine was restarted, and the action may be run again")
    elif phase.action.recoverable:
        step.recover(phase, LOST)
    else:
        message = "the engine stopped in mid-action, and the driver cannot tell what came of it"
        _give_to_people(step, phase, ev.Failure("attempt_lost", message))


def _harmless(step: Step, phase: ActionPhase) -> bool:
    return phase.action.repeatable or step.at(phase.name).dry_run


def _begin_after_all(step: Step, phase: ActionPhase) -> None:
    """Perform an attempt that never began."""
    step.withdraw(action_key(phase.name))
    step.withdraw(timer_key(phase.name))
    again(step, phase.name)


def again(step: Step, name: str) -> None:
    """Make another attempt, unless the operation is to stop.

    Time has passed since the phase began: what it requires may have to be made again first.
    """
    if movement.stops_here(step):
        movement.give_up(step, name)
    elif step.action_phase(name).parent:
        movement.begin_branch(step, name)
    else:
        movement.begin(step, name)


def _go_on(step: Step, phase: ActionPhase, reason: str) -> None:
    timeout_at = later(step.now, phase.timeout)
    step.emit(ev.PhaseResumed(phase.name, step.at(phase.name).attempt, reason, timeout_at))
    step.withdraw(action_key(phase.name))
    step.start_command(phase, timeout_at)


def timed_out(step: Step, name: str) -> None:
    """An attempt took longer than its phase allows."""
    phase = step.action_phase(name)
    step.withdraw(action_key(name))
    message = f"the attempt was not over by {step.at(name).until}"
    failure = ev.Failure("timeout", message, retry_class="timeout")
    _not_known(step, phase, failure, recoverable=True, reason="timed_out")


def recovery_timed_out(step: Step, name: str) -> None:
    """The driver did not tell in time what became of an attempt."""
    message = "the driver could not tell in time what became of the attempt"
    _give_to_people(step, step.action_phase(name), ev.Failure("recovery_timeout", message))


def _not_known(
    step: Step,
    phase: ActionPhase,
    failure: ev.Failure,
    *,
    recoverable: bool,
    reason: str = "unknown",
) -> None:
    if _harmless(step, phase) and _retries(step, phase, failure):
        _schedule_retry(step, phase, failure)
    elif _harmless(step, phase):
        movement.finish(step, phase.name, "fail", failure=failure)
    elif recoverable and phase.action.recoverable:
        step.recover(phase, reason, failure)
    else:
        _give_to_people(step, phase, failure)


def _give_to_people(step: Step, phase: ActionPhase, failure: ev.Failure) -> None:
    step.withdraw(action_key(phase.name))
    step.withdraw(timer_key(phase.name))
    step.emit(ev.PhaseOutcomeUnknown(phase.name, step.at(phase.name).attempt, failure))


def _retries(step: Step, phase: ActionPhase, failure: ev.Failure | None) -> bool:
    """Whether the plan makes another attempt; a dry run asks everything once, to be over soon."""
    tries = step.at(phase.name).tries
    return not step.run.accepted.dry_run and wants_retry(phase.retry, failure, tries)


def _schedule_retry(step: Step, phase: ActionPhase, failure: ev.Failure | None) -> None:
    assert failure is not None, "only a failure is retried"
    if movement.stops_here(step):
        movement.give_up(step, phase.name, failure)
        return
    at = step.at(phase.name)
    retry_at = later(step.now, delay(phase.retry, at.tries, at.token))
    step.withdraw(action_key(phase.name))
    step.emit(ev.PhaseRetryScheduled(phase.name, at.attempt, failure, retry_at))
    step.timer(phase.name, retry_at)


def reconciled(step: Step, name: str, told: inputs.Reconcile) -> None:
    """A person said what became of an attempt: go on from there."""
    if told.outcome == "retry":
        again(step, name)
        return
    evidence = {
        "reconciled": {"outcome": told.outcome, "by": told.actor.subject, "note": told.note}
    }
    failure = None
    if told.outcome == "fail":
        failure = ev.Failure("reconciled_fail", f"{told.actor.subject} said that it failed")
    movement.finish(step, name, told.outcome, evidence=evidence, failure=failure)


def _check_current(step: Step, told: inputs.AttemptInput) -> None:
    at = step.at(told.phase)
    if at.token != told.token or at.stage not in (Stage.ACTING, Stage.RECOVERING):
        raise inputs.StaleAttempt(f"{told.token} is not the attempt that {told.phase} is at")
