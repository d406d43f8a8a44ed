"""Checks of what a statement says about itself: that its parts say the same as its events."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from laneway.core.chain import GENESIS, from_wire, link_hash, to_wire
from laneway.core.compile import DIGEST_DOMAIN, CompiledPlan, compile_plan
from laneway.core.digests import digest
from laneway.core.envelope import Recorded
from laneway.core.model import ActionSpec, Plan
from laneway.core.run import Run

from .archive import Artifacts, file_name
from .predicate import Statement
from .report import Found
from .snapshot import snapshot
from .statement import actions_digest, artifacts, phase_evidence
from .strict import Difference, difference, pointer

EVENT_DOMAIN = b"laneway/event/v1"

_STEP = re.compile(r"\.([^.\[]+)|\[([^\]]*)\]")


class Unusable(Exception):
    """A plan that does not compile; the message says why."""


# --- its form ------------------------------------------------------------------------------------


def form(statement: Any) -> Found | None:
    """What is not as the types of the predicate say."""
    try:
        msgspec.convert(statement, Statement)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        steps = [name or index for name, index in _STEP.findall(path.rstrip("`"))]
        return Found(f"it has not the form of evidence v1: {message}", pointer(*steps))
    return None


# --- the chain -----------------------------------------------------------------------------------


def broken_links(predicate: Mapping[str, Any]) -> Iterator[Found]:
    """Events that do not follow from the one before; each is named once."""
    operation, head, number = predicate["operation"]["id"], GENESIS, 0
    for place, wire in enumerate(predicate["events"]):
        wrong, name = _broken(wire, operation, number + 1, head)
        if wrong:
            where = pointer("predicate", "events", place, *([name] if name else ()))
            yield Found(wrong, where, wire["seq"], wire.get("phase"))
        number, head = wire["seq"], wire["hash"]


def _broken(wire: Mapping[str, Any], operation: str, seq: int, head: str) -> tuple[str, str]:
    """What is wrong with an event, and the field that says so."""
    if wire["seq"] != seq:
        return f"event {seq} is missing before it", "seq"
    if wire["hash"] != event_hash(wire):
        return "it was changed: its content has another hash", ""
    if wire["prev_hash"] != head:
        return "it does not follow the event before it", "prev_hash"
    if wire["operation_id"] != operation:
        return f"it is of another operation, {wire['operation_id']}", "operation_id"
    return _unreadable(wire)


def event_hash(wire: Mapping[str, Any]) -> str:
    """The hash that an event must have, of all that stands there, known or not."""
    return link_hash(EVENT_DOMAIN, dict(wire))


def _unreadable(wire: Mapping[str, Any]) -> tuple[str, str]:
    try:
        known = to_wire(from_wire(dict(wire)))
    except msgspec.ValidationError as error:
        return f"it is no event that this version knows: {error}", ""
    more = difference(known, wire, more=False)
    if more is None:
        return "", ""
    return f"it says what this version does not know, at {pointer(*more.where)}", ""


def wrong_head(predicate: Mapping[str, Any]) -> Iterator[Found]:
    """Where the head is not the last event: events after it were cut off, or put there."""
    head, last = predicate["head"], predicate["events"][-1]
    if head["seq"] > last["seq"]:
        told = (
            f"the events end with {last['seq']}, and {head['seq']} was the last: some are missing"
        )
        yield Found(told, "/predicate/head/seq", last["seq"])
    elif head["seq"] < last["seq"]:
        yield Found("there are events after it", "/predicate/head/seq", head["seq"])
    elif head["hash"] != last["hash"]:
        yield Found("the last event has another hash", "/predicate/head/hash", last["seq"])


# --- the plan ------------------------------------------------------------------------------------


def wrong_plan(predicate: Mapping[str, Any]) -> Iterator[Found]:
    """Where the plan is not what its digests say, or not what the operation was accepted under."""
    plan, where = predicate["plan"], "/predicate/plan"
    if plan["digest"] != digest(DIGEST_DOMAIN, plan["document"]):
        yield Found("the plan was changed: it has another digest", f"{where}/document")
    if plan["actions_digest"] != actions_digest(plan["actions"]):
        yield Found("what the drivers declared was changed", f"{where}/actions")
    first = predicate["events"][0]["data"]
    for name in ("name", "version", "digest"):
        named = "plan" if name == "name" else f"plan_{name}"
        if first.get(named) != plan[name]:
            told = f"the operation was accepted under another plan: {first.get(named)}"
            yield Found(told, f"{where}/{name}", 1)


def compiled(plan: Mapping[str, Any]) -> CompiledPlan:
    """The plan that a bundle holds.

    Raises:
        Unusable: it does not compile.
    """
    try:
        actions = msgspec.convert(plan["actions"], dict[str, ActionSpec])
        return compile_plan(plan["document"], actions)
    except Exception as error:
        raise Unusable(f"{type(error).__name__}: {error}") from error


# --- what is derived from the events -------------------------------------------------------------


def wrong_snapshot(predicate: Mapping[str, Any], plan: Plan, run: Run) -> Iterator[Found]:
    """Where the snapshot is not what the events come to."""
    expected = msgspec.to_builtins(snapshot(plan, run))
    found = difference(expected, predicate["operation"])
    if found is not None:
        yield _found(("predicate", "operation"), found, _phase_of(found, expected))


def _phase_of(found: Difference, expected: Mapping[str, Any]) -> str | None:
    match found.where:
        case ("phases", int(place), *_) if place < len(expected["phases"]):
            return str(expected["phases"][place]["name"])
    return None


def wrong_evidence(predicate: Mapping[str, Any], events: Sequence[Recorded]) -> Iterator[Found]:
    """Where the phases' evidence is not what the events brought."""
    expected = msgspec.to_builtins(list(phase_evidence(events)))
    found = difference(expected, predicate["evidence"])
    if found is not None:
        yield _found(("predicate", "evidence"), found, *_named(found, expected))


def wrong_artifacts(predicate: Mapping[str, Any], events: Sequence[Recorded]) -> Iterator[Found]:
    """Where the list of artifacts is not what the events brought."""
    expected = msgspec.to_builtins(list(artifacts(events)))
    found = difference(expected, predicate["artifacts"])
    if found is not None:
        yield _found(("predicate", "artifacts"), found, *_named(found, expected))


def _named(
    found: Difference, expected: Sequence[Mapping[str, Any]]
) -> tuple[str | None, int | None]:
    match found.where:
        case (int(place), *_) if place < len(expected):
            return expected[place]["phase"], expected[place]["seq"]
    return None, None


def _found(
    base: tuple[str, ...], found: Difference, phase: str | None, seq: int | None = None
) -> Found:
    told = f"{found.where[-1] if found.where else 'it'} {found.message}"
    return Found(told, pointer(*base, *found.where), seq, phase)


def wrong_bytes(said: Sequence[Mapping[str, Any]], beside: Artifacts) -> Iterator[Found]:
    """Artifacts whose bytes are missing or were changed, and files that are none of them."""
    for place, each in enumerate(said):
        name, where = file_name(each["digest"]), pointer("predicate", "artifacts", place)
        about: tuple[str, int, str] = (f"{where} {name}", each["seq"], each["phase"])
        if each["digest"] not in beside.entries:
            yield Found(f"the bytes of {each['name']} are missing", *about)
        elif not beside.matches(each["digest"], each["size"]):
            yield Found(f"the bytes of {each['name']} were changed", *about)
    known = {each["digest"] for each in said}
    for stranger in (*beside.strangers, *map(file_name, sorted({*beside.entries} - known))):
        yield Found(f"{stranger!r} is no part of the bundle", stranger)
