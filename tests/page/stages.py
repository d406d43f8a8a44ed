"""Servers to look at, in the test's own process: the demo, and one that goes by an access file."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from laneway.testing.simulators.timing import Durations
from laneway.testing.simulators.world import DemoWorld
from laneway_server import bootstrap
from laneway_server.access.tokens import token_digest
from laneway_server.config import load
from laneway_server.service import Service
from tests.acceptance.processes import PATIENCE, quick_world
from tests.support.issuer import AUDIENCE, CLIENT, Issuer

PLAN = "odoo-stable-bootstrap"
QUICK = Durations(bootstrap=0.05, post_deploy=0.05, deploy=0.05, slow=0.3)
OVER = ("pass", "fail", "refused", "cancelled")
PACE = {"dokploy_poll": "50ms", "dokploy_settle": "200ms", "prune_interval": "0s"}
"""Settings with which nobody waits for long; what was pruned is not looked for."""


def lane(instance: str) -> dict[str, str]:
    """One of the demo's lanes."""
    return {"product": "odoo", "context": "cm", "instance": instance}


class Stage:
    """A server, and the simulated world behind it.

    Attributes:
        tokens: by name, where there is an access file.
    """

    def __init__(self, service: Service, world: DemoWorld) -> None:
        self.service = service
        self.world = world
        self.tokens: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.service.url

    async def call(self, method: str, path: str, body: Any = None, who: str = "") -> Any:
        """What another client than the page does, and the answer; ``who`` is a person's name."""
        headers = {"Idempotency-Key": uuid4().hex}
        if who:
            headers["Authorization"] = f"Bearer {self.tokens.get(who, who)}"
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, self.url + path, json=body, headers=headers) as answer,
        ):
            said = await answer.read()
            assert answer.status in (200, 202, 304), said
            return json.loads(said) if said else None

    async def submitted(self, instance: str = "testing", who: str = "", **more: Any) -> str:
        """Submit a bootstrap; its id."""
        request = {"confirmation": f"bootstrap cm {instance}"}
        body = {"plan": PLAN, "lane": lane(instance), "request": request, **more}
        return str((await self.call("POST", "/v1/operations", body, who))["id"])

    async def until(self, operation: str, *statuses: str, who: str = "") -> Any:
        """An operation, as soon as it has one of some statuses."""
        path, shown = f"/v1/operations/{operation}", {"seq": 0, "status": ""}
        async with asyncio.timeout(PATIENCE):
            while shown["status"] not in statuses:
                assert shown["status"] not in OVER, shown
                query = f"?after={shown['seq']}&wait=30s"
                shown = await self.call("GET", path + query, who=who) or shown
        return shown

    async def until_phase(self, operation: str, phase: str, status: str) -> None:
        """Return as soon as a phase of an operation has a status."""
        path, seq = f"/v1/operations/{operation}", 0
        async with asyncio.timeout(PATIENCE):
            while True:
                shown = await self.call("GET", f"{path}?after={seq}&wait=30s")
                assert shown["status"] not in OVER, shown
                if any((p["name"], p["status"]) == (phase, status) for p in shown["phases"]):
                    return
                seq = shown["seq"]

    async def passed(self, instance: str = "testing", **more: Any) -> str:
        """A bootstrap that has passed; its id."""
        operation = await self.submitted(instance, **more)
        await self.until(operation, "pass")
        return operation


@asynccontextmanager
async def demo(folder: Path, durations: Durations = QUICK, **settings: Any) -> AsyncIterator[Stage]:
    """`laneway serve --demo`, with commands that take hardly any time where nothing is said."""
    flags = {"demo": True, "listen": "127.0.0.1:0", "database": str(folder / "laneway.db")}
    world = DemoWorld(durations=durations, maintained=True)
    service = bootstrap.build(load(flags={**flags, **PACE, **settings}), world)
    async with service:
        yield Stage(service, world)


PEOPLE = {
    "ann": ["operators"],
    "bob": ["release-managers"],
    "dora": ["readers"],
    "eve": ["strangers"],
}
_RULES = """
rules:
  - name: operators
    who: {issuers: [token], groups: [operators]}
    may: [submit, read, approve, cancel, pause, retry, reconcile, freeze]
  - name: release-managers
    who: {issuers: [token], groups: [release-managers]}
    may: [read, approve, reconcile]
  - name: readers
    who: {issuers: [token], groups: [readers]}
    may: [read]
  - name: auditors
    who: {issuers: [token], groups: [release-managers]}
    may: [admin]
"""


def _access(tokens: dict[str, str], rules: str) -> str:
    """An access file for `PEOPLE`; whom no rule is for is let in all the same, and sees nothing."""
    entries = (
        f"  - {{name: {name}, digest: '{token_digest(token)}', groups: {PEOPLE[name]}}}"
        for name, token in tokens.items()
    )
    return "\n".join(["version: 1", "tokens:", *entries, rules])


def _issuers(company: Issuer) -> str:
    """What the access file says of where people have accounts."""
    entry = {
        "issuer": company.url,
        "audience": AUDIENCE,
        "groups_claim": "groups",
        "sign_in": {"client_id": CLIENT, "scopes": ["openid", "groups"]},
    }
    rule = "  - {name: staff, who: {issuers: [company], groups: [release]}, may: [submit, read]}"
    return f"{_RULES}{rule}\nissuers: {json.dumps({'company': entry})}\n"


@asynccontextmanager
async def guarded(
    folder: Path, company: Issuer | None = None, **settings: Any
) -> AsyncIterator[Stage]:
    """A server that goes by an access file, in which people have tokens.

    Args:
        company: where people can sign in besides.
    """
    tokens = {name: f"laneway_{name * 43}"[: 8 + 43] for name in PEOPLE}
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(quick_world(maintained=True))
        (folder / "targets.json").write_text(json.dumps(world.targets()))
        (folder / "access.yaml").write_text(
            _access(tokens, _RULES if company is None else _issuers(company))
        )
        files = {"targets": str(folder / "targets.json"), "access": str(folder / "access.yaml")}
        flags = {"listen": "127.0.0.1:0", "database": str(folder / "laneway.db"), **files}
        service = bootstrap.build(load(flags={**flags, **PACE, **settings}))
        async with service:
            running = Stage(service, world)
            running.tokens = tokens
            yield running
