"""The procedures of the simulated Dokploy, by their names.

Inputs follow the request schemas of Dokploy's own OpenAPI file; unknown fields are ignored, as
Dokploy ignores them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

import msgspec

from laneway.testing.simulators.answers import DokployError
from laneway.testing.simulators.compose import SimulatedCompose
from laneway.testing.simulators.rows import (
    Deployment,
    DokployTables,
    Schedule,
    ScheduleType,
)
from laneway.testing.simulators.runner import ScheduleRunner
from laneway.testing.simulators.versions import DokployVersion

Id = Annotated[str, msgspec.Meta(min_length=1)]
Nullable = str | None
Input = msgspec.Struct

ORGANIZATION = "organization-laneway-demo"

_TYPE_COLUMNS = {"schedule": "schedule_id", "compose": "compose_id", "server": "server_id"}


class NoInput(msgspec.Struct, frozen=True):
    """The input of a procedure that takes none."""


class ComposeInput(msgspec.Struct, frozen=True, rename="camel"):
    """compose.one, compose.start, compose.stop, domain.byComposeId, deployment.allByCompose."""

    compose_id: Id


class DeployInput(msgspec.Struct, frozen=True, rename="camel"):
    """compose.deploy and compose.redeploy."""

    compose_id: Id
    title: str | None = None
    description: str | None = None


class EnvironmentInput(msgspec.Struct, frozen=True, rename="camel"):
    """compose.saveEnvironment."""

    compose_id: str
    env: str | None
    create_env_file: bool | msgspec.UnsetType = msgspec.UNSET


class ApplicationInput(msgspec.Struct, frozen=True, rename="camel"):
    """deployment.all."""

    application_id: Id


class ByTypeInput(msgspec.Struct, frozen=True):
    """deployment.allByType."""

    id: Id
    type: Literal[
        "application",
        "compose",
        "server",
        "schedule",
        "previewDeployment",
        "backup",
        "volumeBackup",
    ]


class DeploymentInput(msgspec.Struct, frozen=True, rename="camel"):
    """deployment.killProcess."""

    deployment_id: Id


class ReadLogsInput(msgspec.Struct, frozen=True, rename="camel"):
    """deployment.readLogs; `tail` counts lines."""

    deployment_id: Id
    tail: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100


class ScheduleListInput(msgspec.Struct, frozen=True, rename="camel"):
    """schedule.list."""

    id: str
    schedule_type: ScheduleType


class ScheduleInput(msgspec.Struct, frozen=True, rename="camel"):
    """schedule.one, schedule.delete and schedule.runManually."""

    schedule_id: str


class ScheduleFields(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """schedule.create: three fields are required, and the rest has Dokploy's defaults."""

    name: str
    cron_expression: str
    command: str
    app_name: str | msgspec.UnsetType = msgspec.UNSET
    description: Nullable | msgspec.UnsetType = msgspec.UNSET
    service_name: Nullable | msgspec.UnsetType = msgspec.UNSET
    shell_type: Literal["bash", "sh"] | msgspec.UnsetType = msgspec.UNSET
    schedule_type: ScheduleType | msgspec.UnsetType = msgspec.UNSET
    script: Nullable | msgspec.UnsetType = msgspec.UNSET
    application_id: Nullable | msgspec.UnsetType = msgspec.UNSET
    compose_id: Nullable | msgspec.UnsetType = msgspec.UNSET
    server_id: Nullable | msgspec.UnsetType = msgspec.UNSET
    organization_id: Nullable | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    timezone: Nullable | msgspec.UnsetType = msgspec.UNSET


class ScheduleUpdate(ScheduleFields, frozen=True, rename="camel", kw_only=True):
    """schedule.update: what it leaves out stays as it is."""

    schedule_id: Id


class Procedure(msgspec.Struct, frozen=True):
    """A procedure: its HTTP method, the shape of its input, and what carries it out."""

    method: Literal["GET", "POST"]
    shape: type[Input]
    call: Callable[..., Awaitable[object]]


