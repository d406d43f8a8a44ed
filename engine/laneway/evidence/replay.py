"""The events of an operation, played again: did the plan allow each of them when it happened?

The rules ask the core (the plan's statechart, what a phase requires, when an attempt is made again)
and not what this version of the engine would have decided, so an operation that an older version
ran verifies as well.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from laneway.core import events as ev
from laneway.core.compile import CompiledPlan
from laneway.core.envelope import Recorded
from laneway.core.evolve import begin, evolve
from laneway.core.machine import ACCEPTED
from laneway.core.model import ParallelPhase
from laneway.core.run import Run, Stage

from . import endings, moves, people, work
from .moment import Complaint, Complaints, Moment, is_so
from .report import Found
from .strict import pointer

_BY_PEOPLE = (
    ev.PhaseReconciled,
    ev.ApprovalDecided,
    ev.ApprovalRevoked,
    ev.PauseRequested,
    ev.OperationResumed,
    ev.CancelRequested,
)

RULES: Mapping[type, Callable[[Moment[Any]], Complaints]] = {
    ev.OperationStarted: moves.started,
    ev.TransitionTaken: moves.transition,
    ev.AuthorizationChecked: moves.checked,
    ev.PhaseStarted: work.started,
    ev.PhaseProgressed: work.progressed,
    ev.PhaseRetryScheduled: work.retried,
    ev.PhaseHeld: work.held,
    ev.PhaseResumed: work.resumed,
    ev.PhaseRecovering: work.recovering,
    ev.PhaseOutcomeUnknown: work.unknown,
    ev.PhaseReconciled: people.reconciled,
    ev.ApprovalRequested: people.requested,
    ev.ApprovalDecided: people.decided,
    ev.ApprovalRevoked: people.revoked,
    ev.WaitStarted: work.waits,
    ev.ParallelStarted: work.branches,
    ev.PhaseFinished: endings.over,
    ev.PauseRequested: people.asked_to_pause,
    ev.OperationPaused: people.paused,
    ev.OperationResumed: people.resumed,
    ev.CancelRequested: people.cancel,
    ev.DeadlinePassed: people.deadline,
    ev.OperationFinished: moves.finished,
}
"""For each event after the first, when it can be."""


def replay(compiled: CompiledPlan, events: Sequence[Recorded]) -> Iterator[Found]:
    """Everything that the plan does not allow, event by event.

    What follows an event that cannot be is looked at as if it had been.
    """
    first = events[0]
    if not isinstance(first.event, ev.OperationAccepted):
        yield _found(first, Complaint("an operation begins with operation_accepted"))
        return
    for complaint in moves.accepted(compiled.plan, first, first.event):
        yield _found(first, complaint)
    run, before = begin(first.operation_id, first.event, first.at), first
    for recorded in events[1:]:
        m: Moment[Any] = Moment(compiled, run, recorded, recorded.event, before.event)
        complaints, after = _looked_at(m)
        yield from (_found(recorded, complaint) for complaint in complaints)
        if after is None:
            return
        run, before = after, recorded
    if not _at_rest(run):
        told = "nothing is under way after it: events after it are missing"
        yield _found(before, Complaint(told))


def _looked_at(m: Moment[Any]) -> tuple[list[Complaint], Run | None]:
    """What is wrong with an event, and the run after it; None where nothing can come after it."""
    if isinstance(m.event, ev.OperationAccepted) or m.run.terminal:
        told = "the operation had ended" if m.run.terminal else "an operation is accepted once"
        return [Complaint(told)], None
    try:
        complaints = list(_complaints(m))
        return complaints, evolve(m.run, m.event, m.at)
    except Exception as error:  # noqa: BLE001 - whatever a forged bundle provokes is a finding
        return [Complaint(f"it cannot follow ({type(error).__name__}: {error})")], None


def _complaints(m: Moment[Any]) -> Complaints:
    phase = getattr(m.event, "phase", None)
    if phase is not None and phase not in {each.name for each in m.plan.every_phase()}:
        yield Complaint(f"the plan has no phase {phase}")
        return
    if isinstance(m.event, _BY_PEOPLE):
        yield from is_so(_at_rest(m.run), "the events before it stop in the middle of a step")
    else:
        yield from is_so(m.actor.kind != "caller", "nobody from outside can cause it")
    yield from _heeds_denial(m)
    yield from _heeds_reconciliation(m)
    yield from _all_branches_begin(m)
    yield from RULES[type(m.event)](m)


def _heeds_denial(m: Moment[Any]) -> Complaints:
    denied = isinstance(m.before, ev.AuthorizationChecked) and not m.before.ruling.allowed
    leaves = isinstance(m.event, ev.TransitionTaken) and m.event.on == "denied"
    yield from is_so(leaves or not denied, "the policy had denied it, and it goes on")


def _heeds_reconciliation(m: Moment[Any]) -> Complaints:
    """What somebody says that an attempt came to is what the phase comes to, at once."""
    said = m.before
    if not isinstance(said, ev.PhaseReconciled) or said.outcome == "retry":
        return
    ends = isinstance(m.event, ev.PhaseFinished) and m.event.phase == said.phase
    yield from is_so(ends, f"{said.phase} was reconciled as {said.outcome}, and is not over")


def _all_branches_begin(m: Moment[Any]) -> Complaints:
    """Branches begin (or cannot, and are over) one after another, before anything else happens."""
    if not isinstance(m.event, ev.PhaseStarted | ev.PhaseFinished):
        left = ", ".join(_not_begun(m))
        yield from is_so(not left, f"{left} had not begun, and nothing else happens before")


def _not_begun(m: Moment[Any]) -> Iterator[str]:
    place = m.plan.phases.get(m.run.place)
    if isinstance(place, ParallelPhase) and m.state(place.name).stage is Stage.BRANCHES:
        states = {branch.name: m.state(branch.name) for branch in place.branches}
        yield from (name for name, at in states.items() if not (at.tries or at.finished))


def _at_rest(run: Run) -> bool:
    """Between two decisions an operation has not begun, waits, works, or has ended."""
    if run.place == ACCEPTED:
        return run.started_at is None
    return run.terminal or run.paused or bool(run.staged(*moves.AT_WORK))


def _found(recorded: Recorded, complaint: Complaint) -> Found:
    steps = complaint.field.split("/") if complaint.field else []
    inside = ["data", *steps] if steps and steps != ["attempt"] else steps
    return Found(
        complaint.message,
        pointer("predicate", "events", recorded.seq - 1, *inside),
        recorded.seq,
        getattr(recorded.event, "phase", None),
    )
