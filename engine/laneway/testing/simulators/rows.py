"""The rows of the simulated Dokploy's database: schedules, deployments and their logs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Literal

import msgspec

from laneway.testing.simulators.shell import Command
from laneway.testing.simulators.timing import Now, iso

ScheduleType = Literal["application", "compose", "server", "dokploy-server"]
DeploymentStatus = Literal["running", "done", "error", "cancelled"]

KEPT_ROWS = 10
SUPERSEDED = "Superseded by a new run of this schedule."
SCHEDULES_PATH = "/etc/dokploy/schedules"


class Schedule(msgspec.Struct, rename="camel", kw_only=True):
    """A schedule as Dokploy stores it; a new one is enabled unless it says otherwise."""

    schedule_id: str
    name: str
    cron_expression: str
    command: str
    app_name: str
    created_at: str
    description: str | None = None
    service_name: str | None = None
    shell_type: Literal["bash", "sh"] = "bash"
    schedule_type: ScheduleType = "application"
    script: str | None = None
    application_id: str | None = None
    compose_id: str | None = None
    server_id: str | None = None
    organization_id: str | None = None
    enabled: bool = True
    timezone: str | None = None

    @property
    def on_host(self) -> bool:
        """True for a schedule that runs its `script` on a host, not `command` in a container."""
        return self.schedule_type in ("server", "dokploy-server")

    @property
    def executed_text(self) -> str:
        """What a run really executes: `script` on a host, `command` in a container."""
        return (self.script or "") if self.on_host else self.command


class Deployment(msgspec.Struct, rename="camel", kw_only=True):
    """One row of Dokploy's deployment table."""

    deployment_id: str
    title: str
    description: str
    status: DeploymentStatus
    log_path: str
    created_at: str
    started_at: str
    pid: str | None = None
    finished_at: str | None = None
    error_message: str | None = None
    application_id: str | None = None
    compose_id: str | None = None
    server_id: str | None = None
    schedule_id: str | None = None


class Delivery(msgspec.Struct, kw_only=True):
    """One `schedule.runManually` that reached Dokploy and began a run.

    `ended` is False while the command runs; `panel_restarted` says that the row can no longer end.
    """

    deployment_id: str
    schedule_id: str
    command: Command
    ended: bool = False
    panel_restarted: bool = False


class DokployState(msgspec.Struct, kw_only=True):
    """Everything that the simulated Dokploy remembers, in the order in which it came about."""

    issued: int = 0
    schedules: dict[str, Schedule] = {}
    deployments: dict[str, Deployment] = {}
    logs: dict[str, list[str]] = {}
    deliveries: list[Delivery] = []


class DokployTables:
    """Reads and writes of the rows.

    Args:
        state: the rows; changed in place.
        now: the clock of the timestamps.
        supersedes: whether a new run marks a running row of its schedule as superseded.
        changed: called after every change.
    """

    def __init__(
        self, state: DokployState, *, now: Now, supersedes: bool, changed: Callable[[], None]
    ) -> None:
        self.state = state
        self._now = now
        self._supersedes = supersedes
        self._changed = changed

    def new_id(self) -> str:
        """An opaque id: like Dokploy's it says nothing of the order in which rows came."""
        self.state.issued += 1
        return hashlib.sha256(f"row {self.state.issued}".encode()).hexdigest()[:21]

    def moment(self) -> str:
        """The time now, as rows carry it."""
        return iso(self._now())

    def save_schedule(self, schedule: Schedule) -> None:
        """Insert a schedule, or put it in the place of the one with its id."""
        self.state.schedules[schedule.schedule_id] = schedule
        self._changed()

    def delete_schedule(self, schedule_id: str) -> None:
        """Remove a schedule, and with it the rows of its runs."""
        del self.state.schedules[schedule_id]
        for row in self.rows("schedule_id", schedule_id):
            self._delete_row(row)
        self._changed()

    def rows(self, column: str, value: str) -> list[Deployment]:
        """The deployment rows whose column has this value, newest first."""
        found = [row for row in self.state.deployments.values() if getattr(row, column) == value]
        return found[::-1]

    def begin_run(self, schedule: Schedule) -> Deployment:
        """Insert the row of a new run, as Dokploy does before it starts the command.

        The rows beyond the newest ten go first, so that eleven are left with the new one; from
        0.30.0 rows that still run are marked as superseded, whatever their processes do.
        """
        self._prune("schedule_id", schedule.schedule_id)
        if self._supersedes:
            self._supersede(schedule.schedule_id)
        row = self._new_row("Schedule", "Schedule", schedule.app_name)
        row.schedule_id = schedule.schedule_id
        return self._insert(row)

    def begin_deployment(self, compose_id: str, title: str, description: str) -> Deployment:
        """Insert the row of a deployment of a compose."""
        self._prune("compose_id", compose_id)
        row = self._new_row(title, description, compose_id)
        row.compose_id = compose_id
        return self._insert(row)

    def record(self, delivery: Delivery) -> None:
        """Write down that a call of runManually began a run."""
        self.state.deliveries.append(delivery)
        self._changed()

    def end(self, delivery: Delivery) -> None:
        """Write down that the command of a run is over."""
        delivery.ended = True
        self._changed()

    def update_status(self, deployment_id: str, status: DeploymentStatus) -> None:
        """Set a row's status. A row that was pruned stays away; an old errorMessage stays."""
        row = self.state.deployments.get(deployment_id)
        if row is None:
            return
        row.status = status
        row.finished_at = self.moment()
        self._changed()

    def set_pid(self, deployment_id: str, pid: str) -> None:
        """Write down the process id that the script printed."""
        self.state.deployments[deployment_id].pid = pid
        self._changed()

    def log(self, deployment_id: str, *lines: str) -> None:
        """Add lines to a row's log; nothing is written for a row that is gone."""
        if deployment_id in self.state.deployments:
            self.state.logs.setdefault(deployment_id, []).extend(lines)
            self._changed()

    def log_tail(self, deployment_id: str, lines: int) -> str:
        """The last lines of a row's log, as `tail -n` gives them."""
        return "".join(f"{line}\n" for line in self.state.logs.get(deployment_id, [])[-lines:])

    def _new_row(self, title: str, description: str, folder: str) -> Deployment:
        moment, name = self.moment(), self.new_id()
        return Deployment(
            deployment_id=name,
            title=title,
            description=description,
            status="running",
            log_path=f"{SCHEDULES_PATH}/{folder}/{folder}-{moment}.log",
            created_at=moment,
            started_at=moment,
        )

    def _insert(self, row: Deployment) -> Deployment:
        self.state.deployments[row.deployment_id] = row
        self._changed()
        return row

    def _prune(self, column: str, value: str) -> None:
        for row in self.rows(column, value)[KEPT_ROWS:]:
            self._delete_row(row)

    def _delete_row(self, row: Deployment) -> None:
        del self.state.deployments[row.deployment_id]
        self.state.logs.pop(row.deployment_id, None)

    def _supersede(self, schedule_id: str) -> None:
        for row in self.rows("schedule_id", schedule_id):
            if row.status == "running":
                row.status = "error"
                row.error_message = SUPERSEDED
                row.finished_at = self.moment()
