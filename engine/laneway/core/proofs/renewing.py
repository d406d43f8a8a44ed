"""That making again what a phase requires comes to an end.

A phase begins when all that it requires stands. What is too old is made again, one after the other,
in the order of ``requires``; while one is made again, the others grow older. Where each takes as
long as it may, they can be too old in turns for ever.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from laneway.core.findings import Finding, Step, Witness
from laneway.core.names import listed

from .durations import milliseconds, visit
from .graph import Graph, Node, text
from .rules import found

_Ages = tuple[int, ...]
"""Milliseconds since each proof was made; beyond its ``max_age`` no more are counted."""

_MOST = 20_000
"""Combinations of ages that are looked at."""


class _Proof(NamedTuple):
    name: str
    takes: int
    max_age: int


def renewal_findings(graph: Graph) -> Iterator[Finding]:
    """Phases that may never begin."""
    for node in graph.nodes.values():
        endless = _endless(_proofs(graph, node))
        if endless:
            yield found(
                "renewal_endless",
                f"before {node.name!r}, {listed(map(repr, endless), 'and')} can be made again for "
                "ever: when one has been, another is too old",
                (*node.pointer, "requires"),
                "give them a longer `max_age`, or the proofs less time",
                about_key=True,
                witness=_witness(graph, node, endless),
            )


def _proofs(graph: Graph, node: Node) -> tuple[_Proof, ...]:
    return tuple(
        _Proof(required.name, visit(graph, required), milliseconds(text(how, "max_age")))
        for required, how in graph.requirements(node)
        if "max_age" in how and required.kind == "action"
    )


def _endless(proofs: tuple[_Proof, ...]) -> tuple[str, ...]:
    """The proofs that can be made again in turns, from whichever ages on; none where that ends.

    Of how long one takes, what matters is when another one grows too old: so just before that, at
    that, not at all, and as long as it may are tried.
    """
    over: set[_Ages] = set()
    for ages in product(*((p.max_age + 1, p.max_age, 0) for p in proofs)):
        turns = _turns(proofs, ages, over)
        if turns or len(over) > _MOST:
            return turns
    return ()


def _turns(proofs: tuple[_Proof, ...], ages: _Ages, over: set[_Ages]) -> tuple[str, ...]:
    """The turns by which ages come to be what they were, or none; ``over`` are those that end."""
    way = {ages: ""}  # and by which proof each of them came about
    ahead = [_made_again(proofs, ages)]
    while way and len(over) <= _MOST:
        name, there = next(ahead[-1], ("", ages))
        if not name:
            over.add(way.popitem()[0])
            ahead.pop()
        elif there in way:
            made = list(way.values())[list(way).index(there) + 1 :]
            return tuple(dict.fromkeys((*made, name)))
        elif there not in over:
            way[there] = name
            ahead.append(_made_again(proofs, there))
    return ()


def _made_again(proofs: tuple[_Proof, ...], ages: _Ages) -> Iterator[tuple[str, _Ages]]:
    """The first proof that is too old, and the ages when it has been made again."""
    aged = list(zip(proofs, ages, strict=True))
    old = next((proof for proof, age in aged if age > proof.max_age), None)
    if old is None:
        return
    left = {proof.max_age - age for proof, age in aged}
    lengths = {0, old.takes, *left, *(until + 1 for until in left)}
    for takes in sorted((length for length in lengths if 0 <= length <= old.takes), reverse=True):
        older = (min(age + takes, proof.max_age + 1) for proof, age in aged)
        made = zip(proofs, older, strict=True)
        yield old.name, tuple(0 if proof is old else age for proof, age in made)


def _witness(graph: Graph, node: Node, endless: tuple[str, ...]) -> Witness:
    way = graph.way(node.name)
    rounds: list[Step] = []
    for name in endless:
        rounds += [Step(node.name, "renew"), Step(name, "pass")]
    return Witness((*way.steps, *rounds, Step(node.name, "renew")), endless[0])
