"""The shell of the simulated server: it recognises a few commands and acts them out on a lane.

The convention, which is all that it understands of a command or script:

- `LANEWAY_OPERATION=<operation id>` is the marker (also `laneway-operation=…`; quotes are fine).
- `laneway-guard` says that the command looks for its marker in the data volume first, and exits 0
  without doing anything where it finds it. Without that word nothing protects a second run.
- `pg_dump` makes it a backup, else `pg_restore` a restore of the one that `backup=…` names;
  `--update-only` makes it the post-deploy update; else the word `bootstrap` makes it the
  bootstrap. Anything else exits 0 and changes nothing.
- `artifact=…` and `source=…` say what a backup is of.

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
_VALUES = re.compile(r"^(artifact|source|backup)=(\S+)$", re.MULTILINE)


class Command(msgspec.Struct, frozen=True):
    """What the shell recognised in a text."""

    kind: CommandKind
    marker: str | None
    guarded: bool
    values: dict[str, str] = {}


class ShellResult(msgspec.Struct, frozen=True):
    """How a command ended: its exit code, and the lines it printed."""

    exit_code: int
    output: tuple[str, ...]


def recognise(text: str) -> Command:
    """Read the kind, the marker and the guard out of a command or script."""
    found = _MARKER.search(text)
    return Command(
        kind=_kind(text),
        marker=found.group(1) if found else None,
        guarded=_GUARD in text,
        values={name: value.strip("'") for name, value in _VALUES.findall(text)},
    )


def _kind(text: str) -> CommandKind:
    if "pg_dump" in text:
        return "backup"
    if "pg_restore" in text:
        return "restore"
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
        return self._end(command, execution, lane, failed=failing is not None)

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
        if command.kind in ("update", "backup", "restore") and state.database != "ready":
            return ShellResult(1, (f"database {lane.spec.database} does not exist",))
        if command.kind == "restore" and command.values.get("backup") not in state.backups:
            return ShellResult(1, ("sha256sum: complete: No such file or directory",))
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
        seconds = {
            "bootstrap": self._durations.bootstrap,
            "update": self._durations.post_deploy,
            "backup": self._durations.backup,
            "restore": self._durations.restore,
        }
        if kind in seconds:
            await self._sleep(seconds[kind])
        waiting = self._fault(Fault.COMMAND_WAITS, kind)
        if waiting is not None:
            await waiting.cleared.wait()

    def _end(
        self, command: Command, execution: Execution, lane: SimulatedLane, *, failed: bool
    ) -> ShellResult:
        if failed:
            self._close(execution, 1)
            return ShellResult(1, (f"odoo: {execution.kind} failed",))
        output = _done(command, execution, lane)
        if execution.marker is not None:
            lane.state.markers.append(execution.marker)
        self._close(execution, 0)
        last = f"odoo: {execution.kind} of {lane.spec.database} finished"
        return ShellResult(0, (*output, last))

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


def _done(command: Command, execution: Execution, lane: SimulatedLane) -> tuple[str, ...]:
    """What a command that went through has done to its lane; and what it printed of that."""
    state, name = lane.state, execution.marker or execution.deployment_id
    match execution.kind:
        case "bootstrap":
            state.database = "ready"
            state.identity = lane.identify(name)
            state.database_of = lane.deployed.artifact_id
        case "update":
            state.database_of = lane.deployed.artifact_id
        case "backup":
            state.backups[name] = state.database_of
            return _manifest(name, command.values)
        case "restore":
            state.database_of = state.backups[command.values["backup"]]
        case "other":
            pass
    return ()


def _manifest(name: str, values: dict[str, str]) -> tuple[str, ...]:
    if "artifact" not in values:  # a backup of somebody else's
        return ()
    artifact, source = values["artifact"], values.get("source", "")
    return (
        f"laneway-backup: database.dump 1260 {'6c' * 32}",
        f"laneway-backup: filestore.tar 10240 {'ed' * 32}",
        f"laneway-backup: {name} of {artifact} from {source} is complete",
    )
