"""What is proved of a plan: each rule, what comes near to it, and rules against brute force.

The places of errors in a file are in tests/unit/loading/test_broken_plans.py; here are the rules.
"""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway.core.model import ActionSpec, Safety
from laneway.core.prove import Finding, Severity, prove
from tests.support.actions import ACTIONS

ENDS: dict[str, Any] = {"pass": {"end": "pass"}, "fail": {"end": "fail"}}


def action(name, *targets, **more):
    """An action phase: where pass and fail (and refused) lead."""
    on = dict(zip(("pass", "fail", "refused"), targets, strict=False))
    return {"action": name, "on": on} | more


def plan(phases, **more):
    start = next(iter(phases))
    return {"plan": "p", "version": 1, "start": start, "phases": phases | ENDS} | more


def told(phases, **more):
    """(code, pointer) of each finding, but not that the ends are not reached."""
    found = [(f.code, f.pointer) for f in prove(plan(phases, **more), ACTIONS)]
    ends = [("unreachable_phase", ("phases", name)) for name in ENDS]
    return [finding for finding in found if finding not in ends]


SOUND = {
    "proof": action("dokploy.prove_target", "ask", "fail", "fail"),
    "ask": {
        "approval": {"role": "boss"},
        "on": {"approved": "destroy", "rejected": "fail", "expired": "fail"},
    },
    "destroy": action(
        "x.destroy", "verify", "fail", requires={"proof": {"max_age": "5m"}}, cancel="refuse"
    ),
    "verify": {
        "parallel": {"one": {"action": "x.probe"}, "two": {"action": "x.note"}},
        "on": {"pass": "pass", "fail": "rest"},
    },
    "rest": {"wait": "1m", "on": {"pass": "fail"}},
}


def test_nothing_is_found_in_a_sound_plan():
    assert told(SOUND) == []


@pytest.mark.parametrize(
    ("phase", "change", "expected"),
    [
        # outcomes
        ("rest", {"on": {"pass": "fail", "cancelled": "fail"}}, []),
        ("rest", {"on": {"pass": "fail", "fail": "fail"}}, ["unknown_outcome"]),
        ("rest", {"on": {"cancelled": "fail"}}, ["outcome_unhandled"]),
        ("rest", {"on": {"pass": "nowhere"}}, ["unknown_phase"]),
        ("rest", {"on": {"pass": "one"}}, ["unknown_phase"]),
        ("proof", {"on": {"pass": "ask", "fail": "fail"}}, ["outcome_unhandled"]),
        # guards
        ("rest", {"on": {"pass": [{"to": "fail"}]}}, []),
        ("rest", {"on": {"pass": [{"to": "pass", "when": "true"}, {"to": "fail"}]}}, []),
        ("rest", {"on": {"pass": [{"to": "fail", "when": "true"}]}}, ["guard_without_else"]),
        ("rest", {"on": {"pass": [{"to": "fail"}] * 2}}, ["alternative_unreachable"]),
        (
            "rest",
            {"on": {"pass": [{"to": "fail"}, {"to": "pass", "when": "true"}]}},
            ["guard_without_else", "alternative_unreachable"],
        ),
        # requirements
        ("verify", {"requires": {"proof": {}}}, []),
        ("verify", {"requires": {"nothing": {}}}, ["requires_unknown"]),
        ("verify", {"requires": {"verify": {}}}, ["requires_itself"]),
        ("verify", {"requires": {"ask": {}}}, ["requires_not_read"]),
        ("verify", {"requires": {"destroy": {}}}, ["requires_not_read"]),
        ("rest", {"requires": {"one": {}}}, ["requires_unknown"]),
        # retry
        ("proof", {"retry": {"attempts": 3}}, []),
        ("destroy", {"retry": {"attempts": 3}}, ["retry_destructive"]),
        # cancelling
        ("proof", {"cancel": "immediate"}, []),
        ("verify", {"cancel": "immediate"}, []),
        ("destroy", {"cancel": "defer"}, []),
        ("destroy", {"cancel": "immediate"}, ["cancel_immediate"]),
        # branches
        ("verify", {"join": "any"}, ["join_any_writes"]),
        ("verify", {"parallel": {"one": {"action": "x.probe"}}, "join": "any"}, []),
        ("verify", {"parallel": {"rest": {"action": "x.probe"}}}, ["duplicate_phase"]),
        ("verify", {"parallel": {"one": {"action": "x.nothing"}}}, ["unknown_action"]),
        (
            "verify",
            {"parallel": {"one": {"action": "x.destroy"}}, "cancel": "immediate"},
            ["cancel_immediate"],
        ),
        (
            "verify",
            {"parallel": {"one": {"action": "x.append", "retry": {"attempts": 2}}}},
            ["retry_not_repeatable"],
        ),
        (
            "verify",
            {"parallel": {"one": {"action": "x.probe", "with": {"count": "x"}}}},
            ["parameter_invalid"],
        ),
    ],
)
def test_each_rule_of_a_phase_and_what_comes_near_to_it(phase, change, expected):
    phases = SOUND | {phase: SOUND[phase] | change}
    assert [code for code, _ in told(phases)] == expected


