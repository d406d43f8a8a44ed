"""``time.check_window``: a window is open now, and for long enough.

Between the moment that a window opens and the phase that works in it there may be a pause, an
approval, or a server that was down. So a plan asks again, and may find another window.
"""

from datetime import timedelta

from laneway.core.events import Failure
from laneway.core.instants import as_datetime
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.time.find_window import MINUTES, MOMENT, moment
from laneway.ports.driver import ActionContext, ActionResult

CLOSED = "closed"

SPEC = ActionSpec(
    action_id="time.check_window",
    safety=Safety.READ,
    outcomes=("pass", "fail", CLOSED),
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {
            "opens": {**MOMENT, "description": "An RFC 3339 time."},
            "closes": {**MOMENT, "description": "An RFC 3339 time."},
            "least_minutes": {
                **MINUTES,
                "default": 0,
                "description": "How much of it must be left.",
            },
            "required": {
                "type": "boolean",
                "default": True,
                "description": "False skips the check, for a dry run, which waits for nothing.",
            },
        },
        "required": ["opens", "closes"],
        "additionalProperties": False,
    },
    evidence={
        "type": "object",
        "properties": {
            "skipped": {"const": True},
            "minutes_left": {"type": "integer"},
        },
        "additionalProperties": False,
    },
    authz_action="time.read",
    label="Check window",
    description="A maintenance window is open, and enough of it is left.",
)


class CheckWindow(NoRecovery):
    """The action."""

    spec = SPEC

    async def run(self, context: ActionContext) -> ActionResult:
        """Hold the window against the clock; the proof is that it is open, and not for how long."""
        given = context.parameters
        if not given.get("required", True):
            return ActionResult(outcome="pass", evidence={"skipped": True})
        now = as_datetime(context.now())
        opens, closes = moment(given["opens"]), moment(given["closes"])
        minutes = max(closes - now, timedelta()) // timedelta(minutes=1)
        evidence = {"minutes_left": minutes}
        if now < opens:
            message = f"the window opens at {given['opens']}"
            return _closed("window_not_open", message, evidence)
        if now >= closes or closes - now < timedelta(minutes=given.get("least_minutes", 0)):
            message = f"the window closes at {given['closes']}, in {minutes} minutes"
            return _closed("window_closed", message, evidence)
        proof = {"opens": given["opens"], "closes": given["closes"]}
        return ActionResult(outcome="pass", evidence=evidence, proof=proof)


def _closed(code: str, message: str, evidence: dict[str, int]) -> ActionResult:
    failure = Failure(code=code, message=message)
    return ActionResult(outcome=CLOSED, evidence=dict(evidence), failure=failure)
