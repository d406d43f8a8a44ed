"""Deploying a compose once, and finding out what became of it.

``compose.deploy`` only queues: its answer names no deployment, a worker makes the row when it gets
to it, and the title and description that a caller gives are replaced by the commit's unless the
source is ``raw``. So the rows that are there are noted down in a checkpoint, there is one POST, and
the one new row is this attempt's. Another new row, unless one carries the marker, makes it unclear
whose is whose; a row is therefore believed only when no other has come for a while after its end.

A row that has not come proves nothing, because it may come yet: where the POST may have been made,
a lost attempt is never begun again.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from laneway.drivers.dokploy.answers import REFUSED_STATUSES
from laneway.drivers.dokploy.checkpoint import Stage, complete
from laneway.drivers.dokploy.client import DokployClient
from laneway.drivers.dokploy.models import Deployment
from laneway.drivers.dokploy.pace import Pace, RunSettings
from laneway.drivers.http import HttpFailed
from laneway.ports.driver import ActionContext, ActionFailed, OutcomeUnknown

POST_LIMIT = 60_000
"""How long the panel may take to queue a deployment, in milliseconds."""

_ENDED = ("done", "error", "cancelled")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the panel: ``compose.deploy`` or ``compose.redeploy``, and with what."""

    procedure: str
    compose_id: str
    marker: str

    @property
    def given(self) -> dict[str, Any]:
        """What is sent; the description is kept where the compose's source is ``raw``."""
        return {
            "composeId": self.compose_id,
            "title": "Deployment by Laneway",
            "description": f"LANEWAY_OPERATION={self.marker}",
        }

    def is_own(self, row: Deployment) -> bool:
        """Whether a row carries the marker."""
        return bool(row.description == self.given["description"])


class DeployCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt must remember to find its deployment again.

    Attributes:
        known_deployments: the rows that were there before the POST.
        seen: new rows that were there after it.
        answer: the HTTP status of the answer, or why none came.
    """

    marker: str
    known_deployments: tuple[str, ...]
    stage: Stage = Stage.POSTING
    seen: tuple[str, ...] = ()
    answer: int | str | None = None


class Deployed(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment that has ended, and how it came to be known."""

    row: Deployment
    rows: tuple[Deployment, ...]
    checkpoint: DeployCheckpoint