@pytest.mark.parametrize(
    ("name", "retry"),
    [
        ("x.probe", None),
        ("x.note", None),
        ("x.ensure", None),
        ("x.append", "retry_not_repeatable"),
        ("x.change", "retry_not_repeatable"),
        ("x.destroy", "retry_destructive"),
    ],
)
def test_only_what_can_be_done_twice_is_retried(name, retry):
    found = told({"work": action(name, "pass", "fail", retry={"attempts": 2})})
    assert found == ([(retry, ("phases", "work", "retry"))] if retry else [])


@pytest.mark.parametrize("name", ["x.note", "x.change", "x.destroy"])
def test_on_a_shared_lane_everything_reads(name):
    lane = {"mode": "shared"}
    assert told({"look": action("x.probe", "pass", "fail")}, lane=lane) == []
    assert told({"work": action(name, "pass", "fail")}, lane=lane) == [
        ("shared_lane_writes", ("phases", "work", "action"))
    ]
    branch = {"parallel": {"one": {"action": name}}, "on": {"pass": "pass", "fail": "fail"}}
    assert told({"both": branch}, lane=lane) == [
        ("shared_lane_writes", ("phases", "both", "parallel", "one", "action"))
    ]


@pytest.mark.parametrize(
    ("parameters", "pointers"),
    [
        ({}, []),
        ({"count": 1, "names": ["a"]}, []),
        ({"count": "${{ request.n }}", "names": "${{ request.l }}"}, []),
        ({"names": ["${{ request.n }}", 1]}, [("names", 1)]),
        ({"count": "1"}, [("count",)]),
        ({"count": 1.5, "names": {}}, [("count",), ("names",)]),
    ],
)
def test_parameters_are_checked_where_no_expression_decides(parameters, pointers):
    found = told({"look": action("x.probe", "pass", "fail", **{"with": parameters})})
    base = ("phases", "look", "with")
    assert found == [("parameter_invalid", (*base, *pointer)) for pointer in pointers]


def test_what_an_action_must_be_given_is_missed_at_the_phase():
    found = told({"proof": action("odoo.prove_policy", "pass", "fail", "fail")})
    assert found == [("parameter_invalid", ("phases", "proof"))]


def test_an_action_with_an_unusable_schema_is_told():
    broken = ActionSpec("x.odd", Safety.READ, parameters={"$ref": "#/$defs/nothing"})
    document = plan({"look": action("x.odd", "pass", "fail")})
    assert [f.code for f in prove(document, {"x.odd": broken})] == ["parameter_invalid"]


def test_unknown_actions_come_with_the_nearest():
    (finding,) = prove(plan({"look": action("x.prob", "pass", "fail")}), ACTIONS)
    assert (finding.code, finding.hint) == ("unknown_action", "did you mean 'x.probe'?")
    assert finding.severity is Severity.ERROR


def test_entries_must_exist():
    phases = {"look": action("x.probe", "pass", "fail")}
    assert told(phases, start="lok") == [("unknown_phase", ("start",))]
    assert told(phases, on_deadline="lok") == [("unknown_phase", ("on_deadline",))]
    assert told(phases, on_deadline="fail") == []


def test_clean_up_and_deadline_phases_are_reached():
    phases = {
        "look": action("x.probe", "pass", "fail") | {},
        "clean": {"wait": "1m", "on": {"pass": "fail"}},
    }
    assert told(phases) == [("unreachable_phase", ("phases", "clean"))]
    assert told(phases, on_deadline="clean") == []
    phases["look"]["on"]["cancelled"] = "clean"
    assert told(phases) == []


def test_being_required_does_not_make_a_phase_reachable():
    phases = {
        "look": action("x.probe", "change", "fail"),
        "proof": action("x.probe", "change", "fail"),
        "change": action("x.change", "pass", "fail", requires={"proof": {}}),
    }
    assert told(phases) == [
        ("unreachable_phase", ("phases", "proof")),
        ("requires_not_before", ("phases", "change", "requires", "proof")),
    ]


@pytest.mark.parametrize(
    ("entry", "targets", "proved"),
    [
        (None, ("change", "fail"), True),
        (None, ("fail", "change"), False),
        (None, ("change", "change"), False),
        ("fail", ("change", "fail"), True),
        ("change", ("change", "fail"), False),
    ],
)
def test_what_is_required_has_passed_on_every_way(entry, targets, proved):
    phases = {
        "proof": action("x.probe", *targets),
        "change": action("x.change", "pass", "fail", requires={"proof": {}}),
    }
    more = {"on_deadline": entry} if entry else {}
    expected = (
        [] if proved else [("requires_not_before", ("phases", "change", "requires", "proof"))]
    )
    assert told(phases, **more) == expected


