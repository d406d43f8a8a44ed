"""That expressions refer to phases that have surely run, and read evidence that is surely there.

A phase that has not run has the outcome ``""`` and the evidence ``{}``; to select a field of the
latter is an error when it is evaluated. What a phase that did not pass gave as evidence depends on
why it did not: after a timeout it is ``{}`` too. A retry knows the outcomes of phases that passed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from laneway.core.cel import Program
from laneway.core.checked_expression import read_checked
from laneway.core.findings import Finding, Witness

from .expressions import Expressions, Site
from .graph import CANCELLED, PASSED, Graph, Node
from .rules import found
from .ways import Move, Watch, Ways

_EMPTY = re.compile(r"''|\"\"")


@dataclass(frozen=True)
class _Use:
    """That an expression uses the outcome of a phase, or fields of its evidence.

    Attributes:
        fields: it selects a field of the evidence, without having asked whether it is there.
        empty: it says what is to be where the outcome is empty.
    """

    site: Site
    phase: str
    fields: bool
    empty: bool


def reference_findings(ways: Ways, expressions: Expressions) -> Iterator[Finding]:
    """What is wrong, or suspicious, with what expressions refer to."""
    known = _Known(ways)
    for site, program in expressions.compiled:
        for use in _uses(site, program):
            yield from _findings(known, use)


def _uses(site: Site, program: Program) -> Iterator[_Use]:
    asked = "\n".join((*site.before, site.source))
    fields = {s.root for s in read_checked(program.expression.serialize()).selections if s.steps}
    for phase in dict.fromkeys(name.split(".")[1] for name in sorted(_of_phases(program))):
        evidence = f"phases.{phase}.evidence"
        sure = f"phases.{phase}.outcome" in asked or re.search(rf"has\(\s*{evidence}\b", asked)
        yield _Use(site, phase, evidence in fields and not sure, bool(_EMPTY.search(asked)))


def _of_phases(program: Program) -> Iterator[str]:
    return (name for name in program.names if name.startswith("phases."))


def _findings(known: "_Known", use: _Use) -> Iterator[Finding]:
    place = known.graph.parents[use.site.node.name].name
    if place not in known.reached:
        return
    if known.is_own(use):
        if use.fields and use.site.outcome not in PASSED:
            yield _finding("evidence_after_failure", use, known.graph.way(place))
    elif place not in known.may_have_run(use.phase):
        yield _finding("reference_never_run", use, known.graph.way(place))
    elif not_run := known.unsure(use.phase, ended=use.fields).get(place):
        yield from _unsure(use, "evidence_unassigned", "outcome_unassigned", not_run)
    elif not_passed := known.not_passed(use.phase).get(place):
        yield from _unsure(use, "evidence_after_failure", "outcome_lost_by_retry", not_passed)


def _unsure(use: _Use, of_fields: str, of_outcome: str, witness: Witness) -> Iterator[Finding]:
    if use.fields:
        yield _finding(of_fields, use, witness)
    elif not use.empty:
        yield _finding(of_outcome, use, witness)


_SAID = {
    "reference_never_run": "{phase!r} has never run before {place!r}, so there is nothing of it",
    "evidence_unassigned": "{phase!r} may not have run before {place!r}: its evidence is empty "
    "then, and this fails",
    "outcome_unassigned": "{phase!r} may not have run before {place!r}: its outcome is '' then",
    "evidence_after_failure": "{phase!r} may not have passed, and then its evidence may be empty",
    "outcome_lost_by_retry": "a retry that begins with {place!r} does not know the outcome of "
    "{phase!r} where that has not passed: it is '' then",
}
_HINTS = {
    "reference_never_run": "refer to a phase that comes before",
    "evidence_unassigned": "ask phases.{phase}.outcome == 'pass' first, or has(…)",
    "outcome_unassigned": "if that is meant, compare with '' as well",
    "evidence_after_failure": "ask phases.{phase}.outcome == 'pass' first, or has(…)",
    "outcome_lost_by_retry": "if that will do, compare with '' as well",
}


def _finding(code: str, use: _Use, witness: Witness) -> Finding:
    names = {"phase": use.phase, "place": use.site.node.name}
    return found(
        code,
        _SAID[code].format(**names),
        use.site.pointer,
        _HINTS[code].format(**names),
        within=use.site.source,
        offset=max(use.site.source.find(f"phases.{use.phase}."), 0),
        witness=witness,
    )


@dataclass
class _Known:
    """What is known of a phase at the places that can be come to; each question is asked once."""

    ways: Ways
    _answers: dict[tuple[str, str], dict[str, Witness]] = field(default_factory=dict)

    @property
    def graph(self) -> Graph:
        return self.ways.graph

    @cached_property
    def reached(self) -> frozenset[str]:
        """The places that can be come to."""
        return frozenset(situation.place for situation in self.ways.situations)

    def is_own(self, use: _Use) -> bool:
        """Whether a guard refers to the phase that has ended with its outcome, or is part of it."""
        if use.site.outcome in ("", CANCELLED):
            return False
        node = self.graph.parents[use.phase]
        return node is use.site.node and (use.phase == node.name or not node.joins_any)

    def may_have_run(self, phase: str) -> set[str]:
        """Where it may have run before.

        A retry that begins behind it carries its outcome over, and makes anew what is required.
        """
        watch = _has_run(self.graph.parents[phase])
        behind = self._answer("may", phase, watch, when=True)
        return {again for place in behind for again in (place, *_made_anew(self.graph, place))}

    def unsure(self, phase: str, *, ended: bool) -> dict[str, Witness]:
        """Where it may not have run before; or, run or not, not come to an end of its own."""
        watch = _surely(_has_ended if ended else _has_run, self.graph, phase)
        return self._answer(f"unsure {ended}", phase, watch)

    def not_passed(self, phase: str) -> dict[str, Witness]:
        """Where it may not have passed before."""
        return self._answer("not passed", phase, _surely(_has_passed, self.graph, phase))

    def _answer(
        self, question: str, phase: str, watch: Watch, *, when: bool = False
    ) -> dict[str, Witness]:
        if (question, phase) not in self._answers:
            self._answers[question, phase] = self.ways.arrivals(watch, when=when)
        return self._answers[question, phase]


def _surely(of: Callable[[Node], Watch], graph: Graph, phase: str) -> Watch:
    """As of the phase; of a branch that another one's passing stops, nothing is sure."""
    node = graph.parents[phase]
    if node.joins_any and node.name != phase:
        return lambda so, move: False
    return of(node)


def _made_anew(graph: Graph, place: str) -> set[str]:
    """What a retry makes before a phase that it begins with: what that requires, and approvals."""
    required: set[str] = set()
    ahead = [place] if place in graph.nodes else []
    while ahead:
        fresh = {r.name for r, _ in graph.requirements(graph.nodes[ahead.pop()])} - required
        required |= fresh
        ahead += fresh
    approvals = {name for name, node in graph.nodes.items() if node.kind == "approval"}
    return required | approvals


def _has_run(node: Node) -> Watch:
    def watch(so: bool, move: Move) -> bool:
        return so or (move.source.place == node.name and bool(move.result))

    return watch


def _has_ended(node: Node) -> Watch:
    """Once it begins again, what it gave before is gone; where it is stopped, it gives nothing."""

    def watch(so: bool, move: Move) -> bool:
        left = move.source.place == node.name and move.begun
        return move.result not in ("", CANCELLED) if left else so

    return watch


def _has_passed(node: Node) -> Watch:
    def watch(so: bool, move: Move) -> bool:
        left = move.source.place == node.name and move.begun
        return move.result in PASSED if left else so

    return watch
