"""What the linter proves of a plan beyond its shape.

An operation of a plan that was proved never finds itself without a next phase, always comes to an
end, does nothing destructive twice unasked, and never starts a phase whose proofs may be missing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from .findings import Finding, Severity, from_mistake
from .graph import Graph, mapping, read_graph
from .model import ActionSpec
from .names import nearest
from .prove_expressions import expression_findings
from .prove_graph import entry_findings, name_findings, whole_findings
from .prove_phase import phase_findings
from .prove_request import request_findings
from .schemas import schema_mistakes

__all__ = ["Finding", "Severity", "prove"]


def prove(
    document: Mapping[str, Any],
    actions: Mapping[str, ActionSpec],
    doubtful: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Everything that is wrong with a plan's document, as far as the JSON Schema cannot say it.

    Args:
        document: a plan's document. It may be wrong: what has the wrong type is passed over.
        actions: what the drivers offer, by ``action_id``.
        doubtful: phases whose documents the JSON Schema refuses. Nothing is said that may only
            follow from that: not what they lack, and nothing of the graph as a whole.
    """
    graph = read_graph(document, actions)
    found = list(_findings(graph, doubtful))
    whole = set(graph.entries) and graph.nodes and not doubtful
    found += whole_findings(graph) if whole else []
    if not any(finding.severity is Severity.ERROR for finding in found):
        found += request_findings(graph)  # what is doubtful can wait for what is wrong
    return [_with_action_hint(finding, graph, actions) for finding in found]


def _findings(graph: Graph, doubtful: frozenset[str]) -> Iterator[Finding]:
    yield from _request_findings(graph)
    yield from entry_findings(graph)
    yield from name_findings(graph)
    for node in graph.every_node():
        yield from phase_findings(graph, node, node.pointer[1] in doubtful)
    yield from expression_findings(graph)


def _request_findings(graph: Graph) -> Iterator[Finding]:
    for mistake in schema_mistakes(mapping(graph.document, "request")):
        yield from_mistake(mistake, ("request",), "request_schema_invalid", "no JSON Schema: ")


def _with_action_hint(finding: Finding, graph: Graph, actions: Mapping[str, ActionSpec]) -> Finding:
    """Which action was meant is known only here, where all actions are."""
    if finding.code != "unknown_action":
        return finding
    named: Any = graph.document
    for step in finding.pointer:
        named = named[step]
    hint = nearest(named, actions)
    return Finding(finding.code, finding.message, finding.pointer, hint)
