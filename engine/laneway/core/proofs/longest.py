"""The longest way through a plan, and how long it takes.

Loops have limits, so there is a longest way. It is found by looking, for each phase and each number
of visits in the loop that the phase is in, how much time there can still be ahead. Where a plan's
limits leave too many ways to look at, a bound is given that is never too short.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple

from laneway.core.findings import Step, Witness

from .durations import visit
from .graph import Graph

LIMIT = "(limit)"
"""Where a way ends whose next phase was entered as often as it may be."""

_MOST = 20_000
"""Places that are looked at."""


@dataclass(frozen=True)
class LongestWay:
    """A way that takes longest.

    Attributes:
        milliseconds: how long at most.
        witness: the way. Where it is not ``exact``, it leads through every loop once.
        lengths: for each step of the way, milliseconds in its phase.
        exact: there is a way that takes as long; else all that is known is that none takes longer.
    """

    milliseconds: int
    witness: Witness
    lengths: tuple[int, ...]
    exact: bool = True


class _Place(NamedTuple):
    """A phase, and how often the limited phases of its loop were entered."""

    name: str
    visits: tuple[int, ...]


class _Ahead(NamedTuple):
    """The longest way from a place on; it goes on where it is followed by another."""

    length: int
    outcome: str
    following: _Place | None


def longest_way(graph: Graph, start: str) -> LongestWay:
    """The longest way from a phase to an end.

    A cancellation that a phase answers is on the ways too, the deadline is not.

    Raises:
        ValueError: a loop of the plan has no limit, so there is no longest way.
    """
    if any(graph.endless()):
        raise ValueError("a loop of the plan has no limit")
    search = _Search(graph)
    return search.run(start) if search.places <= _MOST else _bounded(graph, start)


class _Search:
    """The search; it looks at each place once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._limits = {n: node.limit for n, node in graph.nodes.items() if node.limit is not None}
        self._loops = loops(graph)
        self._best: dict[_Place, _Ahead] = {}

    @cached_property
    def _counted(self) -> Mapping[str, tuple[str, ...]]:
        """For each phase the phases with limits in its loop."""
        limited = self._limits.keys()
        return {name: tuple(sorted(limited & members)) for name, members in self._loops.items()}

    @property
    def places(self) -> int:
        """How many places there can be."""
        counted = self._counted.values()
        return sum(prod(max(self._limits[name], 0) + 1 for name in names) for names in counted)

    def run(self, start: str) -> LongestWay:
        place = first = self._at(start, None)
        self._fill(first)
        steps: list[Step] = []
        while (ahead := self._best[place]).following is not None:
            steps.append(Step(place.name, ahead.outcome))
            place = ahead.following
        last, edge = place.name, next(iter(self._graph.nodes[place.name].edges), None)
        if edge is not None:
            steps.append(Step(last, edge.outcome))
            last = LIMIT
        lengths = tuple(self._length(step.phase) for step in steps)
        return LongestWay(self._best[first].length, Witness(tuple(steps), last), lengths)

    def _length(self, name: str) -> int:
        return visit(self._graph, self._graph.nodes[name])

    def _fill(self, first: _Place) -> None:
        """Look at what lies ahead first; without recursion, as ways are long."""
        ahead = [first]
        while ahead:
            place = ahead[-1]
            open_ones = [p for _, p in self._next(place) if p not in self._best]
            if open_ones:
                ahead += open_ones
                continue
            ahead.pop()
            if place not in self._best:
                self._best[place] = self._longest(place)

    def _longest(self, place: _Place) -> _Ahead:
        own = self._length(place.name)
        ways = [
            _Ahead(own + self._best[following].length, outcome, following)
            for outcome, following in self._next(place)
        ]
        return max(ways, key=lambda ahead: ahead.length, default=_Ahead(own, "", None))

    def _next(self, place: _Place) -> Iterator[tuple[str, _Place]]:
        for edge in self._graph.nodes[place.name].edges:
            if edge.target in self._graph.nodes:
                there = self._at(edge.target, place)
                limits = (self._limits[name] for name in self._counted[edge.target])
                if all(count <= most for count, most in zip(there.visits, limits, strict=True)):
                    yield edge.outcome, there

    def _at(self, name: str, before: _Place | None) -> _Place:
        """A phase, entered from another one; a loop that is left is forgotten."""
        counted = self._counted[name]
        same = before is not None and self._loops[before.name] == self._loops[name]
        visits = before.visits if same and before is not None else (0,) * len(counted)
        more = (n + (each == name) for each, n in zip(counted, visits, strict=True))
        return _Place(name, tuple(more))


def loops(graph: Graph) -> dict[str, frozenset[str]]:
    """For each phase the phases that lead to it and that it leads to, itself among them."""
    reached = {name: graph.reachable(name) for name in graph.nodes}
    return {
        name: frozenset(other for other in ahead if name in reached[other])
        for name, ahead in reached.items()
    }


def _bounded(graph: Graph, start: str) -> LongestWay:
    """A bound: every phase of a loop is visited as often as its limits, all together, allow."""
    inside = loops(graph)
    total = 0
    for name in graph.reachable(start):
        round_trips = 1 + sum(graph.nodes[each].limit or 0 for each in inside[name])
        visits = min(graph.nodes[name].limit or round_trips, round_trips)
        total += visits * visit(graph, graph.nodes[name])
    way = max((graph.way(end, start) for end in graph.reachable(start)), key=lambda w: len(w.steps))
    lengths = tuple(visit(graph, graph.nodes[step.phase]) for step in way.steps)
    return LongestWay(total, way, lengths, exact=False)
