"""The replay of what a plan forbids: it is found where it was told."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import pytest

from laneway.core import inputs
from laneway.core.chain import from_wire, to_wire
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.events import AnyEvent, Failure, Ruling, event_type
from laneway.core.instants import later
from tests.support.bundles import looked_at, refused, told_of
from tests.support.play import ANN, BOB, EVE, Player, play
from tests.support.random_plans import ACTIONS, Document

GUARDED: dict[str, Any] = {
    "plan": "guarded",
    "version": 1,
    "deadline": "2h",
    "request": {"type": "object", "properties": {"size": {"type": "number"}}},
    "start": "look",
    "phases": {
        "look": {
            "action": "w.prove",
            "retry": {"attempts": 2, "delay": "20s", "jitter": "none"},
            "on": {"pass": "ask", "fail": "fail", "refused": "refused"},
        },
        "ask": {
            "approval": {"role": "r", "quorum": 2, "expires": "1h"},
            "on": {"approved": "nap", "rejected": "refused", "expired": "refused"},
        },
        "nap": {"wait": "1m", "on": {"pass": "destroy"}},
        "destroy": {
            "action": "w.destroy",
            "with": {"share": "${{ request.size * 0.5 }}"},
            "requires": {"look": {"max_age": "15m"}},
            "on": {"pass": "verify", "fail": "fail"},
        },
        "verify": {
            "parallel": {"left": {"action": "w.check"}, "right": {"action": "w.check"}},
            "on": {"pass": "pass", "fail": "fail"},
        },
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
        "refused": {"end": "refused"},
    },
}


@cache
def guarded() -> CompiledPlan:
    return compile_plan(GUARDED, ACTIONS)


@cache
def story() -> tuple[Document, ...]:
    """The events of an operation that passed; an attempt was made again, and one recovered."""
    player = play(guarded(), request={"size": 2.0})
    player.finish("look", "fail", failure=Failure("gone", "x", retry_class="unavailable"))
    player.go_to("ask")
    player.decide_on("ask", "approve", BOB)
    player.decide_on("ask", "approve", EVE)
    player.go_to("destroy")
    player.unknown("destroy")
    player.finish("destroy")
    player.finish("left")
    player.finish("right")
    assert player.run.status == "pass"
    return tuple(to_wire(event) for event in player.events)


def event(told: Sequence[Document], kind: str, nth: int = 0) -> Document:
    found: Document = [each for each in told if each["type"] == kind][nth]
    return found


def complaints(told: Sequence[Document]) -> list[str]:
    return refused(guarded(), [from_wire(each) for each in told])


def copied() -> list[Document]:
    copy: list[Document] = msgspec.json.decode(msgspec.json.encode(story()))
    return copy


def test_the_story_itself_is_allowed():
    assert complaints(story()) == []


def test_a_fraction_that_is_a_whole_number_stays_one():
    """`request.size * 0.5` has a value for 2.0, and none for 2."""
    assert event(story(), "phase_started", 2)["data"]["parameters"] == {"share": 1.0}
    player = play(guarded(), request={"size": 2.0}).go_to("ask")
    assert looked_at(told_of(player)).verified
    assert b'"size":2.0' in msgspec.json.encode(told_of(player))


def test_a_destruction_without_the_proof_that_it_requires():
    told = copied()
    event(told, "phase_finished", 0)["at"] = "2025-12-31T23:00:00.000Z"
    assert complaints(told) == [
        "event 17 (destroy): destroy begins, and look does not stand",
    ]


def test_a_destruction_without_the_approval():
    told = copied()
    place = told.index(event(told, "approval_decided", 1))
    del told[place]
    assert complaints(told) == [
        "event 11 (ask): 1 of 2 had approved, so it is not approved",
        "event 11 (ask): others had approved it",
        "event 16 (destroy): destroy begins, and ask does not stand",
    ]


CHANGES: dict[str, tuple[str, int, dict[str, Any], list[str]]] = {
    "a deadline of its own": (
        "operation_started",
        0,
        {"deadline_at": "2027-01-01T00:00:00.000Z"},
        ["event 2: the plan's deadline is 2026-01-01T02:00:00.000Z"],
    ),
    "a request that the plan does not take": (
        "operation_accepted",
        0,
        {"request": {"size": "large"}},
        ["event 1: the plan takes no such request: ", "event 9 (ask): it covers something else "],
    ),
    "another action": (
        "phase_started",
        2,
        {"action": "w.check"},
        ["event 17 (destroy): it is w.destroy"],
    ),
    "an action that only reads": (
        "phase_started",
        2,
        {"safety": "read"},
        ["event 17 (destroy): that is destructive"],
    ),
    "a dry run in earnest": (
        "phase_started",
        2,
        {"dry_run": True},
        ["event 17 (destroy): the operation is no dry run"],
    ),
    "other parameters": (
        "phase_started",
        2,
        {"parameters": {"share": 9.0}},
        ["event 17 (destroy): the plan gives it something else"],
    ),
    "another token": (
        "phase_started",
        2,
        {"token": "op_1_destroy_7"},
        ["event 17 (destroy): its token is op_1_destroy_1"],
    ),
    "more time": (
        "phase_started",
        2,
        {"timeout_at": "2026-01-02T00:00:00.000Z"},
        ["event 17 (destroy): the plan gives it until 2026-01-01T00:11:20.000Z"],
    ),
    "a point of no return that is none": (
        "phase_started",
        2,
        {"no_return": False},
        ["event 17 (destroy): the plan does not let it be cancelled from here on"],
    ),
    "a failure that the plan does not retry": (
        "phase_retry_scheduled",
        0,
        {"failure": {"code": "wrong", "message": "", "detail": {}, "retry_class": "invalid"}},
        ["event 5 (look): the plan makes no other attempt after that"],
    ),
    "an attempt too early": (
        "phase_retry_scheduled",
        0,
        {"retry_at": "2026-01-01T00:00:01.000Z"},
        ["event 5 (look): the plan waits another time"],
    ),
    "an approval by another role": (
        "approval_requested",
        0,
        {"role": "intern"},
        ["event 9 (ask): the plan asks 2 of r"],
    ),
    "an approval that one is enough for": (
        "approval_requested",
        0,
        {"quorum": 1},
        ["event 9 (ask): the plan asks 2 of r"],
    ),
    "an approval of something else": (
        "approval_requested",
        0,
        {"covers": {"proofs": {}}},
        [
            "event 9 (ask): it covers something else than what was so",
            "event 9 (ask): its digest is not that of what it covers",
        ],
    ),
    "a decision on something else": (
        "approval_decided",
        0,
        {"digest": "sha256:0"},
        ["event 10 (ask): the plan does not let them decide: what you were shown has changed"],
    ),
    "somebody who decides twice": (
        "approval_decided",
        1,
        {"by": {"kind": "caller", "subject": "bob", "claims": {}}},
        [
            "event 11 (ask): somebody else caused it than it says",
            "event 11 (ask): the plan does not let them decide: bob has decided already",
            "event 12 (ask): others had approved it",
        ],
    ),
    "a shorter wait": (
        "wait_started",
        0,
        {"until": "2026-01-01T00:00:21.000Z"},
        ["event 14 (nap): the plan waits until 2026-01-01T00:01:20.000Z"],
    ),
    "a branch that is not there": (
        "parallel_started",
        0,
        {"branches": ["left"]},
        ["event 21 (verify): the plan has other branches"],
    ),
    "branches that failed": (
        "phase_finished",
        5,
        {"outcome": "fail", "status": "fail"},
        [
            "event 26 (verify): 1 of 2 branches passed, which is fail",
            "event 26 (verify): its branches came to something else",
        ],
    ),
    "an outcome that no driver has": (
        "phase_finished",
        3,
        {"outcome": "splendid", "status": "fail"},
        [
            "event 19 (destroy): w.destroy has no outcome 'splendid'",
            "event 20: destroy is not over with 'pass'",
        ],
    ),
    "a status that the outcome does not have": (
        "phase_finished",
        3,
        {"status": "refused"},
        ["event 19 (destroy): 'pass' is pass"],
    ),
    "a phase that was passed over": (
        "phase_finished",
        3,
        {"status": "skipped"},
        [
            "event 19 (destroy): only a dry run passes over a phase",
            "event 19 (destroy): a dry run can do that",
        ],
    ),
    "a status that there is not": (
        "phase_finished",
        3,
        {"status": "glorious"},
        ["event 19 (destroy): it cannot follow (ValueError: "],
    ),
    "another end": (
        "operation_finished",
        0,
        {"status": "cancelled"},
        ["event 28: pass ends as pass"],
    ),
    "a phase that the plan does not lead to": (
        "transition_taken",
        1,
        {"target": "destroy"},
        [
            "event 8: on 'outcome:pass' the plan leads from look to ask, not to destroy",
            "event 9 (ask): the operation is in destroy",
        ],
    ),
    "a way that is none": (
        "transition_taken",
        1,
        {"on": "teleported"},
        ["event 8: the plan allows no 'teleported' in look"],
    ),
    "an engine that gives up": (
        "transition_taken",
        1,
        {"on": "broken", "target": "@fail"},
        ["event 8: the plan could be followed from here"],
    ),
    "a cancel that nobody asked for": (
        "transition_taken",
        1,
        {"on": "cancelled", "target": "@cancelled"},
        ["event 8: nobody had asked to cancel"],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_plan_forbids_is_found_where_it_was_told(name: str):
    kind, nth, changes, expected = CHANGES[name]
    told = copied()
    found = event(told, kind, nth)["data"]
    assert {key: found.get(key) for key in changes} != changes
    found |= changes
    said = complaints(told)
    for line, begins in zip(said, expected, strict=False):
        assert line.startswith(begins), said
    assert len(said) >= len(expected), said


@pytest.mark.parametrize(
    ("kind", "by"),
    [("phase_started", ANN), ("transition_taken", EVE), ("approval_decided", ANN)],
)
def test_who_caused_an_event_is_who_can(kind: str, by: Any):
    told = copied()
    event(told, kind)["actor"] = msgspec.to_builtins(by)
    assert complaints(told)


def test_nothing_comes_after_the_end():
    told = copied()
    assert complaints([*told, told[-1]])[-1] == "event 29: the operation had ended"


def test_an_operation_is_accepted_first_and_once():
    told = copied()
    assert complaints(told[1:]) == ["event 1: an operation begins with operation_accepted"]
    assert complaints([told[0], *told]) == ["event 2: an operation is accepted once"]


def test_a_cancel_behind_the_point_of_no_return():
    player = play(guarded(), request={"size": 2.0}).go_to("destroy")
    asked = event([to_wire(e) for e in cancelled_early().events], "cancel_requested")
    events = [*player.events, from_wire({**asked, "at": player.now})]
    first, *_ = refused(guarded(), events)
    assert "it could not be cancelled any more: destroy is past the point of no return" in first


def cancelled_early() -> Player:
    player = play(guarded(), request={"size": 2.0})
    player.tell(inputs.Cancel(ANN))
    return player


def test_a_denied_operation_that_goes_on():
    from laneway.core.events import AuthorizationChecked

    player = play(guarded(), request={"size": 2.0}).go_to("destroy")
    place = next(n for n, e in enumerate(player.events) if e.event == _started(player))
    denied = AuthorizationChecked("destroy", Ruling(allowed=False))
    check = msgspec.structs.replace(player.events[place], event=denied)
    said = refused(guarded(), [*player.events[:place], check, *player.events[place:]])
    assert said == ["event 16 (destroy): the policy had denied it, and it goes on"]


def _started(player: Player) -> AnyEvent:
    return player.events[-1].event


def test_what_was_never_asked_for_cannot_be_given_up():
    player = play(guarded(), request={"size": 2.0}).go_to("ask")
    player.tell(inputs.Cancel(ANN))
    told = [to_wire(e) for e in player.events]
    assert complaints(told) == []
    told.remove(event(told, "approval_requested"))
    assert "event 8 (ask): ask was not under way" in complaints(told)


def test_a_branch_that_could_not_begin_is_over_when_its_phase_is_given_up():
    half = {"action": "w.check", "with": {"share": "${{ request.size * 0.5 }}"}}
    both = {"parallel": {"left": half, "right": {"action": "w.check"}}}
    both["on"] = {"pass": "pass", "fail": "fail"}
    ends = {"pass": {"end": "pass"}, "fail": {"end": "fail"}}
    document = {"plan": "two", "version": 1, "start": "both", "phases": {"both": both, **ends}}
    plan = compile_plan(document, ACTIONS)
    player = play(plan, request={"size": 2})  # a fraction of a whole number has no value
    player.tell(inputs.Cancel(ANN))
    place = next(n for n, e in enumerate(player.events) if event_type(e.event) == "phase_finished")
    assert refused(plan, player.events) == []
    left_out = [*player.events[:place], *player.events[place + 1 :]]
    assert "event 8 (both): left had not begun" in refused(plan, left_out)


def test_time_alone_makes_no_bundle_wrong():
    """A clock that was set back between two events is no forgery."""
    player = play(guarded(), request={"size": 2.0}).go_to("ask")
    player.now = later(player.now, -1_000)
    player.decide_on("ask", "approve", BOB)
    assert looked_at(told_of(player)).verified
