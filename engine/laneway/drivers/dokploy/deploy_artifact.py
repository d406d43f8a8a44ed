"""``dokploy.deploy_artifact``: let the lane's compose run another artifact, by deploying it once.

Dokploy has no call that deploys a given image of a compose, and no rollback of one. Which artifact
a compose runs is one of its variables (`dokploy.artifact_variables` of the target record). So that
variable is set, the source's git ref with it, and the compose is deployed; the way back is the same
with the artifact of before.

Dokploy takes the variables as one text. It is read, the values are replaced in it, and it is sent
back at once: a change that somebody makes in the panel in that moment is lost. Setting a value
twice is setting it once, so a lost attempt that had posted no deployment is begun again.
"""

from typing import Any

import msgspec

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import needed_to_ask
from laneway.drivers.dokploy.client import DokployClient, connect
from laneway.drivers.dokploy.deploy import deploy_evidence, deploy_order, deploy_result
from laneway.drivers.dokploy.deployments import ComposeDeployment
from laneway.drivers.dokploy.models import Compose
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.dokploy.prove_again import CONTENT, prove_again
from laneway.drivers.dokploy.prove_target import IDENTITY_KEY, Content
from laneway.drivers.http import HttpClient
from laneway.drivers.redaction import environment, with_variables
from laneway.drivers.target import TargetRecord, read_target
from laneway.ports.driver import ActionContext, ActionFailed, ActionResult

# Nothing that could end a line, or be taken apart by what reads the variables.
WORD = r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,511}$"
ARTIFACT: dict[str, Any] = {
    "artifact_id": {"type": "string", "pattern": WORD, "description": "The artifact's id."},
    "source_git_ref": {
        "type": "string",
        "pattern": WORD,
        "description": "The git ref of the source that it was made from.",
    },
}

SPEC = ActionSpec(
    action_id="dokploy.deploy_artifact",
    safety=Safety.MUTATION,
    recoverable=True,
    supports_dry_run=True,
    parameters={
        "type": "object",
        "properties": {
            **ARTIFACT,
            "replaces": {
                "type": "string",
                "pattern": WORD,
                "description": "The artifact that it takes the place of; where the compose has"
                " neither of the two, nothing is done.",
            },
        },
        "required": ["artifact_id", "source_git_ref", "replaces"],
        "additionalProperties": False,
    },
    evidence=deploy_evidence(
        artifact_id={"type": "string"},
        source_git_ref={"type": "string"},
        replaces={"type": "string"},
        would_set={"type": "object"},
    ),
    authz_action="dokploy_compose.deploy",
    label="Deploy artifact",
    description="Sets which artifact the lane's compose runs, and deploys it once.",
    writes_records=("dokploy.compose", "dokploy.deployment"),
)


class DeployArtifact:
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient, settings: RunSettings) -> None:
        self._http = http
        self._settings = settings

    async def run(self, context: ActionContext) -> ActionResult:
        """Set the variables, deploy once, and tell how that ended."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        compose, changes = await _changes(client, record, context)
        order = deploy_order(record, context)
        deployment = ComposeDeployment(client, context, order, self._settings)
        await deployment.idle()
        if changes:
            await context.progress(f"sets {', '.join(sorted(changes))}")
            await _set(client, record, compose, changes)
        done = await deployment.perform()
        return _told(await deploy_result(client, order, done), context)

    async def recover(self, context: ActionContext) -> ActionResult:
        """Tell what became of a lost attempt, by reading only."""
        with needed_to_ask():
            record = read_target(context)
            client = connect(self._http, record.dokploy, context)
            order = deploy_order(record, context)
        done = await ComposeDeployment(client, context, order, self._settings).find_out()
        return _told(await deploy_result(client, order, done), context)

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Check the target, and show which variables would be set, and what would be sent."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        compose, changes = await _changes(client, record, context)
        order = deploy_order(record, context)
        deploy = {"method": "POST", "procedure": order.procedure, "json": order.given}
        # The text that is sent holds every secret of the compose, so only its changes are shown.
        sent = {"composeId": compose.compose_id, "env": "(all variables, with those set)"}
        save = {"method": "POST", "procedure": "compose.saveEnvironment", "json": sent}
        requests = [save, deploy] if changes else [deploy]
        evidence = {"dry_run": True, "would_set": changes, "would_send": requests}
        return ActionResult(outcome="pass", evidence=client.redactor.value(evidence))


def content_of(context: ActionContext) -> Content | None:
    """What a plan says is deployed, or is to be; None where it says nothing of it."""
    given = context.parameters
    if "artifact_id" not in given or "source_git_ref" not in given:
        return None
    return Content(artifact_id=given["artifact_id"], source_git_ref=given["source_git_ref"])


async def _changes(
    client: DokployClient, record: TargetRecord, context: ActionContext
) -> tuple[Compose, dict[str, str]]:
    """The compose as it is, and the variables that have to be set.

    Raises:
        ActionFailed: nothing was done; the target has drifted, or runs a third artifact.
    """
    proved = await prove_again(client, record, context, leaving_out=CONTENT, key=IDENTITY_KEY)
    live, replaces = proved.proof["artifact_id"], context.parameters["replaces"]
    wanted = content_of(context)
    assert wanted is not None, "the parameters' schema requires it"
    if live not in (replaces, wanted.artifact_id):
        message = f"nothing was done: {live or 'no artifact'} is deployed, and not {replaces}"
        raise ActionFailed("artifact_drifted", message, detail={"live": live})
    return proved.compose, _differing(proved.compose, record, wanted)


def _differing(compose: Compose, record: TargetRecord, wanted: Content) -> dict[str, str]:
    """The variables that do not have their value yet; a source that is no variable is git's."""
    has, target = environment(compose.env or ""), record.dokploy
    artifact = next((name for name in target.artifact_variables if has.get(name)), None)
    source = next((name for name in target.source_variables if has.get(name)), None)
    if artifact is None:
        message = "nothing was done: the compose has no variable that names its artifact"
        raise ActionFailed("artifact_variable_missing", message, retry_class="invalid")
    values = {artifact: wanted.artifact_id}
    values |= {source: wanted.source_git_ref} if source else {}
    return {name: value for name, value in values.items() if has[name] != value}


async def _set(
    client: DokployClient, record: TargetRecord, compose: Compose, changes: dict[str, str]
) -> None:
    """Set variables of the compose.

    Raises:
        ActionFailed: they are not set as far as the panel tells, and nothing was deployed.
    """
    text = with_variables(compose.env or "", changes)
    try:
        await client.save_environment(compose.compose_id, text)
    except ActionFailed as failed:
        if failed.failure.retry_class not in ("unavailable", "timeout"):
            raise
        # It may have arrived all the same.
        if not await _is_set(client, record, changes):
            raise
        return
    if not await _is_set(client, record, changes):
        message = "nothing was deployed: Dokploy took the variables, and does not show them"
        raise ActionFailed("variables_not_set", message)


async def _is_set(client: DokployClient, record: TargetRecord, changes: dict[str, str]) -> bool:
    compose = await client.compose(record.dokploy.compose_id)
    has = environment(compose.env or "")
    return all(has.get(name) == value for name, value in changes.items())


def _told(result: ActionResult, context: ActionContext) -> ActionResult:
    """The deployment's result, with what it was a deployment of."""
    given = {name: context.parameters[name] for name in SPEC.parameters["required"]}
    return msgspec.structs.replace(result, evidence={**result.evidence, **given})
