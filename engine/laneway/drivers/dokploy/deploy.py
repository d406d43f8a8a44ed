"""``dokploy.deploy``: deploy the lane's compose once, and wait for the deployment's end."""

from typing import Any

from laneway.core.events import Failure
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import needed_to_ask
from laneway.drivers.dokploy.client import DokployClient, connect
from laneway.drivers.dokploy.deployments import ComposeDeployment, Deployed, Order
from laneway.drivers.dokploy.models import Deployment
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.dokploy.prove_again import CONTENT, marker, prove_again
from laneway.drivers.dokploy.prove_target import DIGEST_KEY
from laneway.drivers.dokploy.run_report import TAIL_LINES, log_artifact, read_log
from laneway.drivers.http import HttpClient
from laneway.drivers.target import TargetRecord, read_target
from laneway.ports.driver import ActionContext, ActionResult

LOG_NAME = "deploy.log"
_LONGEST_LINE = 500


def deploy_evidence(**properties: Any) -> dict[str, Any]:
    """The JSON Schema of a deployment's evidence, and of what a dry run tells instead."""
    return {
        "type": "object",
        "properties": {
            "procedure": {"enum": ["compose.deploy", "compose.redeploy"]},
            "deployment_id": {"type": "string"},
            "marker": {"type": "string"},
            "answer": {"type": ["integer", "string", "null"]},
            "deployments": {"type": "array", "items": {"type": "object"}},
            "log_tail": {"type": "array", "items": {"type": "string"}},
            "dry_run": {"const": True},
            DIGEST_KEY: {"type": "string"},
            "would_send": {"type": "array", "items": {"type": "object"}},
            **properties,
        },
    }


SPEC = ActionSpec(
    action_id="dokploy.deploy",
    safety=Safety.MUTATION,
    recoverable=True,
    supports_dry_run=True,
    parameters={
        "type": "object",
        "properties": {
            "redeploy": {
                "type": "boolean",
                "default": False,
                "description": "True asks for `compose.redeploy`: build again what is there.",
            }
        },
        "additionalProperties": False,
    },
    evidence=deploy_evidence(),
    authz_action="dokploy_compose.deploy",
    label="Deploy",
    description="Deploys the lane's compose once, and waits for the deployment's end.",
    writes_records=("dokploy.deployment",),
)


class Deploy:
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient, settings: RunSettings) -> None:
        self._http = http
        self._settings = settings

    async def run(self, context: ActionContext) -> ActionResult:
        """Check that the target is the one on record, deploy it once, and tell how that ended."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        await prove_again(client, record, context, leaving_out=CONTENT)
        order = deploy_order(record, context)
        done = await ComposeDeployment(client, context, order, self._settings).perform()
        return await deploy_result(client, order, done)

    async def recover(self, context: ActionContext) -> ActionResult:
        """Tell what became of a lost attempt, by reading only."""
        with needed_to_ask():
            record = read_target(context)
            client = connect(self._http, record.dokploy, context)
            order = deploy_order(record, context)
        done = await ComposeDeployment(client, context, order, self._settings).find_out()
        return await deploy_result(client, order, done)

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Check the target, and show what would be sent."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        proved = await prove_again(client, record, context, leaving_out=CONTENT)
        order = deploy_order(record, context)
        request = {"method": "POST", "procedure": order.procedure, "json": order.given}
        evidence = {"dry_run": True, DIGEST_KEY: proved.digest, "would_send": [request]}
        return ActionResult(outcome="pass", evidence=client.redactor.value(evidence))


def deploy_order(record: TargetRecord, context: ActionContext) -> Order:
    """What an attempt asks of the panel."""
    again = context.parameters.get("redeploy", False)
    return Order(
        procedure="compose.redeploy" if again else "compose.deploy",
        compose_id=record.dokploy.compose_id,
        marker=marker(context.token),
    )


async def deploy_result(client: DokployClient, order: Order, done: Deployed) -> ActionResult:
    """What is told of a deployment that has ended."""
    log = await read_log(client, order.compose_id, done.row.deployment_id)
    lines = [line[:_LONGEST_LINE] for line in log.splitlines() if line.strip()]
    evidence: dict[str, Any] = {
        "procedure": order.procedure,
        "deployment_id": done.row.deployment_id,
        "marker": order.marker,
        "answer": done.checkpoint.answer,
        "deployments": [_shown(row) for row in done.rows],
        "log_tail": lines[-TAIL_LINES:],
    }
    evidence = client.redactor.value(evidence)
    artifacts = (log_artifact(LOG_NAME, log),) if log else ()
    if done.row.status == "done":
        return ActionResult(outcome="pass", evidence=evidence, artifacts=artifacts)
    told = (done.row.error_message or "")[:_LONGEST_LINE] or (
        lines or ["Dokploy does not say why"]
    )[-1]
    failure = Failure(
        code="deploy_failed",
        message=client.redactor.text(f"the deployment failed: {told}"),
        detail={"deployment_id": done.row.deployment_id},
    )
    return ActionResult(outcome="fail", evidence=evidence, failure=failure, artifacts=artifacts)


def _shown(row: Deployment) -> dict[str, Any]:
    return {
        "deployment_id": row.deployment_id,
        "status": row.status,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "error_message": (row.error_message or "")[:_LONGEST_LINE],
    }
