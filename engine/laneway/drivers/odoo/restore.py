"""``odoo.restore``: put a backup of ``odoo.backup`` in the place of the lane's data, once.

What was written since the backup is lost, for good. ``works`` says how it is done so that a backup
which turns out to be damaged changes nothing.
"""

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.dokploy.deploy_artifact import ARTIFACT
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.dokploy.run_report import RUN_EVIDENCE
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.data_workflow import DataWorkflow, Kind
from laneway.drivers.odoo.works import RESTORE

KIND = Kind(
    word="restore",
    name="platform-odoo-restore",
    suffix="odoo-restore",
    log_name="restore.log",
    code="restore_failed",
    work=RESTORE,
    given=("backup",),
)

SPEC = ActionSpec(
    action_id="odoo.restore",
    safety=Safety.DESTRUCTIVE,
    outcomes=("pass", "fail"),
    recoverable=True,
    supports_dry_run=True,
    parameters={
        "type": "object",
        "properties": {
            **ARTIFACT,
            "backup": {
                "type": "string",
                "pattern": "^[A-Za-z0-9_]{1,200}$",
                "description": "The backup's name, as `odoo.prove_backup` tells it.",
            },
        },
        "required": ["backup", "artifact_id", "source_git_ref"],
        "additionalProperties": False,
    },
    evidence=RUN_EVIDENCE,
    authz_action="odoo_restore.execute",
    label="Restore",
    description="Replaces the lane's database and filestore by those of a backup.",
    writes_records=("dokploy.schedule", "dokploy.deployment"),
)


def restore(http: HttpClient, settings: RunSettings) -> DataWorkflow:
    """The action."""
    return DataWorkflow(KIND, SPEC, http, settings)