class ComposeDeployment:
    """One attempt at deploying a compose."""

    def __init__(
        self, client: DokployClient, context: ActionContext, order: Order, settings: RunSettings
    ) -> None:
        self._client = client
        self._context = context
        self._order = order
        self._settings = settings
        self._pace = Pace(settings)
        self._readable = True

    async def perform(self) -> Deployed:
        """Deploy once.

        Raises:
            ActionFailed: it is certain that nothing was deployed.
            OutcomeUnknown: it cannot be told what became of it.
        """
        known = tuple(row.deployment_id for row in await self.idle())
        noted = DeployCheckpoint(marker=self._order.marker, known_deployments=known)
        await self._save(noted, "the compose is deployed now")
        return await self._watch(await self._post(noted))

    async def idle(self) -> tuple[Deployment, ...]:
        """The compose's deployments, none of which is at work.

        Raises:
            ActionFailed: one is; code ``deployment_running``.
        """
        rows = await self._client.deployments(self._order.compose_id)
        running = next((row for row in rows if row.status == "running"), None)
        if running is not None:
            raise _beside_another(running)
        return rows

    async def find_out(self) -> Deployed:
        """Tell what became of the attempt, by reading only.

        Raises:
            ActionFailed: it never began; code ``not_started``.
            OutcomeUnknown: it cannot be told.
        """
        noted = _kept(self._context, self._order.marker)
        if noted is None:
            message = "the attempt never began: it was lost before anything was posted to Dokploy"
            raise ActionFailed("not_started", message, retry_class="not_started")
        return await self._watch(noted)

    async def _post(self, noted: DeployCheckpoint) -> DeployCheckpoint:
        """The one POST; what it answers says at most that the deployment is queued."""
        answer = await self._answer()
        noted = msgspec.structs.replace(noted, stage=Stage.ANSWERED, answer=answer)
        await self._save(noted, f"Dokploy answered {answer}, the deployment itself must tell")
        return noted

    async def _answer(self) -> int | str:
        """The answer's status, or what kept it from coming.

        Raises:
            ActionFailed: it is certain that nothing was queued.
        """
        order = self._order
        try:
            response = await self._client.post_once(
                order.procedure, order.given, total_ms=POST_LIMIT
            )
        except HttpFailed as failed:
            if not failed.sent:
                raise failed.as_action_failed() from failed
            return failed.problem.value
        if response.status in REFUSED_STATUSES:
            raise self._client.rejected(order.procedure, response)
        return response.status

    async def _watch(self, noted: DeployCheckpoint) -> Deployed:
        """Look until the deployment's end is known, or it is clear that it never will be."""
        while True:
            rows = await self._look()
            if rows is not None:
                noted = await self._tell(noted, rows)
                ended = self._judge(noted, rows)
                if ended is not None:
                    return ended
            self._pace.counts = rows is not None
            interval = self._pace.next()
            await self._context.sleep(interval)
            self._pace.passed(interval)

    async def _look(self) -> tuple[Deployment, ...] | None:
        """The rows; None where the panel cannot be read, which changes nothing."""
        try:
            rows = await self._client.deployments(self._order.compose_id)
        except ActionFailed as failed:
            if self._readable:
                self._readable = False
                message = f"Dokploy cannot be read, the deployment goes on unwatched: {failed}"
                await self._context.progress(message, {"code": failed.failure.code})
            return None
        if not self._readable:
            self._readable = True
            await self._context.progress("Dokploy can be read again")
        return rows

    async def _tell(self, noted: DeployCheckpoint, rows: Sequence[Deployment]) -> DeployCheckpoint:
        """Write down new rows, and say how they stand, when that changes."""
        new = _new(noted, rows)
        standing = {row.deployment_id: row.status or "without a status" for row in new}
        if not self._pace.changed(standing):
            return noted
        message = ", ".join(f"deployment {name} is {word}" for name, word in standing.items())
        seen = tuple(sorted({*noted.seen, *standing}))
        noted = msgspec.structs.replace(noted, seen=seen)
        await self._save(noted, message or "no deployment is listed any more")
        return noted

    def _judge(self, noted: DeployCheckpoint, rows: Sequence[Deployment]) -> Deployed | None:
        """The attempt's deployment once it has ended; None: look again.

        Raises:
            OutcomeUnknown: looking again will not tell.
        """
        new = _new(noted, rows)
        own = next((row for row in new if self._order.is_own(row)), None)
        if own is None and not complete(noted, rows):
            raise self._unknown("row_pruned", noted)
        if own is None and len(new) > 1:
            raise self._unknown("ambiguous_rows", noted)
        if not new and self._pace.quiet >= self._settings.row_wait:
            raise self._unknown("no_deployment", noted)
        row = own or (new[0] if new else None)
        if row is None or row.status not in _ENDED:
            return None
        if own is None and self._pace.quiet < self._settings.settle:
            return None
        if row.status == "cancelled":
            raise self._unknown("cancelled_row", noted)
        return Deployed(row=row, rows=new, checkpoint=noted)

    def _unknown(self, reason: str, noted: DeployCheckpoint) -> OutcomeUnknown:
        detail: dict[str, Any] = {
            "compose_id": self._order.compose_id,
            "marker": noted.marker,
            "deployments": list(noted.seen),
            "answer": noted.answer,
        }
        return OutcomeUnknown(f"outcome_unknown_{reason}", _WHY_UNKNOWN[reason], detail=detail)

    async def _save(self, noted: DeployCheckpoint, message: str) -> None:
        await self._context.save_checkpoint(msgspec.to_builtins(noted), message)


def _kept(context: ActionContext, marker: str) -> DeployCheckpoint | None:
    """The checkpoint of this very attempt."""
    if context.checkpoint is None:
        return None
    noted = msgspec.convert(context.checkpoint, DeployCheckpoint)
    return noted if noted.marker == marker else None


def _new(noted: DeployCheckpoint, rows: Sequence[Deployment]) -> tuple[Deployment, ...]:
    known = set(noted.known_deployments)
    return tuple(row for row in rows if row.deployment_id not in known)


def _beside_another(row: Deployment) -> ActionFailed:
    message = (
        f"deployment {row.deployment_id} of this compose is still listed as running; once it is"
        " certain that it is over, end it in Dokploy (kill or delete it)"
    )
    detail = {"deployment_id": row.deployment_id, "started_at": row.started_at}
    return ActionFailed("deployment_running", message, retry_class="busy", detail=detail)


_WHY_UNKNOWN = {
    "no_deployment": "the deployment was asked for, and Dokploy lists none that could be it",
    "row_pruned": "Dokploy no longer lists the deployment, so its end cannot be read",
    "ambiguous_rows": "others deployed the compose too, and nothing tells which of the deployments"
    " is this attempt's",
    "cancelled_row": "Dokploy marked the deployment as cancelled, as it does after a restart; it"
    " may have gone on",
}
