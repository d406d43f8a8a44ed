"""``odoo.post_deploy``: bring the lane's database up to what is deployed, once for each attempt.

What must be deployed is what the lane's record says, or what the plan has deployed before.
"""

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.dokploy.deploy_artifact import ARTIFACT
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.dokploy.run_report import RUN_EVIDENCE
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.data_workflow import DataWorkflow, Kind

KIND = Kind(
    word="update",
    name="platform-data-workflow",
    suffix="data-workflow",
    values={"argument": "--update-only"},
    log_name="post_deploy.log",
    code="post_deploy_failed",
)

SPEC = ActionSpec(
    action_id="odoo.post_deploy",
    safety=Safety.MUTATION,
    outcomes=("pass", "fail"),
    recoverable=True,
    supports_dry_run=True,
    parameters={
        "type": "object",
        "properties": ARTIFACT,
        "dependentRequired": {
            "artifact_id": ["source_git_ref"],
            "source_git_ref": ["artifact_id"],
        },
        "additionalProperties": False,
    },
    evidence=RUN_EVIDENCE,
    authz_action="odoo_post_deploy.execute",
    label="Post-deploy",
    description="Runs the lane's data workflow once with web stopped, to update its modules.",
    writes_records=("dokploy.schedule", "dokploy.deployment"),
)


def post_deploy(http: HttpClient, settings: RunSettings) -> DataWorkflow:
    """The action."""
    return DataWorkflow(KIND, SPEC, http, settings)
