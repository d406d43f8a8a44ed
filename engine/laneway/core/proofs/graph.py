"""A plan's document as a graph of phases, read with tolerance.

The linter has to say as much as it can about a document that may be wrong elsewhere. So whatever is
missing or of the wrong type is simply not there; the JSON Schema has said so already.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from laneway.core.cancelling import STOPPED_BY
from laneway.core.findings import Step, Witness
from laneway.core.model import ActionSpec, CancelPolicy, Safety
from laneway.core.schemas import Path

KINDS = ("action", "approval", "wait", "parallel", "end")

CANCELLED = "cancelled"
"""The outcome that any phase may handle: a clean-up when the operation is cancelled."""

PASSED = ("pass", "approved")
"""The outcomes with which a phase has passed."""

_OUTCOMES = {
    "approval": ("approved", "rejected", "expired"),
    "wait": ("pass",),
    "parallel": ("pass", "fail"),
    "end": (),
}


@dataclass(frozen=True)
class Edge:
    """A transition: on an outcome, to a phase. ``pointer`` leads to the target's name."""

    outcome: str
    target: str
    guard: str | None
    pointer: Path


@dataclass(frozen=True, eq=False)
class Node:
    """A phase or branch.

    Attributes:
        kind: one of `KINDS`, or empty where it is not one of them.
        spec: of its action, where a driver offers it.
    """

    name: str
    pointer: Path
    document: Mapping[str, Any]
    kind: str
    spec: ActionSpec | None = None
    branches: tuple["Node", ...] = ()

    @property
    def outcomes(self) -> tuple[str, ...] | None:
        """Every outcome it can have, or None where that is not known."""
        if self.kind == "action":
            return self.spec.outcomes if self.spec else None
        return _OUTCOMES.get(self.kind)

    @cached_property
    def on(self) -> Mapping[str, Any]:
        """Its transitions as they are written."""
        return mapping(self.document, "on")

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Its transitions."""
        return tuple(edge for outcome in self.on for edge in self.alternatives(outcome))

    def alternatives(self, outcome: str) -> Iterator[Edge]:
        """The transitions of one outcome, in order."""
        targets = self.on.get(outcome)
        pointer: Path = (*self.pointer, "on", outcome)
        if isinstance(targets, str):
            yield Edge(outcome, targets, None, pointer)
            return
        for place, target in enumerate(targets if isinstance(targets, list) else []):
            if isinstance(target, Mapping) and isinstance(target.get("to"), str):
                yield Edge(outcome, target["to"], text(target, "when"), (*pointer, place, "to"))

    @property
    def limit(self) -> int | None:
        """How often it may be entered, where it says so."""
        found = self.document.get("max_visits")
        return found if isinstance(found, int) else None

    @property
    def is_branch(self) -> bool:
        """Whether it is a branch of a parallel phase."""
        return len(self.pointer) > 2

    @cached_property
    def work(self) -> tuple["Node", ...]:
        """What performs actions in it: itself, or its branches."""
        return self.branches or ((self,) if self.kind == "action" else ())

    def does(self, *safeties: Safety) -> bool:
        """Whether its action, or one of its branches', is of such a safety."""
        return any(each.spec is not None and each.spec.safety in safeties for each in self.work)

    @property
    def retries(self) -> bool:
        """Whether a failed attempt of its own action may be made again; of no destructive one."""
        attempts = mapping(self.document, "retry").get("attempts")
        several = isinstance(attempts, int) and attempts > 1
        return several and not self.does(Safety.DESTRUCTIVE)

    @property
    def joins_any(self) -> bool:
        """Whether it is parallel, and one branch that passes is enough."""
        return self.document.get("join") == "any"

    def cancel_policy(self, *, no_return: bool) -> CancelPolicy:
        """What a stop does while it is at work; see ``movement.cancel_policy``.

        Args:
            no_return: whether the point of no return is behind it.
        """
        said = text(self.document, "cancel")
        if said in tuple(CancelPolicy):
            return CancelPolicy(said)
        if no_return:
            return CancelPolicy.REFUSE
        safeties = [each.spec.safety if each.spec else Safety.READ for each in self.work]
        policies = {STOPPED_BY[safety] for safety in safeties} or {CancelPolicy.IMMEDIATE}
        return next(policy for policy in reversed(CancelPolicy) if policy in policies)


