"""Scenarios: what is given comes about, what is expected is compared, and what was covered."""

from collections.abc import Mapping
from typing import Any

import pytest

from laneway.core import attempts
from laneway.rehearsal.judge import path
from laneway.rehearsal.scenario import read_scenarios
from laneway.rehearsal.suite import Result, Suite, play_all
from tests.support.rehearsals import compiled, deed

PLAN = compiled(
    {
        "look": {
            "action": "w.check",
            "timeout": "30s",
            "retry": {"attempts": 3, "delay": "10s", "jitter": "none"},
            "on": {"pass": "ask", "fail": "fail"},
        },
        "ask": {
            "approval": {"role": "boss", "quorum": 2, "expires": "1h"},
            "on": {"approved": "rest", "rejected": "refused", "expired": "refused"},
        },
        "rest": {"wait": "10m", "on": {"pass": "change", "cancelled": "fail"}},
        "change": {
            "action": "w.append",
            "timeout": "5m",
            "on": {"pass": "pass", "fail": "fail", "partly": "fail"},
        },
    }
)
ASKED = [
    {"do": "approve", "phase": "ask", "after": "1m", "by": "bob"},
    {"do": "approve", "phase": "ask", "after": "2m", "by": "eve"},
]
WAY = ["look", "ask", "rest", "change", "pass"]


def suite(*scenarios: Mapping[str, Any], plan: Any = PLAN) -> Suite:
    named = [{"name": f"{number}", **each} for number, each in enumerate(scenarios)]
    document = {"plan": "p", "requested_by": "ann", "scenarios": named}
    return play_all(plan, read_scenarios(document))


def played(plan: Any = PLAN, **scenario: Any) -> Result:
    return suite({"expect": {"status": "pass"}, **scenario}, plan=plan).results[0]


def wrong(result: Result) -> dict[str, tuple[Any, Any]]:
    return {m.what: (m.expected, m.found) for m in result.mismatches}


def test_what_is_not_said_passes():
    result = played(meanwhile=ASKED)
    assert result.passed
    assert result.play is not None
    assert path(result.play) == tuple(WAY)
    assert result.play.duration == 1_000 + 120_000 + 600_000 + 1_000


@pytest.mark.parametrize(
    ("answers", "status", "took"),
    [
        ("fail", "fail", 1_000),
        ({"answer": "fail", "after": "20s"}, "fail", 20_000),
        ({"answer": "fail", "class": "unavailable", "times": 3}, "fail", 33_000),
        ({"answer": "no_answer", "times": 3}, "fail", 120_000),
        (["crash", {"answer": "fail", "after": "5s"}], "fail", 6_000),
        ([{"answer": "crash", "after": "5s", "down": "1h"}, "fail"], "fail", 3_606_000),
        ([{"answer": "held", "down": "1m"}, "fail"], "fail", 61_000),
        ("unknown", "fail", 1_000),
    ],
)
def test_drivers_answer_as_the_scenario_says(answers: Any, status: str, took: int):
    result = played(answers={"look": answers}, expect={"status": status})
    assert result.passed
    assert result.play is not None
    assert result.play.duration == took


def test_what_became_of_an_attempt_is_the_next_answer():
    result = played(
        answers={"change": [{"answer": "crash", "after": "1m"}, "not_started", "partly"]},
        meanwhile=ASKED,
        expect={"status": "fail", "path": [*WAY[:-1], "fail"], "attempts": {"change": 1}},
    )
    assert wrong(result) == {}


def test_a_person_says_what_nobody_knows():
    result = played(
        answers={"change": ["unknown", "unknown"]},
        meanwhile=[
            *ASKED,
            {"do": "reconcile", "phase": "change", "after": "3h", "outcome": "pass", "by": "otto"},
        ],
        expect={
            "status": "fail",
            "failure": "deadline_exceeded",
            "evidence": {"change": {"reconciled": {"by": "otto"}}},
        },
    )
    assert set(wrong(result)) == {"status", "failure"}


