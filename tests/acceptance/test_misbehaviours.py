"""The table of misbehaviours, with the engine, a real server, and simulated providers.

Every row is played straight through, and with `kill -9` at its moment. The plays go on side by
side, a few at a time; the test of a row waits for its own.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from laneway.core.chain import from_wire, verify
from laneway.core.evolve import fold
from laneway.loading.yaml import read_yaml
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.simulators import PLANTED_SECRETS, FaultRule

from .forked import ForkedServer
from .misbehaving import COMPOSE_ID, End, Misbehaviour
from .misbehaviours import TABLE
from .processes import PATIENCE, Client, Event, quick_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_A_TIME = 4
SHIPPED = Path(__file__).parents[2] / "plans" / "odoo-stable-bootstrap.yaml"
STOPS = ("operation_finished", "phase_outcome_unknown")
TAKEN_UP = ("phase_recovering", "phase_resumed")

Plays = dict[tuple[str, bool], "asyncio.Task[None]"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plays(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Plays]:
    """A task for every row that is asked for."""
    gate = asyncio.Semaphore(AT_A_TIME)

    async def play(row: Misbehaviour, *, kill: bool) -> None:
        async with gate:
            folder = tmp_path_factory.mktemp("play")
            async with asyncio.timeout(PATIENCE), Play(row, folder) as played:
                await played.through(kill=kill)

    tasks = {
        (row.name, kill): asyncio.create_task(play(row, kill=kill))
        for row, kill in _asked_for(request)
    }
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


def _asked_for(request: pytest.FixtureRequest) -> list[tuple[Misbehaviour, bool]]:
    calls = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    return [(call.params["row"], call.params["kill"]) for call in calls if "kill" in call.params]


@pytest.mark.parametrize("kill", [False, True], ids=["straight", "killed"])
@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
async def test_an_operation_ends_as_the_table_says(row: Misbehaviour, kill: bool, plays: Plays):
    await plays[row.name, kill]


async def test_the_table_is_large_enough_and_gives_reasons():
    assert len({row.name for row in TABLE}) == len(TABLE) >= 25
    for row in TABLE:
        assert (row.killed is None) == (not row.because), row.name


class Play:
    """One row with a server and a world of its own."""

    def __init__(self, row: Misbehaviour, folder: Path) -> None:
        self._row = row
        self._folder = folder
        self._world = quick_world(**dict(row.world))
        self._operation_id = ""
        self._cut: int | None = None

    async def __aenter__(self) -> "Play":
        await self._world.start()
        self._server = ForkedServer(
            self._folder,
            self._world,
            f"--plans={_plans(self._folder, self._row)}",
            "--dokploy-poll=50ms",
            f"--dokploy-settle={self._row.settle}",
            "--dokploy-row-wait=1500ms",
            hurried=self._row.hurried,
        )
        self._client = Client(self._server)
        return self

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            error.add_note(f"in {self._row.name!r}; {self._story()}")
        await self._server.kill()
        await self._world.stop()

    async def through(self, *, kill: bool) -> None:
        """Play the row, and check where it ends."""
        row = self._row
        hold = row.moment.hold if kill or row.during else None
        held = hold.begin(self._world) if hold else None
        for trouble in row.troubles:
            trouble.begin(self._world)
        if row.before is not None:
            row.before(self._world)
        await self._server.start()
        assert await self._server.ready()
        status, operation = await self._client.submit("key")
        assert status == 202, operation
        self._operation_id = operation["id"]
        if held is not None or kill:
            await self._moment(held, kill=kill)
        await self._follow()
        await self._check((row.killed or row.end) if kill else row.end)

    async def _moment(self, held: FaultRule | None, *, kill: bool) -> None:
        """Let happen what happens at the moment, and the kill with it."""
        following = asyncio.create_task(self._follow(to_the_moment=held is None))
        if held is None:
            await following
        else:
            struck = asyncio.create_task(held.struck.wait())
            await asyncio.wait({struck, following}, return_when=asyncio.FIRST_COMPLETED)
            assert struck.done(), "the operation ended before its moment"
        if self._row.during is not None:
            self._row.during(self._world)
        if kill:
            await self._kill(held, following)
        else:
            self._release(held)
            await following

    async def _kill(self, held: FaultRule | None, following: "asyncio.Task[None]") -> None:
        await self._server.kill()
        await following
        assert not self._over(), "the operation was over before the kill"
        self._cut = len(self._seen)
        if self._row.down:
            self._release(held)
            await self._world.dokploy.settled()
        await self._server.start()
        assert await self._server.ready()
        self._release(held)

    def _release(self, held: FaultRule | None) -> None:
        """Let the command go on; a call that hangs is dropped."""
        if held is not None:
            held.cleared.set()

    async def _follow(self, *, to_the_moment: bool = False) -> None:
        """Read the stream from where it was left, to the end, the moment, or the cut."""

        def stop(event: Event) -> bool:
            told = to_the_moment and self._row.moment.is_told_by(event)
            return told or event["type"] in STOPS

        if not self._over():
            await self._client.follow(self._operation_id, stop_at=stop)

    @property
    def _seen(self) -> list[Event]:
        return self._client.seen.get(self._operation_id, [])

    def _over(self) -> bool:
        return bool(self._seen) and self._seen[-1]["type"] in STOPS

    # --- what holds at the end -------------------------------------------------------------------

    async def _check(self, end: End) -> None:
        path = f"/v1/operations/{self._operation_id}"
        shown = await self._client.get(path)
        self._check_end(shown, end)
        self._check_runs(end)
        self._check_that_it_was_hard()
        await self._server.kill()
        await self._check_chain(end)
        self._check_secrets(json.dumps([shown, self._seen]))

    def _check_end(self, shown: dict[str, Any], end: End) -> None:
        failures = {p["name"]: p["failure"]["code"] for p in shown["phases"] if p["failure"]}
        assert (shown["status"], failures.get(end.phase, "")) == (end.status, end.code), failures
        assert (end.status == "pass") == (not failures), "who passes has no failure left"

    def _check_runs(self, end: End) -> None:
        posted = [d for d in self._world.dokploy.deliveries if d.command.kind == "bootstrap"]
        updated = [d for d in self._world.dokploy.deliveries if d.command.kind == "update"]
        assert len(self._world.bootstraps) == end.bootstraps <= 1
        assert len(posted) <= 1
        assert len(updated) <= 1

    def _check_that_it_was_hard(self) -> None:
        """Every fault struck, and the server was killed in the middle of something."""
        boards = (self._world.dokploy.faults, self._world.sites["testing"].faults)
        assert all(rule.hits for board in boards for rule in board.rules)
        if self._cut is not None:
            assert {event["type"] for event in self._seen[self._cut :]} & {*TAKEN_UP}

    async def _check_chain(self, end: End) -> None:
        seen = [from_wire(event) for event in self._seen]
        assert [event.seq for event in seen] == list(range(1, len(seen) + 1)), "no gap, no repeat"
        store = await SqliteStore.open(self._server.database)
        try:
            stored = await store.events(self._operation_id)
        finally:
            await store.close()
        verify(stored)
        assert list(stored)[: len(seen)] == seen, "what was shown is what is stored"
        assert fold(list(stored)).status == end.status

    def _check_secrets(self, shown: str) -> None:
        """No secret is on disk or was shown; what is no secret is found by the same search."""
        files = [file for file in self._folder.rglob("*") if file.is_file()]
        written = b"".join(file.read_bytes() for file in files)
        assert COMPOSE_ID.encode() in written
        assert COMPOSE_ID in shown
        for secret in (*PLANTED_SECRETS, self._world.dokploy.api_key):
            assert secret.encode() not in written, "a secret is in a file"
            assert secret not in shown, "a secret was shown"

    def _story(self) -> str:
        """What a person wants to see of a play that went wrong."""
        told = [json.dumps([e["type"], e.get("phase"), e["data"]])[:300] for e in self._seen]
        return "\n".join([*told, self._server.said()[-2_000:]])


def _plans(folder: Path, row: Misbehaviour) -> Path:
    """The shipped plan, with retries that come at once and timeouts of the row."""
    plan = read_yaml(SHIPPED.read_text()).data
    timeouts = dict(row.timeouts)
    for name, phase in _every_phase(plan["phases"]).items():
        if "retry" in phase:
            phase["retry"] |= {"delay": "20ms", "max_delay": "60ms"}
        if "timeout" in phase:
            phase["timeout"] = timeouts.get(name, "40s")
    plans = folder / "plans"
    plans.mkdir()
    (plans / SHIPPED.name).write_text(json.dumps(plan))
    return plans


def _every_phase(phases: dict[str, Any]) -> dict[str, Any]:
    found = dict(phases)
    for phase in phases.values():
        found |= phase.get("parallel", {})
    return found
