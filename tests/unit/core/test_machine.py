"""The statechart, and that what is remembered of it is what python-statemachine says."""

import gc
from itertools import product
from typing import Any
from weakref import ref

import pytest
from hypothesis import HealthCheck, given, settings

from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.machine import (
    ACCEPTED,
    CANCELLED,
    CHARTS_KEPT,
    FAILED,
    REFUSED,
    Configuration,
    Machine,
    NotAllowed,
    outcome_event,
)
from laneway.core.model import EndPhase, ParallelPhase
from tests.support.play import play
from tests.support.random_plans import ACTIONS, Document, plans
from tests.support.small import PLAN, plan

OWN = (ACCEPTED, CANCELLED, FAILED, REFUSED)
DANGEROUS = (
    *("model", "state", "name", "send", "id", "deadline", "states", "events", "configuration"),
    *("current_state", "initial_state", "start_value", "state_field", "allowed_events", "to", "on"),
    *("is_terminated", "add_listener", "raise_", "x__done", "class_"),
)


def both(machine: Machine, place: Configuration, event: str, guards: tuple[bool, ...]) -> Any:
    """The answer, which is the same from the memo, the second time, and from the library."""
    answers: list[Any] = []
    for ask in (machine.step, machine.step, machine.ask):
        try:
            answers.append(ask(place, event, guards))
        except NotAllowed as refused:
            answers.append(str(refused))
    assert answers[0] == answers[1] == answers[2]
    return answers[0]


def guards_of(compiled: CompiledPlan, place: str, event: str) -> list[tuple[bool, ...]]:
    phase = compiled.plan.phases.get(place)
    targets = phase.on.get(event.removeprefix("outcome:"), ()) if phase else ()
    return list(product((True, False), repeat=len(targets))) or [()]


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(plans())
def test_memo_and_library_agree_on_every_event_in_every_place(document: Document) -> None:
    compiled = compile_plan(document, ACTIONS)
    phases = compiled.plan.phases
    outcomes = sorted({outcome for phase in phases.values() for outcome in phase.on})
    events = ["start", "cancelled", "deadline", "broken", "refused", "outcome:unheard_of"]
    events += [outcome_event(outcome) for outcome in outcomes]
    events += [f"{kind}:{name}" for kind in ("retry", "renew", "renewed") for name in phases]
    for place, event in product((*OWN, *phases), events):
        for guards in guards_of(compiled, place, event):
            here = compiled.machine.configuration(place)
            both(compiled.machine, here, event, guards)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(plans())
def test_the_chart_is_the_plan(document: Document) -> None:
    """Each outcome leads where the plan says, for each alternative."""
    compiled = compile_plan(document, ACTIONS)
    machine = compiled.machine
    for phase in compiled.plan.phases.values():
        here = machine.configuration(phase.name)
        for outcome, targets in phase.on.items():
            for place, target in enumerate(targets):
                guards = tuple(index == place for index in range(len(targets)))
                there = machine.step(here, outcome_event(outcome), guards)
                assert machine.place(there) == target.to
                assert there == machine.configuration(target.to)


def test_the_first_alternative_that_holds_is_taken() -> None:
    machine = plan().machine
    here = machine.configuration("look")
    assert machine.step(here, "outcome:pass", (True, True)) == {"ask"}
    assert machine.step(here, "outcome:pass", (False, True)) == {"change"}
    with pytest.raises(NotAllowed):
        machine.step(here, "outcome:pass", (False, False))


def test_an_event_that_the_plan_does_not_allow_raises() -> None:
    machine = plan().machine
    with pytest.raises(NotAllowed, match="the plan allows no 'outcome:approved' in look"):
        machine.step(machine.configuration("look"), "outcome:approved")


@pytest.mark.parametrize("end", [*OWN[1:], "pass", "fail", "refused"])
def test_nothing_leads_out_of_an_end(end: str) -> None:
    machine = plan().machine
    for event in ("start", "cancelled", "deadline", "broken", "outcome:pass", "retry:look"):
        with pytest.raises(NotAllowed):
            machine.step(machine.configuration(end), event)


