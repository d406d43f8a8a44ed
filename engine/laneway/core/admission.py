"""Whether an operation may begin on its lane, and how a retry begins. Pure.

The rules are asked when an operation is submitted, and again when one that was queued gets its
lane.
"""

from typing import Any

from .compile import CompiledPlan
from .events import Carried, Failure, OperationAccepted
from .expressions import ExpressionFailed
from .machine import ACCEPTED, outcome_event
from .model import (
    ActionPhase,
    ApprovalPhase,
    EndPhase,
    Frozen,
    LaneMode,
    ParallelPhase,
    Phase,
    Plan,
    Repeat,
    Safety,
)
from .run import PhaseStatus, Run
from .standing import changes_something
from .step import guards_of

_DONE = (PhaseStatus.PASS, PhaseStatus.SKIPPED)


class LaneState(Frozen, frozen=True):
    """What admission must know of a lane.

    Attributes:
        frozen_because: the reason of its freeze, or None where it is not frozen.
        last_destructive: id of the newest operation of the same plan that began a destructive
            action on it, whatever came of it; or None.
    """

    frozen_because: str | None = None
    last_destructive: str | None = None


def first_event(plan: Plan, **asked: Any) -> OperationAccepted:
    """The event that makes an operation of a plan; ``asked`` are its other fields."""
    return OperationAccepted(
        plan=plan.name,
        plan_version=plan.version,
        plan_digest=plan.digest,
        exclusive=plan.lane.mode is LaneMode.EXCLUSIVE,
        **asked,
    )


def refusal(plan: Plan, asked: OperationAccepted, lane: LaneState) -> Failure | None:
    """Why the operation may not begin on the lane as it is now, or None where it may."""
    if lane.frozen_because is not None:
        message = f"the lane is frozen: {lane.frozen_because}"
        return Failure("lane_frozen", message)
    if _repeats(plan, asked, lane):
        message = (
            f"{lane.last_destructive} has begun a destructive action on this lane: "
            "look at it, and name it in supersedes to do it again"
        )
        return Failure("repeat_not_accepted", message, {"operation": lane.last_destructive})
    return None


def _repeats(plan: Plan, asked: OperationAccepted, lane: LaneState) -> bool:
    named = (asked.supersedes, asked.retry_of)
    return (
        lane.last_destructive is not None
        and lane.last_destructive not in named
        and plan.lane.repeat is Repeat.EXPLICIT
        and not asked.dry_run
        and destroys_from(plan, asked.retry_from or plan.start)
    )


def destroys_from(plan: Plan, start: str) -> bool:
    """Whether a destructive action can be reached from a phase, or when the deadline passes."""
    seen: set[str] = set()
    ahead = [start, plan.on_deadline or start]
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        seen.add(name)
        phase = plan.phases[name]
        if _destroys(phase):
            return True
        ahead += [target.to for targets in phase.on.values() for target in targets]
    return False


def _destroys(phase: Phase) -> bool:
    if isinstance(phase, ParallelPhase):
        return any(_destroys(branch) for branch in phase.branches)
    return isinstance(phase, ActionPhase) and phase.action.safety is Safety.DESTRUCTIVE


class Retry(Frozen, frozen=True):
    """How a retry of an ended operation begins.

    Attributes:
        begin: the phase that it goes on from.
        approvals: those that must be given anew before it changes anything: every one that was
            asked for, whatever came of it.
        carried: the outcomes of phases that it does not make again, for expressions to refer to;
            also those that the operation had itself carried over. Nothing carried satisfies a
            ``requires``, or is covered by an approval: proofs are made anew.
    """

    begin: str
    approvals: tuple[str, ...]
    carried: dict[str, Carried]


class NothingToRetry(Exception):
    """All that the operation had to do has passed, and the plan ended it all the same."""


def retry(plan: CompiledPlan, run: Run) -> Retry:
    """How to retry an operation that has ended without passing.

    Raises:
        NothingToRetry: it could only begin with a phase that changes something and has passed.
    """
    begin = _begin(plan, run)
    asked = [n for n in _approvals(plan.plan) if run.phase(n).approval is not None]
    done = {
        name: Carried(phase.outcome, phase.evidence)
        for name, phase in run.phases.items()
        if phase.outcome and phase.status in _DONE
    }
    carried = {**run.accepted.carried, **done}
    carried.pop(begin, None)
    approvals = tuple(dict.fromkeys([*run.accepted.approvals_needed, *asked]))
    return Retry(begin, approvals, carried)


def _approvals(plan: Plan) -> list[str]:
    return [phase.name for phase in plan.phases.values() if isinstance(phase, ApprovalPhase)]


def _begin(plan: CompiledPlan, run: Run) -> str:
    """The phase that failed last, or before which the operation was stopped.

    Where every phase passed and the plan ended it as a failure all the same, the last one.
    """
    if run.stopped_at and run.stopped_at != ACCEPTED:
        return _next(plan, run, run.stopped_at)
    ended = [name for name in plan.plan.phases if _ended_here(run, name)]
    failed = [name for name in ended if run.phase(name).status not in _DONE]
    if not ended:
        return run.accepted.retry_from or plan.plan.start
    # Of two at the same moment, the later one in the plan.
    last = max(reversed(failed or ended), key=lambda name: run.phase(name).finished_at or "")
    return last if failed else _once_more(plan.plan, last)


def _ended_here(run: Run, name: str) -> bool:
    carried = name in run.accepted.carried and run.phase(name).status is PhaseStatus.SKIPPED
    return run.phase(name).finished and not carried


def _next(plan: CompiledPlan, run: Run, name: str) -> str:
    """A phase that was stopped in is made again; behind one that had passed, the next one."""
    phase, at = plan.plan.phases[name], run.phase(name)
    if at.status not in _DONE or not at.finished:
        return name
    try:
        guards = guards_of(plan, run, phase, at.outcome)
    except ExpressionFailed:
        return _once_more(plan.plan, name)
    here = plan.machine.configuration(name, frozenset(run.phases))
    there = plan.machine.place(plan.machine.step(here, outcome_event(at.outcome), guards))
    ends = isinstance(plan.plan.phases.get(there), EndPhase)
    return _once_more(plan.plan, name) if ends else there


def _once_more(plan: Plan, name: str) -> str:
    """A phase that has passed, to be made again: only where it changes nothing."""
    if changes_something(plan.phases[name]):
        raise NothingToRetry(f"{name} has passed, and is not done again: submit a new operation")
    return name
