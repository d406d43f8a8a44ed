"""No secret is written, logged or shown: everything a server leaves behind is searched for them.

The provider does what it can to spread them: the environment of the compose holds them, and every
command prints them, and the panel's key, into its log.
"""

import asyncio
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog

from laneway.testing.simulators import PLANTED_SECRETS, DemoWorld, Fault
from laneway.testing.simulators.shell import RUN_ROUTE
from laneway.testing.simulators.timing import Durations
from laneway_server import logs
from laneway_server.bootstrap import build
from laneway_server.settings import Settings

PATIENCE = 60.0
VARIABLE = "LANEWAY_TEST_DOKPLOY_KEY"


def noisy(world: DemoWorld) -> tuple[str, ...]:
    """Make every command print the secrets; those that are looked for."""
    secrets = (*PLANTED_SECRETS, world.dokploy.api_key)
    tables = world.dokploy._tables
    write = tables.log

    def log(deployment_id: str, *lines: str) -> None:
        write(deployment_id, *(f"connecting with {secret}" for secret in secrets), *lines)

    tables.log = log  # type: ignore[method-assign]
    return secrets


class Client:
    """Reads what a server shows, as bytes, and keeps all of it."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self.seen: list[bytes] = []

    async def get(self, path: str, **headers: str) -> bytes:
        """Read an address to its end; a stream ends with its operation."""
        async with self._http.get(path, headers=headers) as answer:
            self.seen.append(await answer.read())
            return self.seen[-1]

    async def through(self, key: str, **more: Any) -> Any:
        """Submit a bootstrap, follow it to its end, and read all that is shown of it."""
        body = {
            "plan": "odoo-stable-bootstrap",
            "lane": {"product": "odoo", "context": "cm", "instance": "testing"},
            "request": {"confirmation": "bootstrap cm testing"},
            **more,
        }
        keyed = {"Idempotency-Key": key}
        async with self._http.post("/v1/operations", json=body, headers=keyed) as answer:
            place = answer.headers["Location"]
            self.seen.append(await answer.read())
        await self.get(f"{place}/events", Accept="text/event-stream")
        await self.get(f"{place}/events?limit=1000")
        snapshot = json.loads(await self.get(place))
        for phase in snapshot["phases"]:
            for artifact in phase.get("artifacts", ()):
                await self.get(f"{place}/artifacts/{artifact['name']}")
        return snapshot


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, as a server logs it."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure("json", "debug")
    yield stream
    structlog.reset_defaults()


def cells(database: Path) -> bytes:
    """Every value of every table: pages of the file may break a value in two."""
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        rows = (
            row
            for (name,) in tables.fetchall()
            for row in connection.execute(f'SELECT * FROM "{name}"')
        )
        values = (value for row in rows for value in row)
        return b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in values)


def left_behind(folder: Path) -> bytes:
    """The bytes of every file: the database with its journal, the target records."""
    return b"\n".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def records(world: DemoWorld, reference: str) -> str:
    """The world's target records, with the key where the reference says."""
    document: Any = world.targets()
    for record in document["targets"] if reference == "env" else ():
        record["dokploy"]["api_key"] = f"env:{VARIABLE}"
    return json.dumps(document)


@pytest.mark.parametrize("reference", ["env", "file"])
async def test_secrets_are_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO, reference: str
) -> None:
    quick = Durations(bootstrap=0.05, post_deploy=0.05, deploy=0.05)
    async with asyncio.timeout(PATIENCE), DemoWorld(durations=quick) as world:
        secrets = noisy(world)
        monkeypatch.setenv(VARIABLE, world.dokploy.api_key)
        (tmp_path / "targets.json").write_text(records(world, reference))
        settings = Settings(
            listen="127.0.0.1:0",
            database=str(tmp_path / "laneway.db"),
            targets=str(tmp_path / "targets.json"),
            open_access=True,
        )
        async with build(settings) as server, aiohttp.ClientSession(server.url) as http:
            client = Client(http)
            passed = await client.through("first")
            again = {"supersedes": passed["id"]}
            tried = await client.through("second", dry_run=True, **again)
            world.dokploy.faults.add(Fault.COMMAND_FAILS, route=RUN_ROUTE)
            failed = await client.through("third", **again)
            for path in (
                "/v1/operations",
                "/v1/lanes/odoo/cm/testing",
                "/v1/drivers",
                "/v1/health",
            ):
                await client.get(path)
        assert [each["status"] for each in (passed, tried, failed)] == ["pass", "pass", "fail"]

        printed = "\n".join(line for kept in world.dokploy.state.logs.values() for line in kept)
        shown, files = b"\n".join(client.seen), left_behind(tmp_path)
        kept, logged = cells(tmp_path / "laneway.db"), log.getvalue().encode()
        for secret in secrets:
            assert secret in printed, "the provider has spread it"
            for place in (shown, files, kept, logged):
                assert secret.encode() not in place
        # The same searches find what is no secret.
        for place in (shown, files, kept):
            assert b"bootstrap of cm_testing finished" in place
            assert b"connecting with " in place, "the log was kept, without them"
        assert b'"event": "request"' in logged
