"""That every expression of a plan compiles, wherever it stands in the document."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from .cel import Environment, ExpressionInvalid, Program
from .expressions import PhaseNames, compile_guard, compile_moment, environment
from .findings import Finding
from .graph import Graph, Node, mapping, text
from .schemas import Path
from .templates import Slot, split

Compile = Callable[[Environment, str], Program]


class Site(NamedTuple):
    """A place where an expression stands. ``compile`` is how one of its kind is compiled."""

    pointer: Path
    source: str
    compile: Compile


def expression_findings(graph: Graph) -> Iterator[Finding]:
    """What is wrong with the expressions of a plan."""
    known = environment(mapping(graph.document, "request"), _names(graph))
    for node in graph.every_node():
        for site in (*_guards(node), *_moments(node)):
            yield from _of_site(known, site)
        for path, template in _texts(mapping(node.document, "with"), (*node.pointer, "with")):
            yield from _of_template(known, path, template)


def _names(graph: Graph) -> PhaseNames:
    nodes = [node for node in graph.every_node() if node.kind != "end"]
    evidence = {node.name: node.spec.evidence for node in nodes if node.spec}
    return PhaseNames([node.name for node in nodes], evidence)


def _guards(node: Node) -> Iterator[Site]:
    for outcome, targets in node.on.items():
        for place, target in enumerate(targets if isinstance(targets, list) else []):
            guard = text(target, "when") if isinstance(target, Mapping) else None
            if guard is not None:
                pointer = (*node.pointer, "on", outcome, place, "when")
                yield Site(pointer, guard, compile_guard)


def _moments(node: Node) -> Iterator[Site]:
    until = text(mapping(node.document, "wait"), "until")
    if until is not None:
        yield Site((*node.pointer, "wait", "until"), until, compile_moment)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, (*path, place))


def _of_template(known: Environment, pointer: Path, template: str) -> Iterator[Finding]:
    try:
        slots = [part for part in split(template) if isinstance(part, Slot)]
    except ExpressionInvalid as invalid:
        yield from _findings(invalid, pointer)
        return
    for slot in slots:
        yield from _of_site(known, Site(pointer, slot.source, Environment.compile))


def _of_site(known: Environment, site: Site) -> Iterator[Finding]:
    try:
        site.compile(known, site.source)
    except ExpressionInvalid as invalid:
        yield from _findings(invalid, site.pointer)


def _findings(invalid: ExpressionInvalid, pointer: Path) -> Iterator[Finding]:
    for problem in invalid.problems:
        yield Finding(
            problem.code,
            problem.message,
            pointer,
            problem.hint,
            within=invalid.source,
            offset=problem.offset,
        )
