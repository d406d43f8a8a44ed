"""The compose of one lane, as the simulated Dokploy knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from laneway.testing.simulators.faults import Fault, FaultBoard
from laneway.testing.simulators.lanes import Content, SimulatedLane
from laneway.testing.simulators.rows import Deployment, DokployTables
from laneway.testing.simulators.timing import Durations, Sleep

PLANTED_SECRETS = (
    "planted-postgres-password-7Qx2",
    "planted-odoo-admin-password-9Lk4",
    "planted-registry-token-3Vb8",
)
"""Secrets in what compose.one answers; none may ever show up in an event, log or evidence."""

_CREATED_AT = "2026-01-05T09:00:00.000Z"
_COMMIT_TITLE = "Merge pull request #128 from release"
_ARTIFACT, _SOURCE_REF = "DOCKER_IMAGE_REFERENCE", "ODOO_SOURCE_GIT_REF"


class SimulatedCompose:
    """One compose: its row, its domains, and the deployments that are queued for it.

    Args:
        lane: the lane that it runs.
        server_id: the remote server it is on, or None for the panel's own host.
        faults: consulted for the live name, the domains and failing deployments.
        durations: how long a deployment takes.
        sleep: waits that long.
        changed: called after every change of the lane.
    """

    def __init__(
        self,
        lane: SimulatedLane,
        *,
        server_id: str | None,
        faults: FaultBoard,
        durations: Durations,
        sleep: Sleep,
        changed: Callable[[], None],
    ) -> None:
        self._lane = lane
        self._server_id = server_id
        self._faults = faults
        self._durations = durations
        self._sleep = sleep
        self._changed = changed
        self._tasks: set[asyncio.Task[None]] = set()

    def describe(self, rows: list[Deployment]) -> dict[str, object]:
        """What compose.one answers: `env` decrypted, `deployments` in no order."""
        spec = self._lane.spec
        wrong = self._faults.applies(Fault.WRONG_LIVE_NAME, "compose.one")
        return {
            "composeId": spec.compose_id,
            "name": "somebody-elses-compose" if wrong else spec.live_name,
            "appName": spec.app_name,
            "description": None,
            "env": self._env(),
            "composeStatus": self._lane.state.compose_status,
            "sourceType": spec.source_type,
            "serverId": self._server_id,
            "createdAt": _CREATED_AT,
            "environmentId": f"environment-{spec.context}",
            "environment": self._environment(),
            "deployments": sorted(rows, key=lambda row: row.deployment_id),
            "domains": self._domains("compose.one"),
            "mounts": [],
            "backups": [],
            "hasGitProviderAccess": True,
            "unauthorizedProvider": None,
        }

    def domains(self) -> list[dict[str, object]]:
        """What domain.byComposeId answers."""
        return self._domains("domain.byComposeId")

    def set_running(self, *, running: bool) -> None:
        """Start or stop the containers; a stopped lane answers 404 from the proxy."""
        self._lane.state.web_running = running
        self._lane.state.compose_status = "done" if running else "idle"
        self._changed()

    def save_environment(self, env: str | None) -> None:
        """Keep other variables; what runs has them once it is deployed."""
        self._lane.state.env = env or ""
        self._changed()

    def queue_deployment(self, tables: DokployTables, title: str, description: str) -> None:
        """Deploy in the background. The row keeps what the caller calls it only for `raw`."""
        spec = self._lane.spec
        if spec.source_type != "raw":
            title, description = _COMMIT_TITLE, f"Commit: {spec.source_git_ref}"
        row = tables.begin_deployment(spec.compose_id, title, description)
        self._lane.state.compose_status = "running"
        self._own(self._deploy(tables, row))

    def resume(self, tables: DokployTables) -> None:
        """Go on with the deployments that were in mid-run when the state was saved."""
        for row in tables.rows("compose_id", self._lane.spec.compose_id):
            if row.status == "running":
                self._own(self._deploy(tables, row))

    async def settled(self) -> None:
        """Wait until no deployment is in mid-run."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Abandon the deployments in flight."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deploy(self, tables: DokployTables, row: Deployment) -> None:
        failing = self._faults.applies(Fault.COMMAND_FAILS, "compose.deploy")
        await self._sleep(self._durations.deploy)
        if failing:
            self._lane.state.compose_status = "error"
        else:
            self._lane.deploy(self._configured())
            if self._faults.applies(Fault.BROKEN_ARTIFACT, "compose.deploy"):
                self._lane.state.broken.append(self._lane.deployed.artifact_id)
            self.set_running(running=True)
        tables.update_status(row.deployment_id, "error" if failing else "done")

    def _own(self, deployment: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(deployment)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _domains(self, route: str) -> list[dict[str, object]]:
        hosts = self._lane.spec.domains
        if self._faults.applies(Fault.MISSING_DOMAIN, route):
            hosts = hosts[:-1]
        return [self._domain(number, host) for number, host in enumerate(hosts, start=1)]

    def _domain(self, number: int, host: str) -> dict[str, object]:
        spec = self._lane.spec
        return {
            "domainId": f"domain-{spec.context}-{spec.instance}-{number}",
            "host": host,
            "https": True,
            "port": 8069,
            "path": "/",
            "serviceName": "web",
            "domainType": "compose",
            "composeId": spec.compose_id,
            "applicationId": None,
            "certificateType": "letsencrypt",
            "createdAt": _CREATED_AT,
        }

    def _environment(self) -> dict[str, object]:
        spec = self._lane.spec
        project = {"projectId": f"project-{spec.product}", "name": spec.product}
        return {
            "environmentId": f"environment-{spec.context}",
            "name": "production",
            "projectId": project["projectId"],
            "project": project,
        }

    def _configured(self) -> Content:
        """What the variables say is to be deployed."""
        lines = (line.partition("=") for line in self._env().splitlines())
        has = {name: value for name, _, value in lines}
        return Content(artifact_id=has.get(_ARTIFACT, ""), source_git_ref=has.get(_SOURCE_REF, ""))

    def _env(self) -> str:
        if self._lane.state.env is not None:
            return self._lane.state.env
        spec = self._lane.spec
        postgres, admin, registry = PLANTED_SECRETS
        return "\n".join(
            [
                f"ODOO_DB_NAME={spec.database}",
                f"{_ARTIFACT}={spec.artifact_id}",
                f"{_SOURCE_REF}={spec.source_git_ref}",
                f"POSTGRES_PASSWORD={postgres}",
                f"ODOO_MASTER_PASSWORD={admin}",
                f"REGISTRY_TOKEN={registry}",
            ]
        )
