"""Every way is walked, and counted right; and the shipped plans keep every promise on all."""

from collections import Counter
from functools import cache
from typing import Any

import pytest

from laneway.core import inputs
from laneway.core.compile import CompiledPlan
from laneway.core.model import Lane
from laneway.core.run import Status
from laneway.loading.plans import load_plan
from laneway.rehearsal.bounds import Bounds
from laneway.rehearsal.exhaustive import Walk
from laneway.rehearsal.paths import count
from laneway.rehearsal.rehearse import rehearse
from laneway.rehearsal.scene import Scene
from laneway.rehearsal.setting import setting
from laneway_server.bootstrap import action_specs
from tests.golden.test_traces import SHIPPED
from tests.support.rehearsals import DEED, compiled, deed, every_way

LOOK: dict[str, Any] = {
    "parallel": {name: {"action": "w.check", "timeout": "30s"} for name in ("a", "b", "c")},
    "on": {"pass": "pass", "fail": "fail"},
}
CHECKS = {"look": LOOK}
ONE_WAY = {"pass": "pass", "fail": "pass"}


@cache
def shipped(name: str) -> CompiledPlan:
    file = SHIPPED / f"{name}.yaml"
    return load_plan(file.read_text(encoding="utf-8"), str(file), action_specs()).compiled


# --- what must hold, holds -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["odoo-stable-bootstrap", "odoo-verify-lane"])
def test_a_shipped_plan_keeps_every_promise_on_every_way_with_crashes(name: str):
    found = every_way(shipped(name), disturbances=1)
    assert found.breaches == ()
    assert (found.complete, found.unreached, found.unreached_phases) == (True, (), ())
    assert found.counted.paths > 10**11


def test_a_second_disturbance_breaks_nothing_either():
    found = every_way(shipped("odoo-stable-bootstrap"), disturbances=2, branch_attempts=1)
    assert found.breaches == ()
    assert found.complete


def test_a_dry_run_keeps_every_promise():
    found = every_way(shipped("odoo-stable-bootstrap"), given={"dry_run": True}, branch_attempts=1)
    assert found.breaches == ()
    assert {end.status for end in found.counted.ends} >= {Status.PASS, Status.CANCELLED}


def test_where_every_operation_may_end_is_told():
    ends = {(end.status, end.place) for end in every_way(deed()).counted.ends}
    assert ends == {
        (Status.PASS, "pass"),
        (Status.FAIL, "fail"),
        (Status.FAIL, "@fail"),
        (Status.REFUSED, "refused"),
        (Status.REFUSED, "@refused"),
        (Status.CANCELLED, "@cancelled"),
    }


# --- counting ------------------------------------------------------------------------------------


def by_hand(walk: Walk, scene: Scene) -> int:
    """The number of ways from a scene, each gone by itself."""
    if scene.run.terminal:
        return 1
    ways = 0
    for move in walk.moves.of(scene):
        try:
            turns = list(walk.turns(scene, move, move.at or scene.now))
        except inputs.InputRefused:
            continue
        for made, after in turns:
            idle = made is not None and not made.decision.events and not move.kills
            if not idle or after.untold != scene.untold:
                ways += by_hand(walk, after)
    return ways


PLANS = {
    "a check": compiled({"look": {"action": "w.check", "on": ONE_WAY}}),
    "a check that retries": compiled(
        {"look": {"action": "w.check", "retry": {"attempts": 2}, "on": ONE_WAY}}
    ),
    "a change": compiled({"change": {"action": "w.change", "on": ONE_WAY}}),
    "guards": compiled(
        {
            "look": {
                "action": "w.check",
                "on": {
                    "pass": [{"to": "fail", "when": "lane.instance == 'prod'"}, {"to": "pass"}],
                    "fail": "fail",
                },
            }
        }
    ),
    "two checks at once": compiled(
        {
            "look": {
                "parallel": {"a": {"action": "w.check"}, "b": {"action": "w.check"}},
                "on": ONE_WAY,
            }
        }
    ),
}


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("disturbances", [0, 1])
def test_ways_are_counted_as_if_each_was_gone(name: str, disturbances: int):
    plan = PLANS[name]
    bounds = Bounds(disturbances=disturbances)
    walk = Walk(plan, setting(plan.plan), bounds, crashes=True)
    counted = count(walk, walk.walk())
    assert counted.paths == by_hand(walk, walk.begin()) > 1
    assert counted.paths == sum(end.paths for end in counted.ends)


def test_branches_that_are_alike_are_counted_as_if_they_were_not(monkeypatch: pytest.MonkeyPatch):
    together = every_way(compiled(CHECKS))
    monkeypatch.setattr("laneway.rehearsal.keys._groups", apart)
    each = every_way(compiled(CHECKS))
    assert together.commits < each.commits
    assert together.counted.paths == each.counted.paths
    assert together.counted.states == each.counted.states
    assert together.counted.steps == each.counted.steps


