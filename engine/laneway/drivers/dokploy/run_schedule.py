"""``dokploy.run_schedule``: run a schedule that people made for the lane's target, once.

Which schedules there are to run is the lane's record's to say; a plan names one of them. Their
commands know nothing of Laneway: no marker tells their runs apart, and no guard holds a second one
back. So there is one POST, and where it cannot be told which run was this attempt's, the outcome is
unknown.
"""

from typing import Any

import msgspec

from laneway.core.events import Failure
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import needed_to_ask
from laneway.drivers.dokploy.checkpoint import kept
from laneway.drivers.dokploy.client import DokployClient, connect
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.dokploy.prove_again import CONTENT, marker, prove_again
from laneway.drivers.dokploy.run_report import RUN_EVIDENCE, report
from laneway.drivers.dokploy.runs import Finding, ScheduleRun, Work
from laneway.drivers.dokploy.schedules import ExistingSchedule, existing
from laneway.drivers.dokploy.statements import Wording
from laneway.drivers.dokploy.verdict import Fate
from laneway.drivers.http import HttpClient
from laneway.drivers.target import TargetRecord, read_target
from laneway.ports.driver import ActionContext, ActionResult, OutcomeUnknown

LOG_NAME = "schedule.log"

SPEC = ActionSpec(
    action_id="dokploy.run_schedule",
    safety=Safety.MUTATION,
    recoverable=True,
    supports_dry_run=True,
    parameters={
        "type": "object",
        "properties": {
            "schedule": {
                "type": "string",
                "minLength": 1,
                "maxLength": 64,
                "description": "A name in `dokploy.schedules` of the lane's target record.",
            }
        },
        "required": ["schedule"],
        "additionalProperties": False,
    },
    evidence=RUN_EVIDENCE,
    authz_action="dokploy_schedule.execute",
    label="Run schedule",
    description="Runs a schedule that the lane's target record names, once, and waits for its end.",
    writes_records=("dokploy.deployment",),
)


class RunSchedule:
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient, settings: RunSettings) -> None:
        self._http = http
        self._settings = settings

    async def run(self, context: ActionContext) -> ActionResult:
        """Check that the schedule is the one on record, run it once, and tell how it ended."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        await prove_again(client, record, context, leaving_out=CONTENT)
        work = _work(context, await existing(client, record.dokploy, _name(context)))
        finding = await ScheduleRun(client, context, work, self._settings).perform()
        return await _result(client, record, work, finding)

    async def recover(self, context: ActionContext) -> ActionResult:
        """Tell what became of a lost attempt, by reading only."""
        with needed_to_ask():
            record = read_target(context)
            client = connect(self._http, record.dokploy, context)
            work = _work(context, _remembered(context))
        finding = await ScheduleRun(client, context, work, self._settings).find_out()
        return await _result(client, record, work, finding)

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Check the target and the schedule, and show what would be sent."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        await prove_again(client, record, context, leaving_out=CONTENT)
        found = await existing(client, record.dokploy, _name(context))
        given = {"scheduleId": found.schedule_id}
        request = {"method": "POST", "procedure": "schedule.runManually", "json": given}
        return ActionResult(outcome="pass", evidence={"dry_run": True, "would_send": [request]})


def _name(context: ActionContext) -> str:
    return str(context.parameters["schedule"])


def _remembered(context: ActionContext) -> ExistingSchedule:
    """The schedule as the checkpoint knows it: asking the panel might fail, or find another."""
    noted = kept(context, marker(context.token))
    return ExistingSchedule(
        schedule_id=noted.schedule_id if noted else "",
        name=_name(context),
        app_name="",
        schedule_type=noted.schedule_type if noted else "",
    )


def _work(context: ActionContext, schedule: ExistingSchedule) -> Work:
    wording = Wording(kind="schedule", database="", marker=marker(context.token))
    return Work(schedule=schedule, wording=wording)


async def _result(
    client: DokployClient, record: TargetRecord, work: Work, finding: Finding
) -> ActionResult:
    _check_own(finding)
    told = await report(
        client,
        compose_id=record.dokploy.compose_id,
        work=work,
        finding=finding,
        log_name=LOG_NAME,
    )
    if finding.verdict.fate is Fate.SUCCEEDED:
        return ActionResult(outcome="pass", evidence=told.evidence, artifacts=told.artifacts)
    failure = Failure(
        code="schedule_failed",
        message=f"the schedule {work.schedule.name!r} failed: {told.last_line}",
        detail={"deployment_id": told.evidence["deployment_id"]},
    )
    return ActionResult(
        outcome="fail", evidence=told.evidence, failure=failure, artifacts=told.artifacts
    )


def _check_own(finding: Finding) -> None:
    """That the verdict is about this attempt's run.

    Raises:
        OutcomeUnknown: there are several new runs, and nothing says which of them it is.
    """
    if finding.verdict.by != "row" or len(finding.rows) == 1:
        return
    detail: dict[str, Any] = {
        "schedule_id": finding.checkpoint.schedule_id,
        "runs": [seen.row.deployment_id for seen in finding.rows],
        "answer": msgspec.to_builtins(finding.checkpoint.answer),
    }
    message = "others ran the schedule too, and nothing tells which of the runs is this attempt's"
    raise OutcomeUnknown("outcome_unknown_ambiguous_rows", message, detail=detail)
