"""``dokploy.stop`` and ``dokploy.start``: stop and start the containers of the lane's compose.

The panel answers when its command has ended. What it has come to is read from the compose's own
status: ``idle`` once it is stopped, ``done`` once it is started. Doing either twice is doing it
once. Even so, what may still be on its way is not called failed: a stop that arrives after the plan
has started the lane again would take it down.
"""

from typing import Any

import msgspec

from laneway.core.events import Failure
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import needed_to_ask, no_parameters
from laneway.drivers.dokploy.answers import REFUSED_STATUSES
from laneway.drivers.dokploy.client import DokployClient, connect
from laneway.drivers.dokploy.pace import Pace, RunSettings
from laneway.drivers.dokploy.prove_again import CONTENT, prove_again
from laneway.drivers.http import HttpClient, HttpFailed
from laneway.drivers.target import read_target
from laneway.ports.driver import ActionContext, ActionFailed, ActionResult, OutcomeUnknown

POST_LIMIT = 300_000
"""How long the panel's command may take until its answer counts as lost, in milliseconds."""

_EVIDENCE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "procedure": {"type": "string"},
        "status_before": {"type": "string"},
        "status": {"type": "string"},
        "answer": {"type": ["integer", "string", "null"]},
        "dry_run": {"const": True},
        "would_send": {"type": "array", "items": {"type": "object"}},
    },
    "additionalProperties": False,
}


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two.

    Attributes:
        wanted: the compose's status once it is done.
    """

    spec: ActionSpec
    procedure: str
    wanted: str


def _switch(word: str, wanted: str, label: str, description: str) -> Switch:
    spec = ActionSpec(
        action_id=f"dokploy.{word}",
        safety=Safety.MUTATION,
        idempotent=True,
        recoverable=True,
        supports_dry_run=True,
        parameters=no_parameters(),
        evidence=_EVIDENCE,
        authz_action=f"dokploy_compose.{word}",
        label=label,
        description=description,
        writes_records=("dokploy.compose",),
    )
    return Switch(spec=spec, procedure=f"compose.{word}", wanted=wanted)


STOPPED, STARTED = "idle", "done"
"""The statuses of a compose that matter here."""

STOP = _switch("stop", STOPPED, "Stop", "Stops every container of the lane's compose.")
START = _switch("start", STARTED, "Start", "Starts every container of the lane's compose.")


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt writes down before its POST, and after it.

    Attributes:
        answer: the HTTP status of the answer, or why none came.
    """

    before: str
    answer: int | str | None = None


class Power:
    """One of the two actions."""

    def __init__(self, switch: Switch, http: HttpClient, settings: RunSettings) -> None:
        self.spec = switch.spec
        self._switch = switch
        self._http = http
        self._settings = settings

    async def run(self, context: ActionContext) -> ActionResult:
        """Check that the target is the one on record, switch it, and see what it has come to."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        proved = await prove_again(client, record, context, leaving_out=CONTENT)
        noted = Noted(before=proved.compose.compose_status or "")
        if noted.before == "running":
            message = "nothing was done: a deployment of the compose is at work"
            raise ActionFailed("deployment_running", message, retry_class="busy")
        await _save(context, noted, f"{self._switch.procedure} is called now")
        noted = await self._post(client, context, noted, proved.compose.compose_id)
        return await self._watch(client, context, noted, proved.compose.compose_id)

    async def recover(self, context: ActionContext) -> ActionResult:
        """Tell from the compose's status what became of a lost attempt."""
        with needed_to_ask():
            record = read_target(context)
            client = connect(self._http, record.dokploy, context)
        if context.checkpoint is None:
            raise ActionFailed("not_started", "nothing was posted to Dokploy")
        noted = msgspec.convert(context.checkpoint, Noted)
        return await self._watch(client, context, noted, record.dokploy.compose_id)

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Check the target, and show what would be sent."""
        record = read_target(context)
        client = connect(self._http, record.dokploy, context)
        proved = await prove_again(client, record, context, leaving_out=CONTENT)
        given = {"composeId": proved.compose.compose_id}
        request = {"method": "POST", "procedure": self._switch.procedure, "json": given}
        return ActionResult(outcome="pass", evidence={"dry_run": True, "would_send": [request]})

    async def _post(
        self, client: DokployClient, context: ActionContext, noted: Noted, compose_id: str
    ) -> Noted:
        """The one POST.

        Raises:
            ActionFailed: it is certain that nothing was done.
        """
        answer = await self._answer(client, {"composeId": compose_id})
        noted = msgspec.structs.replace(noted, answer=answer)
        await _save(context, noted, f"Dokploy answered {answer}")
        return noted

    async def _answer(self, client: DokployClient, given: dict[str, str]) -> int | str:
        """The answer's status, or what kept it from coming."""
        procedure = self._switch.procedure
        try:
            response = await client.post_once(procedure, given, total_ms=POST_LIMIT)
        except HttpFailed as failed:
            if not failed.sent:
                raise failed.as_action_failed() from failed
            return failed.problem.value
        if response.status in REFUSED_STATUSES:
            raise client.rejected(procedure, response)
        return response.status

    async def _watch(
        self, client: DokployClient, context: ActionContext, noted: Noted, compose_id: str
    ) -> ActionResult:
        """Read the compose's status until it tells, or it is clear that it will not.

        Raises:
            OutcomeUnknown: what was asked for may still be on its way.
        """
        pace = Pace(self._settings)
        while True:
            status = await _status(client, compose_id)
            if status is not None:
                pace.changed({"compose": status})
                ended = self._judge(noted, status, pace.quiet)
                if ended is not None:
                    return ended
            pace.counts = status is not None
            interval = pace.next()
            await context.sleep(interval)
            pace.passed(interval)

    def _judge(self, noted: Noted, status: str, quiet: int) -> ActionResult | None:
        evidence = {
            "procedure": self._switch.procedure,
            "status_before": noted.before,
            "status": status,
            "answer": noted.answer,
        }
        if status == self._switch.wanted:
            return ActionResult(outcome="pass", evidence=evidence)
        failed = status == "error" and noted.before != "error"
        answered = noted.answer == 200
        patience = self._settings.settle if answered else self._settings.row_wait
        if not failed and quiet < patience:
            return None
        message = f"the compose is {status or 'without a status'}, and not {self._switch.wanted}"
        if not failed and not answered:
            raise OutcomeUnknown("outcome_unknown_compose_status", message, detail=evidence)
        failure = Failure(code="compose_status", message=message, detail={"status": status})
        return ActionResult(outcome="fail", evidence=evidence, failure=failure)


async def _status(client: DokployClient, compose_id: str) -> str | None:
    """The compose's status; None where the panel cannot be read, which changes nothing."""
    try:
        return (await client.compose(compose_id)).compose_status or ""
    except ActionFailed:
        return None


async def _save(context: ActionContext, noted: Noted, message: str) -> None:
    await context.save_checkpoint(msgspec.to_builtins(noted), message)
