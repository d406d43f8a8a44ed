"""``dokploy.read_artifact``: which artifact the lane's compose is set to run now.

It compares with nothing, so it also tells where the target's proof would refuse; a plan that has to
know what there is to roll back asks it.
"""

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery, no_parameters
from laneway.drivers.dokploy.client import connect
from laneway.drivers.dokploy.prove_target import live_target
from laneway.drivers.http import HttpClient
from laneway.drivers.target import read_target
from laneway.ports.driver import ActionContext, ActionResult

SPEC = ActionSpec(
    action_id="dokploy.read_artifact",
    safety=Safety.READ,
    idempotent=True,
    parameters=no_parameters(),
    evidence={
        "type": "object",
        "properties": {
            "artifact_id": {"type": "string"},
            "source_git_ref": {"type": "string"},
        },
        "required": ["artifact_id", "source_git_ref"],
        "additionalProperties": False,
    },
    authz_action="dokploy_target.read",
    label="Read artifact",
    description="Tells which artifact the lane's compose is set to run; empty where it does not.",
)


class ReadArtifact(NoRecovery):
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Read the compose's variables, and tell the two that matter."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        compose = await client.compose(record.dokploy.compose_id)
        live = client.redactor.value(live_target(compose, record))
        names = ("artifact_id", "source_git_ref")
        evidence = {name: live[name] or "" for name in names}
        return ActionResult(outcome="pass", evidence=evidence)