def apart(phase, asked):
    """In place of ``_groups``: no two branches can be swapped."""
    yield from ((branch.name,) for branch in phase.branches)


def test_branches_that_an_expression_names_are_not_swapped():
    fails = [{"to": "rest", "when": GUARD}, {"to": "fail"}]
    alone = {**LOOK, "on": {"pass": "pass", "fail": fails}}
    rest = {"wait": "1m", "on": {"pass": "fail"}}
    found = every_way(compiled({"look": alone, "rest": rest}), crashes=False, disturbances=0)
    assert found.breaches == ()
    assert found.unreached == ()
    assert found.both_ways == ()


GUARD = "phases.a.outcome == 'fail'"


# --- time ----------------------------------------------------------------------------------------


def test_the_quickest_and_the_slowest_way_are_told():
    phases = {
        "rest": {"wait": "10m", "on": {"pass": "change"}},
        "change": {"action": "w.change", "timeout": "5m", "on": {"pass": "pass", "fail": "fail"}},
    }
    found = every_way(compiled(phases), crashes=False, disturbances=0)
    ends = {end.place: (end.shortest, end.longest) for end in found.counted.ends}
    minute = 60_000
    assert ends["pass"][0] == 10 * minute
    assert ends["pass"][1] == 15 * minute
    assert ends["@fail"][0] == 120 * minute


# --- what is open, and what is bounded -----------------------------------------------------------


def test_a_guard_on_a_lane_that_was_not_given_is_taken_both_ways():
    plan = shipped("odoo-stable-bootstrap")
    open_lane = every_way(plan, crashes=False, disturbances=0)
    assert open_lane.both_ways == ("lane.instance == 'prod'",)
    given = every_way(
        plan, crashes=False, disturbances=0, given={"lane": Lane("odoo", "cm", "testing")}
    )
    assert given.both_ways == ()
    assert given.unreached_phases == ("approval",)
    left = Counter(covered.phase for covered in given.unreached)
    assert left == {"approval": 3, "target_proof": 1}


WRITES = {
    "probe": {
        "action": "w.check",
        "on": {
            "pass": [
                {"to": "pass", "when": "phases.probe.evidence.size > 2"},
                {"to": "rest"},
            ],
            "fail": "fail",
        },
    },
    "rest": {"wait": "1m", "on": {"pass": "again"}},
    "again": {
        "action": "w.check",
        "on": {
            "pass": [
                {"to": "pass", "when": "phases.probe.evidence.size > 2"},
                {"to": "fail"},
            ],
            "fail": "fail",
        },
    },
}


def test_what_is_assumed_of_evidence_is_not_forgotten():
    found = every_way(compiled(WRITES), crashes=False, disturbances=0)
    assert found.both_ways == ("phases.probe.evidence.size > 2",)
    assert [str(each) for each in found.unreached] == [
        "again: pass → pass (when phases.probe.evidence.size > 2)"
    ]


def test_evidence_that_is_given_decides():
    given = {"evidence": {"probe": {"pass": {"size": 3}, "fail": {}}}}
    found = every_way(compiled(WRITES), crashes=False, disturbances=0, given=given)
    assert found.both_ways == ()
    assert found.unreached_phases == ("rest", "again")


def test_where_less_is_rehearsed_is_told():
    found = every_way(shipped("odoo-stable-bootstrap"), crashes=False, disturbances=0, attempts=2)
    told = {each.phase: (each.what, each.plan, each.rehearsed) for each in found.limits}
    assert told["target_proof"] == ("attempts", 6, 2)
    assert told["health"] == ("attempts", 20, 2)
    assert "bootstrap" not in told


def test_a_loop_is_gone_as_often_as_the_bounds_allow():
    look = {"action": "w.check", "max_visits": 5, "on": {"pass": "pass", "fail": "look"}}
    found = every_way(compiled({"look": look}), crashes=False, disturbances=0, visits=3)
    assert found.breaches == ()
    assert [(e.what, e.plan, e.rehearsed) for e in found.limits] == [("visits", 5, 3)]


def test_too_many_states_are_not_passed_over_in_silence():
    found = every_way(deed(), states=50)
    assert not found.complete
    assert not found.holds
    assert found.breaches == ()


def test_a_rehearsal_says_the_same_each_time():
    again = rehearse(deed(), setting(deed().plan), Bounds(), crashes=True)
    assert again == rehearse(deed(), setting(deed().plan), Bounds(), crashes=True)
    assert again.plan.document == DEED
