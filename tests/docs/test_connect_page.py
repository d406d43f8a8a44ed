"""docs/connect.md: its target record is one, has every field, and leads to a dry run."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec
import pytest

from laneway.core.model import Lane
from laneway.drivers.target import TargetRecord
from laneway.loading.targets import load_targets
from laneway.testing.simulators import DemoWorld
from laneway.testing.simulators.timing import Durations
from laneway_server.bootstrap import build
from laneway_server.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "schemas" / "targets.schema.json").read_text(encoding="utf-8"))
LANE = {"product": "odoo", "context": "cm", "instance": "testing"}
TOO_LONG = 60.0

EXAMPLE = str(*re.findall(r"```yaml\n(targets:.*?)```", PAGE, flags=re.DOTALL))


def example() -> dict[str, Any]:
    target = load_targets(EXAMPLE, "targets.yaml").target(Lane(**LANE))
    assert target is not None
    return target


def test_the_record_is_one_for_the_schema_and_for_the_drivers():
    record = msgspec.convert(example(), TargetRecord)
    assert record.dokploy.api_key == "env:DOKPLOY_API_KEY"
    assert record.policy.odoo_stable_bootstrap.enabled


@pytest.mark.parametrize("part", ["dokploy", "odoo", "expected", "policy"])
def test_the_record_explains_every_field(part: str):
    """A field that most lanes leave out may be a comment."""
    fields = SCHEMA["$defs"]["target"]["properties"][part]["properties"]
    nested = {name for field in fields.values() for name in field.get("properties", {})}
    elsewhere = {"schedules"}  # for plans of one's own
    for name in ({*fields} | nested) - elsewhere:
        assert re.search(rf"^ +(# )?{name}:", EXAMPLE, flags=re.MULTILINE), name


def connected(world: DemoWorld) -> str:
    """The example, for the world that is simulated: its own ids, addresses and digests."""
    targets: Any = world.targets()["targets"]
    live = next(each for each in targets if each["instance"] == LANE["instance"])
    shown, text = example(), EXAMPLE
    for part, names in {
        "dokploy": ("url", "api_key", "compose_id", "server_id"),
        "odoo": ("base_url",),
        "expected": ("artifact_id", "source_git_ref", "logo_sha256"),
    }.items():
        for name in names:
            text = text.replace(f"{name}: {shown[part][name]}", f"{name}: {live[part][name]}")
    return text.replace("testing.cm.example.org", live["expected"]["domains"][0])


class Client:
    """Does what the page says, over HTTP."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def get(self, path: str) -> Any:
        async with self._http.get(path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def operate(self, plan: str, **submission: Any) -> Any:
        body = {"plan": plan, "lane": LANE, **submission}
        keyed = {"Idempotency-Key": uuid4().hex}
        async with self._http.post("/v1/operations", json=body, headers=keyed) as answer:
            shown = await answer.json()
            assert answer.status == 202, shown
            place = answer.headers["Location"]
        async with self._http.get(f"{place}/events", headers={"Accept": "text/event-stream"}) as s:
            await s.read()
        return await self.get(place)


async def test_the_page_leads_to_a_dry_run(tmp_path: Path):
    quick = Durations(bootstrap=0.05, post_deploy=0.05, deploy=0.05)
    async with asyncio.timeout(TOO_LONG), DemoWorld(durations=quick) as world:
        lane = world.lanes["testing"]
        lane.state.database = "ready"
        lane.state.identity = lane.spec.identity("earlier")
        (tmp_path / "targets.yaml").write_text(connected(world))
        settings = Settings(
            listen="127.0.0.1:0",
            database=str(tmp_path / "laneway.db"),
            targets=str(tmp_path / "targets.yaml"),
            open_access=True,
        )
        async with build(settings) as server, aiohttp.ClientSession(server.url) as http:
            client = Client(http)
            assert (await client.get("/v1/health"))["targets"]["errors"] == []
            assert (await client.get("/v1/lanes/odoo/cm/testing"))["holder"] is None
            verified = await client.operate("odoo-verify-lane")
            assert verified["status"] == "pass", verified
            tried = await client.operate(
                "odoo-stable-bootstrap",
                request={"confirmation": "bootstrap cm testing"},
                dry_run=True,
            )
        assert tried["status"] == "pass", tried
        evidence = {phase["name"]: phase["evidence"] for phase in tried["phases"]}
        sent = [request["procedure"] for request in evidence["bootstrap"]["would_send"]]
        assert sent == ["schedule.create", "schedule.runManually"]
        assert world.bootstraps == []
        assert world.dokploy.schedules() == []


async def test_private_addresses_can_be_forbidden_to_checks(tmp_path: Path):
    async with asyncio.timeout(TOO_LONG), DemoWorld() as world:
        (tmp_path / "targets.yaml").write_text(connected(world))
        settings = Settings(
            listen="127.0.0.1:0",
            database=str(tmp_path / "laneway.db"),
            targets=str(tmp_path / "targets.yaml"),
            open_access=True,
            probe_private_addresses=False,
        )
        async with build(settings) as server, aiohttp.ClientSession(server.url) as http:
            verified = await Client(http).operate("odoo-verify-lane")
    phases = {phase["name"]: phase for phase in verified["phases"]}
    assert phases["health"]["failure"]["code"] == "health_address_not_allowed"
    assert phases["target"]["outcome"] == "pass", "the panel may stay where it is"
    passed = {name for name, phase in phases.items() if phase["outcome"] == "pass"}
    assert passed == {"target"}
