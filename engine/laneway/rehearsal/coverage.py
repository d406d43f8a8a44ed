"""Coverage: which of a plan's transitions were taken, and which were not.

What is to be covered is every alternative of every outcome that a phase's ``on`` names, and every
result of every branch of a parallel phase.
"""

from collections.abc import Iterable, Iterator

from laneway.core import events as ev
from laneway.core.compile import CompiledPlan
from laneway.core.evolve import evolve
from laneway.core.expressions import ExpressionFailed
from laneway.core.instants import Instant
from laneway.core.model import Frozen, ParallelPhase, Phase, Plan
from laneway.core.run import Run
from laneway.core.step import guards_of


class Covered(Frozen, frozen=True):
    """Something of a plan that can be covered.

    Attributes:
        place: of the alternative, among those of its outcome.
        to: where it leads; empty for the result of a branch.
        when: the guard under which it does, if it has one.
    """

    phase: str
    outcome: str
    place: int = 0
    to: str = ""
    when: str | None = None

    def __str__(self) -> str:
        leads = f" → {self.to}" if self.to else ""
        return f"{self.phase}: {self.outcome}{leads}{f' (when {self.when})' if self.when else ''}"


def to_cover(plan: Plan) -> tuple[Covered, ...]:
    """Everything of a plan that can be covered, in the plan's order."""
    return tuple(each for name in plan.phases for each in _of_phase(plan, name))


def _of_phase(plan: Plan, name: str) -> Iterator[Covered]:
    phase = plan.phases[name]
    if isinstance(phase, ParallelPhase):
        for branch in phase.branches:
            yield from (Covered(branch.name, outcome) for outcome in branch.outcomes)
    for outcome, targets in phase.on.items():
        for place, target in enumerate(targets):
            yield Covered(name, outcome, place, target.to, target.when)


def covered_by(
    plan: CompiledPlan, run: Run, events: Iterable[ev.AnyEvent], at: Instant
) -> Iterator[Covered]:
    """What events cover; ``run`` is as it was before them."""
    ambiguous = any(_leads_twice(phase) for phase in plan.plan.phases.values())
    for event in events:
        if isinstance(event, ev.PhaseFinished) and event.phase not in plan.plan.phases:
            yield Covered(event.phase, event.outcome)
        elif isinstance(event, ev.TransitionTaken):
            yield from _taken(plan, run, event)
        if ambiguous:
            run = evolve(run, event, at)


def _taken(plan: CompiledPlan, run: Run, event: ev.TransitionTaken) -> Iterator[Covered]:
    kind, _, name = event.on.partition(":")
    outcome = name if kind == "outcome" else kind
    phase = plan.plan.phases.get(event.source)
    if phase is None or outcome not in phase.on:
        return
    targets = phase.on[outcome]
    places = [place for place, target in enumerate(targets) if target.to == event.target]
    if len(places) > 1:
        places = [_guarded(plan, run, event.source, outcome)]
    for place in places:
        yield Covered(event.source, outcome, place, event.target, targets[place].when)


def _leads_twice(phase: Phase) -> bool:
    """Whether two alternatives of an outcome lead to the same phase, so guards tell them apart."""
    return any(len({target.to for target in each}) < len(each) for each in phase.on.values())


def _guarded(plan: CompiledPlan, run: Run, source: str, outcome: str) -> int:
    """Which alternative was taken, of several that lead to the same phase."""
    try:
        return guards_of(plan, run, plan.plan.phases[source], outcome).index(True)
    except (ExpressionFailed, ValueError):
        return 0
