"""``odoo.bootstrap``: make the lane's Odoo anew from nothing, once.

The order of things, the guard, and how a crash is survived are those of `data_workflow`,
`scripts` and ``laneway.drivers.dokploy.runs``.
"""

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import no_parameters
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.dokploy.run_report import RUN_EVIDENCE
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.data_workflow import DataWorkflow, Kind

KIND = Kind(
    word="bootstrap",
    name="platform-odoo-bootstrap",
    suffix="odoo-bootstrap",
    values={"argument": "--bootstrap"},
    log_name="bootstrap.log",
    code="bootstrap_failed",
)

SPEC = ActionSpec(
    action_id="odoo.bootstrap",
    safety=Safety.DESTRUCTIVE,
    outcomes=("pass", "fail"),
    recoverable=True,
    supports_dry_run=True,
    parameters=no_parameters(),
    evidence=RUN_EVIDENCE,
    authz_action="odoo_stable_bootstrap.execute",
    label="Bootstrap",
    description="Runs the lane's bootstrap schedule once, which makes its database anew.",
    writes_records=("dokploy.schedule", "dokploy.deployment"),
)


def bootstrap(http: HttpClient, settings: RunSettings) -> DataWorkflow:
    """The action."""
    return DataWorkflow(KIND, SPEC, http, settings)
