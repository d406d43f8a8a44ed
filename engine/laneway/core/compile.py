"""From a plan's document to its frozen model, statechart and expressions.

The document is what the YAML says, as JSON, and the JSON Schema of plans has accepted it. Defaults
are filled in here; the digest is of the document as it was written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .digests import digest
from .expressions import Expressions
from .instants import parse_duration
from .machine import Machine
from .model import (
    ActionPhase,
    ActionSpec,
    ApprovalPhase,
    CancelPolicy,
    EndPhase,
    EndStatus,
    LaneMode,
    LanePolicy,
    ParallelPhase,
    Phase,
    Plan,
    Repeat,
    Requirement,
    Retention,
    Retry,
    Target,
    Transitions,
    WaitPhase,
    WhenBusy,
)
from .names import titled

DIGEST_DOMAIN = "laneway/plan/v1"

ACTION_TIMEOUT = "10m"
APPROVAL_EXPIRES = "24h"
DEADLINE = "24h"
RETRY_ON = ("unavailable", "timeout", "rate_limited")
"""The failure classes that a ``retry`` without ``on`` covers: those that pass by themselves."""

Document = Mapping[str, Any]


class UnknownAction(Exception):
    """A plan names an action that no driver offers."""

    def __init__(self, action: str) -> None:
        super().__init__(f"no driver offers the action {action!r}")
        self.action = action


@dataclass(frozen=True)
class CompiledPlan:
    """A plan with everything that is derived from it."""

    plan: Plan
    machine: Machine
    expressions: Expressions


def compile_plan(document: dict[str, Any], actions: Mapping[str, ActionSpec]) -> CompiledPlan:
    """Compile a plan.

    Args:
        document: a plan's document that the JSON Schema accepts, new or as it was stored.
        actions: what the drivers offer, by ``action_id``.

    Raises:
        UnknownAction: it names an action that is not among them.
        ExpressionInvalid: one of its expressions does not compile.
    """
    plan = _plan(document, actions)
    return CompiledPlan(plan, Machine(plan), Expressions.compile(plan))


def plan_actions(document: Document) -> set[str]:
    """The ids of every action that a plan's document names."""
    return set(_actions_of(document))


def _actions_of(document: Document) -> Iterator[str]:
    for phase in document["phases"].values():
        for performing in (phase, *phase.get("parallel", {}).values()):
            if "action" in performing:
                yield performing["action"]


def _plan(document: dict[str, Any], actions: Mapping[str, ActionSpec]) -> Plan:
    reader = _Reader(actions)
    return Plan(
        name=document["plan"],
        version=document["version"],
        title=document.get("title") or titled(document["plan"]),
        description=document.get("description", ""),
        digest=digest(DIGEST_DOMAIN, document),
        document=document,
        start=document["start"],
        phases={name: reader.phase(name, phase) for name, phase in document["phases"].items()},
        lane=_lane(document.get("lane", {})),
        request_schema=document.get("request", {}),
        deadline=parse_duration(document.get("deadline", DEADLINE)),
        on_deadline=document.get("on_deadline"),
        retention=Retention(**document.get("retention", {})),
    )


def _lane(lane: Document) -> LanePolicy:
    default = LanePolicy()
    return LanePolicy(
        mode=LaneMode(lane.get("mode", default.mode)),
        when_busy=WhenBusy(lane.get("when_busy", default.when_busy)),
        queue_limit=lane.get("queue_limit", default.queue_limit),
        repeat=Repeat(lane.get("repeat", default.repeat)),
    )


@dataclass(frozen=True)
class _Reader:
    """Reads phases, given what the drivers offer."""

    actions: Mapping[str, ActionSpec]

    def phase(self, name: str, phase: Document) -> Phase:
        """The phase of a document; it is exactly one of the five kinds."""
        common = _common(name, phase)
        if "action" in phase:
            return ActionPhase(**common, **self._work(phase))
        if "parallel" in phase:
            branches = (self._branch(name, *item) for item in phase["parallel"].items())
            return ParallelPhase(**common, branches=tuple(branches), join=phase.get("join", "all"))
        if "approval" in phase:
            return _approval(common, phase["approval"])
        if "wait" in phase:
            return WaitPhase(**common, **_wait(phase["wait"]))
        return EndPhase(**common, end=EndStatus(phase["end"]))

    def _branch(self, parent: str, name: str, branch: Document) -> ActionPhase:
        title = branch.get("title") or titled(name)
        return ActionPhase(name=name, title=title, parent=parent, **self._work(branch))

    def _work(self, phase: Document) -> dict[str, Any]:
        """What phases and branches that perform an action have."""
        action = phase["action"]
        if action not in self.actions:
            raise UnknownAction(action)
        return {
            "action": self.actions[action],
            "parameters": phase.get("with", {}),
            "timeout": parse_duration(phase.get("timeout", ACTION_TIMEOUT)),
            "retry": _retry(phase.get("retry")),
        }


def _common(name: str, phase: Document) -> dict[str, Any]:
    return {
        "name": name,
        "title": phase.get("title") or titled(name),
        "on": _transitions(phase.get("on", {})),
        "requires": tuple(_requirements(phase.get("requires", {}))),
        "cancel": CancelPolicy(phase["cancel"]) if "cancel" in phase else None,
        "max_visits": phase.get("max_visits"),
    }


def _transitions(on: Document) -> Transitions:
    return {outcome: tuple(_targets(targets)) for outcome, targets in on.items()}


def _targets(targets: str | list[Document]) -> Iterator[Target]:
    if isinstance(targets, str):
        yield Target(to=targets)
        return
    for target in targets:
        yield Target(to=target["to"], when=target.get("when"))


def _requirements(requires: Document) -> Iterator[Requirement]:
    for phase, how in requires.items():
        yield Requirement(phase=phase, max_age=_duration(how.get("max_age")))


def _approval(common: dict[str, Any], approval: Document) -> ApprovalPhase:
    return ApprovalPhase(
        **common,
        role=approval["role"],
        quorum=approval.get("quorum", 1),
        expires=parse_duration(approval.get("expires", APPROVAL_EXPIRES)),
        allow_requester=approval.get("allow_requester", False),
    )


def _wait(wait: str | Document) -> dict[str, Any]:
    if isinstance(wait, str):
        return {"duration": parse_duration(wait)}
    return {"duration": _duration(wait.get("for")), "until": wait.get("until")}


def _retry(retry: Document | None) -> Retry:
    if retry is None:
        return Retry()
    default = Retry()
    return Retry(
        attempts=retry["attempts"],
        delay=_duration(retry.get("delay")) or default.delay,
        factor=float(retry.get("factor", default.factor)),
        max_delay=_duration(retry.get("max_delay")) or default.max_delay,
        jitter=retry.get("jitter", default.jitter),
        on=tuple(retry.get("on", RETRY_ON)),
    )


def _duration(text: str | None) -> int | None:
    return None if text is None else parse_duration(text)
