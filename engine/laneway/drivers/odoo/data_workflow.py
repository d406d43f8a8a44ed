"""What the actions share that run a script of theirs: one guarded run of one schedule.

Just before anything is changed the target is proved again. A target that is not as recorded, or not
as it was when an earlier phase proved it, is left alone.
"""

from typing import Any

import msgspec

from laneway.core.events import Failure
from laneway.core.model import ActionSpec
from laneway.drivers.actions import needed_to_ask
from laneway.drivers.dokploy.client import DokployClient, connect
from laneway.drivers.dokploy.deploy_artifact import content_of
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.dokploy.prove_again import marker, prove_again
from laneway.drivers.dokploy.prove_target import DIGEST_KEY
from laneway.drivers.dokploy.run_report import report
from laneway.drivers.dokploy.runs import Finding, ScheduleRun
from laneway.drivers.dokploy.runs import Work as RunWork
from laneway.drivers.dokploy.schedules import WantedSchedule, app_name, find
from laneway.drivers.dokploy.statements import Wording
from laneway.drivers.dokploy.verdict import Fate
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo import scripts
from laneway.drivers.odoo.works import WORKFLOW, Work
from laneway.drivers.target import TargetRecord, read_target
from laneway.ports.driver import ActionContext, ActionResult


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of data workflow.

    Attributes:
        word: what it does, in one word, as scripts and logs say it.
        name: of its schedule.
        suffix: of its schedule's appName.
        work: of its script.
        values: of the names that the work's text holds and that are always the same.
        given: parameters of the action that give the others.
        log_name: of the artifact that keeps the run's log.
        code: of the failure where the run failed.
    """

    word: str
    name: str
    suffix: str
    log_name: str
    code: str
    work: Work = WORKFLOW
    values: dict[str, str] = {}
    given: tuple[str, ...] = ()


class DataWorkflow:
    """An action that runs one kind of data workflow once.

    Args:
        kind: which one.
        spec: of the action.
        http: the started HTTP client.
        settings: the patience of the watch.
    """

    def __init__(
        self, kind: Kind, spec: ActionSpec, http: HttpClient, settings: RunSettings
    ) -> None:
        self.spec = spec
        self._kind = kind
        self._http = http
        self._settings = settings

    async def run(self, context: ActionContext) -> ActionResult:
        """Prove the target again, run the workflow once, and tell how it ended."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        proved = await prove_again(client, record, context, deployed=content_of(context))
        work = self._work(record, context, proved.compose.app_name)
        finding = await ScheduleRun(client, context, work, self._settings).perform()
        return await self._result(client, record, work, finding)

    async def recover(self, context: ActionContext) -> ActionResult:
        """Tell what became of a lost attempt, by reading only."""
        with needed_to_ask():
            record = read_target(context)
            client = connect(self._http, record.dokploy, context)
            work = self._work(record, context, "")
        finding = await ScheduleRun(client, context, work, self._settings).find_out()
        return await self._result(client, record, work, finding)

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Prove the target, and show what would be sent."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        proved = await prove_again(client, record, context, deployed=content_of(context))
        wanted = self._schedule(record, context, proved.compose.app_name)
        found = await find(client, wanted)
        requests = _requests(wanted, found.schedule_id if found else None)
        evidence = {"dry_run": True, DIGEST_KEY: proved.digest, "would_send": requests}
        return ActionResult(outcome="pass", evidence=client.redactor.value(evidence))

    def _work(self, record: TargetRecord, context: ActionContext, project: str) -> RunWork:
        wording = self._wording(record, context)
        return RunWork(schedule=self._schedule(record, context, project), wording=wording)

    def _wording(self, record: TargetRecord, context: ActionContext) -> Wording:
        return Wording(
            kind=self._kind.word,
            database=record.expected.database,
            marker=marker(context.token),
        )

    def _schedule(
        self, record: TargetRecord, context: ActionContext, project: str
    ) -> WantedSchedule:
        kind, wording = self._kind, self._wording(record, context)
        values = {name: str(context.parameters.get(name, "")) for name in kind.given}
        script = scripts.ScriptSpec(
            wording=wording, project=project, work=kind.work, values={**kind.values, **values}
        )
        return WantedSchedule(
            name=kind.name,
            app_name=app_name(record, kind.suffix),
            summary=f"laneway {kind.word} LANEWAY_OPERATION={wording.marker}",
            script=scripts.build(script),
            target=record.dokploy,
        )

    async def _result(
        self, client: DokployClient, record: TargetRecord, work: RunWork, finding: Finding
    ) -> ActionResult:
        told = await report(
            client,
            compose_id=record.dokploy.compose_id,
            work=work,
            finding=finding,
            log_name=self._kind.log_name,
        )
        if finding.verdict.fate is Fate.SUCCEEDED:
            return ActionResult(outcome="pass", evidence=told.evidence, artifacts=told.artifacts)
        failure = Failure(
            code=self._kind.code,
            message=f"the {self._kind.word} command failed: {told.last_line}",
            detail={"deployment_id": told.evidence["deployment_id"]},
        )
        return ActionResult(
            outcome="fail", evidence=told.evidence, failure=failure, artifacts=told.artifacts
        )


def _requests(wanted: WantedSchedule, schedule_id: str | None) -> list[dict[str, Any]]:
    """What ``run`` would send, in order."""
    known = {} if schedule_id is None else {"scheduleId": schedule_id}
    upsert = "schedule.create" if schedule_id is None else "schedule.update"
    run = {"scheduleId": schedule_id or "(the one that was created)"}
    return [
        {"method": "POST", "procedure": upsert, "json": {**wanted.fields(), **known}},
        {"method": "POST", "procedure": "schedule.runManually", "json": run},
    ]
