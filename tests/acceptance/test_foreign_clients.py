"""SSE clients that others wrote read a real server's stream without loss, also across a restart."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest_asyncio
from httpx_sse import aconnect_sse

from laneway.core.events import AnyEvent
from laneway.testing.simulators.faults import Fault
from laneway.testing.simulators.world import DemoWorld

from .processes import PATIENCE, Client, Server, laneway

NODE = Path(sys.executable).with_name("node")
FOLDER = Path(__file__).parents[1] / "node"
"""What npm installed, and the program that uses it; `make test` installs it."""

Line = dict[str, Any]


@pytest_asyncio.fixture
async def begun(tmp_path: Path) -> AsyncIterator[tuple[Server, DemoWorld, str]]:
    """A server with a bootstrap in mid-run: it waits until the fault is cleared."""
    async with asyncio.timeout(PATIENCE), laneway(tmp_path) as (server, world):
        world.dokploy.faults.add(Fault.COMMAND_WAITS, route="bootstrap", times=1)
        await server.start()
        assert await server.ready(), server.said()
        status, answer = await Client(server).submit("foreign")
        assert status == 202, answer
        yield server, world, str(answer["id"])


async def restart(server: Server, world: DemoWorld) -> None:
    """Kill the server, start it again, and let the bootstrap go on."""
    await server.kill()
    await server.start()
    assert await server.ready(), server.said()
    world.dokploy.faults.clear()


async def stored(server: Server, operation: str) -> list[Line]:
    page = await Client(server).get(f"/v1/operations/{operation}/events?limit=1000")
    found: list[Line] = page["events"]
    assert page["end"]
    return found


def in_mid_run(event: Line) -> bool:
    return bool(event["type"] == "phase_progressed" and event.get("phase") == "bootstrap")


async def test_httpx_sse(begun: tuple[Server, DemoWorld, str]):
    server, world, operation = begun
    url = f"{server.url}/v1/operations/{operation}/events"
    seen: list[Line] = []
    connections = 0
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        while not seen or seen[-1]["type"] != "end":
            connections += 1
            with contextlib.suppress(httpx.TransportError):
                async for sent in messages(http, url, str(seen[-1]["seq"]) if seen else ""):
                    seen.append(sent)
                    if connections == 1 and in_mid_run(sent):
                        await restart(server, world)
        last = str(seen.pop()["seq"])
        after = await http.get(url, headers={"Accept": "text/event-stream", "Last-Event-ID": last})
    assert seen == await stored(server, operation)
    assert connections == 2
    assert after.status_code == 204


async def messages(http: httpx.AsyncClient, url: str, last: str) -> AsyncIterator[Line]:
    """The data of one connection's events; of the last one, that it is the last."""
    headers = {"Last-Event-ID": last} if last else {}
    async with aconnect_sse(http, "GET", url, headers=headers) as stream:
        stream.response.raise_for_status()
        async for sent in stream.aiter_sse():
            if not sent.data:
                assert sent.retry == 2000, "what it makes an event of, against the standard"
                continue
            data = json.loads(sent.data)
            if sent.event == "end":
                yield {**data, "type": "end"}
                return
            assert (sent.id, sent.event) == (str(data["seq"]), data["type"])
            yield data


async def test_npm_eventsource(begun: tuple[Server, DemoWorld, str]):
    server, world, operation = begun
    assert (FOLDER / "node_modules" / "eventsource").is_dir(), "`make test` installs it, by npm"
    types = [str(kind.__struct_config__.tag) for kind in get_args(AnyEvent)]
    process = await asyncio.create_subprocess_exec(
        NODE,
        FOLDER / "read_events.mjs",
        f"{server.url}/v1/operations/{operation}/events",
        *types,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    lines: list[Line] = []
    restarted = False
    async for raw in process.stdout:
        lines.append(json.loads(raw))
        if not restarted and in_mid_run(lines[-1].get("data", lines[-1])):
            restarted = True
            await restart(server, world)
    assert await process.wait() == 0
    assert restarted
    assert lines.pop() == {"type": "end"}
    assert [line["data"] for line in lines] == await stored(server, operation)
    assert [line["id"] for line in lines] == [str(line["data"]["seq"]) for line in lines]
    assert [line["type"] for line in lines] == [line["data"]["type"] for line in lines]
