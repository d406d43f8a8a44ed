"""What is known of a plan before it runs: its longest way, and its point of no return."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laneway.core.compile import compile_plan
from laneway.core.events import Failure
from laneway.core.instants import elapsed
from laneway.core.proofs import Facts, LongestWay, facts, in_words, longest, prove
from laneway.core.proofs.graph import read_graph
from laneway.core.run import Stage
from laneway.loading.plans import load_folder
from tests.support.actions import ACTIONS
from tests.support.play import START, play

PLANS = Path(__file__).parents[3] / "plans"
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
ENDS: dict[str, Any] = {"pass": {"end": "pass"}, "fail": {"end": "fail"}}


def document(phases: dict[str, Any], **more: Any) -> dict[str, Any]:
    start = next(iter(phases))
    return {"plan": "p", "version": 1, "start": start, "phases": {**phases, **ENDS}, **more}


def known(phases: dict[str, Any], **more: Any) -> Facts:
    return facts(compile_plan(document(phases, **more), ACTIONS).plan)


def test_what_is_known_of_the_plan_that_ships():
    plan = load_folder(PLANS, ACTIONS).plans["odoo-stable-bootstrap"].compiled.plan
    found = facts(plan)
    assert in_words(found.worst_case) == "5h 45m 47s"
    assert found.deadline == 8 * HOUR
    assert str(found.longest.witness) == (
        "policy_proof -pass-> target_proof -pass-> approval -approved-> bootstrap -pass-> "
        "post_deploy -pass-> verify -pass-> pass"
    )
    assert sum(found.longest.lengths) == found.worst_case
    assert found.destructive == found.point_of_no_return == ("bootstrap",)
    assert found.committed == {"post_deploy", "verify", "pass"}
    assert found.dominators["bootstrap"] == ("policy_proof", "target_proof")
    assert found.when_late is None
    assert found.open_waits == ()
    assert found.asked_again == ("approval",)


@pytest.mark.parametrize(
    ("phase", "length"),
    [
        ({"action": "x.probe"}, 10 * MINUTE),
        ({"action": "x.probe", "timeout": "3m"}, 3 * MINUTE),
        ({"action": "x.probe", "timeout": "3m", "retry": {"attempts": 1}}, 3 * MINUTE),
        ({"action": "x.probe", "timeout": "3m", "retry": {"attempts": 3}}, 9 * MINUTE + 3 * SECOND),
        (
            {
                "action": "x.probe",
                "timeout": "1m",
                "retry": {"attempts": 4, "delay": "10s", "factor": 3, "max_delay": "50s"},
            },
            4 * MINUTE + (10 + 30 + 50) * SECOND,
        ),
        # what cannot be run again may be asked what became of it, for two minutes
        ({"action": "odoo.post_deploy", "timeout": "3m"}, 5 * MINUTE),
        ({"action": "x.change", "timeout": "3m"}, 3 * MINUTE),
        ({"wait": "7m"}, 7 * MINUTE),
        ({"wait": {"for": "7m"}}, 7 * MINUTE),
        ({"wait": {"until": "operation.created_at"}}, 0),
        ({"approval": {"role": "r"}}, 24 * HOUR),
        ({"approval": {"role": "r", "expires": "4h"}}, 4 * HOUR),
        (
            {
                "parallel": {
                    "a": {"action": "x.probe", "timeout": "1m"},
                    "b": {"action": "x.probe", "timeout": "2m", "retry": {"attempts": 2}},
                }
            },
            4 * MINUTE + SECOND,
        ),
    ],
)
def test_how_long_a_phase_may_take(phase: dict[str, Any], length: int):
    outcomes = ("pass", "fail", "approved", "rejected", "expired")
    taken = known({"work": {**phase, "on": dict.fromkeys(outcomes, "pass")}})
    assert taken.lengths["work"] == length
    assert taken.worst_case == length


def test_what_may_be_too_old_is_made_again_once_before_each_visit():
    phases = {
        "policy": {"action": "x.probe", "timeout": "1m", "on": {"pass": "target", "fail": "fail"}},
        "target": {
            "action": "x.probe",
            "timeout": "2m",
            "requires": {"policy": {"max_age": "1h"}},
            "on": {"pass": "work", "fail": "fail"},
        },
        "work": {
            "action": "x.note",
            "timeout": "10m",
            "requires": {"target": {"max_age": "1h"}, "policy": {}},
            "on": {"pass": "pass", "fail": "fail"},
        },
    }
    found = known(phases)
    assert found.lengths["target"] == 3 * MINUTE
    assert found.lengths["work"] == 13 * MINUTE
    assert found.worst_case == 17 * MINUTE


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0, "0s"),
        (90, "90ms"),
        (61_005, "1m 1s 5ms"),
        (20_747_000, "5h 45m 47s"),
        (90_000_000, "1d 1h"),
    ],
)
def test_a_length_in_words(length: int, words: str):
    assert in_words(length) == words


def test_the_worst_case_happens_and_nothing_takes_longer():
    phases = {
        "look": {
            "action": "x.probe",
            "timeout": "3m",
            "retry": {"attempts": 3, "delay": "20s", "jitter": "none", "on": ["timeout", "gone"]},
            "on": {"pass": "ask", "fail": "fail"},
        },
        "ask": {
            "approval": {"role": "r", "expires": "1h"},
            "on": {"approved": "pass", "rejected": "fail", "expired": "rest"},
        },
        "rest": {"wait": "5m", "max_visits": 2, "on": {"pass": "look"}},
    }
    plan = compile_plan(document(phases), ACTIONS)
    player = play(plan)
    gone = Failure("gone", "x", retry_class="gone")
    while not player.run.terminal:
        timer = player.next_timer()
        assert timer is not None
        player.now = timer.due_at
        if player.run.phase("look").stage is Stage.ACTING:
            tries = player.run.phase("look").tries  # its answer comes when it has nearly timed out
            player.finish("look", "fail" if tries < 3 else "pass", failure=gone)
        else:
            list(player.wait(0))
    found = facts(plan.plan)
    assert elapsed(START, player.now) == found.worst_case
    again = "look -pass-> ask -expired-> rest -pass-> "
    assert str(found.longest.witness).startswith(2 * again + "look -pass-> ask -")


# --- against brute force -------------------------------------------------------------------------

NAMES = ("a", "b", "c", "d")
TARGET = st.sampled_from([*NAMES, "pass"])


@st.composite
def loops(draw: st.DrawFn) -> dict[str, Any]:
    """Phases that take some time; no loop is without a limit."""
    return {
        name: {
            "action": "x.probe",
            "timeout": f"{draw(st.integers(1, 9))}m",
            "on": {"pass": draw(TARGET), "fail": draw(TARGET)},
            **({"max_visits": draw(st.integers(1, 3))} if place else {}),
        }
        for place, name in enumerate(NAMES)
    }


def longest_walk(phases: dict[str, Any], way: tuple[str, ...] = ("a",)) -> int:
    """Minutes of the longest way, by going every one."""
    phase = phases.get(way[-1])
    if phase is None:
        return 0
    ahead = (
        longest_walk(phases, (*way, target))
        for target in set(phase["on"].values())
        if way.count(target) < phases.get(target, {}).get("max_visits", 99)
    )
    return int(phase["timeout"][:-1]) + max(ahead, default=0)


def is_bounded(phases: dict[str, Any]) -> bool:
    found = prove(document(phases), ACTIONS)
    return all(finding.code not in ("endless_loop", "no_end") for finding in found)


@settings(deadline=None)
@given(loops().filter(is_bounded))
def test_the_longest_way_is_the_longest_of_all(phases: dict[str, Any]):
    found = known(phases).longest
    assert found.exact
    assert found.milliseconds == longest_walk(phases) * MINUTE
    assert sum(found.lengths) == found.milliseconds
    assert [step.phase for step in found.witness.steps][:1] == ["a"]


@settings(deadline=None)
@given(loops().filter(is_bounded))
def test_where_there_is_too_much_to_look_at_the_bound_is_never_too_short(phases: dict[str, Any]):
    bound = bounded(phases)
    assert not bound.exact
    assert bound.milliseconds >= longest_walk(phases) * MINUTE


def bounded(phases: dict[str, Any]) -> LongestWay:
    return longest._bounded(read_graph(document(phases), ACTIONS), "a")


def test_a_plan_with_many_limits_is_bounded_at_once():
    names = [f"p{i}" for i in range(8)]
    phases = {
        name: {
            "action": "x.probe",
            "timeout": "1m",
            "max_visits": 1_000,
            "on": {"pass": [*names, "pass"][place + 1], "fail": names[place - 1]},
        }
        for place, name in enumerate(names)
    }
    found = known(phases).longest
    assert (found.exact, found.milliseconds) == (False, 8 * 1_000 * MINUTE)


def test_a_loop_without_a_limit_has_no_longest_way():
    look = {"action": "x.probe", "on": {"pass": "pass", "fail": "look"}}
    with pytest.raises(ValueError, match="no limit"):
        known({"look": look})


@settings(deadline=None)
@given(loops().filter(is_bounded))
def test_what_dominates_is_on_every_way(phases: dict[str, Any]):
    for phase in phases.values():
        if "max_visits" in phase:
            phase["max_visits"] = 4
    found = known(phases).dominators
    assert set(found) & set(NAMES) == reached(phases, without="")
    for name in set(NAMES) & set(found):
        around = {other for other in NAMES if name in reached(phases, without=other)}
        assert set(found[name]) == reached(phases, without="") - around - {name}


def reached(phases: dict[str, Any], without: str) -> set[str]:
    seen: set[str] = set()
    ahead = ["a"]
    while ahead:
        name = ahead.pop()
        if name in phases and name not in seen and name != without:
            seen.add(name)
            ahead += phases[name]["on"].values()
    return seen
