"""A mistake of the page's own: its reader is told, and never looks at what stands still."""

from typing import Any

import pytest
from playwright.async_api import Locator, Route, expect

from .browser import Visitor
from .conftest import Visit
from .stages import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRONG = "Something went wrong in the page"


def told(person: Visitor) -> Locator:
    """What is said of the page's own mistakes."""
    return person.page.get_by_role("alert").filter(has_text=WRONG)


def made(person: Visitor) -> list[str]:
    """The mistakes that were made, as the browser noted them; they are as expected from here on."""
    troubles, person.troubles = person.troubles, []
    return troubles


async def listening(person: Visitor, operation: str, *, onerror: str = "undefined") -> None:
    """Have two listeners follow an operation, the first of which goes wrong."""
    await person.page.evaluate(
        f"""async (id) => {{
            const {{ liveOperation }} = await import("/ui/lib/stream.js");
            window.heard = [];
            window.errors = [];
            const wrong = () => {{ throw new Error("no such row"); }};
            liveOperation(id, wrong, {{ onError: {onerror} }});
            liveOperation(id, ({{ status }}) => window.heard.push(status));
        }}""",
        operation,
    )


async def hears(person: Visitor, status: str) -> None:
    """Wait until the second listener has heard of a status."""
    await person.page.wait_for_function("(word) => window.heard.includes(word)", arg=status)


async def test_a_listener_that_goes_wrong_is_told_once_and_ends_nobody_elses_updates(
    shown: Stage, visit: Visit
):
    ann = await visit(shown.url)
    operation = await shown.submitted()
    await listening(ann, operation)
    await hears(ann, "pass")
    await expect(told(ann)).to_have_count(1)
    await expect(told(ann)).to_contain_text("no such row")
    await expect(told(ann)).to_contain_text("may be out of date")
    assert all("no such row" in each for each in made(ann))
    await told(ann).get_by_role("button", name="Load the page anew").click()
    await expect(told(ann)).to_have_count(0)
    await ann.heading.wait_for()


async def test_who_wants_to_tell_it_is_given_it(shown: Stage, visit: Visit):
    ann = await visit(shown.url)
    operation = await shown.passed()
    await listening(ann, operation, onerror="({ message }) => window.errors.push(message)")
    await hears(ann, "pass")
    await ann.page.wait_for_function("() => window.errors.includes('no such row')")
    await expect(told(ann)).to_have_count(0)
    noted = made(ann)
    assert noted
    assert all("no such row" in each for each in noted)


async def test_a_listener_to_all_events_that_goes_wrong_is_told(shown: Stage, visit: Visit):
    ann = await visit(shown.url)
    await expect(ann.page.get_by_role("banner").get_by_role("status")).to_have_text("Live")
    await ann.page.evaluate(
        """async () => {
            const { follow } = await import("/ui/lib/stream.js");
            follow(() => { throw new Error("not that"); });
        }"""
    )
    await shown.passed()
    await expect(told(ann)).to_contain_text("not that")
    row = ann.page.get_by_role("listitem").filter(has_text="odoo/cm/testing")
    await expect(row).to_contain_text("Last passed")
    assert {*made(ann)} == {"error: not that"}


async def test_an_operation_that_cannot_be_drawn_any_more_says_so(shown: Stage, visit: Visit):
    operation = await shown.passed()
    ann = await visit(shown.url, f"/operations/{operation}")
    await expect(told(ann)).to_have_count(0)

    async def odd(route: Route) -> None:
        answer = await route.fetch()
        document: dict[str, Any] = await answer.json()
        await route.fulfill(json={**document, "phases": None, "seq": document["seq"] + 1})

    await ann.page.route(f"**/v1/operations/{operation}", odd)
    await anew(ann)
    await expect(told(ann)).to_be_visible()
    assert made(ann) != []


async def test_lanes_that_cannot_be_drawn_any_more_say_so(shown: Stage, visit: Visit):
    ann = await visit(shown.url)

    async def odd(route: Route) -> None:
        await route.fulfill(json={"lanes": [{"lane": None}], "next_cursor": None})

    await ann.page.route("**/v1/lanes?*", odd)
    await anew(ann)
    await expect(told(ann)).to_be_visible()
    assert made(ann) != []


async def anew(person: Visitor) -> None:
    """Have everything that is followed loaded again, as after a long time away."""
    await person.page.evaluate(
        """async () => {
            const { startStream, stopStream } = await import("/ui/lib/stream.js");
            stopStream();
            startStream();
        }"""
    )
