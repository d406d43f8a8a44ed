"""`kill -9` of a real server, at every commit and at random moments."""

import asyncio
import contextlib
import random
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from laneway.core.chain import from_wire, verify
from laneway.core.evolve import fold
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.simulators.world import DemoWorld

from .processes import PATIENCE, Client, Server, laneway

BOUNDARIES = 40
"""More than the commits of one bootstrap; those behind its end are never reached."""


async def submit_until_accepted(client: Client, server: Server, key: str) -> str:
    """Submit with one key, again and again, through restarts; the operation's id."""
    while True:
        if not await server.ready():
            await server.start()
            continue
        with contextlib.suppress(aiohttp.ClientError):
            status, answer = await client.submit(key)
            assert status in (200, 202), answer
            return str(answer["id"])


async def follow_to_the_end(client: Client, server: Server, operation_id: str) -> None:
    """Follow the stream with Last-Event-ID, starting the server again whenever it has died."""
    while not (await server.ready() and await client.follow(operation_id)):
        if server.process is not None and server.process.returncode is not None:
            await server.start()


async def check(client: Client, server: Server, world: DemoWorld, operation_id: str) -> None:
    """What holds after any number of kills."""
    await server.kill()
    seen = [from_wire(event) for event in client.seen[operation_id]]
    assert [event.seq for event in seen] == list(range(1, len(seen) + 1)), "no gap, no repeat"
    store = await SqliteStore.open(server.database)
    try:
        stored = await store.events(operation_id)
    finally:
        await store.close()
    assert list(stored) == seen, "what was shown is what is stored"
    verify(stored)
    run = fold(list(stored))
    assert run.status == "pass", server.said()[-3000:]
    assert len(world.bootstraps) == 1, "the bootstrap was executed once"
    posted = [d for d in world.dokploy.deliveries if d.command.kind == "bootstrap"]
    assert len(posted) == 1, "the bootstrap was posted once"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_kill_at_every_commit(tmp_path: Path, when: str) -> None:
    """One operation for each boundary, two at a time; ends when a boundary is never reached."""
    reached: list[bool] = []
    numbers = iter(range(1, BOUNDARIES + 1))

    async def worker() -> None:
        for number in numbers:
            folder = tmp_path / str(number)
            folder.mkdir()
            reached.append(await killed_at(folder, when, number))
            if not reached[-1]:
                return

    async with asyncio.timeout(PATIENCE * 6):
        await asyncio.gather(worker(), worker())
    assert reached.count(True) >= 12, "each phase is begun and ended by commits of its own"
    assert False in reached, "the boundaries went on beyond the operation's last commit"


async def killed_at(folder: Path, when: str, number: int) -> bool:
    """Run one bootstrap with a kill at one commit; whether the server came to be killed."""
    async with laneway(folder) as (server, world):
        first = (await server.start(when, str(number))).process
        client = Client(server)
        operation_id = await submit_until_accepted(client, server, "key")
        await follow_to_the_end(client, server, operation_id)
        killed = server.process is not first
        await check(client, server, world, operation_id)
        return killed


@pytest.mark.parametrize("seed", range(6))
async def test_kills_at_random_moments(tmp_path: Path, seed: int) -> None:
    """Killed up to five times, after some number of events was read or some time passed."""
    chance = random.Random(seed)
    async with asyncio.timeout(PATIENCE * 2), laneway(tmp_path) as (server, world):
        await server.start()
        client = Client(server)
        operation_id = await submit_until_accepted(client, server, "key")
        for _ in range(chance.randint(1, 5)):
            if await some_of(client, server, operation_id, chance):
                break
            await server.kill()
            await server.start()
        await follow_to_the_end(client, server, operation_id)
        await check(client, server, world, operation_id)


async def some_of(client: Client, server: Server, operation_id: str, chance: random.Random) -> bool:
    """Read a random part of the stream; whether the operation's end was in it."""
    if not await server.ready():
        return False
    with contextlib.suppress(TimeoutError):
        reading = client.follow(operation_id, stop_after=chance.randint(1, 12))
        return await asyncio.wait_for(reading, chance.uniform(0.05, 1.5))
    return False


async def test_a_stopped_server_drains_and_the_next_one_goes_on(tmp_path: Path) -> None:
    async with asyncio.timeout(PATIENCE), laneway(tmp_path) as (server, world):
        await server.start()
        client = Client(server)
        operation_id = await submit_until_accepted(client, server, "key")
        assert not await client.follow(operation_id, stop_after=4)
        assert await server.terminate() == 0
        await server.start()
        await follow_to_the_end(client, server, operation_id)
        await check(client, server, world, operation_id)


async def test_a_second_server_on_the_same_database_is_refused(tmp_path: Path) -> None:
    async with asyncio.timeout(PATIENCE), laneway(tmp_path) as (server, world):
        await server.start()
        assert await server.ready()
        second = Server(tmp_path, world)
        await second.start()
        assert not await second.ready()
        assert second.process is not None
        assert second.process.returncode not in (0, None)
        assert "in use by process" in second.said()


async def test_many_at_once_with_one_key_over_http(tmp_path: Path) -> None:
    async with asyncio.timeout(PATIENCE), laneway(tmp_path) as (server, world):
        await server.start()
        client = Client(server)
        operation_id = await submit_until_accepted(client, server, "key")
        answers: list[tuple[int, Any]] = await asyncio.gather(
            *(client.submit("key") for _ in range(10))
        )
        assert {answer["id"] for _, answer in answers} == {operation_id}
        await follow_to_the_end(client, server, operation_id)
        assert (await client.submit("key"))[1]["id"] == operation_id
        assert (await client.submit("other"))[1]["code"] == "repeat_not_accepted"
        await check(client, server, world, operation_id)
