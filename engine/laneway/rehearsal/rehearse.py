"""A whole rehearsal of every way: what was walked and counted, and what was not reached."""

from dataclasses import dataclass

from laneway.core.compile import CompiledPlan
from laneway.core.decide import decide as core_decide
from laneway.core.model import Plan

from .bounds import Bounds, Limited, limits
from .coverage import Covered, to_cover
from .exhaustive import Breach, Walk
from .paths import Counted, count
from .scene import Decide
from .setting import Setting


@dataclass(frozen=True)
class Rehearsed:
    """What came of rehearsing every way through a plan.

    Attributes:
        breaches: promises that did not hold, the shortest way to each.
        unreached: transitions, and results of branches, that no way takes.
        limits: where less was rehearsed than the plan allows.
        both_ways: guards that were taken both ways, as what they ask was not given.
        commits: how many decisions were looked at.
        complete: false where there are more states than the bounds allow to look at.
    """

    plan: Plan
    bounds: Bounds
    counted: Counted
    breaches: tuple[Breach, ...]
    unreached: tuple[Covered, ...]
    limits: tuple[Limited, ...]
    both_ways: tuple[str, ...]
    commits: int
    complete: bool

    @property
    def unreached_phases(self) -> tuple[str, ...]:
        """The phases that no operation comes to, in the plan's order."""
        left = {covered.to for covered in to_cover(self.plan)} - {self.plan.start}
        reached = {each.to for each in to_cover(self.plan) if each not in self.unreached}
        return tuple(name for name in self.plan.phases if name in left - reached)

    @property
    def holds(self) -> bool:
        """Whether every promise held, on every way there is."""
        return self.complete and not self.breaches


def rehearse(
    plan: CompiledPlan,
    setting: Setting,
    bounds: Bounds | None = None,
    *,
    crashes: bool = False,
    decide: Decide = core_decide,
) -> Rehearsed:
    """Rehearse every way through a plan, within bounds.

    Args:
        crashes: engines are killed, too, between any two commits.
        decide: the core, or something in its place.
    """
    walk = Walk(plan, setting, bounds, crashes=crashes, decide=decide)
    found = walk.walk()
    counted = count(walk, found)
    endless = [counted.endless] if counted.endless else []
    return Rehearsed(
        plan=plan.plan,
        bounds=bounds or Bounds(),
        counted=counted,
        breaches=(*found.breaches.values(), *endless),
        unreached=tuple(each for each in to_cover(plan.plan) if each not in found.covered),
        limits=tuple(limits(plan.plan, walk.plan.plan)),
        both_ways=found.both_ways,
        commits=found.commits,
        complete=found.complete,
    )
