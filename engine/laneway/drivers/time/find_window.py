"""``time.find_window``: the next time that the lane may be worked on."""

from datetime import datetime, timedelta
from typing import Any

from laneway.core.events import Failure
from laneway.core.instants import as_datetime, instant, parse_instant
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.time.target import windows_of
from laneway.drivers.time.windows import WindowInvalid, next_opening
from laneway.ports.driver import ActionContext, ActionFailed, ActionResult

MOMENT: dict[str, Any] = {"type": "string", "minLength": 20, "maxLength": 40}
MINUTES: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 10_080}

NONE = "none"

SPEC = ActionSpec(
    action_id="time.find_window",
    safety=Safety.READ,
    outcomes=("pass", "fail", NONE),
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {
            "not_before": {
                "type": "string",
                "maxLength": 40,
                "description": "An RFC 3339 time; empty: now.",
            },
            "least_minutes": {
                **MINUTES,
                "default": 0,
                "description": "For how long the lane must be free to be worked on.",
            },
        },
        "additionalProperties": False,
    },
    evidence={
        "type": "object",
        "properties": {"opens": MOMENT, "closes": MOMENT},
        "additionalProperties": False,
    },
    authz_action="time.read",
    label="Find window",
    description="Tells when the next maintenance window of the lane opens, and when it closes.",
)


class FindWindow(NoRecovery):
    """The action."""

    spec = SPEC

    async def run(self, context: ActionContext) -> ActionResult:
        """Look for the first window that is long enough; a lane without one has ``none``."""
        least = timedelta(minutes=context.parameters.get("least_minutes", 0))
        try:
            found = next_opening(windows_of(context), _beginning(context), least)
        except WindowInvalid as invalid:
            message = f"the lane's target record cannot be used: {invalid}"
            raise ActionFailed("target_invalid", message, retry_class="invalid") from invalid
        if found is None:
            message = "the lane's target record has no maintenance window that is long enough"
            failure = Failure(code="window_not_configured", message=message)
            return ActionResult(outcome=NONE, failure=failure)
        evidence = {"opens": instant(found.opens), "closes": instant(found.closes)}
        return ActionResult(outcome="pass", evidence=dict(evidence))


def _beginning(context: ActionContext) -> datetime:
    now, asked = as_datetime(context.now()), context.parameters.get("not_before", "")
    return max(now, moment(asked)) if asked else now


def moment(text: str) -> datetime:
    """An RFC 3339 time.

    Raises:
        ActionFailed: it is none; code ``parameters_invalid``.
    """
    try:
        return as_datetime(parse_instant(text))
    except ValueError as error:
        message = f"{text!r} is not an RFC 3339 time"
        raise ActionFailed("parameters_invalid", message, retry_class="invalid") from error
