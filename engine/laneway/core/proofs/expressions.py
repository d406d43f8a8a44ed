"""The expressions of a plan, where they stand, and that every one of them compiles."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from laneway.core.cel import Environment, ExpressionInvalid, Program
from laneway.core.expressions import PhaseNames, compile_guard, compile_moment, environment
from laneway.core.findings import Finding
from laneway.core.schemas import Path
from laneway.core.templates import Slot, split

from .graph import Graph, Node, mapping, text
from .rules import found

Compile = Callable[[Environment, str], Program]


class Site(NamedTuple):
    """A place where an expression stands.

    Attributes:
        node: the phase or branch that it belongs to.
        outcome: where it is a guard, of which outcome; else empty: it is evaluated when the phase
            begins.
        before: the guards of the alternatives that stand before it; they are evaluated first.
        compile: how an expression of its kind is compiled.
    """

    node: Node
    pointer: Path
    source: str
    compile: Compile
    outcome: str = ""
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expressions:
    """What the expressions of a plan compile to, and what is wrong with those that do not."""

    compiled: tuple[tuple[Site, Program], ...]
    findings: tuple[Finding, ...]


def read_expressions(graph: Graph) -> Expressions:
    """Compile all expressions of a plan."""
    known = environment(mapping(graph.document, "request"), _names(graph))
    compiled: list[tuple[Site, Program]] = []
    findings: list[Finding] = []
    for node in graph.every_node():
        findings += _malformed(node)
        for site in (*_guards(node), *_moments(node), *_slots(node)):
            try:
                compiled.append((site, site.compile(known, site.source)))
            except ExpressionInvalid as invalid:
                findings += _findings(invalid, site.pointer)
    return Expressions(tuple(compiled), tuple(findings))


def _names(graph: Graph) -> PhaseNames:
    nodes = [node for node in graph.every_node() if node.kind != "end"]
    evidence = {node.name: node.spec.evidence for node in nodes if node.spec}
    return PhaseNames([node.name for node in nodes], evidence)


def _guards(node: Node) -> Iterator[Site]:
    for outcome, targets in node.on.items():
        before: tuple[str, ...] = ()
        for place, target in enumerate(targets if isinstance(targets, list) else []):
            guard = text(target, "when") if isinstance(target, Mapping) else None
            if guard is not None:
                pointer = (*node.pointer, "on", outcome, place, "when")
                yield Site(node, pointer, guard, compile_guard, outcome, before)
                before = (*before, guard)


def _moments(node: Node) -> Iterator[Site]:
    until = text(mapping(node.document, "wait"), "until")
    if until is not None:
        yield Site(node, (*node.pointer, "wait", "until"), until, compile_moment)


def _slots(node: Node) -> Iterator[Site]:
    for pointer, template in _texts(mapping(node.document, "with"), (*node.pointer, "with")):
        try:
            parts = split(template)
        except ExpressionInvalid:
            continue  # which `_malformed` tells
        for part in parts:
            if isinstance(part, Slot):
                yield Site(node, pointer, part.source, Environment.compile)


def _malformed(node: Node) -> Iterator[Finding]:
    for pointer, template in _texts(mapping(node.document, "with"), (*node.pointer, "with")):
        try:
            split(template)
        except ExpressionInvalid as invalid:
            yield from _findings(invalid, pointer)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, (*path, place))


def _findings(invalid: ExpressionInvalid, pointer: Path) -> Iterator[Finding]:
    for problem in invalid.problems:
        yield found(
            problem.code,
            problem.message,
            pointer,
            problem.hint,
            within=invalid.source,
            offset=problem.offset,
        )