class Procedures:
    """Carries the procedures out on the rows and composes.

    schedule.runManually is not among them: it answers later than it acts, and the server has it.
    """

    def __init__(
        self,
        tables: DokployTables,
        *,
        composes: dict[str, SimulatedCompose],
        runner: ScheduleRunner,
        version: DokployVersion,
    ) -> None:
        self._tables = tables
        self._composes = composes
        self._runner = runner
        self._version = version

    def table(self) -> dict[str, Procedure]:
        """Every procedure of this version by its name."""
        known = {**self._reads(), **self._writes()}
        if not self._version.reads_logs:
            del known["deployment.readLogs"]
        return known

    def schedule(self, schedule_id: str) -> Schedule:
        """The schedule with this id.

        Raises:
            DokployError: 404, there is none.
        """
        found = self._tables.state.schedules.get(schedule_id)
        if found is None:
            raise DokployError(404, "Schedule not found")
        return found

    def _reads(self) -> dict[str, Procedure]:
        return {
            "settings.getDokployVersion": Procedure("GET", NoInput, self._get_version),
            "compose.one": Procedure("GET", ComposeInput, self._compose_one),
            "domain.byComposeId": Procedure("GET", ComposeInput, self._domains),
            "deployment.all": Procedure("GET", ApplicationInput, self._deployments),
            "deployment.allByCompose": Procedure("GET", ComposeInput, self._by_compose),
            "deployment.allByType": Procedure("GET", ByTypeInput, self._by_type),
            "deployment.readLogs": Procedure("GET", ReadLogsInput, self._read_logs),
            "schedule.list": Procedure("GET", ScheduleListInput, self._schedules),
            "schedule.one": Procedure("GET", ScheduleInput, self._schedule_one),
        }

    def _writes(self) -> dict[str, Procedure]:
        return {
            "compose.deploy": Procedure("POST", DeployInput, self._deploy),
            "compose.redeploy": Procedure("POST", DeployInput, self._redeploy),
            "compose.saveEnvironment": Procedure("POST", EnvironmentInput, self._save_environment),
            "compose.start": Procedure("POST", ComposeInput, self._start_compose),
            "compose.stop": Procedure("POST", ComposeInput, self._stop_compose),
            "deployment.killProcess": Procedure("POST", DeploymentInput, self._kill),
            "schedule.create": Procedure("POST", ScheduleFields, self._create_schedule),
            "schedule.update": Procedure("POST", ScheduleUpdate, self._update_schedule),
            "schedule.delete": Procedure("POST", ScheduleInput, self._delete_schedule),
        }

    async def _get_version(self, _given: NoInput) -> str:
        return str(self._version)

    async def _compose_one(self, given: ComposeInput) -> object:
        rows = self._tables.rows("compose_id", given.compose_id)
        return self._compose(given.compose_id).describe(rows)

    async def _domains(self, given: ComposeInput) -> object:
        return self._compose(given.compose_id).domains()

    async def _deployments(self, given: ApplicationInput) -> list[Deployment]:
        return self._tables.rows("application_id", given.application_id)

    async def _by_compose(self, given: ComposeInput) -> list[Deployment]:
        self._compose(given.compose_id)
        return self._tables.rows("compose_id", given.compose_id)

    async def _by_type(self, given: ByTypeInput) -> list[Deployment]:
        if given.type == "schedule":
            self.schedule(given.id)
        column = _TYPE_COLUMNS.get(given.type)
        return self._tables.rows(column, given.id) if column else []

    async def _read_logs(self, given: ReadLogsInput) -> str:
        self._deployment(given.deployment_id)
        return self._tables.log_tail(given.deployment_id, given.tail)

    async def _kill(self, given: DeploymentInput) -> None:
        row = self._deployment(given.deployment_id)
        if row.pid is None:
            raise DokployError(400, "Deployment is not running")
        self._runner.kill(row)

    async def _deploy(self, given: DeployInput) -> object:
        return self._queue(given, "Manual deployment", "Deployment queued")

    async def _redeploy(self, given: DeployInput) -> object:
        return self._queue(given, "Rebuild deployment", "Redeployment queued")

    def _queue(self, given: DeployInput, title: str, message: str) -> dict[str, object]:
        compose = self._compose(given.compose_id)
        compose.queue_deployment(self._tables, given.title or title, given.description or "")
        return {"success": True, "message": message, "composeId": given.compose_id}

    async def _save_environment(self, given: EnvironmentInput) -> bool:
        self._compose(given.compose_id).save_environment(given.env)
        return True

    async def _start_compose(self, given: ComposeInput) -> bool:
        self._compose(given.compose_id).set_running(running=True)
        return True

    async def _stop_compose(self, given: ComposeInput) -> bool:
        self._compose(given.compose_id).set_running(running=False)
        return True

    async def _schedules(self, given: ScheduleListInput) -> list[dict[str, object]]:
        found = [row for row in self._tables.state.schedules.values() if _listed(row, given)]
        return [self._with_deployments(row) for row in found]

    async def _schedule_one(self, given: ScheduleInput) -> Schedule:
        return self.schedule(given.schedule_id)

    async def _create_schedule(self, given: ScheduleFields) -> Schedule:
        return self._save(self._tables.new_id(), {}, given)

    async def _update_schedule(self, given: ScheduleUpdate) -> Schedule:
        existing = msgspec.to_builtins(self.schedule(given.schedule_id))
        return self._save(given.schedule_id, existing, given)

    async def _delete_schedule(self, given: ScheduleInput) -> bool:
        self.schedule(given.schedule_id)
        self._tables.delete_schedule(given.schedule_id)
        return True

    def _save(
        self, schedule_id: str, existing: dict[str, object], given: ScheduleFields
    ) -> Schedule:
        fresh = {"appName": f"schedule-{schedule_id[:6]}", "createdAt": self._tables.moment()}
        row = {**fresh, **existing, **msgspec.to_builtins(given), "scheduleId": schedule_id}
        if row.get("scheduleType") == "dokploy-server":
            row["organizationId"] = ORGANIZATION
        schedule = msgspec.convert(row, Schedule)
        self._tables.save_schedule(schedule)
        return schedule

    def _with_deployments(self, schedule: Schedule) -> dict[str, object]:
        row: dict[str, object] = msgspec.to_builtins(schedule)
        return {**row, "deployments": self._tables.rows("schedule_id", schedule.schedule_id)}

    def _compose(self, compose_id: str) -> SimulatedCompose:
        found = self._composes.get(compose_id)
        if found is None:
            raise DokployError(404, "Compose not found")
        return found

    def _deployment(self, deployment_id: str) -> Deployment:
        found = self._tables.state.deployments.get(deployment_id)
        if found is None:
            raise DokployError(404, "Deployment not found")
        return found


def _listed(schedule: Schedule, given: ScheduleListInput) -> bool:
    """Whether schedule.list names this one; the id of the panel's own host is ignored."""
    owner = {
        "application": schedule.application_id,
        "compose": schedule.compose_id,
        "server": schedule.server_id,
        "dokploy-server": given.id,
    }[given.schedule_type]
    return schedule.schedule_type == given.schedule_type and owner == given.id
