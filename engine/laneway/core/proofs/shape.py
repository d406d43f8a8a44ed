"""What is proved of a plan's phases together: that every operation ends, and how it gets there."""

from collections.abc import Iterator

from laneway.core.findings import Finding, Step, Witness
from laneway.core.names import listed

from .graph import Graph, Node, mapping, text
from .phases import unknown_phase
from .rules import found


def entry_findings(graph: Graph) -> Iterator[Finding]:
    """That the phases exist where an operation comes in."""
    for key in ("start", "on_deadline"):
        name = text(graph.document, key)
        if name is not None and name not in mapping(graph.document, "phases"):
            yield unknown_phase(graph, name, (key,))


def name_findings(graph: Graph) -> Iterator[Finding]:
    """That no two phases or branches have one name."""
    taken = set(graph.nodes)
    for node in graph.nodes.values():
        for branch in node.branches:
            if branch.name in taken:
                yield found(
                    "duplicate_phase",
                    f"{branch.name!r} is already the name of another phase or branch",
                    branch.pointer,
                    "names of phases and branches are unique in a plan",
                    about_key=True,
                )
            taken.add(branch.name)


def shape_findings(graph: Graph) -> Iterator[Finding]:
    """That every phase is reached, an end from every phase, and no way goes on for ever."""
    yield from _unreachable(graph)
    yield from _no_way_out(graph)
    yield from _endless(graph)


def _unreachable(graph: Graph) -> Iterator[Finding]:
    reached = graph.reachable(*graph.entries)
    for name, node in graph.nodes.items():
        if name not in reached:
            yield found(
                "unreachable_phase",
                f"no operation ever comes to {name!r}",
                node.pointer,
                "let another phase's `on` lead to it, or remove it",
                about_key=True,
                witness=_onwards(graph, node),
            )


def _onwards(graph: Graph, node: Node) -> Witness:
    """Where a phase that is never come to would lead."""
    edge = next(iter(node.edges), None)
    return Witness((Step(node.name, edge.outcome),), edge.target) if edge else Witness()


def _no_way_out(graph: Graph) -> Iterator[Finding]:
    reached = graph.reachable(*graph.entries)
    leaving = {name for name in reached if _leaves(graph, graph.nodes[name])}
    while grown := {n for n in reached - leaving if leaving.intersection(graph.follows(n))}:
        leaving |= grown
    trapped = [name for name in graph.nodes if name in reached - leaving]
    if trapped:
        yield found(
            "no_end",
            f"from {listed(map(repr, trapped))} an operation never comes to an end",
            graph.nodes[trapped[0]].pointer,
            "let one of them lead towards a phase with `end`",
            about_key=True,
            witness=_around(graph, trapped),
        )


def _leaves(graph: Graph, node: Node) -> bool:
    """Whether it ends, or has transitions of which it cannot be said where they lead."""
    unknown = node.outcomes is None or not set(node.outcomes) <= set(node.on)
    return node.kind == "end" or unknown or any(e.target not in graph.nodes for e in node.edges)


def _around(graph: Graph, trapped: list[str]) -> Witness:
    """The way into a trap, and once around in it."""
    within = frozenset(trapped)
    ways = (_then(graph.way(name), graph.cycle(name, within)) for name in trapped)
    return next(filter(None, ways), Witness())


def _then(way: Witness, cycle: Witness) -> Witness:
    return Witness((*way.steps, *cycle.steps), cycle.last)


def _endless(graph: Graph) -> Iterator[Finding]:
    for cycle in graph.endless():
        name = cycle.last
        around = " → ".join((*(step.phase for step in cycle.steps), name))
        yield found(
            "endless_loop",
            f"{around} can go round for ever",
            graph.nodes[name].pointer,
            f"give one of them `max_visits`, such as `max_visits: 3` on {name!r}",
            about_key=True,
            witness=_then(graph.way(name), cycle),
        )
