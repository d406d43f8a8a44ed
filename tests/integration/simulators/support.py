"""Callers of the simulators: they speak HTTP and know nothing of what is behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from laneway.testing.simulators import DemoWorld, Durations, no_sleep

INSTANT = Durations(bootstrap=0, post_deploy=0, deploy=0, slow=0)
OPERATION = "op_01JA2B3C4D5E6F7G8H9JKMNPQR"
VERSIONS = ("0.28.0", "0.29.5", "0.29.6", "0.29.13", "0.29.14", "0.30.0", "0.30.2")


class Answer(msgspec.Struct):
    """One answer, read to its end."""

    status: int
    content: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.content)

    @property
    def text(self) -> str:
        return self.content.decode()


class Site:
    """Calls one server."""

    def __init__(self, session: aiohttp.ClientSession, url: str, api_key: str | None = None):
        self.session = session
        self.url = url
        self.headers = {} if api_key is None else {"x-api-key": api_key}

    async def call(self, method: str, path: str, **options: Any) -> Answer:
        options = {"headers": self.headers, "allow_redirects": False, **options}
        async with self.session.request(method, self.url + path, **options) as response:
            return Answer(response.status, await response.read(), response.headers)

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.call("GET", path, **options)

    async def query(self, procedure: str, **params: Any) -> Answer:
        return await self.call("GET", f"/api/{procedure}", params=params)

    async def mutate(self, procedure: str, **body: Any) -> Answer:
        return await self.call("POST", f"/api/{procedure}", json=body)

    async def fault(self, **body: Any) -> Answer:
        return await self.call("POST", "/_simulator/faults", json=body)

    async def create_schedule(self, **fields: Any) -> str:
        answer = await self.mutate("schedule.create", **(schedule_fields() | fields))
        assert answer.status == 200, answer.text
        created: str = answer.json["scheduleId"]
        return created

    async def run(self, schedule_id: str) -> Answer:
        return await self.mutate("schedule.runManually", scheduleId=schedule_id)

    async def rows(self, schedule_id: str) -> list[dict[str, Any]]:
        answer = await self.query("deployment.allByType", id=schedule_id, type="schedule")
        assert answer.status == 200, answer.text
        rows: list[dict[str, Any]] = answer.json
        return rows

    async def log(self, deployment_id: str, **options: Any) -> str:
        answer = await self.query("deployment.readLogs", deploymentId=deployment_id, **options)
        assert answer.status == 200, answer.text
        text: str = answer.json
        return text


def bootstrap_script(marker: str | None = OPERATION, *, guarded: bool = False) -> str:
    """A script that the simulated shell takes for a bootstrap."""
    lines = ["set -e", "odoo-bootstrap --init base"]
    if marker is not None:
        lines.insert(0, f"export LANEWAY_OPERATION={marker}")
    if guarded:
        lines.insert(1, "laneway-guard")
    return "\n".join(lines)


def schedule_fields(instance: str = "testing", script: str | None = None) -> dict[str, Any]:
    """A bootstrap's schedule of the demo's lanes, as a driver would ask for it."""
    return {
        "name": "platform-odoo-bootstrap",
        "appName": f"platform-cm-{instance}-odoo-bootstrap",
        "cronExpression": "0 0 31 2 *",
        "command": "true",
        "script": bootstrap_script() if script is None else script,
        "shellType": "bash",
        "scheduleType": "server",
        "serverId": "server-laneway-demo",
        "enabled": False,
    }


@asynccontextmanager
async def dokploy_of(**options: Any) -> AsyncIterator[tuple[DemoWorld, Site]]:
    """A world in which nothing takes time unless told so, and a caller of its Dokploy."""
    async with (
        DemoWorld(**{"durations": INSTANT, "sleep": no_sleep, **options}) as world,
        aiohttp.ClientSession() as session,
    ):
        yield world, Site(session, world.dokploy.url, world.dokploy.api_key)


@asynccontextmanager
async def odoo_of(
    *, bootstrapped: bool = True, **options: Any
) -> AsyncIterator[tuple[DemoWorld, Site]]:
    """A world, and a caller of the Odoo of its testing lane."""
    async with dokploy_of(**options) as (world, dokploy):
        if bootstrapped:
            answer = await dokploy.run(await dokploy.create_schedule())
            assert answer.status == 200, answer.text
        yield world, Site(dokploy.session, world.sites["testing"].url)
