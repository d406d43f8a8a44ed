"""Typed calls to a Dokploy panel.

Queries are GET with a query string, mutations POST with JSON, the key is in ``x-api-key``. A 401
can mean a bad key, an expired one, or one past its rate limit: the panel does not tell which.
"""

from typing import Any, TypeVar

import msgspec

from laneway.drivers.dokploy.models import Compose, Deployment, PanelVersion, Schedule
from laneway.drivers.http import (
    NO_LIMIT,
    HttpClient,
    HttpFailed,
    HttpResponse,
    status_retry_class,
)
from laneway.drivers.redaction import Redactor
from laneway.drivers.target import DokployTarget
from laneway.ports.driver import ActionContext, ActionFailed

T = TypeVar("T")

UNAUTHORIZED = "unauthorized_or_rate_limited"
_LOG_TAILS = (2_000, 200)
_NOTHING = b"null"  # what a procedure answers that returns nothing is 200 without a body


class DokployClient:
    """One panel, as one attempt sees it.

    Every call raises `ActionFailed` where it is known that it did not succeed, with the retry class
    ``unavailable``, ``timeout``, ``rate_limited`` or ``invalid``.

    Args:
        http: the started HTTP client.
        url: of the panel, without ``/api``.
        api_key: the key itself.
    """

    def __init__(self, http: HttpClient, url: str, api_key: str) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._headers = {"x-api-key": api_key, "Accept": "application/json"}
        self.redactor = Redactor([api_key])

    async def version(self) -> PanelVersion | None:
        """The panel's release; None where it does not say or cannot be understood."""
        try:
            return PanelVersion.parse(await self._query("settings.getDokployVersion", str))
        except ActionFailed as failed:
            if failed.failure.retry_class == "invalid":
                return None
            raise

    async def compose(self, compose_id: str) -> Compose:
        """A compose with its domains and deployments."""
        compose = await self._query("compose.one", Compose, composeId=compose_id)
        self.redactor = self.redactor.with_environment(compose.env)
        return compose

    async def save_environment(self, compose_id: str, env: str) -> None:
        """Set the whole text of a compose's variables; what runs has them after a deployment."""
        given = {"composeId": compose_id, "env": env}
        await self._mutate("compose.saveEnvironment", object, given)

    async def schedules(self, owner: str, schedule_type: str) -> tuple[Schedule, ...]:
        """The schedules of a server, or of the panel's own host, oldest first."""
        shape = tuple[Schedule, ...]
        return await self._query("schedule.list", shape, id=owner, scheduleType=schedule_type)

    async def schedule(self, schedule_id: str) -> Schedule:
        """One schedule."""
        return await self._query("schedule.one", Schedule, scheduleId=schedule_id)

    async def create_schedule(self, fields: dict[str, Any]) -> Schedule:
        """Make a schedule."""
        return await self._mutate("schedule.create", Schedule, fields)

    async def update_schedule(self, schedule_id: str, fields: dict[str, Any]) -> Schedule:
        """Change a schedule."""
        given = {**fields, "scheduleId": schedule_id}
        return await self._mutate("schedule.update", Schedule, given)

    async def runs(self, schedule_id: str) -> tuple[Deployment, ...]:
        """The runs of a schedule that the panel still knows (about ten), newest first."""
        shape = tuple[Deployment, ...]
        return await self._query("deployment.allByType", shape, id=schedule_id, type="schedule")

    async def deployments(self, compose_id: str) -> tuple[Deployment, ...]:
        """The deployments of a compose that the panel still knows (about ten), newest first."""
        shape = tuple[Deployment, ...]
        return await self._query("deployment.allByCompose", shape, composeId=compose_id)

    async def log(self, deployment_id: str) -> str | None:
        """The end of a run's log, as long as it may be; None where there is none to be read."""
        for tail in _LOG_TAILS:
            try:
                query = {"deploymentId": deployment_id, "tail": str(tail)}
                return await self._query("deployment.readLogs", str, **query)
            except ActionFailed as failed:
                if failed.failure.code != "response_too_large":
                    return None
        return None

    async def run_manually(self, schedule_id: str) -> HttpResponse:
        """Run a schedule, once: one POST over a connection of its own. Waits for its command's end.

        Raises:
            HttpFailed: no whole answer came.
        """
        return await self.post_once("schedule.runManually", {"scheduleId": schedule_id})

    async def post_once(
        self, procedure: str, given: dict[str, Any], *, total_ms: int = NO_LIMIT
    ) -> HttpResponse:
        """Call a procedure that must not be called twice: one POST, whatever comes of it.

        Raises:
            HttpFailed: no whole answer came.
        """
        return await self._http.request_once(
            "POST",
            f"{self._url}/api/{procedure}",
            headers=self._headers,
            json=given,
            total_ms=total_ms,
        )

    async def _query(self, procedure: str, shape: type[T], **query: str) -> T:
        return await self._call("GET", procedure, shape, query=query)

    async def _mutate(self, procedure: str, shape: type[T], given: dict[str, Any]) -> T:
        return await self._call("POST", procedure, shape, json=given)

    async def _call(
        self,
        method: str,
        procedure: str,
        shape: type[T],
        *,
        query: dict[str, str] | None = None,
        json: object = None,
    ) -> T:
        url = f"{self._url}/api/{procedure}"
        try:
            response = await self._http.request(
                method, url, headers=self._headers, query=query, json=json
            )
        except HttpFailed as failed:
            raise failed.as_action_failed() from failed
        return self._decode(procedure, shape, response)

    def _decode(self, procedure: str, shape: type[T], response: HttpResponse) -> T:
        if response.status != 200:
            raise self.rejected(procedure, response)
        try:
            return msgspec.json.decode(response.body or _NOTHING, type=shape)
        except msgspec.DecodeError as error:
            message = f"Dokploy's answer to {procedure} is not what it should be: {error}"
            raise ActionFailed("malformed_answer", message, retry_class="invalid") from error

    def rejected(self, procedure: str, response: HttpResponse) -> ActionFailed:
        """The failure that an answer other than 200 is."""
        detail = {"procedure": procedure, "status": response.status}
        if response.status == 401:
            message = "Dokploy answers 401: the API key is wrong, expired or past its rate limit"
            return ActionFailed(UNAUTHORIZED, message, retry_class="rate_limited", detail=detail)
        told = self.redactor.text(error_message(response))
        message = f"Dokploy answers {response.status} to {procedure}{told and ': '}{told}"
        code = "dokploy_not_found" if response.status == 404 else "dokploy_error"
        retry_class = status_retry_class(response.status)
        return ActionFailed(code, message, retry_class=retry_class, detail=detail)


def error_message(response: HttpResponse) -> str:
    """What Dokploy says went wrong, at most 500 characters; empty for a page of somebody else's."""
    try:
        content = response.json()
    except ValueError:
        return ""
    message = content.get("message") if isinstance(content, dict) else None
    return message[:500] if isinstance(message, str) else ""


def connect(http: HttpClient, target: DokployTarget, context: ActionContext) -> DokployClient:
    """The client for an attempt, with the key that the target record refers to."""
    return DokployClient(http, target.url, context.secret(target.api_key).strip())