def test_where_nothing_more_happens_the_status_stays():
    unknown = {"change": ["unknown", "unknown"]}
    waits = {"status": "reconciliation_required", "path": WAY[:-1]}
    assert played(answers=unknown, meanwhile=ASKED, expect=waits).passed


@pytest.mark.parametrize(
    ("doing", "code"),
    [
        ({"do": "approve", "phase": "ask", "by": "ann"}, "self_approval"),
        ({"do": "approve", "phase": "ask", "stale": True}, "digest_mismatch"),
        ({"do": "approve", "phase": "ask", "after": "90s", "by": "bob"}, "illegal_transition"),
        ({"do": "revoke", "phase": "ask", "by": "kim"}, "illegal_transition"),
        ({"do": "resume", "after": "90s"}, "illegal_transition"),
    ],
)
def test_what_is_refused_must_be_expected_to_be(doing: dict[str, Any], code: str):
    expected = played(meanwhile=[*ASKED, {**doing, "refused": code}])
    assert expected.passed
    surprise = wrong(played(meanwhile=[*ASKED, doing]))
    what = f"{doing['do']} {doing.get('phase', '')}".strip()
    assert surprise == {what: ("is taken", code)}


def test_what_is_expected_to_be_refused_must_not_be_taken():
    cancel = {"do": "cancel", "phase": "rest", "refused": "not_cancellable"}
    told = wrong(played(meanwhile=[*ASKED, cancel], expect={"status": "fail"}))
    assert told == {"cancel rest": ("not_cancellable", "was taken")}


def test_people_come_when_a_phase_has_begun_so_often():
    again = {"do": "approve", "phase": "ask", "nth": 2, "by": "bob"}
    told = wrong(played(meanwhile=[*ASKED, again]))
    assert told == {"given": ("is used", "nobody came to approve at ask")}


def test_a_pause_and_what_comes_after_it():
    result = played(
        meanwhile=[
            *ASKED,
            {"do": "pause", "after": "30s"},
            {"do": "resume", "phase": "rest", "after": "5m"},
        ],
        expect={"status": "pass", "duration": "1022s"},
    )
    assert wrong(result) == {}


def test_an_engine_that_is_killed_while_nothing_is_under_way_changes_nothing():
    crash = {"do": "crash", "phase": "rest", "after": "1m", "down": "5m"}
    assert played(meanwhile=[*ASKED, crash], expect={"status": "pass", "duration": "722s"}).passed


def test_everything_that_is_not_as_expected_is_told():
    result = played(
        answers={"look": [{"evidence": {"size": 3}}, "pass"]},
        meanwhile=ASKED,
        expect={
            "status": "fail",
            "path": ["look", "fail"],
            "failure": {"code": "gone", "phase": "look"},
            "evidence": {"look": {"size": 4}},
            "attempts": {"look": 2},
            "approvals": [],
            "duration": {"at_most": "1m"},
        },
    )
    assert wrong(result) == {
        "status": ("fail", "pass"),
        "path": (["look", "fail"], WAY),
        "failure": ("gone", "none"),
        "failed in": ("look", "none"),
        "evidence of look": ({"size": 4}, {"size": 3}),
        "attempts of look": (2, 1),
        "approvals": ([], ["ask"]),
        "duration": ("at most 1m", "722s"),
        "given": ("is used", "look has 1 more answer than it was asked for"),
    }


@pytest.mark.parametrize(
    ("duration", "right"),
    [
        ("722s", True),
        ("723s", False),
        ({"at_least": "722s"}, True),
        ({"at_least": "723s"}, False),
        ({"at_most": "722s"}, True),
        ({"at_least": "1s", "at_most": "721s"}, False),
    ],
)
def test_durations_are_exact_or_bounded(duration: Any, right: bool):
    result = played(meanwhile=ASKED, expect={"status": "pass", "duration": duration})
    assert result.passed is right


