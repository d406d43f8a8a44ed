"""Guards that say nothing: they hold, or do not, whatever happens."""

from collections.abc import Iterator
from itertools import islice, product

from laneway.core.cel import ExpressionFailed, Program
from laneway.core.findings import Finding, Step, Witness

from .expressions import Expressions, Site
from .graph import CANCELLED, Graph
from .rules import found

_MOST = 512
"""Combinations of values that are tried."""


def guard_findings(graph: Graph, expressions: Expressions) -> Iterator[Finding]:
    """The guards whose value can be known already."""
    for site, program in expressions.compiled:
        if not site.outcome:
            continue
        values = set(islice(_values(graph, site, program), _MOST + 1))
        if values == {True}:
            said = "holds, whatever happens: what stands after it is never taken"
            yield _finding(graph, "guard_always_holds", site, said)
        elif values == {False}:
            said = "never holds: its alternative is never taken"
            yield _finding(graph, "guard_never_holds", site, said)


def _finding(graph: Graph, code: str, site: Site, said: str) -> Finding:
    way = graph.way(site.node.name)
    to = site.node.on[site.outcome][site.pointer[-2]]["to"]
    witness = Witness((*way.steps, Step(site.node.name, site.outcome)), to) if way else way
    hint = "correct it, or remove what is never taken"
    return found(code, f"this guard {said}", site.pointer, hint, witness=witness)


def _values(graph: Graph, site: Site, program: Program) -> Iterator[bool | None]:
    """What the guard gives for each combination of values; one None where it cannot be told."""
    domains = {name: _domain(graph, site, name) for name in sorted(program.names)}
    if not all(domains.values()):
        yield None
        return
    combinations = product(*domains.values())
    for place, combination in enumerate(combinations):
        yield (
            None
            if place >= _MOST
            else _holds(program, dict(zip(domains, combination, strict=True)))
        )


def _domain(graph: Graph, site: Site, name: str) -> tuple[str | bool, ...]:
    """Every value that a name can have, or none where there are too many to say."""
    if name == "operation.dry_run":
        return (False, True)
    prefix, _, rest = name.partition(".")
    phase, _, field = rest.rpartition(".")
    if prefix != "phases" or field != "outcome":
        return ()
    if phase == site.node.name and site.outcome != CANCELLED:
        return (site.outcome,)
    nodes = {node.name: node for node in graph.every_node()}
    outcomes = nodes[phase].outcomes
    return () if outcomes is None else ("", CANCELLED, *outcomes)


def _holds(program: Program, values: dict[str, str | bool]) -> bool:
    try:
        return program.evaluate(values) is True
    except ExpressionFailed:
        return False
