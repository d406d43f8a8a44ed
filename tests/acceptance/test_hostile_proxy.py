"""A real server behind a proxy that breaks connections: the client ends with the right answer."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from laneway.testing.simulators.faults import Fault
from laneway.testing.simulators.world import DemoWorld
from laneway_server.client import Event, LanewayClient, LostContact, Surroundings
from laneway_server.client.follow import FRUITLESS
from tests.support.hostile_proxy import Evil, HostileProxy

from .processes import PATIENCE, Client, Server, laneway

pytestmark = pytest.mark.asyncio(loop_scope="module")

BODY = {
    "plan": "odoo-stable-bootstrap",
    "lane": {"product": "odoo", "context": "cm", "instance": "testing"},
    "request": {"confirmation": "bootstrap cm testing"},
}
FOREVER = [Evil.BUFFERS, Evil.DROPS_IDLE, Evil.CUTS_BEFORE, Evil.ANSWERS_502_TO_STREAMS]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Server, DemoWorld]]:
    async with laneway(tmp_path_factory.mktemp("server")) as (server, world):
        await server.start()
        assert await server.ready(), server.said()
        yield server, world


def client(proxy: HostileProxy) -> LanewayClient:
    """A client in a hurry: it waits as it should, in a fiftieth of the time."""
    hurried = Surroundings(sleep=lambda seconds: asyncio.sleep(seconds / 50))
    return LanewayClient(proxy.url, quiet=0.1, around=hurried)


async def submitted(server: Server, key: str) -> str:
    """A new bootstrap on the lane; its bootstrap command waits until the fault is cleared."""
    direct = Client(server)
    lane = await direct.get("/v1/lanes/odoo/cm/testing")
    last = lane["last_destructive"].get(BODY["plan"])
    status, answer = await direct.submit(key, **({"supersedes": last["id"]} if last else {}))
    assert status == 202, answer
    return str(answer["id"])


async def watched(through: LanewayClient, operation: str) -> list[Event]:
    async with asyncio.timeout(PATIENCE):
        return [event async for event in through.watch(operation)]


async def check(server: Server, through: LanewayClient, operation: str, seen: list[Event]) -> None:
    """Nothing is missing, nothing is there twice, and the end is the end."""
    stored = (await Client(server).get(f"/v1/operations/{operation}/events?limit=1000"))["events"]
    assert [event.seq for event in seen] == [event["seq"] for event in stored]
    assert [event.type for event in seen] == [event["type"] for event in stored]
    assert seen[-1].data["status"] == "pass"
    assert (await through.operation(operation))["status"] == "pass"


@pytest.mark.parametrize("evil", FOREVER)
async def test_a_proxy_that_never_stops(evil: Evil, running: tuple[Server, DemoWorld]):
    server, world = running
    world.dokploy.faults.add(Fault.COMMAND_WAITS, route="bootstrap", times=1)
    operation = await submitted(server, f"never stops: {evil}".replace(" ", "-"))
    async with HostileProxy(server.url, evil, often=1).up() as proxy, client(proxy) as through:
        watching = asyncio.create_task(watched(through, operation))
        async with asyncio.timeout(PATIENCE):
            await proxy.had_enough.wait()
        world.dokploy.faults.clear()
        await check(server, through, operation, await watching)
    polls = [path for path, kind in proxy.paths if path.endswith("/events") and kind == "json"]
    assert polls, "streams lead nowhere there: it was asked again and again instead"


@pytest.mark.parametrize("evil", [Evil.CUTS, Evil.CLOSES, Evil.ANSWERS_502])
async def test_a_proxy_that_stops_after_a_while(evil: Evil, running: tuple[Server, DemoWorld]):
    server, world = running
    world.dokploy.faults.add(Fault.COMMAND_WAITS, route="bootstrap", times=1)
    operation = await submitted(server, f"stops: {evil}".replace(" ", "-"))
    misbehaving = HostileProxy(server.url, evil, often=FRUITLESS - 1, stops=True)
    async with misbehaving.up() as proxy, client(proxy) as through:
        watching = asyncio.create_task(watched(through, operation))
        async with asyncio.timeout(PATIENCE):
            await proxy.had_enough.wait()
        world.dokploy.faults.clear()
        await check(server, through, operation, await watching)
    assert proxy.done >= FRUITLESS - 1


async def test_a_submission_behind_a_proxy_arrives_once(running: tuple[Server, DemoWorld]):
    server, world = running
    before = len(world.bootstraps)
    last = (await Client(server).get("/v1/lanes/odoo/cm/testing"))["last_destructive"]
    named = {"supersedes": last[BODY["plan"]]["id"]} if last else {}
    misbehaving = HostileProxy(server.url, Evil.ANSWERS_502, often=4, stops=True)
    async with misbehaving.up() as proxy, client(proxy) as through:
        ended = await through.run({**BODY, **named}, "behind-a-proxy")
    assert ended.status == "pass"
    assert proxy.paths[:5] == [("/v1/operations", "json")] * 5
    assert len(world.bootstraps) == before + 1


async def test_contact_is_lost_when_the_proxy_never_lets_anything_through(
    running: tuple[Server, DemoWorld],
):
    server, _ = running
    async with (
        HostileProxy(server.url, Evil.ANSWERS_502).up() as proxy,
        client(proxy) as through,
    ):
        with pytest.raises(LostContact, match="502"):
            await through.wait("op_01JA2B3C4D5E6F7G8H9JKMNPQR")