def test_a_clean_up_that_skips_a_proof_is_seen():
    phases = {
        "proof": action("x.probe", "change", "fail"),
        "change": action("x.change", "pass", "fail", requires={"proof": {}}),
    }
    phases["proof"]["on"]["cancelled"] = "change"
    assert told(phases) == [("requires_not_before", ("phases", "change", "requires", "proof"))]


def loop(**limits):
    return {
        name: {"wait": "1m", "on": {"pass": target}} | limits.get(name, {})
        for name, target in (("a", "b"), ("b", "c"))
    } | {"c": action("x.probe", "pass", "a") | limits.get("c", {})}


def test_a_loop_needs_a_limit_on_any_of_its_phases():
    assert told(loop()) == [("endless_loop", ("phases", "a"))]
    assert any("a → b → c → a" in finding.message for finding in prove(plan(loop()), ACTIONS))
    for name in ("a", "b", "c"):
        assert told(loop(**{name: {"max_visits": 2}})) == []


def test_each_loop_needs_one():
    phases = loop(a={"max_visits": 2})
    phases["b"] = action("x.probe", "c", "b")
    assert told(phases) == [("endless_loop", ("phases", "b"))]


def test_a_limit_does_not_make_a_way_out():
    phases = {
        "a": {"wait": "1m", "max_visits": 3, "on": {"pass": "b"}},
        "b": {"wait": "1m", "on": {"pass": "a"}},
    }
    assert told(phases) == [("no_end", ("phases", "a"))]


@pytest.mark.parametrize(
    ("between", "limit", "expected"),
    [
        ("wait", {}, ["destructive_again"]),
        ("approval", {}, []),
        ("wait", {"max_visits": 1}, []),
        ("wait", {"max_visits": 2}, ["destructive_again"]),
    ],
)
def test_nothing_destructive_is_done_again_without_an_approval(between, limit, expected):
    ways: dict[str, dict[str, Any]] = {
        "wait": {"wait": "1m", "on": {"pass": "destroy"}},
        "approval": {
            "approval": {"role": "boss"},
            "on": {"approved": "destroy", "rejected": "fail", "expired": "fail"},
        },
    }
    phases = {
        "destroy": action("x.destroy", "pass", "check", **limit),
        "check": ways[between] | {"max_visits": 5},
    }
    assert [code for code, _ in told(phases)] == expected


def test_different_destructive_phases_may_follow_each_other():
    phases = {
        "one": action("x.destroy", "two", "fail"),
        "two": action("x.destroy", "pass", "fail"),
    }
    assert told(phases) == []


@pytest.mark.parametrize(
    ("phase", "deadline", "pointer"),
    [
        (action("x.probe", "pass", "fail", timeout="2h"), "2h", None),
        (action("x.probe", "pass", "fail", timeout="2h"), "119m", ("deadline",)),
        (action("x.probe", "pass", "fail"), "9m", ("deadline",)),
        (action("x.probe", "pass", "fail", timeout="25h"), None, ("phases", "work")),
        ({"wait": "2h", "on": {"pass": "pass"}}, "1h", ("deadline",)),
        ({"wait": {"for": "2h"}, "on": {"pass": "pass"}}, "1h", ("deadline",)),
        ({"wait": {"until": "operation.created_at"}, "on": {"pass": "pass"}}, "1s", None),
        (
            {
                "approval": {"role": "boss", "expires": "2h"},
                "on": {"approved": "pass", "rejected": "fail", "expired": "fail"},
            },
            "1h",
            ("deadline",),
        ),
        (
            {
                "parallel": {"one": {"action": "x.probe", "timeout": "2h"}},
                "on": {"pass": "pass", "fail": "fail"},
            },
            "1h",
            ("deadline",),
        ),
    ],
)
def test_a_deadline_that_one_phase_alone_can_outlast_is_a_warning(phase, deadline, pointer):
    more = {"deadline": deadline} if deadline else {}
    found = [f for f in prove(plan({"work": phase}, **more), ACTIONS) if f.code == "deadline_short"]
    assert [f.pointer for f in found] == ([pointer] if pointer else [])
    assert all(f.severity is Severity.WARNING for f in found)


