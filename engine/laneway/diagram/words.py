"""A plan in words: what it asks for, what each phase does to the world, what follows from what."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from laneway.core.cancelling import own_policy
from laneway.core.model import (
    ActionPhase,
    ApprovalPhase,
    CancelPolicy,
    EndPhase,
    LaneMode,
    ParallelPhase,
    Phase,
    Plan,
    Repeat,
    Safety,
    WaitPhase,
    WhenBusy,
)
from laneway.core.proofs import Facts, facts, in_words

from . import notes
from .exits import exits


@dataclass(frozen=True)
class Said:
    """One thing that is said: what it is about, and a sentence."""

    about: str
    words: str


@dataclass(frozen=True)
class Told:
    """What is said of a plan, or of one of its phases.

    Attributes:
        hue: what a phase is coloured by, see `notes.hue`; empty for the plan.
        committed: the point of no return is behind the phase, or is passed with it.
        branch: it is a branch of the phase before it.
    """

    name: str
    title: str
    hue: str
    tag: str
    said: tuple[Said, ...]
    committed: bool = False
    branch: bool = False


def words(plan: Plan) -> tuple[Told, ...]:
    """The plan as a whole, and then its phases in its order."""
    known = facts(plan)
    whole = Told(plan.name, plan.title, "", f"version {plan.version}", tuple(_plan(plan, known)))
    return (whole, *(_phase(plan, phase, known) for phase in plan.every_phase()))


# --- the plan ------------------------------------------------------------------------------------


def _plan(plan: Plan, known: Facts) -> Iterator[Said]:
    if plan.description:
        yield Said("does", plan.description)
    yield Said("lane", _lane(plan))
    if known.destructive:
        yield Said("again", _again(plan))
    for name, schema in plan.request_schema.get("properties", {}).items():
        yield Said("request", _asked(plan, name, schema))
    yield Said("starts", f"with {_title(plan, plan.start)}")
    late = "it ends as fail" if plan.on_deadline is None else _title(plan, plan.on_deadline)
    yield Said("deadline", f"{in_words(plan.deadline)} from when it has its lane; then: {late}")
    yield Said("worst case", _worst(known))
    yield Said("no return", _no_return(plan, known))
    kept = plan.retention
    yield Said("kept", f"{kept.keep_days} days, and the newest {kept.keep_last} on each lane")
    yield Said("digest", plan.digest)


def _lane(plan: Plan) -> str:
    if plan.lane.mode is LaneMode.SHARED:
        return "shared: it waits for nobody and holds nobody up, and only reads"
    waiting = f"waits in a queue of at most {plan.lane.queue_limit}"
    busy = "is refused" if plan.lane.when_busy is WhenBusy.REJECT else waiting
    return f"exclusive: one operation at a time; a submission for a lane that is held {busy}"


def _again(plan: Plan) -> str:
    if plan.lane.repeat is Repeat.ALLOW:
        return "it may destroy again on a lane where it has done so before"
    return "to destroy again on a lane, a submission must name the last such operation (supersedes)"


def _asked(plan: Plan, name: str, schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return name
    kinds = schema.get("type", "anything")
    kind = kinds if isinstance(kinds, str) else " or ".join(map(str, kinds))
    required = name in plan.request_schema.get("required", ())
    default = f", {_in_json(schema['default'])} if left out" if "default" in schema else ""
    told = f"{name} ({kind}, {'required' if required else 'optional'}{default})"
    return told + (f": {schema['description']}" if schema.get("description") else "")


def _in_json(value: Any) -> str:
    """A value as whoever submits it writes it: ``true``, and not ``True``."""
    return json.dumps(value, ensure_ascii=False)


def _worst(known: Facts) -> str:
    at_most = "" if known.longest.exact else "at most "
    waits = f", and the wait of {', '.join(known.open_waits)}" if known.open_waits else ""
    return f"{at_most}{in_words(known.worst_case)}{waits}, by {known.longest.witness}"


def _no_return(plan: Plan, known: Facts) -> str:
    if not known.point_of_no_return:
        return "none: it can be cancelled to its end"
    titles = " or ".join(_title(plan, name) for name in known.point_of_no_return)
    return f"with {titles}: from there on cancelling is refused"


def _title(plan: Plan, name: str) -> str:
    return f"{plan.phase(name).title} ({name})"


# --- phases --------------------------------------------------------------------------------------


def _phase(plan: Plan, phase: Phase, known: Facts) -> Told:
    committed = phase.name in known.committed or phase.name in known.point_of_no_return
    branch = isinstance(phase, ActionPhase) and phase.parent is not None
    said = tuple(_said(plan, phase, known, branch=branch))
    hue = notes.hue(phase)
    return Told(phase.name, phase.title, hue, notes.tag(phase), said, committed, branch)


def _said(plan: Plan, phase: Phase, known: Facts, *, branch: bool) -> Iterator[Said]:
    yield from _does(phase)
    for each in phase.requires:
        age = "" if each.max_age is None else f" not more than {in_words(each.max_age)} ago"
        again = "" if each.max_age is None else "; it is made again where that is longer"
        yield Said("requires", f"{_title(plan, each.phase)} has passed{age}{again}")
    if not branch and not isinstance(phase, EndPhase):
        if not isinstance(phase, WaitPhase) or phase.until is None:
            yield Said("takes", f"at most {in_words(known.lengths[phase.name])}")
        yield Said("cancel", _cancel(phase, known))
    if phase.max_visits is not None:
        yield Said("visits", f"at most {phase.max_visits} in one operation")
    before = known.dominators.get(phase.name, ())
    if before:
        yield Said("always after", ", ".join(before))
    for way in exits(phase):
        when = f" when {way.guard}" if way.guard else " otherwise" if way.otherwise else ""
        yield Said("then", f"{way.words}{when}: {_title(plan, way.target)}")


def _does(phase: Phase) -> Iterator[Said]:
    if isinstance(phase, ActionPhase):
        told = f": {phase.action.description}" if phase.action.description else ""
        yield Said("does", f"{phase.action.action_id}, which {_DOES[phase.action.safety]}{told}")
        yield Said("attempts", f"{in_words(phase.timeout)} each; {notes.retries(phase.retry)}")
    elif isinstance(phase, ApprovalPhase):
        yield Said("asks", _asks(phase))
    elif isinstance(phase, WaitPhase):
        for_long = f"until {phase.until}" if phase.until else in_words(phase.duration or 0)
        yield Said("waits", for_long)
    elif isinstance(phase, ParallelPhase):
        yield Said("does", f"{notes.subject(phase).words}, of {_names(phase)}")
    else:
        yield Said("ends", f"the operation as {phase.end}")


_DOES = {
    Safety.READ: "only reads",
    Safety.SAFE_WRITE: "writes what does no harm",
    Safety.MUTATION: "changes something",
    Safety.DESTRUCTIVE: "destroys",
}


def _asks(phase: ApprovalPhase) -> str:
    number = "one person" if phase.quorum == 1 else f"{phase.quorum} people"
    own = "may be" if phase.allow_requester else "not"
    return (
        f"{number} with the role {phase.role} ({own} who requested it), "
        f"for {in_words(phase.expires)}"
    )


def _names(phase: ParallelPhase) -> str:
    return ", ".join(branch.name for branch in phase.branches)


def _cancel(phase: Phase, known: Facts) -> str:
    if phase.cancel is None and phase.name in known.committed:
        return "refused: the point of no return is behind it"
    return _CANCELLING[own_policy(phase)] + (
        f"; then {phase.on['cancelled'][0].to}" if "cancelled" in phase.on else ""
    )


_CANCELLING = {
    CancelPolicy.IMMEDIATE: "stops it",
    CancelPolicy.DEFER: "takes effect when it has passed",
    CancelPolicy.REFUSE: "refused: this is the point of no return",
}
