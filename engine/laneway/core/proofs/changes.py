"""What is proved of how a plan changes the world: once, looked at, and not left half done."""

from collections.abc import Iterator

from laneway.core.digests import digest
from laneway.core.findings import Finding, Severity, Witness
from laneway.core.model import CancelPolicy, Safety

from .graph import Graph, Node, mapping
from .rules import RULES, found
from .ways import ENDED_CANCELLED, Move, Watch, Ways

CHANGES = (Safety.MUTATION, Safety.DESTRUCTIVE)


def change_findings(ways: Ways) -> Iterator[Finding]:
    """What is wrong, or suspicious, with the order in which a plan changes things."""
    yield from _destructive_again(ways)
    yield from _unverified(ways)
    yield from _cancelled_half_done(ways)
    yield from _refused_after_change(ways)


# --- twice ---------------------------------------------------------------------------------------


def _destructive_again(ways: Ways) -> Iterator[Finding]:
    nodes = ways.graph.nodes.values()
    for key in dict.fromkeys(key for node in nodes for key in _destroys(node)):
        unapproved = ways.arrivals(_may_destroy(ways.graph, key), at_first=True)
        for node in nodes:
            again = unapproved.get(node.name)
            side_by_side = _destroys(node).count(key) > 1
            if key in _destroys(node) and (again or side_by_side):
                yield _again(node, again or ways.graph.way(node.name))


def _again(node: Node, witness: Witness) -> Finding:
    return found(
        "destructive_again",
        f"{node.name!r} is destructive, and can do again what was done, with no new approval",
        node.pointer,
        "put an approval in between, or `max_visits: 1` on a phase of the loop",
        about_key=True,
        witness=witness,
    )


def _destroys(node: Node) -> list[str]:
    """What a phase destroys: for each destructive action a key of it and its parameters."""
    return [
        f"{each.spec.action_id} {digest('laneway/with', mapping(each.document, 'with'))}"
        for each in node.work
        if each.spec is not None and each.spec.safety is Safety.DESTRUCTIVE
    ]


def _may_destroy(graph: Graph, key: str) -> Watch:
    """Whether a destructive action may be done: it was not yet, or approved since."""
    doing = {node.name for node in graph.nodes.values() if key in _destroys(node)}

    def watch(may: bool, move: Move) -> bool:
        if move.source.place in doing and move.begun:
            return False
        return may or move.result == "approved"

    return watch


# --- verified ------------------------------------------------------------------------------------


def _unverified(ways: Ways) -> Iterator[Finding]:
    graph = ways.graph
    open_at = ways.arrivals(_verified(graph), at_first=True)
    ends = [n for n in open_at if n in graph.nodes and graph.nodes[n].document.get("end") == "pass"]
    if not ends:
        return
    witness = min((open_at[end] for end in ends), key=lambda way: len(way.steps))
    last = next(s.phase for s in reversed(witness.steps) if graph.nodes[s.phase].does(*CHANGES))
    verifies = any(_verifies(graph, name, ends) for name in _after_changes(graph) & set(open_at))
    yield found(
        "change_unverified" if verifies else "nothing_verified",
        f"an operation can pass with what {last!r} has changed, and nothing has looked at it"
        if verifies
        else f"nothing looks whether what {last!r} changes is as it should be",
        ("phases", last),
        f"let a check that reads come after {last!r} on every way to `end: pass`",
        about_key=True,
        witness=witness,
    )


def _after_changes(graph: Graph) -> frozenset[str]:
    changing = (name for name, node in graph.nodes.items() if node.does(*CHANGES))
    return graph.reachable(*(target for name in changing for target in graph.follows(name)))


def _verifies(graph: Graph, name: str, ends: list[str]) -> bool:
    """Whether a phase that is come to after a change looks at it, on the way to passing."""
    node = graph.nodes[name]
    if node.does(*CHANGES) or not node.does(Safety.READ):
        return False
    onwards = [edge.target for edge in node.alternatives("pass")]
    return not graph.reachable(*onwards).isdisjoint(ends)


def _verified(graph: Graph) -> Watch:
    """Whether something that reads has passed since the last change."""

    def watch(so: bool, move: Move) -> bool:
        node = graph.nodes[move.source.place]
        if node.does(*CHANGES):
            return so and not move.begun
        return so or (move.result == "pass" and node.does(Safety.READ))

    return watch


# --- left half done ------------------------------------------------------------------------------


def _cancelled_half_done(ways: Ways) -> Iterator[Finding]:
    if any(map(_stopped_in_the_middle, ways.graph.nodes.values())):
        return  # which is said of the phase, and makes the rest follow
    for code, lasting in (
        ("cancel_after_destruction", _destroying),
        ("cancel_leaves_change", _changing_for_good),
    ):
        doing = {name for name, node in ways.graph.nodes.items() if lasting(node)}
        witness = ways.arrivals(_untouched(doing), at_first=True).get(ENDED_CANCELLED)
        if witness:
            yield _half_done(code, witness, doing)
            return


def _half_done(code: str, witness: Witness, doing: set[str]) -> Finding:
    where = witness.steps[-1].phase
    done = next(step.phase for step in witness.steps if step.phase in doing)
    verb = "destroys" if RULES[code].severity is Severity.ERROR else "changes"
    return found(
        code,
        f"a cancellation can end the operation at {where!r}, after {done!r}, which {verb}, "
        "and nothing puts that right",
        ("phases", where),
        f"write `cancel: refuse` in {done!r} (and no other `cancel` behind it), or lead "
        f"`cancelled` of {where!r} to a phase that puts it right",
        about_key=True,
        witness=witness,
    )


def _stopped_in_the_middle(node: Node) -> bool:
    return node.does(*CHANGES) and node.document.get("cancel") == CancelPolicy.IMMEDIATE


def _destroying(node: Node) -> bool:
    return node.does(Safety.DESTRUCTIVE)


def _changing_for_good(node: Node) -> bool:
    """Whether it mutates, and doing that again is not the same as having done it once."""
    mutating = (each.spec for each in node.work if each.does(Safety.MUTATION))
    return any(spec is not None and not spec.idempotent for spec in mutating)


def _untouched(doing: set[str]) -> Watch:
    """Whether none of some phases has begun."""

    def watch(so: bool, move: Move) -> bool:
        return so and not (move.begun and move.source.place in doing)

    return watch


def _refused_after_change(ways: Ways) -> Iterator[Finding]:
    graph = ways.graph
    doing = {name for name, node in graph.nodes.items() if node.does(*CHANGES)}
    for end, witness in ways.arrivals(_untouched(doing), at_first=True).items():
        node = graph.nodes.get(end)
        if node is not None and node.document.get("end") == "refused":
            done = next(step.phase for step in witness.steps if step.phase in doing)
            yield found(
                "refused_after_change",
                f"an operation can end as `refused` after {done!r} has changed something",
                ("phases", witness.steps[-1].phase),
                "let that way end as `fail`",
                about_key=True,
                witness=witness,
            )
