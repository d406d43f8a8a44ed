"""``odoo.prove_backup``: there is a backup of the lane's data, it is complete, and it is fresh.

The witness is the log of the newest run that went through of the lane's backup schedule. The script
writes its last lines once it has read both files again in full. That the files are still on the
disk cannot be read through Dokploy; a restore finds out before it changes anything.

The proof says which data of which artifact there is a way back to, and not by which backup: a newer
one that says the same takes no approval back.
"""

from typing import Any

import msgspec

from laneway.core.events import Failure
from laneway.core.instants import elapsed, parse_instant
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.dokploy.client import DokployClient, connect
from laneway.drivers.dokploy.deploy_artifact import WORD
from laneway.drivers.dokploy.models import Deployment
from laneway.drivers.dokploy.schedules import WantedSchedule, app_name, find
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.backup import KIND
from laneway.drivers.odoo.manifest import Manifest, read_manifest
from laneway.drivers.target import TargetRecord, read_target
from laneway.ports.driver import ActionContext, ActionResult

UNPROVED = "unproved"
_MINUTE = 60_000

SPEC = ActionSpec(
    action_id="odoo.prove_backup",
    safety=Safety.READ,
    outcomes=("pass", "fail", UNPROVED),
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {
            "artifact_id": {
                "type": "string",
                "pattern": WORD,
                "description": "The artifact that the data must belong to.",
            },
            "max_age_minutes": {
                "type": "integer",
                "minimum": 1,
                "maximum": 10_080,
                "description": "How old the backup may be.",
            },
            "required": {
                "type": "boolean",
                "default": True,
                "description": "False skips the proof, for a dry run, which takes no backup.",
            },
        },
        "required": ["artifact_id", "max_age_minutes"],
        "additionalProperties": False,
    },
    evidence={
        "type": "object",
        "properties": {
            "skipped": {"const": True},
            "backup": {"type": "string"},
            "artifact_id": {"type": "string"},
            "source_git_ref": {"type": "string"},
            "deployment_id": {"type": "string"},
            "finished_at": {"type": "string"},
            "files": {"type": "array", "items": {"type": "object"}},
        },
        "additionalProperties": False,
    },
    authz_action="odoo_backup.read",
    label="Prove backup",
    description="A complete backup of the lane's data is there, and it is not too old.",
)


class ProveBackup(NoRecovery):
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Look at the newest backup; what does not prove it is ``unproved``."""
        if not context.parameters.get("required", True):
            return ActionResult(outcome="pass", evidence={"skipped": True})
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        row = await _newest(client, record)
        if row is None:
            return _unproved("backup_missing", "no backup of this lane went through", {})
        manifest = read_manifest(await client.log(row.deployment_id) or "")
        if manifest is None:
            message = f"the log of run {row.deployment_id} tells of no complete backup"
            return _unproved("backup_incomplete", message, {"deployment_id": row.deployment_id})
        return _judged(context, record, row, manifest)


async def _newest(client: DokployClient, record: TargetRecord) -> Deployment | None:
    wanted = WantedSchedule(
        name=KIND.name,
        app_name=app_name(record, KIND.suffix),
        summary="",
        script="",
        target=record.dokploy,
    )
    schedule = await find(client, wanted)
    rows = await client.runs(schedule.schedule_id) if schedule else ()
    return next((row for row in rows if row.status == "done"), None)


def _judged(
    context: ActionContext, record: TargetRecord, row: Deployment, manifest: Manifest
) -> ActionResult:
    evidence = {
        **msgspec.to_builtins(manifest),
        "deployment_id": row.deployment_id,
        "finished_at": row.finished_at or row.created_at,
    }
    wanted = context.parameters["artifact_id"]
    if manifest.artifact_id != wanted:
        message = f"the newest backup is of {manifest.artifact_id}, and {wanted} is deployed"
        return _unproved("backup_of_other_artifact", message, evidence)
    minutes = elapsed(parse_instant(evidence["finished_at"]), context.now()) / _MINUTE
    if minutes > context.parameters["max_age_minutes"]:
        message = f"the newest backup is {minutes:.0f} minutes old"
        return _unproved("backup_stale", message, evidence)
    proof = {"database": record.expected.database, "artifact_id": manifest.artifact_id}
    return ActionResult(outcome="pass", evidence=evidence, proof=proof)


def _unproved(code: str, message: str, evidence: dict[str, Any]) -> ActionResult:
    failure = Failure(code=code, message=message)
    return ActionResult(outcome=UNPROVED, evidence=evidence, failure=failure)
