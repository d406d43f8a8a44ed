"""What is proved of a plan as a whole: that it ends, what stands before what, and doing it once."""

from typing import Any

import pytest

from laneway.core.proofs import Severity, prove
from tests.support.actions import ACTIONS
from tests.unit.core.test_prove import action, errors, plan, told


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


@pytest.mark.parametrize(
    ("limit", "expected"), [({}, ["destructive_again"]), ({"max_visits": 1}, [])]
)
def test_a_way_back_by_a_proof_that_must_be_made_again_is_a_loop(limit, expected):
    """No transition leads back; making the proof again does, where it fails and is tried anew."""
    phases = {
        "prove": action("x.probe", "destroy", "prove", max_visits=3),
        "destroy": action("x.destroy", "check", "fail", **limit),
        "check": action("x.probe", "pass", "fail", requires={"prove": {"max_age": "1m"}}),
    }
    assert [code for code, _ in told(phases)] == expected


def test_only_what_destroys_something_else_may_follow():
    phases = {
        "one": action("x.destroy", "two", "fail"),
        "two": action("x.destroy", "pass", "fail"),
    }
    assert told(phases) == [("destructive_again", ("phases", "two"))]
    phases["two"]["with"] = {"what": "something else"}
    assert told(phases) == []


def test_an_approval_that_is_not_given_approves_nothing():
    phases = {
        "destroy": action("x.destroy", "pass", "ask"),
        "ask": {
            "approval": {"role": "boss"},
            "max_visits": 2,
            "on": {"approved": "destroy", "rejected": "fail", "expired": "destroy"},
        },
    }
    (finding,) = errors(phases)
    assert (finding.code, str(finding.witness)) == (
        "destructive_again",
        "destroy -fail-> ask -expired-> destroy",
    )


def test_two_branches_that_destroy_the_same_do_it_twice():
    work = {"action": "x.destroy"}
    both = {"parallel": {"one": work, "two": work}, "on": {"pass": "pass", "fail": "fail"}}
    assert told({"both": both}) == [("destructive_again", ("phases", "both"))]
    both["parallel"] = {"one": work, "two": {**work, "with": {"what": "else"}}}
    assert told({"both": both}) == []


@pytest.mark.parametrize("wait", ["2h", {"for": "2h"}])
def test_a_deadline_that_passes_while_one_must_wait_is_an_error(wait):
    phases = {"rest": {"wait": wait, "on": {"pass": "pass"}}}
    assert told(phases, deadline="119m") == [("deadline_impossible", ("deadline",))]
    assert told(phases, deadline="2h") == []
    phases["rest"]["on"]["pass"] = [{"to": "pass", "when": "request.soon"}, {"to": "more"}]
    phases["more"] = {"wait": "22h", "on": {"pass": "pass"}}
    assert told(phases, deadline="2h") == [], "there is a way that is quick enough"
    phases["rest"]["wait"] = "25h"
    assert told(phases) == [("deadline_impossible", ("phases", "rest"))]


@pytest.mark.parametrize(
    ("phase", "deadline", "pointer"),
    [
        (action("x.probe", "pass", "fail", timeout="2h"), "2h", None),
        (action("x.probe", "pass", "fail", timeout="2h"), "119m", ("deadline",)),
        (action("x.probe", "pass", "fail"), "9m", ("deadline",)),
        (action("x.probe", "pass", "fail", timeout="25h"), None, ("phases", "work")),
        ({"wait": "2h", "on": {"pass": "pass"}}, "2h", None),
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