def test_of_a_doubtful_phase_nothing_is_said_that_may_only_follow():
    phases = {"look": {"action": "odoo.prove_policy", "on": {"pass": "pas"}}}
    found = prove(plan(phases), ACTIONS, doubtful=frozenset({"look"}))
    assert [(f.code, f.hint) for f in found] == [("unknown_phase", "did you mean 'pass'?")]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 3)
    | st.sampled_from(["a", "pass", "1m", "${{ x }}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["a", "on", "action", "wait", "parallel", "approval", "with", "requires", "pass"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(JSON, JSON, JSON)
def test_any_document_can_be_looked_at(phases, request_schema, other):
    schema = request_schema if isinstance(request_schema, dict) else {}
    document = {"phases": phases, "start": "a", "request": schema, "lane": other, "deadline": other}
    before = msgspec.json.encode(document)
    assert all(isinstance(finding, Finding) for finding in prove(document, ACTIONS))
    assert msgspec.json.encode(document) == before


# --- against brute force -------------------------------------------------------------------------

NAMES = ("a", "b", "c", "d")
TARGET = st.sampled_from([*NAMES, "pass"])


@st.composite
def graphs(draw):
    """Phases with random targets; some may be entered only so often, some are destructive."""
    return {
        name: action(
            draw(st.sampled_from(["x.probe", "x.probe", "x.destroy"])),
            draw(TARGET),
            draw(TARGET),
            **({"max_visits": draw(st.integers(1, 2))} if draw(st.booleans()) else {}),
        )
        for name in NAMES
    }


def walks(phases, length):
    """Every way of so many transitions from the start, or to an end; limits are kept."""
    ways: list[tuple[str, ...]] = [("a",)]
    for _ in range(length):
        longer = [
            (*way, target)
            for way in ways
            if way[-1] in phases
            for target in dict.fromkeys(phases[way[-1]]["on"].values())
            if _allowed(phases, way, target)
        ]
        yield from longer
        ways = longer


def _allowed(phases, way, target):
    return way.count(target) < phases.get(target, {}).get("max_visits", 99)


def codes(phases):
    return {code for code, _ in told(phases)}


@given(graphs())
def test_what_is_said_to_be_unreachable_is_on_no_way(phases):
    free = {name: {**phase, "max_visits": 99} for name, phase in phases.items()}
    reached = {"a"} | {target for way in walks(free, 4) for target in way}
    unreachable = {pointer[1] for code, pointer in told(phases) if code == "unreachable_phase"}
    assert unreachable == set(phases) - reached


@given(graphs())
def test_an_endless_loop_is_a_round_of_phases_without_a_limit(phases):
    unlimited = {name for name, phase in phases.items() if "max_visits" not in phase}
    rounds = [
        way
        for size in range(1, len(NAMES) + 1)
        for way in itertools.permutations(sorted(unlimited), size)
        if _is_round(phases, way)
    ]
    assert ("endless_loop" in codes(phases)) == bool(rounds)


@given(graphs())
def test_without_an_endless_loop_every_way_ends_within_the_limits(phases):
    if "endless_loop" in codes(phases):
        return
    visits = sum(phase.get("max_visits", 0) for phase in phases.values())
    longest = (visits + 1) * len(NAMES)
    way: tuple[str, ...] = ("a",)
    for _ in range(longest + 1):
        if way[-1] not in phases:
            return
        # Go round where one can: a phase that may still be entered, rather than an end.
        ahead = [t for t in phases[way[-1]]["on"].values() if _allowed(phases, way, t)]
        if not ahead:
            return
        way = (*way, min(ahead))
    pytest.fail(f"{way} goes on and on")


def _is_round(phases, way):
    following = zip(way, (*way[1:], way[0]), strict=True)
    return all(target in phases[name]["on"].values() for name, target in following)


@given(graphs())
def test_what_is_said_to_be_destructive_again_is_done_twice_on_some_way(phases):
    found = {pointer[1] for code, pointer in told(phases) if code == "destructive_again"}
    rounds = {
        way[0]
        for size in range(1, len(NAMES) + 1)
        for way in itertools.permutations(NAMES, size)
        if _is_round(phases, way)
    }
    destructive = {name for name in NAMES if phases[name]["action"] == "x.destroy"}
    once = {name for name in NAMES if phases[name].get("max_visits") == 1}
    assert found == (destructive & rounds) - once


@given(graphs(), st.sampled_from(NAMES[:3]))
def test_a_requirement_is_proved_when_no_way_comes_without_it(phases, required):
    free = {name: {**phase, "max_visits": 99} for name, phase in phases.items()}
    for phase in free.values():
        phase["action"] = "x.probe"
    free["d"]["requires"] = {required: {}}
    avoiding = [
        way
        for way in [("a",), *walks(free, 5)]
        if way[-1] == "d" and not _passed(free, way, required)
    ]
    assert ("requires_not_before" in codes(free)) == bool(avoiding)


def _passed(phases, way, required):
    """Whether the way leaves the required phase by its `pass` and could not have left otherwise."""
    for name, target in itertools.pairwise(way):
        on = phases[name]["on"] if name == required else {}
        if on and on["pass"] == target and on["fail"] != target:
            return True
    return False
