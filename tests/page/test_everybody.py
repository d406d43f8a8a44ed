"""For everybody: by keyboard, with a screen reader, in light and dark, on a phone."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from .accessibility import findings
from .browser import NARROW, Visitor
from .conftest import Visit
from .screenshots import Scene, Shot, busy, busy_shots, calm, calm_shots
from .stages import PLAN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIGHT_AND_WIDE = {"color_scheme": "light"}
DARK_AND_NARROW = {"color_scheme": "dark", "viewport": NARROW}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calm_scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with calm(tmp_path_factory.mktemp("calm")) as scene:
        yield scene


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def busy_scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with busy(tmp_path_factory.mktemp("busy")) as scene:
        yield scene


async def opened(person: Visitor, shot: Shot) -> None:
    """Go to a view, wait until it is all there, and do what is to be done there."""
    await person.go(shot.path)
    await expect(person.page.get_by_text("Loading").filter(visible=True)).to_have_count(0)
    if shot.act:
        await shot.act(person)


async def too_wide(page: Page) -> list[str]:
    """What makes the page itself scroll sideways."""
    found: list[str] = await page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            return [...document.querySelectorAll("body *")]
                .filter((each) => each.getBoundingClientRect().right > width + 1)
                .slice(0, 5).map((each) => each.outerHTML.slice(0, 120));
        }"""
    )
    return found


async def looked_at(person: Visitor, shots: list[Shot]) -> None:
    """Hold that axe finds nothing grave in any view, as wide as it is now and on a phone."""
    for shot in shots:
        await opened(person, shot)
        assert await findings(person.page) == [], shot.name
        assert await too_wide(person.page) == [], shot.name


BOTH = pytest.mark.parametrize(
    "options", [LIGHT_AND_WIDE, DARK_AND_NARROW], ids=["light, wide", "dark, narrow"]
)


@BOTH
async def test_nothing_is_in_anybodys_way(options: dict[str, Any], calm_scene: Scene, visit: Visit):
    person = await visit(calm_scene.stage.url, **options)
    await looked_at(person, calm_shots(calm_scene))


@BOTH
async def test_nothing_is_in_anybodys_way_where_much_is_going_on(
    options: dict[str, Any], busy_scene: Scene, visit: Visit
):
    person = await visit(busy_scene.stage.url, **options)
    await looked_at(person, busy_shots(busy_scene))


@BOTH
async def test_signing_in_is_in_nobodys_way(options: dict[str, Any], kept: Stage, visit: Visit):
    person = await visit(kept.url, "/signin", **options)
    await looked_at(person, [Shot("signin", "/signin")])


async def test_light_and_dark_are_as_the_system_says_until_somebody_chooses(
    shown: Stage, visit: Visit
):
    ann = await visit(shown.url, color_scheme="dark")
    assert await _ground(ann.page) == "dark"
    await ann.button(re.compile("^Colours")).click()
    await expect(ann.button("Colours: Light", exact=True)).to_be_visible()
    assert await _ground(ann.page) == "light"
    await ann.page.reload()
    await ann.heading.wait_for()
    assert await _ground(ann.page) == "light"


async def _ground(page: Page) -> str:
    """Whether the page is light or dark, by what is behind everything."""
    colour: str = await page.evaluate(
        "() => getComputedStyle(document.documentElement).backgroundColor"
    )
    found = re.match(r"rgb\((\d+)", colour)
    assert found is not None, colour
    return "light" if int(found[1]) > 128 else "dark"


# --- by keyboard ---------------------------------------------------------------------------------


async def tab_to(person: Visitor, wanted: Locator, most: int = 80) -> None:
    """Press Tab until something has the focus, and hold that one can see where it is."""
    keyboard = person.page.keyboard
    for _ in range(most):
        if await wanted.evaluate("(each) => each === document.activeElement"):
            break
        await keyboard.press("Tab")
    await expect(wanted).to_be_focused()
    seen: bool = await wanted.evaluate(
        """(each) => {
            const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(each);
            const outlined = outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
            return outlined || boxShadow !== "none";
        }"""
    )
    assert seen, "nobody can see where the focus is"


async def test_submitting_by_keyboard(shown: Stage, visit: Visit):
    ann = await visit(shown.url)
    keyboard = ann.page.keyboard
    await keyboard.press("Tab")
    await expect(ann.link("Skip to the content")).to_be_focused()
    await tab_to(ann, ann.page.get_by_role("banner").get_by_role("link", name="Submit"))
    await keyboard.press("Enter")
    await expect(ann.heading).to_have_text("Submit an operation")
    await expect(ann.heading).to_be_focused()
    await tab_to(ann, ann.page.get_by_label("Plan", exact=True))
    await keyboard.type("Odoo stable")
    await tab_to(ann, ann.page.get_by_label("Lane", exact=True))
    await keyboard.type("odoo/cm/testing")
    confirmation = ann.page.get_by_label(re.compile("confirmation", re.I))
    await expect(confirmation).to_be_visible()
    await tab_to(ann, confirmation)
    await keyboard.type("bootstrap cm testing")
    await tab_to(ann, ann.page.get_by_role("form").get_by_role("button", name="Submit"))
    await keyboard.press("Enter")
    await expect(ann.heading).to_contain_text("passed")


async def test_approving_by_keyboard(calm_scene: Scene, visit: Visit):
    stage = calm_scene.stage
    bob = await visit(stage.url, f"/operations/{calm_scene.waiting}")
    keyboard = bob.page.keyboard
    approve = bob.button("Approve…")
    await expect(approve).to_be_visible()
    await tab_to(bob, approve)
    await keyboard.press("Enter")
    await expect(bob.dialog).to_be_visible()
    await keyboard.press("Escape")
    await expect(bob.dialog).to_have_count(0)
    await expect(approve).to_be_focused()
    await approve.press("Enter")
    await expect(bob.dialog.get_by_role("heading", level=2)).to_be_focused()
    await tab_to(bob, bob.dialog.get_by_label("Comment"))
    await keyboard.type("by keyboard")
    await tab_to(bob, bob.dialog.get_by_label(re.compile("to confirm")))
    await keyboard.type("cm/prod")
    await tab_to(bob, bob.dialog.get_by_role("button", name="Approve"))
    await keyboard.press("Enter")
    await expect(bob.heading).to_contain_text("passed")


async def test_tabs_by_keyboard_are_in_the_address(calm_scene: Scene, visit: Visit):
    ann = await visit(calm_scene.stage.url, f"/operations/{calm_scene.passed}")
    timeline = ann.page.get_by_role("tab", name="Timeline")
    await tab_to(ann, timeline)
    await ann.page.keyboard.press("ArrowRight")
    await expect(ann.page.get_by_role("tab", name="Diagram")).to_be_focused()
    await expect(ann.page).to_have_url(re.compile(r"\?tab=diagram$"))
    await ann.page.reload()
    await expect(ann.page.get_by_role("tab", name="Diagram", selected=True)).to_be_visible()
    await expect(ann.page.get_by_role("tabpanel").get_by_role("img")).to_be_visible()


async def test_whoever_only_hears_the_page_hears_what_changes(shown: Stage, visit: Visit):
    ann = await visit(shown.url, "/submit?product=odoo&context=cm&instance=testing&plan=" + PLAN)
    operation = await shown.submitted("prod")
    await shown.until(operation, "waiting")
    await ann.go(f"/operations/{operation}")
    await shown.call("POST", f"/v1/operations/{operation}/cancel", {"reason": "x"})
    spoken = ann.main.get_by_role("status").filter(has_text="cancelled")
    await expect(spoken.first).to_have_attribute("aria-live", "polite")
