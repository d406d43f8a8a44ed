"""What is legal in a plan, and suspicious."""

from collections.abc import Iterator

from laneway.core.findings import Finding
from laneway.core.model import CancelPolicy, Safety

from .changes import CHANGES
from .graph import CANCELLED, Graph, Node, mapping
from .rules import found
from .standing import passed
from .ways import Move, Watch, Ways


def doubt_findings(ways: Ways) -> Iterator[Finding]:
    """Warnings about a plan's phases, and about how they follow each other."""
    graph = ways.graph
    yield from _repeat_allowed(graph)
    for node in graph.nodes.values():
        yield from _no_return_undeclared(graph, node)
        yield from _failure_ignored(graph, node)
        yield from _limit_without_loop(graph, node)
        yield from _approval_of_nothing(graph, node)
        yield from _cancelled_unreachable(ways, node)
    yield from _refused_early(ways)
    yield from _not_required(ways)
    yield from _destructive_when_late(ways)


def _repeat_allowed(graph: Graph) -> Iterator[Finding]:
    destroys = [n for n in graph.nodes.values() if n.does(Safety.DESTRUCTIVE)]
    if destroys and mapping(graph.document, "lane").get("repeat") == "allow":
        message = f"{destroys[0].name!r} destroys, and `repeat: allow` lets that happen twice"
        witness = graph.way(destroys[0].name)
        hint = "use `repeat: explicit`"
        yield found("repeat_allowed", message, ("lane", "repeat"), hint, witness=witness)


def _no_return_undeclared(graph: Graph, node: Node) -> Iterator[Finding]:
    if node.does(Safety.DESTRUCTIVE) and "cancel" not in node.document:
        yield found(
            "no_return_undeclared",
            f"{node.name!r} destroys: it is the point of no return, and does not say so",
            node.pointer,
            "add `cancel: refuse`",
            about_key=True,
            witness=graph.way(node.name),
        )


def _failure_ignored(graph: Graph, node: Node) -> Iterator[Finding]:
    targets = {
        tuple((e.target, e.guard) for e in node.alternatives(o)) for o in node.outcomes or ()
    }
    several = len(node.outcomes or ()) > 1
    if several and len(targets) == 1 and node.does(Safety.READ, *CHANGES):
        yield found(
            "failure_ignored",
            f"whatever comes of {node.name!r}, the same comes next",
            (*node.pointer, "on"),
            "let its failure lead somewhere else",
            about_key=True,
            witness=graph.way(node.name),
        )


def _limit_without_loop(graph: Graph, node: Node) -> Iterator[Finding]:
    if node.limit is not None and not graph.comes_again(node.name):
        yield found(
            "limit_without_loop",
            f"no way leads to {node.name!r} twice",
            (*node.pointer, "max_visits"),
            "remove `max_visits`",
            about_key=True,
            witness=graph.way(node.name),
        )


def _approval_of_nothing(graph: Graph, node: Node) -> Iterator[Finding]:
    onwards = graph.reachable(*(edge.target for edge in node.alternatives("approved")))
    writes = (Safety.SAFE_WRITE, *CHANGES)
    if node.kind == "approval" and not any(graph.nodes[n].does(*writes) for n in onwards):
        yield found(
            "approval_of_nothing",
            f"nothing is changed after {node.name!r}",
            node.pointer,
            "put it before the phase that it is meant for",
            about_key=True,
            witness=graph.way(node.name),
        )


def _cancelled_unreachable(ways: Ways, node: Node) -> Iterator[Finding]:
    if CANCELLED not in node.on:
        return
    here = [each for each in ways.situations if each.place == node.name]
    if here and not any(m.label == CANCELLED for each in here for m in ways.moves(each)):
        yield found(
            "cancelled_unreachable",
            f"at {node.name!r} cancelling is always refused",
            (*node.pointer, "on", CANCELLED),
            "remove it",
            about_key=True,
            witness=ways.graph.way(node.name),
        )


def _refused_early(ways: Ways) -> Iterator[Finding]:
    """Phases that refuse although nothing was changed on any way to them."""
    graph = ways.graph
    writes = {n for n, node in graph.nodes.items() if node.does(Safety.SAFE_WRITE, *CHANGES)}
    written = ways.arrivals(_written(writes), when=True)
    for name, node in graph.nodes.items():
        refuses = node.document.get("cancel") == CancelPolicy.REFUSE
        if refuses and name not in writes and name not in written:
            yield found(
                "cancel_refused_early",
                f"{name!r} refuses to be cancelled, and nothing has been changed by then",
                (*node.pointer, "cancel"),
                "remove it",
                about_key=True,
                witness=graph.way(name),
            )


def _written(writes: set[str]) -> Watch:
    """Whether something was written."""

    def watch(so: bool, move: Move) -> bool:
        return so or (move.begun and move.source.place in writes)

    return watch


def _not_required(ways: Ways) -> Iterator[Finding]:
    """Proofs that surely stand before a change, by the way there, and that a retry would skip."""
    graph = ways.graph
    proofs = [n for n in graph.nodes.values() if n.does(Safety.READ) and "refused" in n.on]
    changing = [n for n in graph.nodes.values() if n.does(*CHANGES)]
    reached = {situation.place for situation in ways.situations}
    for proof in proofs:
        without = ways.arrivals(passed(proof.name))
        for node in changing:
            required = proof.name in mapping(node.document, "requires")
            if not required and node.name in reached and node.name not in without:
                yield _left_out(graph, proof, node)


def _left_out(graph: Graph, proof: Node, node: Node) -> Finding:
    return found(
        "proof_not_required",
        f"{proof.name!r} stands before {node.name!r}, which does not require it: a retry that "
        f"begins with {node.name!r} does without it",
        node.pointer,
        f"add it: `requires: {{{proof.name}: {{}}}}`",
        about_key=True,
        witness=graph.way(node.name),
    )


def _destructive_when_late(ways: Ways) -> Iterator[Finding]:
    graph = ways.graph
    late = ways.arrivals(_late_unapproved, when=True)
    for name, witness in late.items():
        if name in graph.nodes and graph.nodes[name].does(Safety.DESTRUCTIVE):
            yield found(
                "destructive_when_late",
                f"the deadline leads to {name!r}, which destroys",
                ("on_deadline",),
                "lead to something that does less harm",
                witness=witness,
            )


def _late_unapproved(so: bool, move: Move) -> bool:
    return move.label == "deadline" or (so and move.result != "approved")
