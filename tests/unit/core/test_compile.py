"""From a document to the frozen model: every part, and every default."""

from typing import Any

import pytest

from laneway.core.compile import UnknownAction, compile_plan, plan_actions
from laneway.core.digests import digest
from laneway.core.model import (
    ActionPhase,
    ApprovalPhase,
    CancelPolicy,
    EndPhase,
    EndStatus,
    LaneMode,
    LanePolicy,
    ParallelPhase,
    Repeat,
    Requirement,
    Retention,
    Retry,
    Target,
    WaitPhase,
    WhenBusy,
)
from tests.support.actions import ACTIONS

SMALL: dict[str, Any] = {
    "plan": "small-plan",
    "version": 3,
    "start": "look_around",
    "phases": {
        "look_around": {"action": "x.probe", "on": {"pass": "ask", "fail": "done"}},
        "ask": {
            "approval": {"role": "boss"},
            "on": {"approved": "rest", "rejected": "done", "expired": "done"},
        },
        "rest": {"wait": "10m", "on": {"pass": "both"}},
        "both": {"parallel": {"one": {"action": "x.note"}}, "on": {"pass": "done", "fail": "done"}},
        "done": {"end": "pass"},
    },
}

FULL: dict[str, Any] = {
    "plan": "full",
    "version": 1,
    "title": "A title",
    "description": "What it does",
    "lane": {"mode": "shared", "when_busy": "queue", "queue_limit": 9, "repeat": "allow"},
    "request": {"type": "object"},
    "deadline": "2h",
    "on_deadline": "done",
    "retention": {"keep_days": 7, "keep_last": 1},
    "start": "look",
    "phases": {
        "look": {
            "title": "Look",
            "action": "x.probe",
            "with": {"count": 1},
            "timeout": "500ms",
            "retry": {
                "attempts": 4,
                "delay": "2s",
                "factor": 3,
                "max_delay": "5s",
                "jitter": "none",
                "on": ["odd"],
            },
            "on": {"pass": [{"to": "wait", "when": "true"}, {"to": "done"}], "fail": "done"},
            "cancel": "defer",
            "max_visits": 2,
        },
        "wait": {
            "wait": {"until": "operation.created_at"},
            "requires": {"look": {"max_age": "15m"}},
            "on": {"pass": "pause"},
        },
        "pause": {"wait": {"for": "1d"}, "requires": {"look": {}}, "on": {"pass": "ask"}},
        "ask": {
            "approval": {
                "role": "boss",
                "quorum": 2,
                "expires": "4h",
                "allow_requester": True,
            },
            "on": {"approved": "both", "rejected": "done", "expired": "done"},
        },
        "both": {
            "parallel": {
                "one": {"title": "Eins", "action": "x.probe", "with": {"a": 1}, "timeout": "3s"},
                "two": {"action": "x.probe", "retry": {"attempts": 2}},
            },
            "join": "any",
            "on": {"pass": "done", "fail": "done", "cancelled": "done"},
        },
        "done": {"title": "Over", "end": "refused"},
    },
}


def plan(document):
    return compile_plan(document, ACTIONS).plan


def test_defaults_are_filled_in():
    small = plan(SMALL)
    assert small.title == "Small plan"
    assert small.description == ""
    assert small.lane == LanePolicy()
    assert small.retention == Retention()
    assert (small.deadline, small.on_deadline) == (24 * 3_600_000, None)
    assert small.request_schema == {}
    assert small.phases == {
        "look_around": ActionPhase(
            name="look_around",
            title="Look around",
            on={"pass": (Target("ask"),), "fail": (Target("done"),)},
            action=ACTIONS["x.probe"],
            timeout=600_000,
        ),
        "ask": ApprovalPhase(
            name="ask",
            title="Ask",
            on={
                "approved": (Target("rest"),),
                "rejected": (Target("done"),),
                "expired": (Target("done"),),
            },
            role="boss",
            expires=24 * 3_600_000,
        ),
        "rest": WaitPhase(
            name="rest", title="Rest", on={"pass": (Target("both"),)}, duration=600_000
        ),
        "both": ParallelPhase(
            name="both",
            title="Both",
            on={"pass": (Target("done"),), "fail": (Target("done"),)},
            branches=(
                ActionPhase(
                    name="one",
                    title="One",
                    action=ACTIONS["x.note"],
                    timeout=600_000,
                    parent="both",
                ),
            ),
        ),
        "done": EndPhase(name="done", title="Done", end=EndStatus.PASS),
    }


def test_everything_that_is_written_is_read():
    full = plan(FULL)
    assert (full.title, full.description, full.deadline) == ("A title", "What it does", 7_200_000)
    assert full.on_deadline == "done"
    assert full.lane == LanePolicy(LaneMode.SHARED, WhenBusy.QUEUE, 9, Repeat.ALLOW)
    assert full.retention == Retention(7, 1)
    look, wait, pause, ask, both, done = full.phases.values()
    assert look == ActionPhase(
        name="look",
        title="Look",
        on={"pass": (Target("wait", "true"), Target("done")), "fail": (Target("done"),)},
        cancel=CancelPolicy.DEFER,
        max_visits=2,
        action=ACTIONS["x.probe"],
        parameters={"count": 1},
        timeout=500,
        retry=Retry(4, 2_000, 3.0, 5_000, "none", ("odd",)),
    )
    assert isinstance(wait, WaitPhase)
    assert (wait.duration, wait.until) == (None, "operation.created_at")
    assert wait.requires == (Requirement("look", 900_000),)
    assert isinstance(pause, WaitPhase)
    assert (pause.duration, pause.until) == (86_400_000, None)
    assert pause.requires == (Requirement("look"),)
    assert isinstance(ask, ApprovalPhase)
    assert (ask.role, ask.quorum, ask.expires, ask.allow_requester) == ("boss", 2, 14_400_000, True)
    assert isinstance(both, ParallelPhase)
    assert both.join == "any"
    one, two = both.branches
    assert (one.title, one.parameters, one.timeout, one.parent) == ("Eins", {"a": 1}, 3_000, "both")
    assert two.retry == Retry(2, on=("unavailable", "timeout", "rate_limited"))
    assert (done.title, done.name) == ("Over", "done")
    assert isinstance(done, EndPhase)
    assert done.end is EndStatus.REFUSED


def test_the_digest_is_of_the_document_as_it_was_written():
    assert plan(SMALL).digest == digest("laneway/plan/v1", SMALL)
    assert plan(SMALL).document == SMALL
    assert plan(SMALL | {"title": "Small plan"}).digest != plan(SMALL).digest


def test_the_actions_of_a_document_are_those_of_phases_and_branches():
    assert plan_actions(SMALL) == {"x.probe", "x.note"}


def test_an_action_that_no_driver_offers_is_told():
    with pytest.raises(UnknownAction, match=r"x\.note") as unknown:
        compile_plan(SMALL, {"x.probe": ACTIONS["x.probe"]})
    assert unknown.value.action == "x.note"


def test_a_compiled_plan_can_be_asked_for_transitions():
    compiled = compile_plan(SMALL, ACTIONS)
    at_start = compiled.machine.step(compiled.machine.configuration("@accepted"), "start")
    assert compiled.machine.place(at_start) == "look_around"
