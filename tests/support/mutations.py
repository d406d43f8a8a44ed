"""Plans with one thing changed: what somebody may take out, or get wrong, in an edit."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Way = tuple[str | int, ...]

GONE = object()
"""In place of a value: the key, or the element, is taken out."""


@dataclass(frozen=True)
class Mutant:
    """A change of a plan: where, and to what."""

    name: str
    pointer: Way
    value: Any = GONE

    def of(self, document: Document) -> Document:
        """The document with the change; a mapping that is left empty goes, too."""
        changed = copy.deepcopy(document)
        *before, last = self.pointer
        holder: Any = changed
        for step in before:
            holder = holder[step]
        if self.value is GONE:
            del holder[last]
        else:
            holder[last] = self.value
        phase = changed["phases"].get(self.pointer[1]) if len(self.pointer) > 1 else None
        if phase and phase.get("requires") == {}:
            del phase["requires"]
        return changed


def mutants(document: Document) -> Iterator[Mutant]:
    """Every change that is tried on a plan."""
    for name, phase in document["phases"].items():
        at: Way = ("phases", name)
        yield from _transitions(document, at, phase)
        yield from _requirements(at, phase)
        yield from _policies(at, phase)
        for branch, inner in phase.get("parallel", {}).items():
            yield Mutant(f"{name}: branch {branch} removed", (*at, "parallel", branch))
            yield from _attempts((*at, "parallel", branch), inner)
        yield from _attempts(at, phase)
    if "deadline" in document:
        yield Mutant("deadline removed", ("deadline",))


def _transitions(document: Document, at: Way, phase: Document) -> Iterator[Mutant]:
    ends = [name for name, each in document["phases"].items() if "end" in each]
    for outcome, targets in phase.get("on", {}).items():
        here, where = (*at, "on", outcome), f"{at[1]}: {outcome}"
        yield Mutant(f"{where} removed", here)
        if isinstance(targets, str):
            others = [end for end in ends if end != targets]
            yield from (Mutant(f"{where} → {end}", here, end) for end in others)
        else:
            yield from _alternatives(here, where, targets)


def _alternatives(here: Way, where: str, targets: list[Document]) -> Iterator[Mutant]:
    for place, target in enumerate(targets):
        yield Mutant(f"{where}, alternative {place + 1} removed", (*here, place))
        if "when" in target:
            when = (*here, place, "when")
            yield Mutant(f"{where}, guard {place + 1} removed", when)
            yield Mutant(f"{where}, guard {place + 1} turned round", when, f"!({target['when']})")
            to = (*here, place, "to")
            yield Mutant(f"{where}, alternative {place + 1} bypassed", to, targets[-1]["to"])


def _requirements(at: Way, phase: Document) -> Iterator[Mutant]:
    for required, how in phase.get("requires", {}).items():
        here = (*at, "requires", required)
        yield Mutant(f"{at[1]}: requires {required} removed", here)
        if "max_age" in how:
            yield Mutant(f"{at[1]}: max_age of {required} removed", (*here, "max_age"))
            yield Mutant(f"{at[1]}: max_age of {required} is 8h", (*here, "max_age"), "8h")


def _policies(at: Way, phase: Document) -> Iterator[Mutant]:
    if "cancel" in phase:
        yield Mutant(f"{at[1]}: cancel removed", (*at, "cancel"))
        yield Mutant(f"{at[1]}: cancel is immediate", (*at, "cancel"), "immediate")
        yield Mutant(f"{at[1]}: cancel is defer", (*at, "cancel"), "defer")
    if "join" in phase:
        yield Mutant(f"{at[1]}: join is any", (*at, "join"), "any")
    if "approval" in phase:
        for key, value in (("allow_requester", True), ("quorum", 2), ("expires", "8h")):
            yield Mutant(f"{at[1]}: {key} is {value}", (*at, "approval", key), value)


def _attempts(at: Way, phase: Document) -> Iterator[Mutant]:
    name = at[-1]
    if "timeout" in phase:
        yield Mutant(f"{name}: timeout removed", (*at, "timeout"))
    if "retry" in phase:
        yield Mutant(f"{name}: retry removed", (*at, "retry"))
    elif "action" in phase:
        yield Mutant(f"{name}: retry added", (*at, "retry"), {"attempts": 2})
