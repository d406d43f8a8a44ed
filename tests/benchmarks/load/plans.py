"""The plans that benchmarks run, and the actions that they name."""

from typing import Any

from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.model import ActionSpec, Lane, Safety

PHASES = 8

NOTHING: dict[str, Any] = {"type": "object", "additionalProperties": False}
STEP = ActionSpec(
    action_id="x.step",
    safety=Safety.READ,
    idempotent=True,
    parameters=NOTHING,
    evidence={"type": "object", "properties": {"ended": {"type": "integer"}}},
    authz_action="x.read",
    label="Step",
    description="Passes at once.",
)
HOLD = ActionSpec(
    action_id="x.hold",
    safety=Safety.READ,
    idempotent=True,
    parameters=NOTHING,
    authz_action="x.read",
    label="Hold",
    description="Passes when it is released.",
)
TALK = ActionSpec(
    action_id="x.talk",
    safety=Safety.READ,
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {"events": {"type": "integer"}, "pause": {"type": "integer"}},
        "required": ["events", "pause"],
        "additionalProperties": False,
    },
    authz_action="x.read",
    label="Talk",
    description="When it is released, tells that many events, with a pause (ms) after each.",
)
SPECS = {spec.action_id: spec for spec in (STEP, HOLD, TALK)}


def steps(name: str, *actions: dict[str, Any], lane: dict[str, Any] | None = None) -> Any:
    """A plan that runs actions one after the other."""
    names = [f"step_{n}" for n in range(1, len(actions) + 1)]
    following = dict(zip(names, [*names[1:], "pass"], strict=True))
    phases: dict[str, Any] = {
        step: {**action, "on": {"pass": following[step], "fail": "fail"}}
        for step, action in zip(names, actions, strict=True)
    }
    document = {"plan": name, "version": 1, "title": f"Benchmark: {name}", "start": names[0]}
    ends = {"pass": {"end": "pass"}, "fail": {"end": "fail"}}
    return {**document, **({"lane": lane} if lane else {}), "phases": phases | ends}


def eight(name: str = "eight") -> Any:
    """The plan that everything is measured by: eight actions that do nothing."""
    return steps(name, *({"action": "x.step"},) * PHASES)


def hold() -> Any:
    """An operation that runs until it is released; many of them may be on a lane."""
    return steps("hold", {"action": "x.hold", "timeout": "2h"}, lane={"mode": "shared"})


def talk() -> Any:
    """An operation that, once it is released, tells as much as its request says."""
    document = steps(
        "talk",
        {
            "action": "x.talk",
            "timeout": "2h",
            "with": {"events": "${{ request.events }}", "pause": "${{ request.pause }}"},
        },
    )
    number = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
    return document | {
        "request": {
            "type": "object",
            "required": ["events", "pause"],
            "additionalProperties": False,
            "properties": {"events": number, "pause": number},
        }
    }


def wait() -> Any:
    """An operation that waits for a timer: nothing of it runs."""
    document = steps("wait", {"action": "x.step"})
    document["phases"]["step_1"]["on"]["pass"] = "wait"
    document["phases"]["wait"] = {"wait": "2h", "on": {"pass": "pass"}}
    return document


class Offered:
    """A plan as a catalog offers it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.compiled: CompiledPlan = compile_plan(document, SPECS)
        self.actions = SPECS

    def check_request(self, request: dict[str, Any]) -> list[tuple[str, str]]:
        """Nothing is wrong."""
        return []


class Plans:
    """Offers plans by their names."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self._plans = {document["plan"]: Offered(document) for document in documents}

    def offered(self, name: str) -> Offered | None:
        """The plan of that name."""
        return self._plans.get(name)


class EveryLane:
    """Knows a target record of every lane."""

    def target(self, lane: Lane) -> dict[str, Any] | None:
        """The record."""
        return {"instance": lane.instance}
