"""What a change of a plan means: which of them take a safeguard away."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from laneway.core.compile import compile_plan
from laneway.core.differences import Bearing, Difference, Version, difference
from laneway.core.model import Plan
from tests.support.pictures import EVERYTHING
from tests.support.random_plans import ACTIONS, plans

Edit = Callable[[dict[str, Any]], object]

PLAN: dict[str, Any] = {
    "plan": "release",
    "version": 4,
    "deadline": "8h",
    "on_deadline": "tidy",
    "retention": {"keep_days": 400, "keep_last": 20},
    "lane": {"repeat": "explicit"},
    "request": {
        "type": "object",
        "required": ["size"],
        "additionalProperties": False,
        "properties": {"size": {"type": "integer"}, "why": {"type": "string"}},
    },
    "start": "prove",
    "phases": {
        "prove": {
            "action": "w.prove",
            "timeout": "30s",
            "retry": {"attempts": 3, "on": ["timeout"]},
            "on": {
                "pass": [{"to": "ask", "when": "lane.instance == 'prod'"}, {"to": "rest"}],
                "fail": "fail",
                "refused": "refused",
            },
        },
        "ask": {
            "approval": {"role": "boss", "quorum": 2, "expires": "4h"},
            "on": {"approved": "rest", "rejected": "refused", "expired": "refused"},
        },
        "rest": {"wait": "10m", "on": {"pass": "destroy"}},
        "destroy": {
            "action": "w.destroy",
            "cancel": "refuse",
            "with": {"size": "${{ request.size }}"},
            "requires": {"prove": {"max_age": "1h"}},
            "on": {"pass": "verify", "fail": "fail"},
        },
        "verify": {
            "parallel": {"here": {"action": "w.check"}, "there": {"action": "w.check"}},
            "on": {"pass": "pass", "fail": "fail"},
        },
        "tidy": {"action": "w.note", "on": {"pass": "cancelled", "fail": "fail"}},
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
        "refused": {"end": "refused"},
        "cancelled": {"end": "cancelled"},
    },
}


def compiled(document: dict[str, Any]) -> Plan:
    return compile_plan(document, ACTIONS).plan


def edited(edit: Edit, document: dict[str, Any] = PLAN) -> dict[str, Any]:
    copied = copy.deepcopy(document)
    edit(copied)
    return copied


def changed(edit: Edit) -> Difference:
    return difference(compiled(PLAN), compiled(edited(edit)))


def put(path: str, value: Any) -> Edit:
    """Set one value; the path's parts are keys."""

    def edit(document: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for key in parents:
            document = document.setdefault(key, {})
        document[last] = value

    return edit


def drop(path: str) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for key in parents:
            document = document[key]
        del document[last]

    return edit


def all_of(*edits: Edit) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        for each in edits:
            each(document)

    return edit


DANGEROUS, LOOSER, NEUTRAL, STRICTER = Bearing

TABLE: dict[str, tuple[Edit, str, Bearing]] = {
    "a title": (put("title", "Other"), "title", NEUTRAL),
    "a phase's title": (put("phases.rest.title", "Sleep"), "title", NEUTRAL),
    "another start": (put("start", "rest"), "start", NEUTRAL),
    "a longer deadline": (put("deadline", "9h"), "deadline", LOOSER),
    "a shorter deadline": (put("deadline", "7h"), "deadline", STRICTER),
    "no phase for the deadline": (drop("on_deadline"), "on_deadline", DANGEROUS),
    "another phase for the deadline": (put("on_deadline", "verify"), "on_deadline", NEUTRAL),
    "repeating unasked": (put("lane.repeat", "allow"), "repeat", DANGEROUS),
    "a queue": (put("lane.when_busy", "queue"), "when_busy", NEUTRAL),
    "a longer queue": (put("lane.queue_limit", 9), "queue_limit", NEUTRAL),
    "kept for less long": (put("retention.keep_days", 30), "keep_days", LOOSER),
    "more are kept": (put("retention.keep_last", 30), "keep_last", STRICTER),
    "a field more": (put("request.properties.more", {}), "request_added", LOOSER),
    "a field less": (drop("request.properties.why"), "request_removed", STRICTER),
    "a field that must be there": (
        put("request.required", ["size", "why"]),
        "request_required",
        STRICTER,
    ),
    "a field of another kind": (
        put("request.properties.why", {"type": "integer"}),
        "request_property",
        NEUTRAL,
    ),
    "an open request": (put("request.additionalProperties", True), "request_open", LOOSER),
    "a longer timeout": (put("phases.prove.timeout", "1m"), "timeout", LOOSER),
    "a shorter timeout": (put("phases.prove.timeout", "1s"), "timeout", STRICTER),
    "more attempts": (put("phases.prove.retry.attempts", 9), "attempts", LOOSER),
    "fewer attempts": (put("phases.prove.retry.attempts", 2), "attempts", STRICTER),
    "retried on more": (
        put("phases.prove.retry.on", ["timeout", "unavailable"]),
        "retry_on",
        LOOSER,
    ),
    "other pauses": (put("phases.prove.retry.delay", "9s"), "retry_delay", NEUTRAL),
    "another action": (put("phases.verify.parallel.here.action", "w.prove"), "action", NEUTRAL),
    "a graver action": (put("phases.tidy.action", "w.ensure"), "safety", LOOSER),
    "what destroys gets something else": (put("phases.destroy.with.size", 1), "with", DANGEROUS),
    "nothing is required": (drop("phases.destroy.requires"), "requires_lost", DANGEROUS),
    "an older proof": (put("phases.destroy.requires.prove.max_age", "2h"), "max_age", LOOSER),
    "a proof of any age": (put("phases.destroy.requires.prove", {}), "max_age", LOOSER),
    "a fresher proof": (put("phases.destroy.requires.prove.max_age", "1m"), "max_age", STRICTER),
    "one approval is enough": (put("phases.ask.approval.quorum", 1), "approval_quorum", DANGEROUS),
    "three approvals": (put("phases.ask.approval.quorum", 3), "approval_quorum", STRICTER),
    "others approve": (put("phases.ask.approval.role", "all"), "approval_role", DANGEROUS),
    "the requester approves": (
        put("phases.ask.approval.allow_requester", True),
        "approval_requester",
        DANGEROUS,
    ),
    "an approval that holds longer": (
        put("phases.ask.approval.expires", "9h"),
        "approval_expires",
        LOOSER,
    ),
    "a shorter wait": (put("phases.rest.wait", "1m"), "wait", LOOSER),
    "another wait": (put("phases.rest.wait", {"until": "operation.created_at"}), "wait", NEUTRAL),
    "cancelling is allowed later": (put("phases.rest.cancel", "refuse"), "cancel", STRICTER),
    "one branch is enough": (put("phases.verify.join", "any"), "join", DANGEROUS),
    "a check less": (drop("phases.verify.parallel.there"), "phase_removed", LOOSER),
    "a check more": (
        put("phases.verify.parallel.more", {"action": "w.check"}),
        "phase_added",
        STRICTER,
    ),
    "a branch that destroys": (
        put("phases.verify.parallel.more", {"action": "w.wreck"}),
        "phase_added",
        DANGEROUS,
    ),
    "people are asked elsewhere": (
        put("phases.prove.on.pass", [{"to": "ask", "when": "request.size > 3"}, {"to": "rest"}]),
        "guard",
        DANGEROUS,
    ),
    "people are asked always": (put("phases.prove.on.pass", "ask"), "transition", STRICTER),
    "a failure is passed over": (put("phases.verify.on.fail", "pass"), "transition", DANGEROUS),
    "a failure leads elsewhere": (put("phases.verify.on.fail", "refused"), "transition", NEUTRAL),
    "a clean-up": (put("phases.rest.on.cancelled", "tidy"), "transition_added", STRICTER),
    "an end of another kind": (put("phases.cancelled.end", "fail"), "end", NEUTRAL),
    "a failure that counts as passed": (put("phases.fail.end", "pass"), "end", DANGEROUS),
    "limits for a loop": (put("phases.rest.max_visits", 2), "max_visits", STRICTER),
    "past the proof": (
        all_of(put("start", "rest"), put("phases.rest.on.pass", "destroy")),
        "bypass",
        DANGEROUS,
    ),
    "nothing is verified": (
        all_of(put("phases.destroy.on.pass", "pass"), drop("phases.verify")),
        "proof_lost",
        DANGEROUS,
    ),
    "a longer worst case": (put("phases.tidy.timeout", "2h"), "timeout", LOOSER),
}


@pytest.mark.parametrize("name", TABLE)
def test_a_change_has_its_bearing(name: str):
    edit, code, bearing = TABLE[name]
    found = changed(edit)
    assert (code, bearing) in {(change.code, change.bearing) for change in found.changes}


@pytest.mark.parametrize("name", TABLE)
def test_a_change_that_is_taken_back_is_told_too(name: str):
    edit, _, _ = TABLE[name]
    back = difference(compiled(edited(edit)), compiled(PLAN))
    assert back.changes


def test_an_approval_that_is_gone_is_dangerous():
    found = changed(all_of(put("phases.prove.on.pass", "rest"), drop("phases.ask")))
    told = {(change.phase, change.code) for change in found.of(DANGEROUS)}
    assert ("ask", "phase_removed") in told
    assert found.worst is DANGEROUS


def test_an_approval_that_is_new_is_stricter():
    edit = all_of(put("phases.prove.on.pass", "rest"), drop("phases.ask"))
    found = difference(compiled(edited(edit)), compiled(PLAN))
    assert ("phase_added", STRICTER) in {(c.code, c.bearing) for c in found.changes}


def test_a_phase_that_is_only_renamed_is_one_change():
    document = edited(
        all_of(
            put("phases.tidied", PLAN["phases"]["tidy"]),
            drop("phases.tidy"),
            put("on_deadline", "tidied"),
        )
    )
    found = difference(compiled(PLAN), compiled(document))
    told = [(change.code, change.phase) for change in found.changes]
    assert told == [("phase_renamed", "tidied"), ("title", "tidied")]


def test_the_most_serious_comes_first():
    found = changed(
        all_of(put("title", "x"), put("deadline", "9h"), put("phases.ask.approval.quorum", 1))
    )
    places = [[*Bearing].index(change.bearing) for change in found.changes]
    assert places == sorted(places)
    assert found.changes[0].code == "approval_quorum"


@pytest.mark.parametrize(
    ("edit", "version"),
    [
        (put("title", "x"), Version.NOT_RAISED),
        (all_of(put("title", "x"), put("version", 5)), Version.RAISED),
        (all_of(put("title", "x"), put("version", 3)), Version.NOT_RAISED),
        (put("plan", "other"), Version.OTHER_PLAN),
        (lambda document: None, Version.SAME_CONTENT),
    ],
)
def test_whether_the_version_was_raised(edit: Edit, version: Version):
    assert changed(edit).version is version


@given(plans())
@settings(deadline=None, max_examples=40)
def test_a_plan_does_not_differ_from_itself(document: dict[str, Any]):
    plan = compiled(document)
    assert not difference(plan, plan).changes
    raised = compiled({**document, "version": 2})
    assert not difference(plan, raised).changes


@given(plans(), plans())
@settings(deadline=None, max_examples=40)
def test_any_two_plans_can_be_compared(one: dict[str, Any], other: dict[str, Any]):
    found = difference(compiled(one), compiled(other))
    assert bool(found.changes) or one["phases"].keys() == other["phases"].keys()
    names = {phase.name for plan in (found.old, found.new) for phase in plan.every_phase()}
    assert {change.phase for change in found.changes} <= {"", *names}


def test_everything_can_be_compared_with_something_else():
    found = difference(compiled(PLAN), compiled(EVERYTHING))
    assert found.version is Version.OTHER_PLAN
    assert {Bearing.DANGEROUS, Bearing.STRICTER} <= {change.bearing for change in found.changes}
