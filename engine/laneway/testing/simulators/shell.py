"""The shell of the simulated server: it recognises a few commands and acts them out on a lane.

The convention, which is all that it understands of a command or script:

- `LANEWAY_OPERATION=<operation id>` is the marker (also `laneway-operation=…`; quotes are fine).
- `laneway-guard` says that the command looks for its marker in the data volume first, and exits 0
  without doing anything where it finds it. Without that word nothing protects a second run.
- `--update-only` makes it the post-deploy update; else the word `bootstrap` makes it the
  bootstrap. Anything else exits 0 and changes nothing.

What the commands do to the lane is what was measured on Odoo 18.0: a bootstrap of an existing
database exits 0, of two at once the second exits 1, and one that is killed leaves a database that
answers 500 until a further bootstrap goes through.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from laneway.testing.simulators.faults import Fault, FaultBoard, FaultRule
from laneway.testing.simulators.lanes import CommandKind, Execution, SimulatedLane
from laneway.testing.simulators.timing import Durations, Now, Sleep, iso

RUN_ROUTE = "schedule.runManually"
KILLED = 137  # what a shell reports of a process ended by SIGKILL

_MARKER = re.compile(r"LANEWAY[-_]OPERATION=[\"']?([A-Za-z0-9_]+)", re.IGNORECASE)
_GUARD = "laneway-guard"


class Command(msgspec.Struct, frozen=True):
    """What the shell recognised in a text."""

    kind: CommandKind
    marker: str | None
    guarded: bool


class ShellResult(msgspec.Struct, frozen=True):
    """How a command ended: its exit code, and the lines it printed."""

    exit_code: int
    output: tuple[str, ...]


def recognise(text: str) -> Command:
    """Read the kind, the marker and the guard out of a command or script."""
    found = _MARKER.search(text)
    return Command(
        kind=_kind(text), marker=found.group(1) if found else None, guarded=_GUARD in text
    )


def _kind(text: str) -> CommandKind:
    if "--update-only" in text:
        return "update"
    return "bootstrap" if "bootstrap" in text else "other"


class Shell:
    """Runs commands against lanes.

    Args:
        faults: consulted for `command_fails` and `command_waits`.
        durations: how long each kind of command takes.
        sleep: waits that long; a test passes a held one.
        now: the clock of the timestamps.
        changed: called after every change of a lane.
    """

    def __init__(
        self,
        *,
        faults: FaultBoard,
        durations: Durations,
        sleep: Sleep,
        now: Now,
        changed: Callable[[], None],
    ) -> None:
        self._faults = faults
        self._durations = durations
        self._sleep = sleep
        self._now = now
        self._changed = changed

    async def run(self, command: Command, lane: SimulatedLane, deployment_id: str) -> ShellResult:
        """Run a command to its end, or go on with the one this deployment row had begun."""
        execution = lane.state.open_execution(deployment_id)
        if execution is None:
            refusal = self._refuse(command, lane, deployment_id)
            if refusal is not None:
                return refusal
            execution = self._begin(command, lane, deployment_id)
        failing = self._fault(Fault.COMMAND_FAILS, command.kind)
        await self._take_time(command.kind)
        return self._end(execution, lane, failed=failing is not None)

    def killed(self, lane: SimulatedLane, deployment_id: str) -> ShellResult:
        """Write down that the command of this row was ended by SIGKILL."""
        execution = lane.state.open_execution(deployment_id)
        if execution is not None:
            self._close(execution, KILLED)
        return ShellResult(KILLED, ("Killed",))

    def _refuse(
        self, command: Command, lane: SimulatedLane, deployment_id: str
    ) -> ShellResult | None:
        state = lane.state
        if command.guarded and command.marker in state.markers:
            state.skipped.append(self._ended(command, deployment_id))
            self._changed()
            return ShellResult(0, (f"laneway-guard: {command.marker} was executed already",))
        if command.kind == "bootstrap" and state.running("bootstrap"):
            return ShellResult(1, (f"database {lane.spec.database} is being created",))
        if command.kind == "update" and state.database != "ready":
            return ShellResult(1, (f"database {lane.spec.database} does not exist",))
        return None

    def _begin(self, command: Command, lane: SimulatedLane, deployment_id: str) -> Execution:
        execution = Execution(
            deployment_id=deployment_id,
            kind=command.kind,
            marker=command.marker,
            started_at=iso(self._now()),
        )
        lane.state.executions.append(execution)
        if command.kind == "bootstrap" and lane.state.database == "absent":
            lane.state.database = "uninitialised"
        self._changed()
        return execution

    async def _take_time(self, kind: CommandKind) -> None:
        seconds = {"bootstrap": self._durations.bootstrap, "update": self._durations.post_deploy}
        if kind in seconds:
            await self._sleep(seconds[kind])
        waiting = self._fault(Fault.COMMAND_WAITS, kind)
        if waiting is not None:
            await waiting.cleared.wait()

    def _end(self, execution: Execution, lane: SimulatedLane, *, failed: bool) -> ShellResult:
        if failed:
            self._close(execution, 1)
            return ShellResult(1, (f"odoo: {execution.kind} failed",))
        if execution.kind == "bootstrap":
            lane.state.database = "ready"
            record = execution.marker or execution.deployment_id
            lane.state.identity = lane.spec.identity(record)
        if execution.marker is not None:
            lane.state.markers.append(execution.marker)
        self._close(execution, 0)
        return ShellResult(0, (f"odoo: {execution.kind} of {lane.spec.database} finished",))

    def _close(self, execution: Execution, exit_code: int) -> None:
        execution.exit_code = exit_code
        execution.finished_at = iso(self._now())
        self._changed()

    def _ended(self, command: Command, deployment_id: str) -> Execution:
        moment = iso(self._now())
        return Execution(
            deployment_id=deployment_id,
            kind=command.kind,
            marker=command.marker,
            started_at=moment,
            finished_at=moment,
            exit_code=0,
        )

    def _fault(self, fault: Fault, kind: CommandKind) -> FaultRule | None:
        return self._faults.take((fault,), RUN_ROUTE, kind)
