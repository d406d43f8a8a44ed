"""Much of everything: the page stays what can be used."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from laneway_server import bootstrap
from tests.benchmarks.histories import ENDED_SHORT, fill

from .browser import NARROW
from .conftest import Visit
from .hostile import HostileDriver, plans
from .stages import Stage, demo, lane

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPERATIONS = 10_000
AT_ONCE = 200
"""Rows of a list that are in the page at once, at most."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crowded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A demo that has seen ten thousand operations."""
    folder = tmp_path_factory.mktemp("crowded")
    await asyncio.to_thread(fill, folder / "laneway.db", OPERATIONS, ended=ENDED_SHORT)
    async with demo(folder) as stage:
        yield stage


async def test_ten_thousand_operations_are_read_page_by_page(crowded: Stage, visit: Visit):
    ann = await visit(crowded.url, "/operations")
    rows = ann.main.get_by_role("row")
    newest = rows.nth(1).get_by_role("link").first
    first = str(await newest.get_attribute("href"))
    assert 10 < await rows.count() <= AT_ONCE
    await ann.link(re.compile("^Older")).click()
    await expect(ann.page).to_have_url(re.compile("cursor="))
    await expect(newest).not_to_have_attribute("href", first)
    assert 10 < await rows.count() <= AT_ONCE
    await ann.page.go_back()
    await expect(ann.page).not_to_have_url(re.compile("cursor="))
    await expect(newest).to_have_attribute("href", first)


async def test_among_ten_thousand_one_finds_those_that_one_looks_for(crowded: Stage, visit: Visit):
    ann = await visit(crowded.url, "/operations")
    await ann.page.get_by_label("Status").select_option("fail")
    await ann.page.get_by_label("Requested by").fill("person7")
    await ann.page.get_by_label("Requested by").press("Enter")
    await expect(ann.page).to_have_url(re.compile("requested_by=person7"))
    await expect(ann.page).to_have_url(re.compile("status=fail"))
    rows = ann.main.get_by_role("row").filter(has=ann.page.get_by_role("cell"))
    await expect(rows.first).to_contain_text("Failed")
    for row in await rows.all():
        await expect(row).to_contain_text("Failed")
        await expect(row).to_contain_text("person7")
    shared = await visit(crowded.url, ann.page.url.removeprefix(crowded.url))
    await expect(shared.page.get_by_label("Requested by")).to_have_value("person7")
    await expect(shared.main.get_by_role("row")).to_have_count(
        await ann.main.get_by_role("row").count()
    )


async def test_two_thousand_events_of_one_operation(
    tmp_path: Path, visit: Visit, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bootstrap, "discover", lambda: (HostileDriver(),))
    async with demo(tmp_path, plans=str(plans(tmp_path / "plans"))) as stage:
        body = {"plan": "talk", "lane": lane("testing"), "request": {"times": 2_000}}
        operation = str((await stage.call("POST", "/v1/operations", body))["id"])
        last = (await stage.until(operation, "pass"))["seq"]
        assert last > 2_000
        ann = await visit(stage.url, f"/operations/{operation}")
        await expect(ann.heading).to_contain_text("passed")
        await ann.page.get_by_role("tab", name="Events").click()
        events = ann.page.get_by_role("list", name="Events", exact=True).get_by_role("listitem")
        await expect(events.first).to_be_visible()
        await expect(ann.main).to_contain_text(f"{last} events")
        assert await events.count() < 1_000, "not all are built at once"
        await ann.page.get_by_label("Search in the events").fill("step 1999 is done")
        await expect(events).to_have_count(1)
        await expect(events).to_contain_text("step 1999 is done")
        await ann.page.get_by_role("tab", name="Timeline").click()
        await ann.button("Expand all").click()
        await expect(ann.main).to_contain_text("step 2000 is done")
        assert await ann.page.evaluate("document.querySelectorAll('*').length") < 20_000


async def test_they_are_watched_as_they_come_on_a_phone(
    tmp_path: Path, visit: Visit, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bootstrap, "discover", lambda: (HostileDriver(),))
    async with demo(tmp_path, plans=str(plans(tmp_path / "plans"))) as stage:
        ann = await visit(stage.url, viewport=NARROW)
        await expect(ann.page.get_by_role("banner").get_by_role("status")).to_have_text("Live")
        body = {"plan": "talk", "lane": lane("testing"), "request": {"times": 500}}
        operation = str((await stage.call("POST", "/v1/operations", body))["id"])
        await ann.go(f"/operations/{operation}")
        await expect(ann.heading).to_contain_text("passed")
        asked = [each for each in ann.asked if each.endswith(f"/v1/operations/{operation}")]
        assert len(asked) < 100, "it is not asked for at each of its events"
