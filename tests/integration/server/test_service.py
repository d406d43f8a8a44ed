"""The whole server as it is put together: its start, what stops it from starting, and its end."""

import asyncio
import os
import signal
import sqlite3
from pathlib import Path

import aiohttp
import msgspec
import pytest

from laneway.ports.store import StoreUnavailable
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.simulators import DemoWorld, Durations, HeldSleep
from laneway_server import bootstrap, service
from laneway_server.config import load
from laneway_server.service import Service, StartupFailed
from tests.integration.server.support import TOO_LONG, Api, becomes

BOOTSTRAP = {
    "plan": "odoo-stable-bootstrap",
    "lane": {"product": "odoo", "context": "cm", "instance": "testing"},
    "request": {"confirmation": "bootstrap cm testing"},
}
INSTANT = Durations(bootstrap=0, post_deploy=0, deploy=0, slow=0)


def demo(folder: Path, world: DemoWorld | None = None, **flags) -> Service:
    said = {"demo": True, "listen": "127.0.0.1:0", "database": folder / "laneway.db", **flags}
    return bootstrap.build(load(flags=said), world)


async def refused_to_start(server: Service) -> str:
    with pytest.raises(StartupFailed) as failed:
        await server.start()
    return str(failed.value)


async def test_the_shipped_plan_runs_from_submission_to_its_end(tmp_path: Path):
    world = DemoWorld(durations=INSTANT)
    async with demo(tmp_path, world) as server, aiohttp.ClientSession() as session:
        api = Api(session, server.url)
        assert (await api.get("/v1/ready")).status == 200
        operation_id = (await api.submit(BOOTSTRAP)).json["id"]
        async with api.stream(f"/v1/operations/{operation_id}/events") as stream:
            *_, end = await stream.rest()
        assert (end.event, end.data["status"]) == ("end", "pass")
        shown = (await api.get(f"/v1/operations/{operation_id}")).json
        events = (await api.get(f"/v1/operations/{operation_id}/events?limit=1000")).json
        passed = [phase["name"] for phase in shown["phases"] if phase["status"] == "pass"]
        assert len(events["events"]) == shown["seq"]
    assert len(passed) == len(shown["phases"]) - 1  # all but prod's approval
    assert len(world.bootstraps) == 1


async def test_nothing_is_lost_between_two_lives(tmp_path: Path):
    async with (
        demo(tmp_path, DemoWorld(durations=INSTANT)) as server,
        aiohttp.ClientSession() as session,
    ):
        api = Api(session, server.url)
        operation_id = (await api.submit(BOOTSTRAP)).json["id"]
        before = (await api.get(f"/v1/operations/{operation_id}/events")).json["events"]
    async with (
        demo(tmp_path, DemoWorld(durations=INSTANT)) as server,
        aiohttp.ClientSession() as session,
    ):
        api = Api(session, server.url)
        assert (await api.submit(BOOTSTRAP)).headers["Idempotent-Replayed"] == "true"
        async with api.stream(f"/v1/operations/{operation_id}/events?after=1") as stream:
            first = await stream.events(1)
        after = (await api.get(f"/v1/operations/{operation_id}/events")).json["events"]
    assert first[0].data == after[1]
    assert after[: len(before)] == before


async def test_a_port_that_is_taken(tmp_path: Path):
    async with demo(tmp_path) as first:
        address = first.url.removeprefix("http://")
        other = tmp_path / "other.db"
        said = await refused_to_start(demo(tmp_path, listen=address, database=other))
    assert f"cannot listen on {address}" in said
    assert "--listen" in said
    assert not other.exists()


async def test_a_database_that_another_process_has_open(tmp_path: Path):
    store = await SqliteStore.open(tmp_path / "laneway.db")
    said = await refused_to_start(demo(tmp_path))
    await store.close()
    assert "is in use by process" in said
    assert "\n" not in said


async def test_a_database_that_is_none(tmp_path: Path):
    (tmp_path / "laneway.db").write_bytes(b"no database" * 1000)
    said = await refused_to_start(demo(tmp_path))
    assert str(tmp_path / "laneway.db") in said
    assert "\n" not in said


async def test_a_database_of_a_newer_version(tmp_path: Path):
    await (await SqliteStore.open(tmp_path / "laneway.db")).close()
    with sqlite3.connect(tmp_path / "laneway.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    assert "newer Laneway" in await refused_to_start(demo(tmp_path))


async def test_a_folder_that_is_not_there(tmp_path: Path):
    said = await refused_to_start(demo(tmp_path, database=tmp_path / "missing" / "laneway.db"))
    assert "missing" in said


async def test_what_failed_to_start_leaves_nothing_open(tmp_path: Path):
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 1000)
    await refused_to_start(demo(tmp_path, database=broken))
    broken.unlink()
    async with demo(tmp_path, database=broken):
        pass


