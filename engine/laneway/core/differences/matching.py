"""Which phase of the new plan is which of the old one: by its name, or renamed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from laneway.core.model import Phase, Plan


@dataclass(frozen=True)
class Pair:
    """The two plans, and how their phases belong together."""

    old: Plan
    new: Plan

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """New names by old ones, of phases that have another name and are else the same."""
        gone = [p for p in self.old.every_phase() if not self._has(self.new, p.name)]
        came = [p for p in self.new.every_phase() if not self._has(self.old, p.name)]
        found = {}
        for phase in gone:
            alike = [each for each in came if _substance(each) == _substance(phase)]
            rivals = [each for each in gone if _substance(each) == _substance(phase)]
            if len(alike) == len(rivals) == 1:
                found[phase.name] = alike[0].name
        return found

    def name_now(self, old: str) -> str:
        """What a phase of the old plan is called in the new one."""
        return self.renamed.get(old, old)

    @cached_property
    def kept(self) -> tuple[tuple[Phase, Phase], ...]:
        """The phases and branches that both plans have, old and new."""
        pairs = ((p, self.name_now(p.name)) for p in self.old.every_phase())
        return tuple((p, self.new.phase(now)) for p, now in pairs if self._has(self.new, now))

    @cached_property
    def removed(self) -> tuple[Phase, ...]:
        """The phases and branches that only the old plan has."""
        return tuple(
            p for p in self.old.every_phase() if not self._has(self.new, self.name_now(p.name))
        )

    @cached_property
    def added(self) -> tuple[Phase, ...]:
        """The phases and branches that only the new plan has."""
        known = {new.name for _, new in self.kept}
        return tuple(phase for phase in self.new.every_phase() if phase.name not in known)

    def _has(self, plan: Plan, name: str) -> bool:
        return any(phase.name == name for phase in plan.every_phase())


def _substance(phase: Phase) -> dict[str, Any]:
    """What makes a phase what it is, beside its name and its place in the plan."""
    found: dict[str, Any] = msgspec.to_builtins(phase)
    for part in ("name", "title", "on", "requires", "parent"):
        found.pop(part, None)
    return {**found, "kind": type(phase).__name__}
