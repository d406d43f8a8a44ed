"""The driver keeps every promise of the port, and does what only it promises."""

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
from aiohttp import web
from laneway_statuspage import ANNOUNCE, CHECK_QUIET, StatusPageDriver

from laneway.core.model import ActionSpec, Lane
from laneway.ports.driver import Action, ActionFailed, OutcomeUnknown
from laneway.testing.action_context import FakeContext
from laneway.testing.driver_conformance import DriverConformance

TOKEN = "page-token-5Tz1"
PARAMETERS: dict[str, dict[str, Any]] = {
    CHECK_QUIET.action_id: {},
    ANNOUNCE.action_id: {"title": "Work on cm testing"},
}


class StatusPage:
    """The provider, simulated: an HTTP server that keeps notices.

    Attributes:
        lost: it takes notices and does not answer.
        deaf: it loses notices and does not answer.
        down: it answers 503.
    """

    def __init__(self) -> None:
        self.notices: list[dict[str, Any]] = []
        self.posts = 0
        self.lost = self.deaf = self.down = False
        app = web.Application()
        app.router.add_get("/notices", self._list)
        app.router.add_post("/notices", self._add)
        self._runner = web.AppRunner(app)
        self.url = ""

    async def __aenter__(self) -> "StatusPage":
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://127.0.0.1:{1}".format(*self._runner.addresses[0])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _list(self, request: web.Request) -> web.Response:
        return web.Response(status=503) if self.down else web.json_response(self.notices)

    async def _add(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        self.posts += 1
        if not self.deaf:
            self.notices.append({**await request.json(), "open": True})
        if self.lost or self.deaf:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=201)


class PageRig:
    """The driver in front of a page; see ``laneway.testing.driver_conformance.Rig``."""

    secrets = (TOKEN,)

    def __init__(self, driver: StatusPageDriver, page: StatusPage) -> None:
        self.driver = driver
        self.page = page
        self._numbers = count(1)

    def context(self, spec: ActionSpec) -> FakeContext:
        self.page.notices.clear()  # the page is quiet, so that everything passes
        record = {"drivers": {"statuspage": {"url": self.page.url, "token": "env:PAGE_TOKEN"}}}
        return FakeContext(
            Lane("odoo", "cm", "testing"),
            record,
            parameters=PARAMETERS[spec.action_id],
            token=f"op_{next(self._numbers)}_announce_1",
            secrets={"env:PAGE_TOKEN": TOKEN},
        )

    def mutations(self) -> int:
        return self.page.posts

    def action(self, spec: ActionSpec) -> Action:
        return next(each for each in self.driver.actions() if each.spec is spec)


@pytest.fixture
async def rig() -> AsyncIterator[PageRig]:
    driver = StatusPageDriver()
    async with StatusPage() as page:
        await driver.start()
        yield PageRig(driver, page)
        await driver.stop()


class TestStatusPageDriver(DriverConformance):
    """Every promise of the port."""


async def test_an_open_notice_is_not_quiet(rig: PageRig) -> None:
    context = rig.context(CHECK_QUIET)
    rig.page.notices.append({"key": "k", "title": "Outage", "open": True})
    result = await rig.action(CHECK_QUIET).run(context)
    assert (result.outcome, result.evidence) == ("fail", {"open": ["Outage"]})


async def test_a_lost_answer_is_looked_up(rig: PageRig) -> None:
    context = rig.context(ANNOUNCE)
    rig.page.lost = True
    assert (await rig.action(ANNOUNCE).run(context)).outcome == "pass"
    assert rig.page.posts == 1


@pytest.mark.parametrize("trouble", ["deaf", "down"])
async def test_what_cannot_be_told_stays_unknown(rig: PageRig, trouble: str) -> None:
    context = rig.context(ANNOUNCE)
    rig.page.lost = True
    setattr(rig.page, trouble, True)
    with pytest.raises(OutcomeUnknown):
        await rig.action(ANNOUNCE).run(context)
    with pytest.raises(OutcomeUnknown):
        await rig.action(ANNOUNCE).recover(context)
    assert rig.page.posts == 1, "it is never posted again"


async def test_a_token_that_is_refused_is_a_failure_and_nothing_was_posted(rig: PageRig) -> None:
    context = rig.context(ANNOUNCE)
    context._secrets["env:PAGE_TOKEN"] = "another"
    with pytest.raises(ActionFailed, match="401"):
        await rig.action(ANNOUNCE).run(context)
    assert rig.page.posts == 0
