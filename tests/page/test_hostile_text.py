"""Other people's text is shown, letter by letter, and never becomes anything else."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import expect

from laneway.runtime.environment import SystemClock
from laneway_server import bootstrap
from tests.support.issuer import issuer

from .browser import Visitor
from .conftest import Visit
from .hostile import LOG, MARK, NAME, HostileDriver, hostile, plans
from .stages import Stage, demo, guarded, lane

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A demo with such a driver, and such plans."""
    monkeypatch.setattr(bootstrap, "discover", lambda: (HostileDriver(),))
    async with demo(tmp_path, plans=str(plans(tmp_path / "plans"))) as running:
        yield running


async def submitted(stage: Stage) -> str:
    """An operation that asks for an approval; its id."""
    said = {"plan": NAME, "lane": lane("testing"), "request": {"note": hostile("note")}}
    body = {**said, "reason": hostile("reason")}
    operation = str((await stage.call("POST", "/v1/operations", body, "ann"))["id"])
    await stage.until(operation, "waiting")
    return operation


async def decided(stage: Stage, operation: str) -> None:
    """Approve it with a comment, so that nobody knows what became of what comes next."""
    shown = await stage.call("GET", f"/v1/operations/{operation}")
    (digest,) = [each["approval"]["digest"] for each in shown["phases"] if "approval" in each]
    said = {"phase": "ask", "decision": "approve", "comment": hostile("comment"), "digest": digest}
    await stage.call("POST", f"/v1/operations/{operation}/approvals", said, "bob")
    await stage.until(operation, "reconciliation_required")


async def told(stage: Stage, operation: str) -> None:
    """Say what became of it, with a note."""
    said = {"phase": "change", "outcome": "pass", "note": hostile("note-of-reconciling")}
    await stage.call("POST", f"/v1/operations/{operation}/reconcile", said, "bob")
    await stage.until(operation, "fail")


async def unfolded(person: Visitor) -> None:
    """Open whatever is folded, until nothing is."""
    while await person.page.evaluate(
        """() => {
            const folded = [...document.querySelectorAll("main details:not([open])")];
            for (const each of folded) each.open = true;
            return folded.length;
        }"""
    ):
        await person.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")


async def shows(person: Visitor, *places: str) -> None:
    """Hold that texts are there as they are, and that no text has become markup."""
    for place in places:
        await expect(person.page.locator("body")).to_contain_text(hostile(place))
    made: list[Any] = await person.page.evaluate(
        """(mark) => [
            ...document.querySelectorAll(`[${mark}], script:not([src])`),
            ...[...document.querySelectorAll("a, img, form, iframe, object, embed")].filter(
                (each) => /^\\s*(javascript|data:text)/i.test(
                    each.getAttribute("href") ?? each.getAttribute("src") ?? ""
                ),
            ),
        ].map((each) => each.outerHTML)""",
        MARK,
    )
    assert made == []


async def test_plans(stage: Stage, visit: Visit):
    ann = await visit(stage.url, "/plans")
    await unfolded(ann)
    await shows(ann, "title", "description")
    await expect(ann.main).to_contain_text(f"{MARK}=start")
    await ann.go(f"/plans/{NAME}")
    await unfolded(ann)
    await shows(ann, "title", "description")
    for tab in await ann.page.get_by_role("tab").all():
        await tab.click()
        await expect(tab).to_have_attribute("aria-selected", "true")
        await unfolded(ann)
        await shows(ann, "title")
    await ann.page.get_by_role("tab", name="Source").click()
    await expect(ann.main).to_contain_text(f"{MARK}=approval")


async def test_the_form_to_submit(stage: Stage, visit: Visit):
    query = f"plan={NAME}&product=odoo&context=cm&instance=testing"
    ann = await visit(stage.url, f"/submit?{query}")
    await shows(ann, "field", "field-description", "title")
    note = ann.page.get_by_label(hostile("field"))
    await note.fill(hostile("typed"))
    await ann.page.get_by_label("Reason").fill(hostile("reason"))
    await ann.button("Dry run").click()
    await expect(ann.main).to_contain_text("Passed")
    await shows(ann, "field")


async def test_an_operation_that_waits_for_an_approval(stage: Stage, visit: Visit):
    operation = await submitted(stage)
    ann = await visit(stage.url, f"/operations/{operation}")
    await ann.button("Expand all").click()
    await unfolded(ann)
    await shows(ann, "phase", "approval", "progress", "value", "deep", "key")
    await shows(ann, "probe-detail", "probe-status", "content-type", "failure-class", "reason")
    await ann.button("Approve…").click()
    await expect(ann.dialog).to_be_visible()
    await unfolded(ann)
    await shows(ann, "note", "change")


