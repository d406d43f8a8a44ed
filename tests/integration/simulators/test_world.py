"""The demo's world: its target records, its state file, and its own process."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from laneway.testing.simulators import DemoWorld, Fault, HeldSleep
from laneway.testing.simulators.__main__ import parse, world_of
from laneway.testing.simulators.images import padded_png
from laneway.testing.simulators.versions import DokployVersion
from tests.integration.simulators.support import (
    INSTANT,
    Site,
    bootstrap_script,
    dokploy_of,
    schedule_fields,
)


async def test_the_target_records_name_the_demo_s_lanes_and_their_confirmations():
    async with dokploy_of() as (world, _dokploy):
        records = world.targets()["targets"]
        assert isinstance(records, list)
        lanes = [(row["product"], row["context"], row["instance"]) for row in records]
        assert lanes == [("odoo", "cm", "testing"), ("odoo", "cm", "prod")]
        policies = [row["policy"]["odoo_stable_bootstrap"] for row in records]
        assert [policy["confirmation"] for policy in policies] == [
            "bootstrap cm testing",
            "bootstrap cm prod",
        ]
        assert {policy["data_source_mode"] for policy in policies} == {"empty"}


async def test_a_target_record_leads_to_what_it_expects():
    async with dokploy_of() as (world, dokploy):
        records = world.targets()["targets"]
        assert isinstance(records, list)
        for record in records:
            await check_record(dokploy, record)


async def check_record(dokploy: Site, record: dict[str, Any]) -> None:
    target, expected = record["dokploy"], record["expected"]
    api_key = read(target["api_key"])
    panel = Site(dokploy.session, target["url"], api_key)
    odoo = Site(dokploy.session, record["odoo"]["base_url"])
    fields = schedule_fields(record["instance"])
    await panel.run(await panel.create_schedule(**fields))
    live = (await panel.query("compose.one", composeId=target["compose_id"])).json
    assert (live["name"], live["serverId"]) == (expected["name"], target["server_id"])
    assert [row["host"] for row in live["domains"]] == expected["domains"]
    logo = await odoo.get("/web/image/res.company/1/logo")
    assert hashlib.sha256(logo.content).hexdigest() == expected["logo_sha256"]
    identity = (await odoo.get("/launchplane/health")).json["runtime_identity"]
    wanted = {name: expected[name] for name in ("artifact_id", "source_git_ref")}
    assert {**wanted, **expected["runtime_identity"]}.items() <= identity.items()


async def test_without_a_remote_server_the_record_names_none():
    async with dokploy_of(server_id=None) as (world, _dokploy):
        records = world.targets()["targets"]
        assert isinstance(records, list)
        assert "server_id" not in records[0]["dokploy"]


async def test_a_world_without_a_state_file_begins_anew():
    for _ in range(2):
        async with dokploy_of() as (world, dokploy):
            assert world.bootstraps == []
            await dokploy.run(await dokploy.create_schedule())


async def test_a_state_file_carries_ports_rows_and_databases_over(tmp_path: Path):
    state = tmp_path / "world.json"
    async with dokploy_of(state_file=state) as (world, dokploy):
        schedule = await dokploy.create_schedule(script=bootstrap_script(guarded=True))
        await dokploy.run(schedule)
        rows, described = await dokploy.rows(schedule), world.describe()
    async with dokploy_of(state_file=state) as (world, dokploy):
        assert world.describe() == described
        assert await dokploy.rows(schedule) == rows
        await dokploy.run(schedule)
        assert len(world.bootstraps) == 1
        assert len(world.dokploy.deliveries) == 2


async def test_a_command_in_mid_run_goes_on_in_the_next_life_and_is_counted_once(tmp_path: Path):
    state, held = tmp_path / "world.json", HeldSleep()
    async with dokploy_of(state_file=state, sleep=held) as (_world, dokploy):
        schedule = await dokploy.create_schedule()
        call = asyncio.create_task(dokploy.run(schedule))
        await dokploy.mutate("compose.deploy", composeId="demo-compose-cm-prod")
        await held.entered.wait()
    with pytest.raises(aiohttp.ClientError):
        await call
    async with dokploy_of(state_file=state) as (world, dokploy):
        await world.dokploy.settled()
        [row] = await dokploy.rows(schedule)
        assert row["status"] == "done"
        assert [run.exit_code for run in world.bootstraps] == [0]
        deployed = await dokploy.query("compose.one", composeId="demo-compose-cm-prod")
        assert deployed.json["composeStatus"] == "done"


async def test_a_command_that_was_lost_stays_lost_in_the_next_life(tmp_path: Path):
    state = tmp_path / "world.json"
    async with dokploy_of(state_file=state) as (world, dokploy):
        schedule = await dokploy.create_schedule()
        world.dokploy.faults.add(Fault.COMMAND_LOST)
        with pytest.raises(aiohttp.ClientError):
            await dokploy.run(schedule)
    async with dokploy_of(state_file=state) as (world, dokploy):
        await world.dokploy.settled()
        [row] = await dokploy.rows(schedule)
        assert (row["status"], world.bootstraps) == ("running", [])


async def test_a_taken_port_is_an_error():
    async with dokploy_of() as (world, _dokploy):
        second = DemoWorld(dokploy_port=world.dokploy.port, durations=INSTANT)
        with pytest.raises(OSError, match="address already in use"):
            await second.start()
        await second.stop()


async def test_the_process_writes_its_port_file_serves_and_stops(tmp_path: Path):
    port_file = tmp_path / "ports.json"
    arguments = ["--port-file", str(port_file), "--state", str(tmp_path / "world.json")]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "laneway.testing.simulators",
        *arguments,
        "--bootstrap-seconds=0",
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        said = msgspec.json.decode(await process.stdout.readline())
        assert said == msgspec.json.decode(port_file.read_bytes())
        assert said["pid"] == process.pid
        await check_process(said)
    finally:
        os.kill(process.pid, signal.SIGTERM)
    assert await process.wait() == 0


async def check_process(said: dict[str, Any]) -> None:
    record = said["targets"]["targets"][0]
    async with aiohttp.ClientSession() as session:
        await check_record(Site(session, record["dokploy"]["url"]), record)
        site = Site(session, said["odoo"]["testing"]["url"])
        assert len((await site.get("/_simulator/bootstraps")).json) == 1


def test_the_command_line_sets_the_world(tmp_path: Path):
    options = parse(
        [
            f"--port-file={tmp_path / 'ports'}",
            "--dokploy-version=0.28.0",
            "--odoo-version=19.0",
            "--bootstrap-seconds=4",
        ]
    )
    world = world_of(options)
    assert str(world.dokploy.version) == "v0.28.0"
    assert {site.version for site in world.sites.values()} == {"19.0"}
    assert options.bootstrap_seconds == 4


@pytest.mark.parametrize("text", ["", "0.30", "latest", "0.30.2-canary"])
def test_a_text_that_is_no_version_is_refused(text: str):
    with pytest.raises(ValueError, match="not a Dokploy version"):
        DokployVersion.parse(text)


def test_an_image_that_cannot_be_so_small_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        padded_png((0, 0, 0), 80)


def read(reference: str) -> str:
    """The secret behind a reference to a file."""
    return Path(reference.removeprefix("file:")).read_text()
