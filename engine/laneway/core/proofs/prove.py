"""What the linter proves of a plan beyond its shape.

An operation of a plan that was proved never finds itself without a next phase, always comes to an
end, does nothing destructive twice unasked, never starts a phase whose proofs may be missing, and
does not pass with a change that nobody has looked at.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from laneway.core.findings import Finding, Severity, from_mistake
from laneway.core.model import ActionSpec
from laneway.core.names import nearest
from laneway.core.schemas import schema_mistakes

from .changes import change_findings
from .deadlines import deadline_findings
from .doubts import doubt_findings
from .expressions import Expressions, read_expressions
from .graph import Graph, mapping, read_graph
from .guards import guard_findings
from .phases import phase_findings
from .references import reference_findings
from .renewing import renewal_findings
from .requests import request_findings
from .rules import CHANGES, SHAPE, STANDING
from .shape import entry_findings, name_findings, shape_findings
from .standing import standing_findings
from .ways import Ways


def prove(
    document: Mapping[str, Any],
    actions: Mapping[str, ActionSpec],
    doubtful: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Everything that is wrong with a plan's document, as far as the JSON Schema cannot say it.

    What is only suspicious can wait for what is wrong: there are errors, or there are warnings.

    Args:
        document: a plan's document. It may be wrong: what has the wrong type is passed over.
        actions: what the drivers offer, by ``action_id``.
        doubtful: phases whose documents the JSON Schema refuses. Nothing is said that may only
            follow from that: not what they lack, and nothing of the graph as a whole.
    """
    graph = read_graph(document, actions)
    expressions = read_expressions(graph)
    findings = list(_of_parts(graph, expressions, doubtful))
    if graph.entries and not doubtful:
        findings += _of_the_whole(graph, expressions)
    wrong = [finding for finding in findings if finding.severity is Severity.ERROR]
    told = wrong or [*findings, *request_findings(graph)]
    return [_with_way(_with_action_hint(each, graph, actions), graph) for each in told]


def _of_parts(
    graph: Graph, expressions: Expressions, doubtful: frozenset[str]
) -> Iterator[Finding]:
    for mistake in schema_mistakes(mapping(graph.document, "request")):
        yield from_mistake(mistake, ("request",), "request_schema_invalid", "no JSON Schema: ")
    yield from entry_findings(graph)
    yield from name_findings(graph)
    for node in graph.every_node():
        yield from phase_findings(graph, node, node.pointer[1] in doubtful)
    yield from expressions.findings


def _of_the_whole(graph: Graph, expressions: Expressions) -> Iterator[Finding]:
    """What can be said when every phase is as it should be by itself."""
    ways = Ways(graph)
    shape = list(shape_findings(graph))
    yield from shape
    yield from renewal_findings(graph)
    yield from standing_findings(ways)
    yield from reference_findings(ways, expressions)
    yield from change_findings(ways)
    yield from doubt_findings(ways)
    yield from guard_findings(graph, expressions)
    if all(finding.code != "endless_loop" for finding in shape):
        yield from deadline_findings(graph)


def _with_action_hint(finding: Finding, graph: Graph, actions: Mapping[str, ActionSpec]) -> Finding:
    """Which action was meant is known only here, where all actions are."""
    if finding.code != "unknown_action":
        return finding
    named: Any = graph.document
    for step in finding.pointer:
        named = named[step]
    return dataclasses.replace(finding, hint=nearest(named, actions))


_ON_A_WAY = frozenset(rule.code for rule in (*SHAPE, *STANDING, *CHANGES))
"""What matters because operations come there."""


def _with_way(finding: Finding, graph: Graph) -> Finding:
    """What is wrong with a phase shows on a way that leads to it."""
    placed = finding.pointer[:1] == ("phases",) and len(finding.pointer) > 1
    if finding.witness or finding.code not in _ON_A_WAY or not placed:
        return finding
    return dataclasses.replace(finding, witness=graph.way(str(finding.pointer[1])))