@dataclass(frozen=True, eq=False)
class Graph:
    """The phases of a plan and the transitions between them."""

    document: Mapping[str, Any]
    nodes: Mapping[str, Node] = field(default_factory=dict)

    @property
    def start(self) -> str | None:
        """The phase that operations begin with, where there is such a phase."""
        return self._entry("start")

    @property
    def on_deadline(self) -> str | None:
        """The phase that the deadline leads to, where there is such a phase."""
        return self._entry("on_deadline")

    def _entry(self, key: str) -> str | None:
        name = text(self.document, key)
        return name if name in self.nodes else None

    @property
    def entries(self) -> tuple[str, ...]:
        """Where an operation can come in: at the start, and when its deadline passes."""
        return tuple(name for name in (self.start, self.on_deadline) if name is not None)

    def every_node(self) -> Iterator[Node]:
        """All phases, and the branches after their phase."""
        for node in self.nodes.values():
            yield node
            yield from node.branches

    @cached_property
    def parents(self) -> Mapping[str, Node]:
        """For each phase and branch the phase that it is, or is in."""
        branches = {b.name: node for node in self.nodes.values() for b in node.branches}
        return {**branches, **{node.name: node for node in self.nodes.values()}}

    def follows(self, name: str) -> tuple[str, ...]:
        """The phases that can come right after one."""
        return tuple(e.target for e in self.nodes[name].edges if e.target in self.nodes)

    def requirements(self, node: Node) -> Iterator[tuple[Node, Mapping[str, Any]]]:
        """The phases that one requires, as far as they are there, each with how."""
        for name, how in mapping(node.document, "requires").items():
            required = self.nodes.get(name)
            if required is not None and required is not node:
                yield required, how if isinstance(how, Mapping) else {}

    def comes_again(self, name: str) -> bool:
        """Whether a phase can be entered again once it was.

        By a way back, by the deadline, or by way of a proof that must be made again in between and
        does not pass.
        """
        reached = self.reachable(*self.follows(name), *filter(None, [self.on_deadline]))
        while renewed := self._renewed({name, *reached}) - reached:
            reached |= self.reachable(*renewed)
        return name in reached

    def _renewed(self, names: Iterable[str]) -> frozenset[str]:
        """What phases may have to have made again before they begin."""
        required = (each for name in names for each in self.requirements(self.nodes[name]))
        return frozenset(node.name for node, how in required if "max_age" in how)

    def reachable(self, *starts: str) -> frozenset[str]:
        """The phases that can be come to from some; those themselves are among them."""
        return frozenset(self._ways_from(starts))

    def way(self, target: str, *starts: str) -> Witness:
        """A shortest way to a phase, or none. Left out, it starts where operations do."""
        before = self._ways_from(starts or self.entries)
        if target not in before:
            return Witness()
        steps: list[Step] = []
        place = target
        while (edge := before[place]) is not None:
            steps.append(edge)
            place = edge.phase
        return Witness(tuple(reversed(steps)), target)

    def _ways_from(self, starts: tuple[str, ...]) -> dict[str, Step | None]:
        """For each phase that can be come to, the last step of a shortest way there."""
        before: dict[str, Step | None] = {name: None for name in starts if name in self.nodes}
        ahead = list(before)
        for name in ahead:
            for edge in self.nodes[name].edges:
                if edge.target in self.nodes and edge.target not in before:
                    before[edge.target] = Step(name, edge.outcome)
                    ahead.append(edge.target)
        return before

    def cycle(self, start: str, within: frozenset[str]) -> Witness:
        """A shortest way from a phase back to itself through some of the phases, or none.

        Args:
            start: the phase; it stands first and last in the way.
            within: the phases that the way may lead through; ``start`` must be one of them.
        """
        before: dict[str, Step] = {}
        ahead = [start]
        for name in ahead:
            for edge in self.nodes[name].edges:
                if edge.target in within and edge.target not in before:
                    before[edge.target] = Step(name, edge.outcome)
                    ahead.append(edge.target)
        if start not in before:
            return Witness()
        steps = [before[start]]
        while steps[-1].phase != start:
            steps.append(before[steps[-1].phase])
        return Witness(tuple(reversed(steps)), start)

    def endless(self) -> Iterator[Witness]:
        """Loops of phases of which none has a limit; each phase is in one of them at most."""
        unlimited = frozenset(name for name, node in self.nodes.items() if node.limit is None)
        told: set[str] = set()
        for name in self.nodes:
            cycle = self.cycle(name, unlimited) if name in unlimited - told else Witness()
            if cycle:
                told.update(step.phase for step in cycle.steps)
                yield cycle


def read_graph(document: Mapping[str, Any], actions: Mapping[str, ActionSpec]) -> Graph:
    """Read the phases of a plan's document."""
    nodes = {
        name: _node(name, ("phases", name), phase, actions)
        for name, phase in mapping(document, "phases").items()
        if isinstance(phase, Mapping)
    }
    return Graph(document, nodes)


def _node(
    name: str, pointer: Path, phase: Mapping[str, Any], actions: Mapping[str, ActionSpec]
) -> Node:
    kinds = [kind for kind in KINDS if kind in phase]
    action = phase.get("action")
    branches = (
        _node(inner, (*pointer, "parallel", inner), branch, actions)
        for inner, branch in mapping(phase, "parallel").items()
        if isinstance(branch, Mapping)
    )
    return Node(
        name=name,
        pointer=pointer,
        document=phase,
        kind=kinds[0] if len(kinds) == 1 else "",
        spec=actions.get(action) if isinstance(action, str) else None,
        branches=tuple(branches),
    )


def mapping(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping under a key, or an empty one."""
    found = document.get(key)
    return found if isinstance(found, Mapping) else {}


def text(document: Mapping[str, Any], key: str) -> str | None:
    """The text under a key, or None."""
    found = document.get(key)
    return found if isinstance(found, str) else None