def test_that_something_never_began_is_no_answer_to_its_beginning():
    told = wrong(played(answers={"look": "not_started"}, expect={"status": "fail"}))
    assert set(told) == {"given"}


def test_a_retry_goes_on_from_where_the_other_ended():
    failed = {
        "answers": {"change": "fail"},
        "meanwhile": ASKED,
        "expect": {"status": "fail"},
    }
    way = ["change", "ask", "change", "pass"]
    again = {"retry_of": "0", "meanwhile": ASKED, "expect": {"status": "pass", "path": way}}
    assert [wrong(result) for result in suite(failed, again).results] == [{}, {}]


def test_what_cannot_be_retried_is_told():
    done = {"meanwhile": ASKED, "expect": {"status": "pass"}}
    again = {"retry_of": "0", "expect": {"status": "pass"}}
    result = suite(done, again).results[1]
    assert (result.play, set(wrong(result))) == (None, {"retry"})


def test_a_dry_run_asks_nobody():
    expect = {"status": "pass", "approvals": [], "duration": "2s", "path": WAY}
    assert wrong(played(dry_run=True, expect={**expect, "duration": "1s"})) == {}


def test_a_promise_that_breaks_fails_the_scenario(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attempts, "_harmless", lambda step, phase: True)
    result = played(
        deed(), answers={"deed": ["crash", "pass"]}, meanwhile=[{"do": "approve", "phase": "ask"}]
    )
    assert set(wrong(result)) == {"once"}


# --- coverage ------------------------------------------------------------------------------------


def test_what_no_scenario_takes_is_named():
    some = suite({"meanwhile": ASKED, "expect": {"status": "pass"}})
    assert [str(each) for each in some.missing] == [
        "look: fail → fail",
        "ask: rejected → refused",
        "ask: expired → refused",
        "rest: cancelled → fail",
        "change: fail → fail",
        "change: partly → fail",
    ]
    assert round(some.coverage) == 40


def test_a_scenario_that_fails_covers_nothing():
    assert suite({"meanwhile": ASKED, "expect": {"status": "fail"}}).coverage == 0


def test_all_can_be_covered():
    whole = suite(
        {"meanwhile": ASKED, "expect": {"status": "pass"}},
        {"answers": {"look": "fail"}, "expect": {"status": "fail"}},
        {"meanwhile": [{"do": "reject", "phase": "ask"}], "expect": {"status": "refused"}},
        {"expect": {"status": "refused", "failure": "approval_expired"}},
        {"meanwhile": [*ASKED, {"do": "cancel", "phase": "rest"}], "expect": {"status": "fail"}},
        {"answers": {"change": "fail"}, "meanwhile": ASKED, "expect": {"status": "fail"}},
        {"answers": {"change": "partly"}, "meanwhile": ASKED, "expect": {"status": "fail"}},
    )
    assert [wrong(result) for result in whole.results] == [{}] * 7
    assert (whole.missing, whole.coverage) == ((), 100)


def test_alternatives_that_lead_to_one_phase_are_told_apart_by_their_guards():
    on = [{"to": "pass", "when": "lane.instance == 'prod'"}, {"to": "pass"}]
    plan = compiled({"look": {"action": "w.check", "on": {"pass": on, "fail": "fail"}}})
    some = suite({"lane": "odoo/cm/testing", "expect": {"status": "pass"}}, plan=plan)
    assert [str(each) for each in some.missing] == [
        "look: pass → pass (when lane.instance == 'prod')",
        "look: fail → fail",
    ]


def test_results_of_branches_are_to_be_covered():
    branches = {name: {"action": "w.check"} for name in ("a", "b")}
    plan = compiled({"look": {"parallel": branches, "on": {"pass": "pass", "fail": "fail"}}})
    some = suite({"answers": {"b": "fail"}, "expect": {"status": "fail"}}, plan=plan)
    assert [str(each) for each in some.missing] == ["a: fail", "b: pass", "look: pass → pass"]
