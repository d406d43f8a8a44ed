"""Runs of schedules: background tasks of the simulator, which outlive the call that began them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from laneway.testing.simulators.faults import Fault, FaultBoard
from laneway.testing.simulators.lanes import SimulatedLane
from laneway.testing.simulators.rows import Delivery, Deployment, DokployTables, Schedule
from laneway.testing.simulators.shell import RUN_ROUTE, Shell, ShellResult, recognise
from laneway.testing.simulators.versions import DokployVersion

_PANEL_RESTARTS = (Fault.ROW_STAYS_RUNNING, Fault.COMMAND_LOST)
_SUCCESS = "✅ Command executed successfully"
_FAILURE = "❌ Command failed"


class RunOutcome(msgspec.Struct, frozen=True):
    """What runManually learns at the end of a run."""

    succeeded: bool
    message: str


class Run(msgspec.Struct, frozen=True):
    """A run that has begun: its row, what it is a run of, and the task that carries it out."""

    row: Deployment
    delivery: Delivery
    task: asyncio.Task[RunOutcome]


class ScheduleRunner:
    """Begins runs, ends them, and kills them.

    Nothing holds a second run of a schedule back: Dokploy has no lock.
    """

    def __init__(
        self,
        tables: DokployTables,
        *,
        lanes: Iterable[SimulatedLane],
        shell: Shell,
        faults: FaultBoard,
        version: DokployVersion,
    ) -> None:
        self._tables = tables
        self._lanes = tuple(lanes)
        self._shell = shell
        self._faults = faults
        self._version = version
        self._tasks: set[asyncio.Task[RunOutcome]] = set()
        self._processes: dict[str, asyncio.Task[ShellResult]] = {}

    def begin(self, schedule: Schedule) -> Run:
        """Insert the run's row and start its command."""
        row = self._tables.begin_run(schedule)
        command = recognise(schedule.executed_text)
        restart = self._faults.take(_PANEL_RESTARTS, RUN_ROUTE, command.kind)
        delivery = Delivery(
            deployment_id=row.deployment_id,
            schedule_id=schedule.schedule_id,
            command=command,
            panel_restarted=restart is not None,
            ended=restart is not None and restart.fault is Fault.COMMAND_LOST,
        )
        self._tables.record(delivery)
        self._tables.log(row.deployment_id, "Initializing schedule")
        if self._faults.applies(Fault.SUPERSEDED, RUN_ROUTE, command.kind):
            self._run_by_others(schedule, 1)
        return Run(row, delivery, self._start(schedule, delivery))

    def resume(self) -> None:
        """Go on with the commands that were in mid-run when the state was saved."""
        state = self._tables.state
        for delivery in state.deliveries:
            schedule = state.schedules.get(delivery.schedule_id)
            if not delivery.ended and schedule is not None:
                self._start(schedule, delivery)

    def kill(self, row: Deployment) -> None:
        """End a run's process by SIGKILL and mark its row, as deployment.killProcess does."""
        process = self._processes.get(row.deployment_id)
        if process is not None:
            process.cancel()
        self._tables.update_status(row.deployment_id, "error")

    async def settled(self) -> None:
        """Wait until no run is in mid-run."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Abandon every run where it is; a saved state can go on with them later."""
        for task in (*self._tasks, *self._processes.values()):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def lane_of(self, schedule: Schedule) -> SimulatedLane | None:
        """The lane that a schedule works on.

        That of its compose, else the one whose names its appName begins with
        (`platform-{context}-{instance}-…`), else the one whose compose its script names.
        """
        for lane in self._lanes:
            if schedule.compose_id == lane.spec.compose_id:
                return lane
        for lane in self._lanes:
            if schedule.app_name.startswith(lane.spec.schedule_prefix):
                return lane
        text = schedule.executed_text
        return next((lane for lane in self._lanes if lane.spec.app_name in text), None)

    def _start(self, schedule: Schedule, delivery: Delivery) -> asyncio.Task[RunOutcome]:
        task = asyncio.create_task(self._carry_out(schedule, delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _carry_out(self, schedule: Schedule, delivery: Delivery) -> RunOutcome:
        if delivery.ended:
            return RunOutcome(succeeded=False, message="the panel restarted")
        result = await self._execute(schedule, delivery)
        self._tables.end(delivery)
        return self._finish(schedule, delivery, result)

    async def _execute(self, schedule: Schedule, delivery: Delivery) -> ShellResult:
        lane = self.lane_of(schedule)
        if lane is None:
            return ShellResult(127, ("no such compose on this server",))
        if not schedule.on_host and not lane.state.web_running:
            service = f"service '{schedule.service_name or ''}' of compose '{lane.spec.live_name}'"
            return ShellResult(
                1, (f"Container not found for {service}, make sure the service is running",)
            )
        self._announce(schedule, delivery)
        return await self._process(lane, delivery)

    def _announce(self, schedule: Schedule, delivery: Delivery) -> None:
        name = delivery.deployment_id
        if schedule.schedule_type == "server":
            self._tables.log(name, "Running script")
        if schedule.on_host and name in self._tables.state.deployments:
            pid = str(4000 + len(self._tables.state.deliveries))
            self._tables.set_pid(name, pid)
            self._tables.log(name, f"PID: {pid} | Schedule ID: {schedule.schedule_id}")

    async def _process(self, lane: SimulatedLane, delivery: Delivery) -> ShellResult:
        name = delivery.deployment_id
        process = asyncio.create_task(self._shell.run(delivery.command, lane, name))
        self._processes[name] = process
        try:
            [result] = await asyncio.gather(process, return_exceptions=True)
        finally:
            del self._processes[name]
        if isinstance(result, ShellResult):
            return result
        if isinstance(result, asyncio.CancelledError):
            return self._shell.killed(lane, name)
        raise result

    def _finish(self, schedule: Schedule, delivery: Delivery, result: ShellResult) -> RunOutcome:
        succeeded = result.exit_code == 0 or self._hidden_by_tee(schedule)
        if not delivery.panel_restarted:
            self._log_end(schedule, delivery, result, succeeded=succeeded)
            self._tables.update_status(delivery.deployment_id, "done" if succeeded else "error")
        if self._faults.applies(Fault.ROWS_PRUNED, RUN_ROUTE, delivery.command.kind):
            self._run_by_others(schedule, 11)
        return RunOutcome(succeeded=succeeded, message="\n".join(result.output))

    def _hidden_by_tee(self, schedule: Schedule) -> bool:
        return schedule.schedule_type == "server" and not self._version.remote_failure_shows

    def _log_end(
        self, schedule: Schedule, delivery: Delivery, result: ShellResult, *, succeeded: bool
    ) -> None:
        """Write the output and the closing line, which a `dokploy-server` schedule has not."""
        lines = list(result.output)
        if schedule.schedule_type != "dokploy-server":
            lines.append(_SUCCESS if succeeded else _FAILURE)
        self._tables.log(delivery.deployment_id, *lines)

    def _run_by_others(self, schedule: Schedule, times: int) -> None:
        """Runs by somebody else whose commands do nothing and end at once."""
        for _ in range(times):
            row = self._tables.begin_run(schedule)
            self._tables.log(row.deployment_id, "Initializing schedule")
            self._tables.update_status(row.deployment_id, "done")
