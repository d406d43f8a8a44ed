"""Plans that are broken in one way each, which only a proof finds, and the way that shows it.

``expected.txt`` has for each file, indented, ``line:column severity code`` of what is found in it,
and the witness. Each file says in its first line what is the matter.
"""

from itertools import pairwise
from pathlib import Path

import pytest

from laneway.core.findings import Severity
from laneway.core.proofs import RULES
from laneway.core.proofs.graph import Graph, read_graph
from laneway.loading.plans import PlanInvalid, load_plan
from laneway.loading.problems import PlanError
from laneway.loading.schema import schema_findings
from laneway.loading.yaml import read_yaml
from tests.support.actions import ACTIONS

FOLDER = Path(__file__).parents[2] / "data" / "unproved-plans"


def _expected() -> dict[str, list[str]]:
    expected: dict[str, list[str]] = {}
    for line in (FOLDER / "expected.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            expected[list(expected)[-1]].append(line.strip())
        else:
            expected[line] = []
    return expected


EXPECTED = _expected()


def found_in(name: str) -> list[PlanError]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    try:
        return list(load_plan(text, name, ACTIONS).warnings)
    except PlanInvalid as invalid:
        return invalid.errors


@pytest.mark.parametrize("name", EXPECTED)
def test_exactly_one_thing_is_found_with_a_way_that_shows_it(name: str):
    (found,) = found_in(name)
    place = f"{found.line}:{found.column} {found.severity} {found.code}"
    assert [place, found.way] == EXPECTED[name]
    assert found.severity is RULES[found.code].severity
    assert found.hint


@pytest.mark.parametrize("name", EXPECTED)
def test_the_shape_of_the_plan_is_as_it_should_be(name: str):
    document = read_yaml((FOLDER / name).read_text(encoding="utf-8"))
    assert schema_findings("plan", document.data) == []
    assert document.text.startswith("# ")


@pytest.mark.parametrize("name", EXPECTED)
def test_each_step_of_the_way_is_a_transition_that_the_plan_has(name: str):
    (found,) = found_in(name)
    graph = read_graph(read_yaml((FOLDER / name).read_text(encoding="utf-8")).data, ACTIONS)
    for step, following in pairwise(found.witness):
        assert following.phase in leads_to(graph, step.phase, step.outcome), step
        assert step.line, "the phase stands in the file"
    assert not found.witness[-1].outcome


def leads_to(graph: Graph, phase: str, outcome: str) -> set[str]:
    node = graph.nodes[phase]
    if outcome == "deadline":
        return {str(graph.on_deadline)}
    if outcome == "renew":
        return {required.name for required, _ in graph.requirements(node)}
    back = {n.name for n in graph.nodes.values() for r, _ in graph.requirements(n) if r is node}
    targets = {edge.target for edge in node.alternatives(outcome)}
    implied = {"(cancelled)"} if outcome == "cancelled" else {"?", "(limit)"}
    return targets | implied | (back if outcome == "pass" else set())


def test_there_are_thirty_that_cannot_be_used_and_every_suspicion_has_its_plan():
    assert set(EXPECTED) == {path.name for path in FOLDER.glob("*.yaml")}
    said = [line.split() for lines in EXPECTED.values() for line in lines[:1]]
    assert sum(severity == "error" for _, severity, _ in said) >= 30
    elsewhere = {"request_open", "request_not_intent"}  # tests/data/doubtful-plans
    suspicions = {rule.code for rule in RULES.values() if rule.severity is Severity.WARNING}
    assert suspicions == {code for _, severity, code in said if severity == "warning"} | elsewhere
