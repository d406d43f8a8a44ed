"""The ways that proofs think of are the ways that operations take: no more, no fewer.

The core is run through everything that can happen in small plans (`tests.support.every_way`), and
what it comes to is compared with what `laneway.core.proofs` says that can be come to.
"""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings

from laneway.core import events as ev
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.model import ActionPhase, ApprovalPhase, EndPhase, Phase, Safety, WaitPhase
from laneway.core.proofs.changes import _untouched, _verified
from laneway.core.proofs.graph import Graph, read_graph
from laneway.core.proofs.references import _has_run
from laneway.core.proofs.standing import passed
from laneway.core.proofs.ways import ENDED_CANCELLED, Move, Watch, Ways
from laneway.core.run import PhaseStatus, Run
from tests.support.every_way import Arrival, Memory, arrivals
from tests.support.random_plans import ACTIONS, Document, plans

MOST = 1_500
"""Arrivals of a plan that is still small."""

CHANGES = (Safety.MUTATION, Safety.DESTRUCTIVE)


def without_guards_and_times(document: Document) -> Document:
    """A plan of which each way can be gone: what the proofs do not look at excludes none."""
    for phase in document["phases"].values():
        if "wait" in phase:
            phase["wait"] = "1ms"
        if "approval" in phase:
            phase["approval"]["expires"] = "1ms"
        for work in (phase, *phase.get("parallel", {}).values()):
            if "${{" in str(work.get("with")):
                del work["with"]
            if "retry" in work:
                work["retry"] |= {"delay": "1ms", "jitter": "none"}
        for outcome, targets in phase.get("on", {}).items():
            phase["on"][outcome] = targets if isinstance(targets, str) else targets[0]["to"]
    return document


def remember(plan: CompiledPlan) -> Any:
    """``open``: changed and not looked at since; ``spent``: destroyed and not approved since."""
    parents = {
        b.name: p.name for p in plan.plan.phases.values() for b in getattr(p, "branches", ())
    }

    def so(memory: Memory, event: ev.AnyEvent, run: Run) -> Memory:
        if isinstance(event, ev.PhaseStarted):
            memory |= {f"began {parents.get(event.phase, event.phase)}"}
            memory |= {"open"} if event.safety in CHANGES else set()
            return memory | ({"spent"} if event.safety == Safety.DESTRUCTIVE else set())
        if isinstance(event, ev.PhaseFinished) and event.outcome == "approved":
            return memory - {"spent"}
        if isinstance(event, ev.PhaseFinished) and event.outcome == "pass":
            phase = plan.plan.phases.get(event.phase)
            return memory - {"open"} if phase and reads(phase) else memory
        return memory

    return so


def reads(phase: Phase) -> bool:
    work = [phase, *getattr(phase, "branches", ())]
    safeties = {each.action.safety for each in work if isinstance(each, ActionPhase)}
    return Safety.READ in safeties and safeties.isdisjoint(CHANGES)


def found(ways: Ways, watch: Watch, *, at_first: bool) -> set[str]:
    """Where the proofs say that one can come while it is not so."""
    named = {ENDED_CANCELLED: "@cancelled"}
    return {named.get(place, place) for place in ways.arrivals(watch, at_first=at_first)}


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(plans().map(without_guards_and_times))
def test_what_can_be_come_to_and_how_is_what_operations_come_to(document):
    plan = compile_plan(document, ACTIONS)
    tried: list[Arrival] = []
    for arrival in arrivals(plan, remember(plan)):
        tried.append(arrival)
        assume(len(tried) < MOST)
    tried = [a for a in tried if a.place not in ("@fail", "@refused")]
    graph = read_graph(document, ACTIONS)
    ways = Ways(graph)

    assert found(ways, lambda so, move: False, at_first=False) == {a.place for a in tried}
    working = [p for p in plan.plan.phases.values() if not isinstance(p, EndPhase | ApprovalPhase)]
    for name in (phase.name for phase in working):
        assert found(ways, passed(name), at_first=False) == {
            a.place for a in tried if a.run.phase(name).status is not PhaseStatus.PASS
        }, f"where {name} has not passed"
        assert found(ways, _has_run(graph.nodes[name]), at_first=False) == {
            a.place for a in tried if not a.run.phase(name).outcome
        }, f"where {name} has not run"
    for name in (phase.name for phase in working if not isinstance(phase, WaitPhase)):
        assert found(ways, _untouched({name}), at_first=True) == {
            a.place for a in tried if f"began {name}" in a.memory
        }, f"where {name} has begun"
    assert found(ways, _verified(graph), at_first=True) == {
        a.place for a in tried if "open" in a.memory
    }, "where a change is not verified"
    assert found(ways, _approved_since(graph), at_first=True) == {
        a.place for a in tried if "spent" in a.memory
    }, "where something was destroyed, and nothing approved since"


def _approved_since(graph: Graph) -> Watch:
    destroying = {name for name, node in graph.nodes.items() if node.does(Safety.DESTRUCTIVE)}

    def watch(so: bool, move: Move) -> bool:
        if move.source.place in destroying and move.begun:
            return False
        return so or move.result == "approved"

    return watch