async def test_plans_that_are_broken_stop_nobody(tmp_path: Path):
    plans = tmp_path / "plans"
    plans.mkdir()
    (plans / "broken.yaml").write_text("plan: broken\n")
    async with demo(tmp_path, plans=plans) as server, aiohttp.ClientSession() as session:
        listed = (await Api(session, server.url).get("/v1/plans")).json
    assert listed["plans"] == []
    assert {error["file"] for error in listed["errors"]} == {"broken.yaml"}


def test_a_folder_of_plans_that_is_not_there(tmp_path: Path):
    with pytest.raises(StartupFailed, match="plans cannot be read"):
        demo(tmp_path, plans=tmp_path / "nowhere")


def test_target_records_that_cannot_be_used(tmp_path: Path):
    flags = {"open_access": True, "targets": tmp_path / "targets.yaml"}
    with pytest.raises(StartupFailed, match="cannot be read"):
        bootstrap.build(load(flags=flags))
    (tmp_path / "targets.yaml").write_text("targets:\n  - product: odoo\n")
    with pytest.raises(StartupFailed, match=r"targets.yaml:2:5: "):
        bootstrap.build(load(flags=flags))


async def test_the_simulators_may_be_elsewhere(tmp_path: Path):
    """``--open-access --targets FILE``: the world outlives the server."""
    targets = tmp_path / "targets.yaml"
    flags = {
        "open_access": True,
        "listen": "127.0.0.1:0",
        "database": tmp_path / "laneway.db",
        "targets": targets,
    }
    async with DemoWorld(durations=INSTANT) as world:
        targets.write_bytes(msgspec.json.encode(world.targets()))
        async with (
            bootstrap.build(load(flags=flags)) as server,
            aiohttp.ClientSession() as session,
        ):
            lane = (await Api(session, server.url).get("/v1/lanes/odoo/cm/testing")).json
    assert lane["holder"] is None


async def test_a_signal_drains_and_the_next_server_goes_on(tmp_path: Path):
    """SIGTERM in mid-bootstrap: streams are sent away, and nothing is posted a second time."""
    held = HeldSleep()
    async with DemoWorld(sleep=held) as world:
        targets = tmp_path / "targets.yaml"
        targets.write_bytes(msgspec.json.encode(world.targets()))
        flags = {
            "open_access": True,
            "listen": "127.0.0.1:0",
            "database": tmp_path / "laneway.db",
            "targets": targets,
            "drain_grace": "0ms",
            "dokploy_poll": "20ms",
        }
        first = bootstrap.build(load(flags=flags))
        started = asyncio.Event()
        running = asyncio.create_task(first.run(lambda _: started.set()))
        async with asyncio.timeout(TOO_LONG), aiohttp.ClientSession() as session:
            await started.wait()
            api = Api(session, first.url)
            operation_id = (await api.submit(BOOTSTRAP)).json["id"]
            async with api.stream(f"/v1/operations/{operation_id}/events") as stream:
                while not world.bootstraps:
                    assert await stream.next() is not None
                os.kill(os.getpid(), signal.SIGTERM)
                last = (await stream.rest())[-1]
            assert "about to stop" in last.comment
            await running
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(first.url)
            held.release()
            async with bootstrap.build(load(flags=flags)) as second:
                api = Api(session, second.url)
                async with api.stream(f"/v1/operations/{operation_id}/events") as stream:
                    end = (await stream.rest())[-1]
        assert (end.event, end.data["status"]) == ("end", "pass")
        assert len(world.bootstraps) == 1


async def test_a_second_signal_ends_the_process_at_once(monkeypatch):
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    stopping = asyncio.Event()
    service._on_signals(stopping)
    os.kill(os.getpid(), signal.SIGTERM)
    await stopping.wait()
    assert ended == []
    os.kill(os.getpid(), signal.SIGTERM)
    await becomes(lambda: ended)
    assert ended == [128 + signal.SIGTERM]


async def test_a_store_that_cannot_be_claimed(tmp_path: Path, monkeypatch):
    async def failing(*_: object):
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(SqliteStore, "claim", failing)
    assert await refused_to_start(demo(tmp_path)) == "the disk is full"
    monkeypatch.undo()
    async with demo(tmp_path):
        pass
