"""Deeds: what simulated drivers may have done to the world, counted.

A *careful* action is one that the engine must not repeat by itself: it is not harmless to run
twice. As soon as such an action is asked for, it may have been done. That count goes back only
where it is known that it was not (its driver says that it never began, or the engine that was to
begin it did not), or where doing it again is allowed: a person said ``retry``; the plan came to the
phase again (what destroys needs an approval for that); or the plan retries it, and what it does may
be done twice. A count above one is a deed that was repeated unasked.
"""

from collections.abc import Iterator

from laneway.core import events as ev
from laneway.core import inputs
from laneway.core.attempts import NOT_STARTED
from laneway.core.commands import StartAction
from laneway.core.decide import Decision
from laneway.core.model import ActionPhase, ApprovalPhase, ParallelPhase, Plan, Safety
from laneway.core.run import PhaseStatus, Run, Stage

Deeds = dict[str, int]
"""By phase: how often its action may have been done since that was last allowed."""


def after_decision(
    plan: Plan, before: Deeds, run: Run, told: inputs.AnyInput, decision: Decision
) -> Deeds:
    """The deeds after what was decided is performed; ``run`` is as it was before."""
    begun = [c for c in decision.commands if isinstance(c, StartAction)]
    if not before and not begun:
        return before
    deeds = dict(before)
    deeds.pop(_not_done(run, told), None)
    for said in decision.events:
        for phase in _allowed(plan, deeds, said.event):
            deeds.pop(phase, None)
    for command in begun:
        if not command.dry_run and careful(plan, command.phase):
            deeds[command.phase] = deeds.get(command.phase, 0) + 1
    return deeds


def careful(plan: Plan, name: str) -> bool:
    """Whether a phase's action is not harmless to run twice."""
    phase = plan.phase(name)
    return isinstance(phase, ActionPhase) and not phase.action.repeatable


def destroys(plan: Plan, name: str) -> bool:
    """Whether a phase's action is destructive."""
    phase = plan.phase(name)
    return isinstance(phase, ActionPhase) and phase.action.safety is Safety.DESTRUCTIVE


def _not_done(run: Run, told: inputs.AnyInput) -> str:
    """The phase of which is now known that its action was not done after all, or empty."""
    if isinstance(told, inputs.AttemptHeld):
        return told.phase
    if not isinstance(told, inputs.AttemptFinished) or told.failure is None:
        return ""
    recovering = run.phase(told.phase).stage is Stage.RECOVERING
    return told.phase if recovering and told.failure.code == NOT_STARTED else ""


def _allowed(plan: Plan, deeds: Deeds, event: ev.AnyEvent) -> Iterator[str]:
    """The phases whose action may now be done, whatever was done before."""
    if isinstance(event, ev.PhaseReconciled) and event.outcome == "retry":
        yield event.phase
    elif isinstance(event, ev.PhaseRetryScheduled):
        yield from _retried(plan, event.phase)
    elif isinstance(event, ev.PhaseFinished) and _approves(plan, event):
        yield from [name for name in deeds if destroys(plan, name)]
    elif isinstance(event, ev.TransitionTaken) and _by_the_plan(event):
        yield from (name for name in _actions(plan, event.target) if not destroys(plan, name))


def _retried(plan: Plan, name: str) -> Iterator[str]:
    phase = plan.phase(name)
    assert isinstance(phase, ActionPhase), f"{name} performs no action"
    if phase.retry.attempts > 1 and phase.action.idempotent and not destroys(plan, name):
        yield name


def _approves(plan: Plan, event: ev.PhaseFinished) -> bool:
    approval = isinstance(plan.phase(event.phase), ApprovalPhase)
    return approval and event.status == PhaseStatus.PASS


def _by_the_plan(event: ev.TransitionTaken) -> bool:
    return not event.on.startswith(("renew:", "renewed:"))


def _actions(plan: Plan, name: str) -> list[str]:
    phase = plan.phases.get(name)
    if isinstance(phase, ParallelPhase):
        return [branch.name for branch in phase.branches]
    return [name] if isinstance(phase, ActionPhase) else []
