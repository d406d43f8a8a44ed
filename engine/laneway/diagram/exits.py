"""How a plan's phases are left: outcomes that lead to one place are told once."""

from collections.abc import Iterator
from dataclasses import dataclass

from laneway.core.model import Phase, Plan

CANCELLED = "cancelled"
PASSED = ("pass", "approved")


@dataclass(frozen=True)
class Exit:
    """Outcomes of a phase that lead to one phase under one guard.

    Attributes:
        guard: the CEL expression that must hold; empty where there is none.
        otherwise: it is taken where no alternative before it was.
    """

    source: str
    outcomes: tuple[str, ...]
    target: str
    guard: str = ""
    otherwise: bool = False

    @property
    def aside(self) -> bool:
        """Whether only a cancellation leads here: it is shown, and discreetly."""
        return self.outcomes == (CANCELLED,)

    @property
    def onwards(self) -> bool:
        """Whether the phase has passed when it is left here."""
        return any(outcome in PASSED for outcome in self.outcomes)

    @property
    def words(self) -> str:
        """``rejected · expired``."""
        return " · ".join(self.outcomes)

    @property
    def condition(self) -> str:
        """The guard, or ``otherwise``; empty where neither is so."""
        return self.guard or ("otherwise" if self.otherwise else "")


def exits(phase: Phase) -> tuple[Exit, ...]:
    """Every way out of a phase, in the plan's order."""
    found: list[Exit] = []
    for each in _each(phase):
        place = _alike(found, each)
        if place is None:
            found.append(each)
        else:
            both = found[place].outcomes + each.outcomes
            found[place] = Exit(each.source, both, each.target)
    return tuple(found)


def all_exits(plan: Plan) -> tuple[Exit, ...]:
    """Every way out of every phase."""
    return tuple(each for phase in plan.phases.values() for each in exits(phase))


def _each(phase: Phase) -> Iterator[Exit]:
    for outcome, targets in phase.on.items():
        for place, target in enumerate(targets):
            otherwise = place > 0 and target.when is None
            yield Exit(phase.name, (outcome,), target.to, target.when or "", otherwise)


def _alike(found: list[Exit], new: Exit) -> int | None:
    """The place of an exit that leads where a new one does, both being without a condition."""
    for place, each in enumerate(found):
        apart = each.condition or new.condition or each.aside or new.aside
        if each.target == new.target and not apart:
            return place
    return None
