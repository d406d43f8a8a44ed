"""Bounds: what keeps the number of ways through a plan finite, and small enough to walk them all.

Attempts beyond the third show nothing that the third does not, and branches multiply them: so
retries are rehearsed with fewer. Disturbances (an engine that is killed, a pause, a proof that
grows too old, an approval that is taken back, a person who says ``retry``) can happen again and
again: so there are only so many on a way.
"""

from collections.abc import Iterator

import msgspec

from laneway.core.model import ActionPhase, Frozen, ParallelPhase, Phase, Plan


class Bounds(Frozen, frozen=True):
    """How far an exhaustive rehearsal goes.

    Attributes:
        attempts: of a phase that retries.
        branch_attempts: of a branch that retries; one in a ``crowd``, a phase with more branches.
        visits: of a phase in a loop.
        disturbances: on one way.
        states: that are looked at, before the rehearsal says that it is too much.
    """

    attempts: int = 3
    branch_attempts: int = 2
    crowd: int = 4
    visits: int = 2
    disturbances: int = 2
    states: int = 200_000


class Limited(Frozen, frozen=True):
    """Something of a plan that is rehearsed with less of it than the plan allows."""

    phase: str
    what: str
    plan: int
    rehearsed: int


def bounded(plan: Plan, bounds: Bounds) -> Plan:
    """The plan with no more attempts and visits than the bounds allow."""
    phases = {name: _bounded(phase, bounds) for name, phase in plan.phases.items()}
    return msgspec.structs.replace(plan, phases=phases)


def limits(plan: Plan, rehearsed: Plan) -> Iterator[Limited]:
    """Where a bounded plan allows less than the plan."""
    for phase in plan.every_phase():
        other = rehearsed.phase(phase.name)
        if isinstance(phase, ActionPhase) and isinstance(other, ActionPhase):
            yield from _limited(phase.name, "attempts", phase.retry.attempts, other.retry.attempts)
        yield from _limited(phase.name, "visits", phase.max_visits, other.max_visits)


def _limited(phase: str, what: str, plan: int | None, rehearsed: int | None) -> Iterator[Limited]:
    if plan != rehearsed and plan is not None and rehearsed is not None:
        yield Limited(phase, what, plan, rehearsed)


def _bounded(phase: Phase, bounds: Bounds) -> Phase:
    if phase.max_visits is not None:
        visits = min(phase.max_visits, bounds.visits)
        phase = msgspec.structs.replace(phase, max_visits=visits)
    if isinstance(phase, ActionPhase):
        return _fewer_attempts(phase, bounds.attempts)
    if isinstance(phase, ParallelPhase):
        most = bounds.branch_attempts if len(phase.branches) <= bounds.crowd else 1
        branches = (_fewer_attempts(branch, most) for branch in phase.branches)
        return msgspec.structs.replace(phase, branches=tuple(branches))
    return phase


def _fewer_attempts(phase: ActionPhase, most: int) -> ActionPhase:
    retry = msgspec.structs.replace(phase.retry, attempts=min(phase.retry.attempts, most))
    return msgspec.structs.replace(phase, retry=retry)
