"""Every way that an operation can take through a plan: situations, and the moves between them.

What `movement` and `standing` do, without time, drivers and guards: any outcome may come, any
alternative may be taken, a proof with a ``max_age`` may have to be made again, and a cancellation
or the deadline may come whenever the engine would heed it. So whatever an operation does is on one
of these ways; a way that only contradictory guards exclude is among them too.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from operator import le
from typing import NamedTuple

from laneway.core.findings import Step, Witness
from laneway.core.model import CancelPolicy

from .graph import CANCELLED, PASSED, Graph, Node

DEADLINE = "deadline"
RENEW = "renew"

ENDED_CANCELLED = "(cancelled)"
"""Where a cancellation leads that no phase answers."""

_LARGEST = 5_000
"""Situations that are looked at; a plan that has more is looked at without its `max_visits`."""

_COUNTED = 3
"""Limits up to this one are kept exactly. No rule is broken only on a way with more visits."""


class Situation(NamedTuple):
    """Where an operation is, and what it remembers that decides how it can go on.

    Attributes:
        detours: phases to come back to once what they require stands again, innermost last.
        no_return: the point of no return is behind it.
        pending: ``cancelled`` or ``deadline``, asked for and not yet in effect.
        late: the deadline has passed.
        visits: how often each phase with a small limit was entered.
        at_once: it began its phase at once (it has just started, was stopped, or had to make
            something again), so that nobody can have paused it before.
    """

    place: str
    detours: tuple[str, ...] = ()
    no_return: bool = False
    pending: str = ""
    late: bool = False
    visits: tuple[int, ...] = ()
    at_once: bool = False


class Move(NamedTuple):
    """From one situation to the next.

    Attributes:
        label: the outcome that is taken, or ``cancelled``, ``deadline`` or ``renew``.
        result: the outcome of the phase that is left; empty where it has none yet.
        begun: its work had begun, so that it may have changed something.
    """

    source: Situation
    label: str
    result: str
    begun: bool
    target: Situation


Watch = Callable[[bool, Move], bool]
"""Whether something is so after a move, given whether it was so before."""


class Ways:
    """The ways through one plan."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._moves: dict[Situation, tuple[Move, ...]] = {}
        self._limits = _limits(graph)
        self._renews = True
        if len(self.situations) > _LARGEST:
            self._simplify()

    def _simplify(self) -> None:
        """Look at fewer situations: all limits may be passed, and at worst nothing is renewed."""
        for self._renews in (True, False):
            self._limits, self._moves = {}, {}
            del self.situations
            if len(self.situations) <= _LARGEST:
                return

    def arrivals(
        self, watch: Watch, *, at_first: bool = False, when: bool = False
    ) -> dict[str, Witness]:
        """The places that can be arrived at while what is watched is as asked.

        Args:
            watch: what is so after each move.
            at_first: whether it is so when the operation starts.
            when: the truth value that is looked for.

        Returns:
            For each place a shortest way.
        """
        found: dict[str, Witness] = {}
        before: dict[tuple[Situation, bool], tuple[tuple[Situation, bool], str] | None] = {}
        ahead = deque((situation, at_first) for situation in self._starts())
        before.update(dict.fromkeys(ahead))
        while ahead:
            here = ahead.popleft()
            situation, so = here
            if so is when and situation.place not in found:
                found[situation.place] = _way(here, before)
            for move in self.moves(situation):
                there = (move.target, watch(so, move))
                if there not in before:
                    before[there] = (here, move.label)
                    ahead.append(there)
        return found

    @cached_property
    def situations(self) -> tuple[Situation, ...]:
        """Every situation that an operation can come to; one more than the most, where too many."""
        return tuple(islice(self._explore(), _LARGEST + 1))

    def moves(self, situation: Situation) -> tuple[Move, ...]:
        """How it can go on from a situation."""
        if situation not in self._moves:
            node = self.graph.nodes.get(situation.place)
            self._moves[situation] = tuple(self._from(node, situation)) if node else ()
        return self._moves[situation]

    def _explore(self) -> Iterator[Situation]:
        ahead = list(self._starts())
        seen = set(ahead)
        for situation in ahead:
            yield situation
            fresh = {move.target: None for move in self.moves(situation) if move.target not in seen}
            seen.update(fresh)
            ahead.extend(fresh)

    def _starts(self) -> Iterator[Situation]:
        start = self.graph.start
        if start is not None:
            visits = tuple(int(name == start) for name in self._limits)
            yield Situation(start, visits=visits, at_once=True)

    # --- the moves from one situation ------------------------------------------------------------

    def _from(self, node: Node, here: Situation) -> Iterator[Move]:
        if node.kind == "end":
            return
        yield from self._renewals(node, here)
        yield from self._stops_early(node, here)
        for after in self._worked(node, here):
            for outcome in node.outcomes if node.outcomes is not None else node.on:
                yield from self._leave(node, here, after, outcome)

    def _renewals(self, node: Node, here: Situation) -> Iterator[Move]:
        """What may be too old is made again: before the first attempt at once, or before others."""
        for required, how in self.graph.requirements(node) if self._renews else ():
            if "max_age" in how and required.name not in here.detours and required.outcomes:
                there = here._replace(place=required.name, detours=(*here.detours, node.name))
                for begun in {False, node.retries}:
                    yield Move(here, RENEW, "", begun, there._replace(at_once=not begun))

    def _stops_early(self, node: Node, here: Situation) -> Iterator[Move]:
        """A stop before the phase's work has begun (while it is paused), or in the middle of it.

        While an action is under way, its policy counts; between two attempts, and where nothing is
        at work, the deadline always stops a phase, and a cancellation where it is not refused.
        """
        policy = node.cancel_policy(no_return=here.no_return)
        idle = not node.work or any(each.retries for each in node.work)
        if policy is CancelPolicy.IMMEDIATE or (idle and policy is CancelPolicy.DEFER):
            yield from self._stop(here, here, CANCELLED, CANCELLED)
        if not here.at_once and not (here.no_return and policy is CancelPolicy.REFUSE):
            yield from self._stop(here, here, CANCELLED, "")
        if not here.late:
            late = here._replace(late=True)
            if idle or node.cancel_policy(no_return=False) is CancelPolicy.IMMEDIATE:
                yield from self._stop(here, late, DEADLINE, CANCELLED)
            if not here.at_once:
                yield from self._stop(here, late, DEADLINE, "")

    def _worked(self, node: Node, here: Situation) -> Iterator[Situation]:
        """The situation when the work is done, whatever was asked for while it was under way."""
        if not node.work:
            yield here._replace(at_once=False)
            return
        policy = node.cancel_policy(no_return=here.no_return)
        committed = here.no_return or policy is CancelPolicy.REFUSE
        after = here._replace(no_return=committed, at_once=False)
        yield after
        if policy is CancelPolicy.DEFER:
            yield after._replace(pending=CANCELLED)
        awaited = node.cancel_policy(no_return=False) is not CancelPolicy.IMMEDIATE
        if awaited and self.graph.on_deadline and not here.late:
            yield after._replace(pending=here.pending or DEADLINE, late=True)

    def _leave(self, node: Node, here: Situation, after: Situation, outcome: str) -> Iterator[Move]:
        """With an outcome. A pending stop takes effect where one has passed and another follows."""
        passed = outcome in PASSED
        if passed and after.detours:
            if after.pending:
                yield from self._stop(here, after, after.pending, outcome)
            *outer, back = after.detours
            there = after._replace(place=back, detours=tuple(outer))
            yield Move(here, outcome, outcome, True, there)
            return
        for edge in node.alternatives(outcome):
            target = self.graph.nodes.get(edge.target)
            if passed and after.pending and target is not None and target.kind != "end":
                yield from self._stop(here, after, after.pending, outcome)
            else:
                yield from self._arrive(Move(here, outcome, outcome, True, after), edge.target)

    def _stop(self, here: Situation, after: Situation, event: str, result: str) -> Iterator[Move]:
        moving = Move(here, event, result, bool(result), after._replace(pending=""))
        if event == CANCELLED:
            targets = [e.target for e in self.graph.nodes[here.place].alternatives(CANCELLED)]
            for target in targets or [ENDED_CANCELLED]:
                yield from self._arrive(moving, target)
        elif self.graph.on_deadline:
            yield from self._arrive(moving, self.graph.on_deadline)

    def _arrive(self, moving: Move, target: str) -> Iterator[Move]:
        """Come to a phase, unless that was entered as often as it may be: then it ends there."""
        if target not in self.graph.nodes and target != ENDED_CANCELLED:
            return
        counted = zip(self._limits, moving.target.visits, strict=True)
        visits = tuple(count + (name == target) for name, count in counted)
        if all(map(le, visits, self._limits.values())):
            stopped = moving.label in (CANCELLED, DEADLINE)
            there = moving.target._replace(place=target, detours=(), visits=visits, at_once=stopped)
            yield moving._replace(target=there)


def _limits(graph: Graph) -> dict[str, int]:
    """The small limits of phases that can be entered again at all."""
    return {
        name: node.limit
        for name, node in graph.nodes.items()
        if node.limit is not None and node.limit <= _COUNTED and graph.comes_again(name)
    }


def _way(
    here: tuple[Situation, bool],
    before: dict[tuple[Situation, bool], tuple[tuple[Situation, bool], str] | None],
) -> Witness:
    steps: list[Step] = []
    last = here[0].place
    while (earlier := before[here]) is not None:
        here, label = earlier
        steps.append(Step(here[0].place, label))
    return Witness(tuple(reversed(steps)), last)
