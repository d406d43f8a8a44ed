"""``odoo.post_deploy``: bring the lane's database up to what is deployed, once for each attempt."""

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import no_parameters
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.dokploy.run_report import RUN_EVIDENCE
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.data_workflow import DataWorkflow, Kind

KIND = Kind(
    word="update",
    name="platform-data-workflow",
    suffix="data-workflow",
    argument="--update-only",
    log_name="post_deploy.log",
    code="post_deploy_failed",
)

SPEC = ActionSpec(
    action_id="odoo.post_deploy",
    safety=Safety.MUTATION,
    outcomes=("pass", "fail"),
    recoverable=True,
    supports_dry_run=True,
    parameters=no_parameters(),
    evidence=RUN_EVIDENCE,
    authz_action="odoo_post_deploy.execute",
    label="Post-deploy",
    description="Runs the lane's data workflow once with web stopped, to update its modules.",
    writes_records=("dokploy.schedule", "dokploy.deployment"),
)


def post_deploy(http: HttpClient, settings: RunSettings) -> DataWorkflow:
    """The action."""
    return DataWorkflow(KIND, SPEC, http, settings)
