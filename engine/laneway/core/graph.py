"""A plan's document as a graph of phases, read with tolerance.

The linter has to say as much as it can about a document that may be wrong elsewhere. So whatever is
missing or of the wrong type is simply not there; the JSON Schema has said so already.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .model import ActionSpec, Safety
from .schemas import Path

KINDS = ("action", "approval", "wait", "parallel", "end")

CANCELLED = "cancelled"
"""The outcome that any phase may handle: a clean-up when the operation is cancelled."""

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
                yield Edge(outcome, target["to"], _guard(target), (*pointer, place, "to"))

    @property
    def may_repeat(self) -> bool:
        """Whether it says how often it may be entered."""
        return isinstance(self.document.get("max_visits"), int)

    def does(self, *safeties: Safety) -> bool:
        """Whether its action, or one of its branches', is of such a safety."""
        own = self.spec is not None and self.spec.safety in safeties
        return own or any(branch.does(*safeties) for branch in self.branches)


@dataclass(frozen=True, eq=False)
class Graph:
    """The phases of a plan and the transitions between them."""

    document: Mapping[str, Any]
    nodes: Mapping[str, Node] = field(default_factory=dict)

    @property
    def entries(self) -> tuple[str, ...]:
        """Where an operation can come in: at the start, and when its deadline passes."""
        named = (self.document.get("start"), self.document.get("on_deadline"))
        return tuple(name for name in named if isinstance(name, str) and name in self.nodes)

    def every_node(self) -> Iterator[Node]:
        """All phases, and the branches after their phase."""
        for node in self.nodes.values():
            yield node
            yield from node.branches

    def follows(self, name: str) -> tuple[str, ...]:
        """The phases that can come right after one."""
        return tuple(e.target for e in self.nodes[name].edges if e.target in self.nodes)

    def reachable(self, without: frozenset[tuple[str, str]] = frozenset()) -> frozenset[str]:
        """The phases that an operation can come to.

        Args:
            without: (phase, outcome) whose transitions are not taken.
        """
        seen: set[str] = set()
        ahead = list(self.entries)
        while ahead:
            name = ahead.pop()
            if name not in seen:
                seen.add(name)
                edges = self.nodes[name].edges
                ahead += [e.target for e in edges if (name, e.outcome) not in without]
            ahead = [name for name in ahead if name in self.nodes]
        return frozenset(seen)

    def cycle(self, start: str, within: frozenset[str]) -> tuple[str, ...]:
        """A shortest way from a phase back to itself through some of the phases, or empty.

        Args:
            start: the phase; it stands first and last in the way.
            within: the phases that the way may lead through; ``start`` must be one of them.
        """
        before: dict[str, str] = {}
        ahead = [start]
        for name in ahead:
            for target in self.follows(name):
                if target in within and target not in before:
                    before[target] = name
                    ahead.append(target)
        if start not in before:
            return ()
        way = [start]
        while (previous := before[way[-1]]) != start:
            way.append(previous)
        return (start, *reversed(way))


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


def _guard(target: Mapping[str, Any]) -> str | None:
    return text(target, "when")
