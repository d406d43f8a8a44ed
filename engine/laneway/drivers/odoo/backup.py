"""``odoo.backup``: take a way back for the lane's data, once for each attempt.

Dokploy's API starts no backup of a compose's database and restores none, so a script of Laneway's
does both; ``works`` says what a backup is, and what it is not. Whether one is there and whole is
another question, which ``odoo.prove_backup`` answers.
"""

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.dokploy.deploy_artifact import ARTIFACT
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.dokploy.run_report import RUN_EVIDENCE
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.data_workflow import DataWorkflow, Kind
from laneway.drivers.odoo.works import BACKUP

KIND = Kind(
    word="backup",
    name="platform-odoo-backup",
    suffix="odoo-backup",
    log_name="backup.log",
    code="backup_failed",
    work=BACKUP,
    given=("artifact_id", "source_git_ref"),
)

SPEC = ActionSpec(
    action_id="odoo.backup",
    safety=Safety.SAFE_WRITE,
    outcomes=("pass", "fail"),
    recoverable=True,
    supports_dry_run=True,
    parameters={
        "type": "object",
        "properties": ARTIFACT,
        "required": ["artifact_id", "source_git_ref"],
        "additionalProperties": False,
    },
    evidence=RUN_EVIDENCE,
    authz_action="odoo_backup.execute",
    label="Back up",
    description="Puts the lane's database and filestore aside, with the artifact they belong to.",
    writes_records=("dokploy.schedule", "dokploy.deployment", "odoo.backup"),
)


def backup(http: HttpClient, settings: RunSettings) -> DataWorkflow:
    """The action."""
    return DataWorkflow(KIND, SPEC, http, settings)
