"""The evidence of a run that has ended, and its log as an artifact: redacted, and not too long."""

from typing import Any

import msgspec

from laneway.drivers.dokploy.client import DokployClient
from laneway.drivers.dokploy.runs import Finding, Work
from laneway.drivers.dokploy.verdict import SeenRow
from laneway.ports.driver import ActionFailed, Artifact

LOG_LIMIT = 256 * 1024
TAIL_LINES = 20
_CUT = "[the beginning was cut off]\n"
_LONGEST_LINE = 500


RUN_EVIDENCE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "schedule": {"type": "object"},
        "deployment_id": {"type": ["string", "null"]},
        "marker": {"type": "string"},
        "panel_version": {"type": "string"},
        "decided_by": {"enum": ["log", "answer", "row"]},
        "answer": {"type": ["object", "null"]},
        "runs": {"type": "array", "items": {"type": "object"}},
        "log_tail": {"type": "array", "items": {"type": "string"}},
        "dry_run": {"const": True},
        "would_send": {"type": "array", "items": {"type": "object"}},
    },
}
"""The JSON Schema of that evidence, and of what a dry run tells instead."""


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run leaves behind."""

    evidence: dict[str, Any]
    artifacts: tuple[Artifact, ...]
    last_line: str


async def report(
    client: DokployClient, *, compose_id: str, work: Work, finding: Finding, log_name: str
) -> RunReport:
    """Collect what is to be kept of a run."""
    name = _deployment_id(finding)
    log = await read_log(client, compose_id, name)
    lines = [line[:_LONGEST_LINE] for line in log.splitlines() if line.strip()]
    noted, answer = finding.checkpoint, finding.checkpoint.answer
    evidence: dict[str, Any] = {
        "schedule": {
            "schedule_id": noted.schedule_id,
            "name": work.schedule.name,
            "app_name": work.schedule.app_name,
            "type": work.schedule.schedule_type,
        },
        "deployment_id": name,
        "marker": noted.marker,
        "panel_version": noted.panel_version,
        "decided_by": finding.verdict.by,
        "answer": msgspec.to_builtins(answer) if answer else None,
        "runs": [_row(seen) for seen in finding.rows],
        "log_tail": lines[-TAIL_LINES:],
    }
    return RunReport(
        evidence=client.redactor.value(evidence),
        artifacts=(log_artifact(log_name, log),) if log else (),
        last_line=lines[-1] if lines else "its log cannot be read",
    )


async def read_log(client: DokployClient, compose_id: str, deployment_id: str | None) -> str:
    """The run's log without secrets; empty where it cannot be read, or not be cleaned of them.

    The compose is read first: its variables are the secrets that a log may hold.
    """
    if deployment_id is None:
        return ""
    try:
        await client.compose(compose_id)
    except ActionFailed:
        return ""
    return client.redactor.text(await client.log(deployment_id) or "")


def log_artifact(name: str, log: str) -> Artifact:
    """A log as an artifact; of one that is too long the end is kept."""
    content = log.encode()
    if len(content) > LOG_LIMIT:
        kept = content[-(LOG_LIMIT - len(_CUT)) :].decode(errors="ignore")
        content = (_CUT + kept).encode()
    return Artifact(name=name, media_type="text/plain; charset=utf-8", content=content)


def _deployment_id(finding: Finding) -> str | None:
    if finding.verdict.row is not None:
        return finding.verdict.row.row.deployment_id
    answer = finding.checkpoint.answer
    return answer.deployment_id if answer else None


def _row(seen: SeenRow) -> dict[str, Any]:
    row = seen.row
    return {
        "deployment_id": row.deployment_id,
        "status": row.status,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "error_message": (row.error_message or "")[:_LONGEST_LINE],
        "log_says": seen.statement.value if seen.statement else None,
    }