async def test_what_an_attempt_left_behind(stage: Stage, visit: Visit):
    operation = await submitted(stage)
    ann = await visit(stage.url, f"/operations/{operation}")
    await ann.button("Expand all").click()
    for count in (1, 2):
        await ann.button("Show").first.click()
        await expect(ann.button("Hide")).to_have_count(count)
    log = ann.page.get_by_label("log.txt", exact=True)
    await expect(log).to_contain_text("end of the log")
    await expect(log).to_contain_text(LOG.splitlines()[2])
    await ann.page.get_by_label("Search in log.txt").fill("<script")
    await expect(log.locator("mark")).to_have_text(["<script"])
    await shows(ann, "log")


async def test_an_operation_of_which_nobody_knows_and_that_fails(stage: Stage, visit: Visit):
    operation = await submitted(stage)
    await decided(stage, operation)
    ann = await visit(stage.url, f"/operations/{operation}")
    await unfolded(ann)
    await shows(ann, "failure", "detail", "comment")
    await ann.button("It was done…").click()
    await expect(ann.dialog).to_be_visible()
    await unfolded(ann)
    await shows(ann, "failure", "checkpoint", "saved", "description-change")
    await ann.page.keyboard.press("Escape")
    await told(stage, operation)
    await expect(ann.heading).to_contain_text(hostile("failure-message"))
    await ann.button("Expand all").click()
    await unfolded(ann)
    await shows(ann, "failure-message", "why", "seen", "note-of-reconciling")
    for tab in ("Diagram", "Events", "Request and plan", "Evidence bundle"):
        await ann.page.get_by_role("tab", name=tab).click()
        await unfolded(ann)
        await shows(ann)
    await ann.page.get_by_role("tab", name="Request and plan").click()
    await shows(ann, "note", "reason")
    await ann.page.get_by_role("tab", name="Events").click()
    await shows(ann, "comment", "note-of-reconciling", "checkpoint", "data")


async def test_lanes_and_lists(stage: Stage, visit: Visit):
    operation = await submitted(stage)
    await decided(stage, operation)
    await stage.call("POST", "/v1/lanes/odoo/cm/testing/freeze", {"reason": hostile("freeze")})
    ann = await visit(stage.url)
    await shows(ann, "change")
    await ann.go("/lanes/odoo/cm/testing")
    await unfolded(ann)
    await shows(ann, "freeze", "change")
    await ann.go("/operations")
    await shows(ann, "title")
    await ann.go("/audit")
    await unfolded(ann)
    await shows(ann, "freeze")


async def test_what_stands_in_the_address(stage: Stage, visit: Visit):
    ann = await visit(stage.url)
    for path in (
        "/operations?requested_by={}",
        "/operations?status={}",
        "/audit?actor={}",
        "/plans/{}",
        "/operations/{}",
        "/lanes/{}/{}/{}",
        "/submit?plan={}&product={}&context={}&instance={}&from={}&supersedes={}",
        "/signin?return_to={}",
        "/operations/x?tab={}",
    ):
        for text in (
            "%3Cimg%20src%3Dx%20data-hostile%3Dx%20onerror%3Dalert(1)%3E",
            "javascript%3Aalert(1)",
        ):
            await ann.go(path.replace("{}", text))
            await shows(ann)


async def test_the_name_of_a_person_as_their_issuer_gives_it(tmp_path: Path, visit: Visit):
    async with issuer(SystemClock()) as company:
        company.user = {"sub": "mallory", "name": hostile("name"), "groups": ["release"]}
        async with guarded(tmp_path, company) as stage:
            mallory = await visit(stage.url, "/plans?x=y")
            mallory.known.add(urlsplit(company.url).netloc)
            await mallory.link("Sign in with company").click()
            await expect(mallory.page).to_have_url(f"{stage.url}/plans?x=y")
            await expect(mallory.heading).to_have_text("Plans")
            await shows(mallory, "name")
            query = "plan=odoo-smoke&product=odoo&context=cm&instance=testing"
            await mallory.go(f"/submit?{query}")
            form = mallory.page.get_by_role("form")
            await form.get_by_role("button", name="Submit").click()
            await expect(mallory.page).to_have_url(re.compile("/operations/op_"))
            await expect(mallory.main).to_contain_text(hostile("name"))
            await shows(mallory, "name")
