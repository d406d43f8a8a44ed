"""What is proved of each phase of a plan by itself."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from laneway.core.findings import Finding, Step, Witness, from_mistake
from laneway.core.model import Safety
from laneway.core.names import listed, nearest
from laneway.core.schemas import Mistake, UnusableSchema, mistakes
from laneway.core.templates import OPEN

from .graph import CANCELLED, Edge, Graph, Node, mapping, text
from .rules import found

Check = Callable[[Graph, Node], Iterator[Finding]]


def phase_findings(graph: Graph, node: Node, doubtful: bool) -> Iterator[Finding]:
    """What is wrong with one phase or branch.

    Args:
        graph: the plan's.
        node: the phase or branch.
        doubtful: its document has mistakes: do not say what may only follow from them.
    """
    for check in _ALWAYS if doubtful else _ALWAYS + _WHEN_WHOLE:
        yield from check(graph, node)


def _outcomes_known(graph: Graph, node: Node) -> Iterator[Finding]:
    outcomes = node.outcomes  # none at all: an end phase, which has no `on`
    for outcome in node.on if outcomes else ():
        known = (*(outcomes or ()), CANCELLED)
        if outcome not in known:
            yield found(
                "unknown_outcome",
                f"{node.name!r} never ends as {outcome!r}: it ends as {listed(known)}",
                (*node.pointer, "on", outcome),
                nearest(outcome, known),
                about_key=True,
            )


def _outcomes_handled(graph: Graph, node: Node) -> Iterator[Finding]:
    if node.is_branch or node.outcomes is None:
        return
    missing = [outcome for outcome in node.outcomes if outcome not in node.on]
    if missing:
        yield found(
            "outcome_unhandled",
            f"{node.name!r} can end as {listed(missing)}, and `on` does not say what comes then",
            (*node.pointer, "on") if "on" in node.document else node.pointer,
            f"add {', '.join(f'{outcome}: <phase>' for outcome in missing)} to `on`",
            about_key=True,
            witness=_unhandled(graph, node, missing[0]),
        )


def _unhandled(graph: Graph, node: Node, outcome: str) -> Witness:
    way = graph.way(node.name)
    return Witness((*way.steps, Step(node.name, outcome)), "?") if way else way


def _targets_known(graph: Graph, node: Node) -> Iterator[Finding]:
    for edge in node.edges:
        if edge.target not in graph.nodes:
            yield unknown_phase(graph, edge.target, edge.pointer)


def unknown_phase(graph: Graph, name: str, pointer: tuple[str | int, ...]) -> Finding:
    """That a phase is named which the plan does not have."""
    phases = mapping(graph.document, "phases")
    branches = {branch.name for node in graph.nodes.values() for branch in node.branches}
    if name in branches:
        message, hint = f"{name!r} is a branch, not a phase", "name the parallel phase instead"
    else:
        message, hint = f"the plan has no phase {name!r}", nearest(name, phases)
    return found("unknown_phase", message, pointer, hint)


def _guards_complete(graph: Graph, node: Node) -> Iterator[Finding]:
    for outcome in node.on:
        edges = list(node.alternatives(outcome))
        if edges and edges[-1].guard is not None:
            yield found(
                "guard_without_else",
                f"when {node.name!r} ends as {outcome!r}, it may be that no guard holds",
                (*node.pointer, "on", outcome),
                "let the last alternative have no `when`",
                about_key=True,
                witness=_unhandled(graph, node, outcome),
            )
        for place, edge in enumerate(edges):
            taken = next((e for e in edges[:place] if e.guard in (None, edge.guard)), None)
            if taken is not None:
                yield _never_taken(edge, taken)


def _never_taken(edge: Edge, taken: Edge) -> Finding:
    has = "the same `when`" if taken.guard is not None else "no `when`"
    return found(
        "alternative_unreachable",
        f"this alternative is never taken: the one that leads to {taken.target!r} stands before "
        f"it and has {has}",
        edge.pointer[:-1],
        "put the alternative without `when` last" if taken.guard is None else "remove one of them",
    )


def _action_known(graph: Graph, node: Node) -> Iterator[Finding]:
    action = text(node.document, "action")
    if node.kind == "action" and action is not None and node.spec is None:
        message = f"no driver offers the action {action!r}"
        yield found("unknown_action", message, (*node.pointer, "action"))


def _parameters_fit(graph: Graph, node: Node) -> Iterator[Finding]:
    if node.spec is None or not node.spec.parameters:
        return
    given = mapping(node.document, "with")
    base = (*node.pointer, "with") if "with" in node.document else node.pointer
    try:
        wrong = mistakes({"title": "`with`", **node.spec.parameters}, dict(given))
    except UnusableSchema as unusable:
        message = f"the schema of {node.spec.action_id}'s parameters cannot be used: {unusable}"
        yield found("parameter_invalid", message, base)
        return
    for mistake in wrong:
        if _is_certain(mistake, given):
            yield from_mistake(mistake, base, "parameter_invalid", f"{node.spec.action_id}: ")


def _is_certain(mistake: Mistake, parameters: Any) -> bool:
    """Whether it is wrong whatever the expressions in the value will give."""
    if mistake.code in {"unknown_property", "missing_property"}:
        return True
    value = parameters
    for step in mistake.path:
        value = value[step]
    return not _has_template(value)


def _has_template(value: Any) -> bool:
    if isinstance(value, str):
        return OPEN in value
    inner = value.values() if isinstance(value, Mapping) else value
    return isinstance(inner, list | type({}.values())) and any(map(_has_template, inner))


def _requirements_provable(graph: Graph, node: Node) -> Iterator[Finding]:
    for name in mapping(node.document, "requires"):
        pointer = (*node.pointer, "requires", name)
        if name == node.name:
            message = f"{name!r} requires itself"
            yield found("requires_itself", message, pointer, about_key=True)
        elif name not in graph.nodes:
            unknown = unknown_phase(graph, name, pointer)
            yield found("requires_unknown", unknown.message, pointer, unknown.hint, about_key=True)
        elif not renewable(graph.nodes[name]):
            yield found(
                "requires_not_read",
                f"{name!r} cannot be required: what is required may have to be made again, "
                "so it must be an action that only reads",
                pointer,
                "require a phase whose action only reads",
                about_key=True,
            )


def renewable(node: Node) -> bool:
    """Whether a phase can be made again, as far as is known: its action only reads."""
    unknown = node.kind == "" or (node.kind == "action" and node.spec is None)
    return unknown or (node.kind == "action" and node.does(Safety.READ))


def _lane_shared(graph: Graph, node: Node) -> Iterator[Finding]:
    shared = mapping(graph.document, "lane").get("mode") == "shared"
    if shared and node.spec is not None and node.spec.safety is not Safety.READ:
        yield found(
            "shared_lane_writes",
            f"{node.spec.action_id} is {node.spec.safety}, and on a shared lane actions only read",
            (*node.pointer, "action"),
            "make the lane's mode exclusive",
        )


def _retry_harmless(graph: Graph, node: Node) -> Iterator[Finding]:
    if node.spec is None or "retry" not in node.document:
        return
    spec, pointer = node.spec, (*node.pointer, "retry")
    if spec.safety is Safety.DESTRUCTIVE:
        message = (
            f"{spec.action_id} is destructive, and nothing destructive is done again by itself"
        )
        yield found("retry_destructive", message, pointer, "remove `retry`", about_key=True)
    elif not (spec.repeatable or spec.idempotent):
        message = (
            f"{spec.action_id} is {spec.safety} and not idempotent: doing it twice may do harm"
        )
        yield found("retry_not_repeatable", message, pointer, "remove `retry`", about_key=True)


def _cancel_harmless(graph: Graph, node: Node) -> Iterator[Finding]:
    at_work = node.does(Safety.MUTATION, Safety.DESTRUCTIVE)
    if node.document.get("cancel") == "immediate" and at_work:
        yield found(
            "cancel_immediate",
            f"{node.name!r} changes the world, so it cannot be stopped in the middle",
            (*node.pointer, "cancel"),
            "use defer (when it is over) or refuse (from here on, no more cancelling)",
        )


def _join_any_reads(graph: Graph, node: Node) -> Iterator[Finding]:
    for branch in node.branches if node.document.get("join") == "any" else ():
        if branch.spec is not None and branch.spec.safety is not Safety.READ:
            yield found(
                "join_any_writes",
                f"{branch.spec.action_id} is {branch.spec.safety}: with `join: any` a branch may "
                "be stopped because another one passed, so branches only read",
                (*branch.pointer, "action"),
                "use `join: all`",
            )


_ALWAYS: tuple[Check, ...] = (
    _outcomes_known,
    _targets_known,
    _action_known,
    _requirements_provable,
    _lane_shared,
    _retry_harmless,
    _cancel_harmless,
    _join_any_reads,
)

_WHEN_WHOLE: tuple[Check, ...] = (_outcomes_handled, _guards_complete, _parameters_fit)
"""What depends on nothing being missing or misspelt."""
