"""Promises about an operation's state, its way through the plan, and its end. See ``watch``."""

from collections.abc import Iterator

from laneway.core import events as ev
from laneway.core import inputs
from laneway.core.commands import timer_key
from laneway.core.machine import CANCELLED, FAILED, REFUSED
from laneway.core.model import EndPhase
from laneway.core.run import PhaseStatus, Run, Stage
from laneway.core.step import DEADLINE, ENDS

from .scene import Commit

TIMED = (Stage.ACTING, Stage.RECOVERING, Stage.RETRY, Stage.APPROVAL, Stage.WAIT)
"""The stages that end with time, if nothing else ends them."""


def settled_unasked(commit: Commit) -> Iterator[str]:
    """Only a person settles what is unknown."""
    unknown = commit.before.run.staged(Stage.UNKNOWN)
    for name in unknown:
        if commit.after.run.phase(name).stage is Stage.UNKNOWN:
            continue
        told = commit.told
        named = (name, None) if len(unknown) == 1 else (name,)
        if not isinstance(told, inputs.Reconcile) or told.phase not in named:
            yield f"what became of {name} is unknown, and {type(told).__name__} settled it"


def lane_let_go(commit: Commit) -> Iterator[str]:
    """With the end the lane is free, so nothing may be under way then; nor before it is granted."""
    run = commit.after.run
    if not run.terminal and run.started_at is not None:
        return
    left = [*commit.after.commands, *run.staged(*TIMED, Stage.UNKNOWN)]
    if run.terminal and left:
        yield f"the operation has ended and its lane is free, but there is still {', '.join(left)}"
    elif left and run.started_at is None:
        yield "the operation does not have its lane, and begins all the same"


def after_the_end(commit: Commit, run: Run, event: ev.AnyEvent) -> Iterator[str]:
    """Nothing happens to an operation that has ended."""
    if run.finished_at is not None:
        yield f"{ev.event_type(event)} comes after the end"


def stuck(commit: Commit) -> Iterator[str]:
    """What has not ended goes on by somebody's doing, or with time."""
    run = commit.after.run
    if run.started_at is None or run.terminal:
        return
    at_work = run.staged(*TIMED, Stage.UNKNOWN)
    if not at_work and not run.paused:
        yield f"nothing is under way at {run.place}, and nothing will be"
    if at_work and run.paused:
        yield f"it is paused, and {', '.join(at_work)} goes on"
    timed = [name for name in at_work if run.phase(name).stage is not Stage.UNKNOWN]
    yield from _untimed(commit, timed)


def _untimed(commit: Commit, timed: list[str]) -> Iterator[str]:
    run = commit.after.run
    due = {timer_key(name): run.phase(name).until for name in timed}
    if not run.deadline_over:
        due[timer_key(DEADLINE)] = run.deadline_at
    set_timers = {timer.key: timer.due_at for timer in commit.after.timers()}
    for key in due.keys() | set_timers.keys():
        if due.get(key) != set_timers.get(key):
            yield f"{key} is due at {due.get(key)}, and set for {set_timers.get(key)}"


def off_the_plan(commit: Commit, run: Run, event: ev.AnyEvent) -> Iterator[str]:
    """Every transition is one of the plan's, or of those that every plan has."""
    if not isinstance(event, ev.TransitionTaken):
        return
    if event.source != run.place:
        yield f"a transition is taken from {event.source}, and the operation is at {run.place}"
    if event.target not in _targets(commit, run, event):
        yield f"{event.source} goes to {event.target} on {event.on}, which the plan does not say"
    if event.on == "broken" and not _entered_too_often(commit, run):
        yield f"the plan does not say where {event.source} goes on"


def _targets(commit: Commit, run: Run, event: ev.TransitionTaken) -> list[str]:
    """Where a transition may lead."""
    plan = commit.plan.plan
    kind, _, name = event.on.partition(":")
    phase = plan.phases.get(event.source)
    on = phase.on if phase else {}
    if kind == "start":
        return [plan.start]
    if kind in ("retry", "renew"):
        return [name]
    if kind == "renewed":
        return [*run.detours[-1:]]
    if kind == "deadline":
        return [plan.on_deadline or FAILED]
    outcome = "cancelled" if kind == "cancelled" else name
    return [target.to for target in on.get(outcome, ())] or _own_end(kind)


def _own_end(kind: str) -> list[str]:
    """The statechart's own end for what a plan has no answer to."""
    ends = {"cancelled": CANCELLED, "broken": FAILED, "refused": REFUSED, "denied": REFUSED}
    return [ends[kind]] if kind in ends else []


def _entered_too_often(commit: Commit, run: Run) -> bool:
    """A plan bounds its loops, and an operation that goes beyond that ends as ``fail``."""
    phase = commit.plan.plan.phases.get(run.place)
    limit = phase.max_visits if phase else None
    return limit is not None and run.phase(run.place).visits > limit


def inconsistent(commit: Commit, run: Run, event: ev.AnyEvent) -> Iterator[str]:
    """A phase ends once for each time that it is entered, and an operation as its place says."""
    if isinstance(event, ev.PhaseFinished) and run.phase(event.phase).finished:
        was = run.phase(event.phase).status
        yield f"{event.phase} ends as {event.status}, and had ended as {was}"
    if isinstance(event, ev.PhaseFinished) and not _agrees(event):
        yield f"{event.phase} ends as {event.status} with the outcome {event.outcome}"
    if isinstance(event, ev.OperationFinished):
        yield from _wrong_end(commit, run, event)


def _agrees(event: ev.PhaseFinished) -> bool:
    passed = event.status in (PhaseStatus.PASS, PhaseStatus.SKIPPED)
    return event.outcome not in ("pass", "approved") or passed


def _wrong_end(commit: Commit, run: Run, event: ev.OperationFinished) -> Iterator[str]:
    phase = commit.plan.plan.phases.get(run.place)
    ends = phase.end if isinstance(phase, EndPhase) else ENDS.get(run.place)
    if event.status != ends:
        yield f"the operation ends as {event.status} at {run.place}, which gives {ends}"
    asked = isinstance(commit.told, inputs.Cancel) or commit.before.run.pending_stop == "cancelled"
    if run.place == CANCELLED and not asked:
        yield "the operation ends as cancelled, and nobody asked for that"
