"""What is proved of a plan: each rule, and what comes near to it.

The places of errors in a file are in tests/unit/loading/test_broken_plans.py; here are the rules.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laneway.core.model import ActionSpec, Safety
from laneway.core.proofs import Finding, Severity, prove
from tests.support.actions import ACTIONS

ENDS: dict[str, Any] = {"pass": {"end": "pass"}, "fail": {"end": "fail"}}


def action(name, *targets, **more):
    """An action phase: where pass and fail (and refused) lead."""
    on = dict(zip(("pass", "fail", "refused"), targets, strict=False))
    return {"action": name, "on": on} | more


def plan(phases, **more):
    start = next(iter(phases))
    return {"plan": "p", "version": 1, "start": start, "phases": phases | ENDS} | more


def errors(phases, **more):
    return [f for f in prove(plan(phases, **more), ACTIONS) if f.severity is Severity.ERROR]


def told(phases, **more):
    """(code, pointer) of each error, but not that the ends are not reached."""
    found = [(f.code, f.pointer) for f in errors(phases, **more)]
    ends = [("unreachable_phase", ("phases", name)) for name in ENDS]
    return [finding for finding in found if finding not in ends]


CHECKED = {"pass": "pass", "fail": "rest"}
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
        "on": CHECKED,
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
        (
            "rest",
            {"on": {"pass": [{"to": "pass", "when": "true"}, {"to": "fail"}]}},
            ["change_unverified"],
        ),
        ("rest", {"on": {"pass": [{"to": "fail", "when": "true"}, {"to": "fail"}]}}, []),
        (
            "rest",
            {"on": {"pass": [{"to": "fail", "when": "true"}] * 2 + [{"to": "fail"}]}},
            ["alternative_unreachable"],
        ),
        ("rest", {"on": {"pass": [{"to": "fail", "when": "true"}]}}, ["guard_without_else"]),
        ("rest", {"on": {"pass": [{"to": "fail"}] * 2}}, ["alternative_unreachable"]),
        (
            "rest",
            {"on": {"pass": [{"to": "fail"}, {"to": "fail", "when": "true"}]}},
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
        ("verify", {"cancel": "immediate", "on": {**CHECKED, "cancelled": "fail"}}, []),
        ("destroy", {"cancel": "defer"}, ["cancel_after_destruction"]),
        ("verify", {"cancel": "defer"}, ["cancel_after_destruction"]),
        ("verify", {"cancel": "defer", "on": {**CHECKED, "cancelled": "fail"}}, []),
        ("destroy", {"cancel": "immediate"}, ["cancel_immediate"]),
        # branches
        ("verify", {"join": "any"}, ["join_any_writes"]),
        ("verify", {"parallel": {"one": {"action": "x.probe"}}, "join": "any"}, []),
        ("verify", {"parallel": {"rest": {"action": "x.probe"}}}, ["duplicate_phase"]),
        ("verify", {"parallel": {"one": {"action": "x.nothing"}}}, ["unknown_action"]),
        (
            "verify",
            {
                "parallel": {"one": {"action": "x.destroy", "with": {"what": "else"}}},
                "cancel": "immediate",
            },
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


def test_a_proof_may_refer_to_what_a_retry_brings_with_it():
    proof = action(
        "x.probe", "change", "fail", **{"with": {"names": ["${{ phases.change.outcome }}"]}}
    )
    phases = {
        "proof": proof,
        "change": action("x.ensure", "check", "fail", requires={"proof": {}}, cancel="refuse"),
        "check": action("x.probe", "pass", "mend"),
        "mend": action("x.ensure", "fail", "fail"),
    }
    assert told(phases) == [("reference_never_run", ("phases", "proof", "with", "names", 0))]
    phases["mend"]["requires"] = {"proof": {}}
    assert told(phases) == []


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


@settings(deadline=None)
@given(JSON, JSON, JSON)
def test_any_document_can_be_looked_at(phases, request_schema, other):
    schema = request_schema if isinstance(request_schema, dict) else {}
    document = {"phases": phases, "start": "a", "request": schema, "lane": other, "deadline": other}
    before = msgspec.json.encode(document)
    assert all(isinstance(finding, Finding) for finding in prove(document, ACTIONS))
    assert msgspec.json.encode(document) == before
