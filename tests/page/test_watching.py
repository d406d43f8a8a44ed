"""Submitting, and watching what becomes of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Route, expect

from laneway.testing.simulators.faults import Fault, FaultBoard
from laneway.testing.simulators.world import DemoWorld
from tests.acceptance.processes import Client, Server, laneway

from .browser import Visitor
from .conftest import Visit
from .stages import PACE, PLAN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUBMIT = f"/submit?plan={PLAN}&product=odoo&context=cm&instance=testing"
BEFORE = ("Policy proof", "Target proof")
AFTER = ("Post-deploy", "Verification", "Health", "Canonical link", "Logo", "Runtime identity")
OPERATION = re.compile(r"/operations/op_[0-9A-Z]{26}")


def phase(person: Visitor, title: str, word: str) -> Locator:
    """A phase of the operation that is shown, as far as it has a status."""
    return person.button(re.compile(rf"^{title}\s*, {word}"))


def held(faults: FaultBoard) -> None:
    """The next bootstrap stays in the middle."""
    faults.add(Fault.COMMAND_WAITS, route="bootstrap", times=1)


async def submit(person: Visitor) -> str:
    """Fill in the form and submit it; the operation's id."""
    await person.page.get_by_label(re.compile("confirmation", re.I)).fill("bootstrap cm testing")
    await person.button("Submit").click()
    await expect(person.page).to_have_url(OPERATION)
    return person.page.url.rsplit("/", 1)[1]


async def stays(person: Visitor) -> None:
    """Mark the page, so that it shows if it is ever loaded anew."""
    await person.page.evaluate("document.documentElement.dataset.stayed = 'yes'")


async def stayed(person: Visitor) -> None:
    """Hold that the page is still the one that was marked."""
    assert await person.page.evaluate("document.documentElement.dataset.stayed") == "yes"


async def test_a_submission_is_watched_phase_by_phase_to_its_end(shown: Stage, visit: Visit):
    held(shown.world.dokploy.faults)
    ann = await visit(shown.url, SUBMIT)
    await stays(ann)
    await submit(ann)
    for title in BEFORE:
        await expect(phase(ann, title, "Passed")).to_be_visible()
    await expect(phase(ann, "Bootstrap", "Running")).to_be_visible()
    await expect(ann.heading).to_contain_text("Bootstrapping cm/testing: bootstrap")
    shown.world.dokploy.faults.clear()
    for title in ("Bootstrap", *AFTER):
        await expect(phase(ann, title, "Passed")).to_be_visible()
    await expect(ann.heading).to_contain_text("Bootstrapping cm/testing: passed")
    await stayed(ann)


async def test_a_lane_is_watched_in_the_list(shown: Stage, visit: Visit):
    held(shown.world.dokploy.faults)
    ann = await visit(shown.url)
    await stays(ann)
    row = ann.page.get_by_role("listitem").filter(has_text="odoo/cm/testing")
    await expect(row).to_be_visible()
    operation = await shown.submitted()
    await expect(row).to_contain_text("Running")
    await expect(row).to_contain_text("Bootstrap")
    shown.world.dokploy.faults.clear()
    await shown.until(operation, "pass")
    await expect(row).not_to_contain_text("Running")
    await stayed(ann)


async def test_what_happens_before_the_page_can_follow_is_not_missed(shown: Stage, visit: Visit):
    """The list comes first, and is followed from where it was read."""
    held(shown.world.dokploy.faults)
    ann = await visit(shown.url, "/plans")
    follows = asyncio.Event()

    async def late(route: Route) -> None:
        await follows.wait()
        await route.continue_()

    await ann.page.route("**/v1/events", late)
    await ann.go("/")
    row = ann.page.get_by_role("listitem").filter(has_text="odoo/cm/testing")
    await expect(row).to_be_visible()
    operation = await shown.submitted()
    await shown.until(operation, "running")
    follows.set()
    await expect(row).to_contain_text("Running")
    shown.world.dokploy.faults.clear()
    await shown.until(operation, "pass")
    await expect(row).not_to_contain_text("Running")


