"""A guarded server as docs/ describe one: a workflow at GitHub, and people at a company."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
from msgspec.structs import replace

from laneway.runtime.environment import SystemClock
from laneway.testing.simulators.world import DemoWorld
from laneway_server.access.document import GITHUB_ISSUER
from tests.acceptance.processes import PATIENCE, Server, quick_world
from tests.support.issuer import GITHUB_CLAIMS, Issuer, issuer

COMPANY_ISSUER = "https://login.example.org"
REPOSITORY_ID = "123456789"
PERSON = 'person: {claim: actor_id, prefix: "github:"}'
SHIPPED = Path(__file__).parents[2] / "plans" / "odoo-stable-bootstrap.yaml"
PROD = {"product": "odoo", "context": "cm", "instance": "prod"}
SUBMISSION = {
    "plan": "odoo-stable-bootstrap",
    "lane": PROD,
    "request": {"confirmation": "bootstrap cm prod"},
}
OVER = ("pass", "fail", "refused", "cancelled")


class GuardedWorld:
    """Real servers: Laneway with an access file, its simulated Dokploy and Odoo, two issuers.

    Attributes:
        operation: the newest one that was submitted, by its id.
    """

    def __init__(self, folder: Path, world: DemoWorld, issuers: tuple[Issuer, Issuer]) -> None:
        self.world = world
        self.github, self.company = issuers
        self.operation = ""
        self._folder = folder
        self._plans = folder / "plans"
        self._plans.mkdir()
        self.server = Server(folder, world, f"--plans={self._plans}")
        self.server._arguments.remove("--open-access")
        self.server._arguments.append(f"--access={folder / 'access.yaml'}")

    # --- what is set up --------------------------------------------------------------------------

    def access(self, text: str) -> None:
        """The access file, with the addresses of the issuers that there really are."""
        said = {
            GITHUB_ISSUER: f"{self.github.url}\n    {PERSON}",  # the real one has it by itself
            COMPANY_ISSUER: self.company.url,
            REPOSITORY_ID: str(GITHUB_CLAIMS["repository_id"]),
        }
        for usual, real in said.items():
            assert usual in text
            text = text.replace(usual, real)
        (self._folder / "access.yaml").write_text(text, encoding="utf-8")

    def plan(self, **changes: object) -> None:
        """The plan that ships, with other values of some keys."""
        text = SHIPPED.read_text(encoding="utf-8")
        for key, value in changes.items():
            text, count = re.subn(rf"\b{key}: \w+", f"{key}: {value}", text)
            assert count == 1, key
        (self._plans / SHIPPED.name).write_text(text, encoding="utf-8")

    async def start(self) -> None:
        """Start the server."""
        await self.server.start()
        assert await self.server.ready(), self.server.said()

    async def replan(self, version: int, **changes: object) -> None:
        """Edit the plan while the server runs, and wait until it offers the new version."""
        self.plan(version=version, **changes)
        async with asyncio.timeout(PATIENCE):
            while (await self._call("GET", f"/v1/plans/{SHIPPED.stem}"))["version"] != version:
                assert self.server.process is not None
                assert self.server.process.returncode is None, self.server.said()

    def changes_target(self) -> None:
        """Somebody gives the compose in Dokploy one more domain."""
        lane = self.world.lanes["prod"]
        domains = (*lane.spec.domains, "shop.cm.example.invalid")
        lane.spec = replace(lane.spec, domains=domains)

    def bootstrapped(self) -> None:
        """Prod has been bootstrapped some time ago, so a dry run finds everything in order."""
        lane = self.world.lanes["prod"]
        lane.state.database, lane.state.identity = "ready", lane.spec.identity("of some time ago")

    def manager(self, name: str, number: str) -> str:
        """A token of a release manager, with their id at GitHub."""
        sub, groups = f"{name}@example.org", ["release-managers"]
        return self.company.mint(sub=sub, github_id=number, groups=groups)

    # --- what the workflow does ------------------------------------------------------------------

    async def submit(self, *, dry_run: bool = False) -> None:
        """The workflow asks for a bootstrap of prod, knowing of the last one."""
        last = (await self._call("GET", "/v1/lanes/odoo/cm/prod"))["last_destructive"]
        named = {"supersedes": last["odoo-stable-bootstrap"]["id"]} if last else {}
        body = {**SUBMISSION, "dry_run": dry_run, **named}
        self.operation = str((await self._call("POST", "/v1/operations", body))["id"])

    async def found(self) -> None:
        """Take the operation that was submitted last, by whomever, as the newest."""
        (newest,) = (await self._call("GET", "/v1/operations?limit=1"))["operations"]
        self.operation = str(newest["id"])

    async def until(self, *statuses: str) -> Any:
        """The newest operation, as soon as it has one of some statuses."""
        path, shown = f"/v1/operations/{self.operation}", {"seq": 0, "status": ""}
        while shown["status"] not in statuses:
            assert shown["status"] not in OVER, shown
            shown = await self._call("GET", f"{path}?after={shown['seq']}&wait=30s") or shown
        return shown

    async def digest(self) -> str:
        """The digest of what the newest operation's approval covers."""
        shown = await self._call("GET", f"/v1/operations/{self.operation}")
        (digest,) = [each["approval"]["digest"] for each in shown["phases"] if "approval" in each]
        return str(digest)

    async def approve(self, *tokens: str, comments: tuple[str, ...] = ("", "")) -> None:
        """People approve the newest operation as it is now, one after the other."""
        digest, path = await self.digest(), f"/v1/operations/{self.operation}/approvals"
        for token, comment in zip(tokens, comments, strict=True):
            said = {"phase": "approval", "decision": "approve", "comment": comment}
            await self._call("POST", path, {**said, "digest": digest}, token)

    async def _call(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token or self.github.github()}"}
        if method == "POST":
            headers["Idempotency-Key"] = uuid4().hex
        url = self.server.url + path
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, url, json=body, headers=headers) as answer,
        ):
            said = await answer.read()
            assert answer.status in (200, 202, 304), said
            return json.loads(said) if said else None


@asynccontextmanager
async def guarded_world(folder: Path) -> AsyncIterator[GuardedWorld]:
    """The servers but for Laneway's, which is to be started; all are stopped at the end."""
    clock = SystemClock()
    async with issuer(clock) as github, issuer(clock) as company, quick_world() as world:
        there = GuardedWorld(folder, world, (github, company))
        try:
            yield there
        finally:
            if there.server.process is not None and there.server.process.returncode is None:
                await there.server.kill()
