"""``dokploy.check_status``: the lane's compose is stopped, or started, as a plan expects it.

A plan that works on a stopped lane requires it: an operation that is retried begins behind its
stop, and the lane may have been started since.
"""

from laneway.core.events import Failure
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.dokploy.client import connect
from laneway.drivers.dokploy.power import STARTED, STOPPED
from laneway.drivers.http import HttpClient
from laneway.drivers.target import read_target
from laneway.ports.driver import ActionContext, ActionResult

OTHER = "other"
_STATUSES = {"stopped": STOPPED, "started": STARTED}

SPEC = ActionSpec(
    action_id="dokploy.check_status",
    safety=Safety.READ,
    outcomes=("pass", "fail", OTHER),
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {
            "expect": {
                "enum": list(_STATUSES),
                "description": "What the compose must be; it is `other` where it is not.",
            },
            "required": {
                "type": "boolean",
                "default": True,
                "description": "False skips the check, for a dry run, which stops nothing.",
            },
        },
        "required": ["expect"],
        "additionalProperties": False,
    },
    evidence={
        "type": "object",
        "properties": {"skipped": {"const": True}, "compose_status": {"type": "string"}},
        "additionalProperties": False,
    },
    authz_action="dokploy_target.read",
    label="Check status",
    description="The lane's compose is stopped, or started, as Dokploy knows it.",
)


class CheckStatus(NoRecovery):
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Read the compose's status."""
        if not context.parameters.get("required", True):
            return ActionResult(outcome="pass", evidence={"skipped": True})
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        status = (await client.compose(record.dokploy.compose_id)).compose_status or ""
        evidence, expected = {"compose_status": status}, context.parameters["expect"]
        if status == _STATUSES[expected]:
            return ActionResult(outcome="pass", evidence=dict(evidence))
        message = f"the compose is not {expected}: Dokploy says {status or 'nothing'}"
        failure = Failure(code=f"compose_not_{expected}", message=message)
        return ActionResult(outcome=OTHER, evidence=dict(evidence), failure=failure)
