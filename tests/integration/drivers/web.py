"""The HTTP driver in front of a server that a test writes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from laneway.core.model import Lane
from laneway.drivers.http import HttpSettings
from laneway.drivers.web.driver import HttpDriver
from laneway.ports.driver import ActionFailed, ActionResult, OutcomeUnknown
from laneway.testing.action_context import FakeContext

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LANE = Lane("odoo", "cm", "testing")
TOKEN = "planted-bearer-token-8Yt3"
SECRET = {"Authorization": {"secret": "status", "prefix": "Bearer "}}


class Bench:
    """A started driver, and a server whose requests are kept."""

    def __init__(self, driver: HttpDriver, url: str, requests: list[web.Request]) -> None:
        self._actions = {action.spec.action_id: action for action in driver.actions()}
        self.url = url
        self.requests = requests

    def context(self, parameters: dict[str, Any], **target: Any) -> FakeContext:
        record = {
            "product": "odoo",
            "context": "cm",
            "instance": "testing",
            "odoo": {"base_url": self.url},
            "drivers": {"http": {"secrets": {"status": "env:STATUS_TOKEN"}}},
            **target,
        }
        secrets = {"env:STATUS_TOKEN": TOKEN}
        return FakeContext(LANE, record, parameters=parameters, secrets=secrets)

    async def run(self, action_id: str, parameters: dict[str, Any], **target: Any) -> ActionResult:
        return await self._actions[action_id].run(self.context(parameters, **target))

    async def dry_run(self, action_id: str, parameters: dict[str, Any]) -> ActionResult:
        return await self._actions[action_id].dry_run(self.context(parameters))

    async def recover(self, action_id: str) -> ActionResult:
        return await self._actions[action_id].recover(self.context({}))

    async def check(self, *probes: dict[str, Any]) -> ActionResult:
        named = [{"name": f"probe {n}", **probe} for n, probe in enumerate(probes)]
        return await self.run("http.check", {"probes": named})

    async def failing_check(self, probe: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
        """The code, the retry class and the probe of a check that does not pass."""
        try:
            result = await self.check(probe)
        except ActionFailed as failed:
            return failed.failure.code, failed.failure.retry_class, failed.evidence["probes"][0]
        assert result.outcome == "fail"
        assert result.failure is not None
        return result.failure.code, "", result.evidence["probes"][0]

    async def failed(self, action_id: str, parameters: dict[str, Any], **target: Any) -> str:
        """The code with which an attempt certainly fails."""
        with pytest.raises(ActionFailed) as raised:
            await self.run(action_id, parameters, **target)
        return raised.value.failure.code

    async def unknown(self, action_id: str, parameters: dict[str, Any]) -> OutcomeUnknown:
        """What an attempt raises of which nobody knows what came of it."""
        with pytest.raises(OutcomeUnknown) as raised:
            await self.run(action_id, parameters)
        return raised.value


@asynccontextmanager
async def serving(
    handler: Handler, hosts: Sequence[str] = (), **settings: Any
) -> AsyncIterator[Bench]:
    requests: list[web.Request] = []

    async def kept(request: web.Request) -> web.StreamResponse:
        requests.append(request)
        await request.read()
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", kept)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    driver = HttpDriver(HttpSettings(**settings), hosts)
    await driver.start()
    try:
        yield Bench(driver, f"http://127.0.0.1:{runner.addresses[0][1]}", requests)
    finally:
        await driver.stop()
        await runner.cleanup()
