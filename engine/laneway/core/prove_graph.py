"""What is proved of a plan's phases together: that every operation ends, and how it gets there."""

from collections.abc import Iterator

from .compile import ACTION_TIMEOUT, APPROVAL_EXPIRES, DEADLINE
from .findings import Finding, Severity
from .graph import Graph, Node, mapping, text
from .instants import format_duration, parse_duration
from .model import Safety
from .names import listed
from .prove_phase import renewable, unknown_phase


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
                yield Finding(
                    "duplicate_phase",
                    f"{branch.name!r} is already the name of another phase or branch",
                    branch.pointer,
                    "names of phases and branches are unique in a plan",
                    about_key=True,
                )
            taken.add(branch.name)


def whole_findings(graph: Graph) -> Iterator[Finding]:
    """What can be said when every phase is as it should be by itself."""
    yield from _unreachable(graph)
    yield from _no_way_out(graph)
    yield from _endless(graph)
    yield from _required_later(graph)
    yield from _destructive_again(graph)
    yield from _deadline_too_short(graph)


def _unreachable(graph: Graph) -> Iterator[Finding]:
    reached = graph.reachable()
    for name, node in graph.nodes.items():
        if name not in reached:
            message = f"no operation ever comes to {name!r}"
            hint = "let another phase's `on` lead to it, or remove it"
            yield Finding("unreachable_phase", message, node.pointer, hint, about_key=True)


def _no_way_out(graph: Graph) -> Iterator[Finding]:
    reached = graph.reachable()
    leaving = {name for name in reached if _leaves(graph, graph.nodes[name])}
    while grown := {n for n in reached - leaving if leaving.intersection(graph.follows(n))}:
        leaving |= grown
    trapped = [name for name in graph.nodes if name in reached - leaving]
    if trapped:
        yield Finding(
            "no_end",
            f"from {listed(map(repr, trapped))} an operation never comes to an end",
            graph.nodes[trapped[0]].pointer,
            "let one of them lead towards a phase with `end`",
            about_key=True,
        )


def _leaves(graph: Graph, node: Node) -> bool:
    """Whether it ends, or has transitions of which it cannot be said where they lead."""
    unknown = node.outcomes is None or not set(node.outcomes) <= set(node.on)
    return node.kind == "end" or unknown or any(e.target not in graph.nodes for e in node.edges)


def _endless(graph: Graph) -> Iterator[Finding]:
    unlimited = frozenset(name for name, node in graph.nodes.items() if not node.may_repeat)
    told: set[str] = set()
    for name in graph.nodes:
        cycle = graph.cycle(name, unlimited) if name in unlimited - told else ()
        if cycle:
            told.update(cycle)
            yield Finding(
                "endless_loop",
                f"{' → '.join(cycle)} can go round for ever",
                graph.nodes[name].pointer,
                f"give one of them `max_visits`, such as `max_visits: 3` on {name!r}",
                about_key=True,
            )


def _required_later(graph: Graph) -> Iterator[Finding]:
    for node in graph.nodes.values():
        for name in mapping(node.document, "requires"):
            required = graph.nodes.get(name)
            if required is None or required is node or not renewable(required):
                continue  # which is said where it is required
            if node.name in graph.reachable(without=frozenset({(name, "pass")})):
                yield Finding(
                    "requires_not_before",
                    f"an operation can come to {node.name!r} without {name!r} having passed",
                    (*node.pointer, "requires", name),
                    f"let every way to {node.name!r} lead through {name!r}",
                    about_key=True,
                )


def _destructive_again(graph: Graph) -> Iterator[Finding]:
    unapproved = frozenset(n for n, node in graph.nodes.items() if node.kind != "approval")
    for name, node in graph.nodes.items():
        if not node.does(Safety.DESTRUCTIVE) or node.document.get("max_visits") == 1:
            continue
        cycle = graph.cycle(name, unapproved)
        if cycle:
            yield Finding(
                "destructive_again",
                f"{name!r} is destructive, and {' → '.join(cycle)} does it again unasked",
                node.pointer,
                "put an approval into the loop, or `max_visits: 1` on the destructive phase",
                about_key=True,
            )


def _deadline_too_short(graph: Graph) -> Iterator[Finding]:
    deadline = _milliseconds(text(graph.document, "deadline") or DEADLINE)
    longest, node = max(
        ((_longest(node), node) for node in graph.every_node()), key=lambda each: each[0]
    )
    if 0 < deadline < longest:
        given = "deadline" in graph.document
        yield Finding(
            "deadline_short",
            f"the deadline ({format_duration(deadline)}) passes before {node.name!r} may be over: "
            f"that alone may take {format_duration(longest)}",
            ("deadline",) if given else node.pointer,
            "make the deadline longer, or the phase's time shorter",
            Severity.WARNING,
            about_key=not given,
        )


def _longest(node: Node) -> int:
    """Milliseconds that a phase may take by itself."""
    if node.kind == "action" or "parallel" in node.pointer:
        return _milliseconds(text(node.document, "timeout") or ACTION_TIMEOUT)
    if node.kind == "approval":
        return _milliseconds(
            text(mapping(node.document, "approval"), "expires") or APPROVAL_EXPIRES
        )
    return _milliseconds(text(node.document, "wait") or text(mapping(node.document, "wait"), "for"))


def _milliseconds(duration: str | None) -> int:
    try:
        return parse_duration(duration or "")
    except ValueError:
        return 0
