"""Text that wants to be markup, in every place where somebody else's text comes from."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from laneway.core.events import Failure
from laneway.core.model import ActionSpec, Safety
from laneway.ports.driver import (
    Action,
    ActionContext,
    ActionResult,
    Artifact,
    DriverDescriptor,
    OutcomeUnknown,
)

NAME = "hostile"
MARK = "data-hostile"
"""No element of the page has this attribute, unless a text has become one."""


def hostile(place: str) -> str:
    """A text that becomes an image, a script and an event if anything takes it for markup."""
    return (
        f"<img src=x {MARK}={place} onerror=alert('{place}')>"
        f"<script {MARK}>alert('{place}')</script>"
    )


ADDRESS = "javascript:alert('address')"
PROBES = [
    {
        "probe": hostile("probe"),
        "url": ADDRESS,
        "status": hostile("probe-status"),
        "status_code": 200,
        "content_type": hostile("content-type"),
        "failure_class": hostile("failure-class"),
        "detail": hostile("probe-detail"),
    }
]
LOG = "\n".join(
    (hostile("log"), "\x1b[31mred\x1b[0m", "]]>--></script></pre><!--", "end of the log")
)


def _spec(name: str, safety: Safety, **more: Any) -> ActionSpec:
    return ActionSpec(
        f"{NAME}.{name}",
        safety,
        label=hostile(f"label-{name}"),
        description=hostile(f"description-{name}"),
        **more,
    )


class Looks:
    """Passes, with evidence that is full of it."""

    spec = _spec("look", Safety.READ)

    async def run(self, context: ActionContext) -> ActionResult:
        await context.progress(hostile("progress"), {hostile("data-key"): hostile("data")})
        return ActionResult(
            outcome="pass",
            evidence={"probes": PROBES, hostile("key"): [hostile("value"), {"a": hostile("deep")}]},
            artifacts=(
                Artifact(name="log.txt", media_type="text/plain", content=LOG.encode()),
                Artifact(name="page.html", media_type="text/html", content=LOG.encode()),
            ),
        )

    async def recover(self, context: ActionContext) -> ActionResult:
        raise AssertionError("it only reads")

    async def dry_run(self, context: ActionContext) -> ActionResult:
        raise AssertionError("it only reads")


class Changes(Looks):
    """Does not know what became of it, and says so with it."""

    spec = _spec("change", Safety.DESTRUCTIVE, recoverable=True)

    async def run(self, context: ActionContext) -> ActionResult:
        await context.save_checkpoint({"run": hostile("checkpoint")}, hostile("saved"))
        detail = {"provider": hostile("detail"), "url": ADDRESS}
        raise OutcomeUnknown("outcome_unknown_hostile", hostile("failure"), detail=detail)

    async def recover(self, context: ActionContext) -> ActionResult:
        return await self.run(context)


class Fails(Looks):
    """Fails, and says why with it."""

    spec = _spec("fail", Safety.READ)

    async def run(self, context: ActionContext) -> ActionResult:
        failure = Failure("hostile", hostile("failure-message"), {"why": hostile("why")})
        return ActionResult(outcome="fail", failure=failure, evidence={"seen": hostile("seen")})


class Chatters(Looks):
    """Tells of its progress as often as it is asked to."""

    spec = _spec(
        "chatter",
        Safety.READ,
        parameters={"type": "object", "properties": {"times": {"type": "integer"}}},
    )

    async def run(self, context: ActionContext) -> ActionResult:
        for number in range(int(context.parameters["times"])):
            await context.progress(f"step {number + 1} is done")
        return ActionResult(outcome="pass")


class HostileDriver:
    """Implements `laneway.ports.driver.Driver`."""

    def __init__(self) -> None:
        self._actions = (Looks(), Changes(), Fails(), Chatters())
        self.descriptor = DriverDescriptor(
            driver_id=NAME,
            label=hostile("driver"),
            description=hostile("driver-description"),
            actions=tuple(action.spec for action in self._actions),
        )

    def actions(self) -> Sequence[Action]:
        """Its actions."""
        return self._actions

    async def start(self) -> None:
        """Nothing is shared."""

    async def stop(self) -> None:
        """Nothing is shared."""


PLAN: dict[str, Any] = {
    "plan": NAME,
    "version": 1,
    "title": hostile("title"),
    "description": hostile("description"),
    "request": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "note": {
                "type": "string",
                "title": hostile("field"),
                "description": hostile("field-description"),
                "default": hostile("default"),
            },
        },
    },
    "start": "look",
    "phases": {
        "look": {
            "title": hostile("phase"),
            "action": "hostile.look",
            "on": {"pass": "ask", "fail": "fail"},
        },
        "ask": {
            "title": hostile("approval"),
            "approval": {"role": "release-manager", "quorum": 1, "expires": "1h"},
            "on": {"approved": "change", "rejected": "refused", "expired": "refused"},
        },
        "change": {
            "title": hostile("change"),
            "action": "hostile.change",
            "requires": {"look": {}},
            "cancel": "refuse",
            "on": {"pass": "check", "fail": "fail"},
        },
        "check": {"action": "hostile.fail", "on": {"pass": "pass", "fail": "fail"}},
        "pass": {"end": "pass"},
        "fail": {"title": hostile("end"), "end": "fail"},
        "refused": {"end": "refused"},
    },
}
TALK: dict[str, Any] = {
    "plan": "talk",
    "version": 1,
    "request": {"type": "object", "properties": {"times": {"type": "integer"}}},
    "start": "talk",
    "phases": {
        "talk": {
            "action": "hostile.chatter",
            "with": {"times": "${{ request.times }}"},
            "timeout": "10m",
            "on": {"pass": "pass", "fail": "fail"},
        },
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
    },
}
BROKEN = {**PLAN, "plan": "broken", "title": hostile("broken"), "start": hostile("start")}


def plans(folder: Path) -> Path:
    """A folder with such plans, one of which does not load."""
    folder.mkdir()
    for plan in (PLAN, TALK, BROKEN):
        (folder / f"{plan['plan']}.yaml").write_text(json.dumps(plan, indent=2), encoding="utf-8")
    return folder