def test_every_operation_begins_at_the_start_or_where_a_retry_goes_on() -> None:
    machine = plan().machine
    here = machine.configuration(ACCEPTED)
    assert machine.step(here, "start") == {"look"}
    assert machine.step(here, "retry:change") == {"change"}
    with pytest.raises(NotAllowed):
        machine.step(here, "retry:pass")


def test_a_branch_ends_once() -> None:
    parallel = {
        "parallel": {"one": {"action": "w.check"}, "two": {"action": "w.check"}},
        "on": {"pass": "pass", "fail": "fail"},
    }
    document = {**PLAN, "start": "both", "phases": {**PLAN["phases"], "both": parallel}}
    machine = compile_plan(document, ACTIONS).machine
    here = machine.configuration("both")
    there = machine.step(here, "finished:one")
    assert there == machine.configuration("both", frozenset({"one"}))
    assert machine.place(there) == "both"
    with pytest.raises(NotAllowed):
        machine.step(there, "finished:one")
    assert machine.step(there, "finished:two") == machine.configuration(
        "both", frozenset({"one", "two"})
    )
    assert machine.step(there, "cancelled") == {CANCELLED}


def named(name: str) -> Document:
    phases = {name: {"action": "w.check", "on": {"pass": "end", "fail": "end"}}}
    return {
        "plan": "p",
        "version": 1,
        "start": name,
        "phases": {**phases, "end": {"end": "pass"}},
    }


@pytest.mark.parametrize("name", DANGEROUS)
def test_a_phase_may_be_called_anything(name: str) -> None:
    player = play(compile_plan(named(name), ACTIONS))
    assert player.run.place == name
    player.finish(name)
    assert player.run.status == "pass"


@pytest.mark.parametrize("name", DANGEROUS)
def test_a_branch_may_be_called_anything(name: str) -> None:
    document = named("all")
    branches = {name: {"action": "w.check"}, "x": {"action": "w.check"}}
    document["phases"]["all"] = {"parallel": branches, "on": {"pass": "end", "fail": "end"}}
    player = play(compile_plan(document, ACTIONS))
    player.finish(name)
    player.finish("x")
    assert player.run.status == "pass"


def test_names_that_look_alike_stay_apart() -> None:
    document = named("a_b")
    document["phases"]["a__b"] = document["phases"]["a_b"]
    document["phases"]["a_b"] = {"wait": "1s", "on": {"pass": "a__b"}}
    machine = compile_plan(document, ACTIONS).machine
    assert machine.step(machine.configuration("a_b"), "outcome:pass", (True,)) == {"a__b"}


def test_there_is_one_class_for_each_plan_that_differs() -> None:
    first, again = compile_plan(PLAN, ACTIONS), compile_plan({**PLAN}, ACTIONS)
    other = compile_plan({**PLAN, "version": 2}, ACTIONS)
    assert first.machine.chart is again.machine.chart
    assert first.machine.chart is not other.machine.chart


def test_what_is_not_allowed_is_not_remembered_as_allowed() -> None:
    compiled = compile_plan({**PLAN, "version": 3}, ACTIONS)
    here = compiled.machine.configuration("look")
    for _ in range(2):
        with pytest.raises(NotAllowed):
            compiled.machine.step(here, "outcome:unheard_of")


def test_a_configuration_names_every_region_of_a_parallel_phase() -> None:
    document = named("all")
    branches = {"x": {"action": "w.check"}, "y": {"action": "w.check"}}
    document["phases"]["all"] = {"parallel": branches, "on": {"pass": "end", "fail": "end"}}
    compiled = compile_plan(document, ACTIONS)
    assert isinstance(compiled.plan.phases["all"], ParallelPhase)
    assert isinstance(compiled.plan.phases["end"], EndPhase)
    library = compiled.machine.ask(compiled.machine.configuration(ACCEPTED), "start")
    assert library == compiled.machine.configuration("all")
    assert len(library) == 5


def test_the_class_of_a_plan_that_is_not_used_any_more_is_let_go() -> None:
    """A server that runs for years sees many versions of its plans."""
    classes = [ref(_version(number).chart) for number in range(CHARTS_KEPT + 1)]
    gc.collect()
    assert classes[0]() is None
    assert classes[1]() is _version(1).chart


def _version(number: int) -> Machine:
    return compile_plan({**PLAN, "version": number}, ACTIONS).machine
