"""What is known of a plan before it runs: how long it takes at most, and from where on it commits.

For those who show plans: the diagram, the page, ``plan show``. The facts of a plan that has errors
mean little; so they are of a plan that was compiled.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from laneway.core.model import Plan, Safety

from .durations import deadline, visit
from .graph import Graph, mapping, read_graph
from .longest import LongestWay, longest_way
from .ways import Move, Watch, Ways


@dataclass(frozen=True)
class Facts:
    """What is known of a plan. All times are in milliseconds.

    Attributes:
        deadline: the plan's.
        longest: the longest way from the start, and the worst case that it is.
        when_late: the longest way from where the deadline leads; None where it ends the operation.
        lengths: for each phase, one visit at most, what it requires made again once included.
        open_waits: the phases that wait until a moment: how long, only the deadline limits.
        asked_again: the approvals that are asked for again each time a proof that is made again
            says something else than before. That takes their time once more, and is not counted.
        destructive: the phases and branches whose action destroys.
        point_of_no_return: the phases with which cancelling is first refused for good, in the
            plan's order. There may be several, on different ways.
        committed: the phases that are behind such a phase on every way to them.
        dominators: for each phase that can be come to, the other phases through which every way
            to it leads, in the order of the ways.
    """

    deadline: int
    longest: LongestWay
    when_late: LongestWay | None
    lengths: Mapping[str, int]
    open_waits: tuple[str, ...]
    asked_again: tuple[str, ...]
    destructive: tuple[str, ...]
    point_of_no_return: tuple[str, ...]
    committed: frozenset[str]
    dominators: Mapping[str, tuple[str, ...]]

    @property
    def worst_case(self) -> int:
        """How long an operation takes at most, were there no deadline."""
        return self.longest.milliseconds


def facts(plan: Plan) -> Facts:
    """The facts of a plan that ``prove`` has found no error in.

    Raises:
        ValueError: a loop of the plan has no limit.
    """
    actions = {phase.action.action_id: phase.action for phase in plan.action_phases()}
    graph = read_graph(plan.document, actions)
    ways = Ways(graph)
    late = graph.on_deadline
    return Facts(
        deadline=deadline(graph),
        longest=longest_way(graph, plan.start),
        when_late=None if late is None else longest_way(graph, late),
        lengths={name: visit(graph, node) for name, node in graph.nodes.items()},
        open_waits=_open_waits(graph),
        asked_again=_asked_again(graph),
        destructive=tuple(
            phase.name for phase in plan.action_phases() if phase.action.safety is _DESTROYS
        ),
        point_of_no_return=_points_of_no_return(ways),
        committed=_committed(ways),
        dominators=_dominators(ways),
    )


_DESTROYS = Safety.DESTRUCTIVE


def _open_waits(graph: Graph) -> tuple[str, ...]:
    return tuple(n for n, node in graph.nodes.items() if "until" in mapping(node.document, "wait"))


def _asked_again(graph: Graph) -> tuple[str, ...]:
    """The approvals before a change that requires a proof of some age at most."""
    aged = {
        name
        for name, node in graph.nodes.items()
        if any("max_age" in how for _, how in graph.requirements(node))
        and node.does(Safety.SAFE_WRITE, Safety.MUTATION, Safety.DESTRUCTIVE)
    }
    return tuple(
        name
        for name, node in graph.nodes.items()
        if node.kind == "approval" and aged & graph.reachable(*graph.follows(name))
    )


def _points_of_no_return(ways: Ways) -> tuple[str, ...]:
    moves = (move for situation in ways.situations for move in ways.moves(situation))
    points = {
        move.source.place for move in moves if move.target.no_return and not move.source.no_return
    }
    return tuple(name for name in ways.graph.nodes if name in points)


def _committed(ways: Ways) -> frozenset[str]:
    free = {situation.place for situation in ways.situations if not situation.no_return}
    return frozenset(s.place for s in ways.situations if s.place in ways.graph.nodes) - free


def _dominators(ways: Ways) -> dict[str, tuple[str, ...]]:
    reached = dict.fromkeys(s.place for s in ways.situations if s.place in ways.graph.nodes)
    before: dict[str, list[str]] = {name: [] for name in reached}
    for name in reached:
        without = ways.arrivals(_come_to(name), at_first=name == ways.graph.start)
        for other in reached:
            if other != name and other not in without:
                before[other].append(name)
    return {n: tuple(sorted(b, key=lambda each: len(before[each]))) for n, b in before.items()}


def _come_to(name: str) -> Watch:
    def watch(so: bool, move: Move) -> bool:
        return so or move.target.place == name

    return watch
