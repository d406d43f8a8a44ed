"""A simulated Dokploy: a real HTTP server that answers as the real one does, by version.

What it does as the real one does:

- every route but `/api/health` needs the right `x-api-key`, or answers 401 with a message and
  nothing else; a POST without `application/json` answers 415; errors carry `message`, `code`
  and `data`; a procedure that returns nothing answers 200 with an empty body;
- `schedule.runManually` blocks until the command ends, whatever the caller does meanwhile; it is
  not idempotent and takes no lock; how it answers depends on the version (`versions.py`);
- a schedule of type `server` or `dokploy-server` executes its `script`, not its `command`, and
  only the former's log ends with the line that says how it went;
- the titles that a deployment is asked for do not survive, unless its source is `raw`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aiohttp import web

from laneway.testing.simulators.answers import DokployError, answer, read_body, read_query
from laneway.testing.simulators.compose import SimulatedCompose
from laneway.testing.simulators.control import Control
from laneway.testing.simulators.faults import AFTER_FAULTS, FaultBoard
from laneway.testing.simulators.lanes import Execution, SimulatedLane
from laneway.testing.simulators.procedures import Procedure, Procedures, ScheduleInput
from laneway.testing.simulators.rows import Delivery, DokployState, DokployTables, Schedule
from laneway.testing.simulators.runner import Run, ScheduleRunner
from laneway.testing.simulators.server import HttpServer, Wire, drop, unauthorized
from laneway.testing.simulators.shell import RUN_ROUTE, Shell
from laneway.testing.simulators.timing import Durations, Now, Sleep, utc_now
from laneway.testing.simulators.versions import DokployVersion

API_PREFIX = "/api/"
DEFAULT_VERSION = "0.30.2"
DEFAULT_API_KEY = "laneway-demo-api-key"


def _unchanged() -> None:
    """Nobody wants to know of changes."""


class DokploySimulator:
    """The server, its rows and its runs.

    Args:
        lanes: the lanes whose composes it holds.
        version: the Dokploy release that it behaves as.
        api_key: the one key that it accepts.
        server_id: the remote server that the composes are on; None for the panel's own host.
        durations: how long commands and deployments take.
        sleep: waits that long; tests pass one that they hold and release.
        now: the clock of the rows' timestamps.
        state: the rows to begin with; changed in place.
        changed: called after every change of rows or lanes.
        port: the port to listen on; 0 takes a free one.
    """

    def __init__(
        self,
        lanes: Sequence[SimulatedLane],
        *,
        version: str = DEFAULT_VERSION,
        api_key: str = DEFAULT_API_KEY,
        server_id: str | None = None,
        durations: Durations | None = None,
        sleep: Sleep = asyncio.sleep,
        now: Now = utc_now,
        state: DokployState | None = None,
        changed: Callable[[], None] = _unchanged,
        port: int = 0,
    ) -> None:
        self.version = DokployVersion.parse(version)
        self.api_key = api_key
        self.server_id = server_id
        self.faults = FaultBoard()
        self.state = state or DokployState()
        self._lanes = tuple(lanes)
        self._durations = durations or Durations()
        self._sleep = sleep
        self._changed = changed
        self._tables = DokployTables(
            self.state, now=now, supersedes=self.version.supersedes, changed=changed
        )
        self._composes = {lane.spec.compose_id: self._compose(lane) for lane in lanes}
        self._runner = self._new_runner(now)
        self._procedures = Procedures(
            self._tables, composes=self._composes, runner=self._runner, version=self.version
        )
        self._wire = Wire(
            self.faults,
            route_name=_procedure_name,
            sleep=sleep,
            slow_seconds=self._durations.slow,
            handles_late_faults=frozenset({RUN_ROUTE}),
        )
        self._server = HttpServer(self._app(), port)

    async def start(self) -> None:
        """Listen, and go on with the commands that the given state left in mid-run."""
        await self._server.start()
        self._runner.resume()
        for compose in self._composes.values():
            compose.resume(self._tables)

    async def stop(self) -> None:
        """Let go of calls that hang, abandon commands where they are, and stop listening."""
        self.faults.clear()
        await self._runner.stop()
        for compose in self._composes.values():
            await compose.stop()
        await self._server.stop()

    async def settled(self) -> None:
        """Wait until no command or deployment is in mid-run, whether or not a caller waits."""
        await self._runner.settled()
        for compose in self._composes.values():
            await compose.settled()

    @property
    def url(self) -> str:
        """The base URL, without `/api` and without a slash at its end."""
        return self._server.url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def deliveries(self) -> list[Delivery]:
        """Every schedule.runManually that began a run, oldest first."""
        return self.state.deliveries

    @property
    def requests(self) -> dict[str, int]:
        """How many calls of each procedure arrived, those that a fault struck included."""
        return dict(self._wire.requests)

    @property
    def bootstraps(self) -> list[Execution]:
        """Every bootstrap that really ran on any lane; a guarded repetition is not one."""
        return [run for lane in self._lanes for run in lane.bootstraps]

    def keep(self, schedule: Schedule) -> None:
        """Let the panel have a schedule that people made, unless it has it already."""
        if schedule.schedule_id not in self.state.schedules:
            self._tables.save_schedule(schedule)

    def schedules(self) -> list[Schedule]:
        """The schedules, in the order of their creation."""
        return list(self.state.schedules.values())

    def describe(self) -> dict[str, object]:
        """What `GET /_simulator/state` answers."""
        return {
            "simulator": "dokploy",
            "version": str(self.version),
            "requests": self.requests,
            "deliveries": self.deliveries,
            "schedules": self.schedules(),
            "deployments": list(self.state.deployments.values()),
            "lanes": {lane.spec.key: lane.state for lane in self._lanes},
        }

    def _compose(self, lane: SimulatedLane) -> SimulatedCompose:
        return SimulatedCompose(
            lane,
            server_id=self.server_id,
            faults=self.faults,
            durations=self._durations,
            sleep=self._sleep,
            changed=self._changed,
        )

    def _new_runner(self, now: Now) -> ScheduleRunner:
        shell = Shell(
            faults=self.faults,
            durations=self._durations,
            sleep=self._sleep,
            now=now,
            changed=self._changed,
        )
        return ScheduleRunner(
            self._tables, lanes=self._lanes, shell=shell, faults=self.faults, version=self.version
        )

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._wire.middleware()])
        control = Control(self.faults, state=self.describe, bootstraps=lambda: self.bootstraps)
        control.add_to(app)
        app.router.add_get("/api/health", _health)
        app.router.add_route("*", "/api/{procedure}", self._authorised)
        return app

    async def _authorised(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("x-api-key") != self.api_key:
            return unauthorized()
        procedure = _procedure_name(request)
        try:
            if (request.method, procedure) == ("POST", RUN_ROUTE):
                return await self._run_manually(request)
            return answer(await self._call(request, procedure))
        except DokployError as error:
            return error.answer(procedure)

    async def _call(self, request: web.Request, name: str) -> object:
        procedure = self._procedures.table().get(name)
        if procedure is None or procedure.method != request.method:
            raise DokployError(404, "Not found")
        return await procedure.call(await _read(request, procedure))

    async def _run_manually(self, request: web.Request) -> web.StreamResponse:
        given = await read_body(request, ScheduleInput)
        run = self._runner.begin(self._schedule(given.schedule_id))
        if run.delivery.panel_restarted:
            return drop(request)
        struck = self.faults.take(AFTER_FAULTS, RUN_ROUTE, run.delivery.command.kind)
        if struck is not None:
            return await self._wire.strike(request, struck)
        return await self._answer_run(run)

    async def _answer_run(self, run: Run) -> web.Response:
        """Wait for the end; the task is the runner's, so a caller who leaves ends nothing."""
        outcome = await asyncio.shield(run.task)
        if self.version.answers_with_row:
            row = run.row
            status = "done" if outcome.succeeded else "error"
            named = {"deploymentId": row.deployment_id, "logPath": row.log_path}
            return answer({"status": status, **named})
        if not outcome.succeeded:
            raise DokployError(500, outcome.message)
        return answer(True)

    def _schedule(self, schedule_id: str) -> Schedule:
        try:
            return self._procedures.schedule(schedule_id)
        except DokployError as error:
            if self.version.answers_with_row:
                raise
            raise DokployError(500, error.message) from error


async def _read(request: web.Request, procedure: Procedure) -> object:
    if procedure.method == "GET":
        return read_query(request, procedure.shape)
    return await read_body(request, procedure.shape)


async def _health(_request: web.Request) -> web.Response:
    return answer({"ok": True})


def _procedure_name(request: web.Request) -> str:
    return request.path.removeprefix(API_PREFIX)