async def test_what_is_dry_run_from_the_form_changes_nothing(shown: Stage, visit: Visit):
    there = shown.world.lanes["testing"]  # an Odoo already is: else the checks find none
    there.state.database, there.state.identity = "ready", there.spec.identity("of some time ago")
    ann = await visit(shown.url, SUBMIT)
    await ann.page.get_by_label(re.compile("confirmation", re.I)).fill("bootstrap cm testing")
    await ann.button("Dry run").click()
    await expect(ann.main).to_contain_text("A dry run of this very request passed")
    assert shown.world.bootstraps == []
    (found,) = (await shown.call("GET", "/v1/operations"))["operations"]
    assert found["dry_run"]


async def test_what_the_plan_does_not_take_is_said_at_its_field(shown: Stage, visit: Visit):
    ann = await visit(shown.url, SUBMIT)
    confirmation = ann.page.get_by_label(re.compile("confirmation", re.I))
    await ann.button("Submit").click()
    await expect(confirmation).to_have_attribute("aria-invalid", "true")
    await expect(confirmation).to_be_focused()
    assert (await shown.call("GET", "/v1/operations"))["operations"] == []


# --- the server goes away ------------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="session")
async def process(tmp_path: Path) -> AsyncIterator[tuple[Server, DemoWorld]]:
    """A server that is a process of its own, and can be killed."""
    pace = (f"--{name.replace('_', '-')}={value}" for name, value in PACE.items())
    async with laneway(tmp_path) as (server, world):
        server._arguments += pace
        await server.start()
        assert await server.ready(), server.said()
        yield server, world


async def test_a_server_that_is_killed_and_comes_back_is_watched_on(
    process: tuple[Server, DemoWorld], visit: Visit
):
    server, world = process
    held(world.dokploy.faults)
    _, accepted = await Client(server).submit("key")
    ann = await visit(server.url, f"/operations/{accepted['id']}")
    await stays(ann)
    await expect(phase(ann, "Bootstrap", "Running")).to_be_visible()
    await server.kill()
    live = ann.page.get_by_role("banner").get_by_role("status")
    await expect(live).to_have_text("Reconnecting")
    await expect(phase(ann, "Bootstrap", "Running")).to_be_visible()
    # It goes on while nobody watches: what the page has missed must come after all.
    await server.start()
    assert await server.ready(), server.said()
    world.dokploy.faults.clear()
    await expect(live).to_have_text("Live")
    for title in (*BEFORE, "Bootstrap", *AFTER):
        await expect(phase(ann, title, "Passed")).to_be_visible()
    await expect(ann.heading).to_contain_text("passed")
    assert len(world.bootstraps) == 1
    await stayed(ann)


async def test_what_happened_while_the_page_was_away_is_not_lost(shown: Stage, visit: Visit):
    held(shown.world.dokploy.faults)
    operation = await shown.submitted()
    ann = await visit(shown.url, f"/operations/{operation}")
    await stays(ann)
    await expect(phase(ann, "Bootstrap", "Running")).to_be_visible()
    await ann.page.context.set_offline(offline=True)
    live = ann.page.get_by_role("banner").get_by_role("status")
    await shown.call("POST", f"/v1/operations/{operation}/pause", {"reason": "lunch"}, "bob")
    shown.world.dokploy.faults.clear()
    await shown.until(operation, "paused")
    await ann.page.context.set_offline(offline=False)
    await expect(ann.heading).to_contain_text("paused before")
    await expect(live).to_have_text("Live")
    await expect(ann.main).to_contain_text("lunch")
    await stayed(ann)


async def test_a_page_that_is_opened_while_the_server_is_away_says_so_and_can_try_again(
    process: tuple[Server, DemoWorld], visit: Visit
):
    server, _ = process
    ann = await visit(server.url)
    await server.kill()
    await ann.link("Plans").click()
    await expect(ann.heading).to_have_text("Out of reach")
    await expect(ann.page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    await server.start()
    assert await server.ready(), server.said()
    await ann.button("Try again").click()
    await expect(ann.heading).to_have_text(re.compile("Plans"))
