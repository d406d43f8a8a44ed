"""Forms made of schemas; and that what is submitted is submitted once, whatever happens."""

import re
from typing import Any

import pytest
from playwright.async_api import Route, expect

from .browser import Visitor
from .conftest import Visit
from .stages import PLAN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUBMIT = f"/submit?plan={PLAN}&product=odoo&context=cm&instance=testing"
SUBMISSION = re.compile(r"/v1/operations$")

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name", "size", "kind", "tags", "place", "sure"],
    "properties": {
        "name": {"type": "string", "minLength": 2, "pattern": "^[a-z]+$"},
        "size": {"type": "integer", "minimum": 1, "maximum": 9},
        "kind": {"enum": ["small", "large"]},
        "mark": {"const": "fixed"},
        "checked": {"type": "boolean", "default": True},
        "asked": {"type": "boolean"},
        "sure": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        "place": {"$ref": "#/$defs/place"},
        "either": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        "ratio": {"type": ["number", "null"]},
        "at": {"type": "string", "format": "date-time"},
        "more": {"type": "object"},
        "worded": {"oneOf": [{"const": 1, "title": "One"}, {"const": 2, "title": "Two"}]},
    },
    "$defs": {
        "place": {
            "type": "object",
            "required": ["a/b"],
            "properties": {"a/b": {"type": "string", "title": "Slash"}, "note": {"type": "string"}},
        }
    },
}
WHOLE: dict[str, Any] = {
    "name": "ann",
    "size": 3,
    "kind": "large",
    "checked": False,
    "asked": False,
    "sure": True,
    "tags": ["x", "y"],
    "place": {"a/b": "here"},
    "either": 4,
    "ratio": 0.5,
    "at": "2026-02-07T22:00:00.000Z",
    "more": {"any": [1]},
    "worded": 2,
}


async def form(
    person: Visitor, schema: Any = SCHEMA, value: Any = None, errors: Any = None
) -> dict[str, Any]:
    """Put a form of a schema in the place of the view; what it reads, checks, and cannot place."""
    made: dict[str, Any] = await person.page.evaluate(
        """async ([schema, value, errors]) => {
            const { schemaForm } = await import("/ui/lib/schema-form.js");
            window.form = schemaForm(schema, { value: value ?? undefined });
            document.querySelector("main").replaceChildren(window.form.node);
            const left = errors ? window.form.show(errors) : [];
            return { read: window.form.read(), check: window.form.check(), left };
        }""",
        [schema, value, errors],
    )
    return made


async def read(person: Visitor) -> Any:
    return await person.page.evaluate("() => window.form.read()")


async def wrong(person: Visitor) -> dict[str, str]:
    """What the form says is wrong: messages by the JSON pointers of their places."""
    found = await person.page.evaluate("() => window.form.check()")
    return {error["path"]: error["message"] for error in found}


# --- forms made of schemas -----------------------------------------------------------------------


async def test_a_document_goes_through_a_form_unchanged(shown: Stage, visit: Visit):
    ann = await visit(shown.url)
    made = await form(ann, value=WHOLE)
    assert made["read"] == WHOLE
    assert made["check"] == []


async def test_an_empty_form_says_what_is_required_and_sends_nothing_else(
    shown: Stage, visit: Visit
):
    ann = await visit(shown.url)
    made = await form(ann)
    assert made["read"] == {"sure": False, "tags": [None], "place": {}}
    places = [error["path"] for error in made["check"]]
    assert places == ["/name", "/size", "/kind", "/tags/0", "/place/a~1b"]


async def test_what_is_filled_in_is_checked_by_the_schema(shown: Stage, visit: Visit):
    ann = await visit(shown.url)
    await form(ann, value=WHOLE)
    page = ann.page
    await page.get_by_label("Name").fill("A")
    await page.get_by_label("Size").fill("12")
    await page.get_by_label("Ratio").fill("half")
    await page.get_by_label("Entry 2").fill("x")
    await page.get_by_label("More").fill("{broken")
    found = await wrong(ann)
    assert set(found) == {"/name", "/size", "/ratio", "/tags", "/more"}
    assert found["/size"] == "It must be at most 9."
    await page.get_by_label("Name").fill("bob")
    await page.get_by_label("Size").fill("1.5")
    assert (await wrong(ann))["/size"] == "It must be a whole number."
    assert "/name" not in await wrong(ann)


async def test_entries_of_a_list_are_added_and_removed(shown: Stage, visit: Visit):
    ann = await visit(shown.url)
    await form(ann, value=WHOLE)
    tags = ann.page.get_by_role("group", name="Tags")
    await tags.get_by_role("button", name="Add").click()
    await expect(tags.get_by_label("Entry 3")).to_be_focused()
    await ann.page.keyboard.type("z")
    await tags.get_by_role("button", name="Remove").first.click()
    assert (await read(ann))["tags"] == ["y", "z"]


async def test_what_equals_its_default_is_left_to_the_server(shown: Stage, visit: Visit):
    ann = await visit(shown.url)
    await form(ann, value={**WHOLE, "checked": True})
    assert "checked" not in await read(ann)
    await ann.page.get_by_label("Checked").uncheck()
    assert (await read(ann))["checked"] is False


async def test_errors_are_shown_at_the_fields_that_their_pointers_name(shown: Stage, visit: Visit):
    ann = await visit(shown.url)
    errors = [
        {"path": "/place/a~1b", "message": "is not there"},
        {"path": "/tags/1", "message": "is odd"},
        {"path": "", "message": "the request lacks 'name'"},
        {"path": "/place/elsewhere", "message": "has no field"},
    ]
    made = await form(ann, value=WHOLE, errors=errors)
    assert made["left"] == []
    page = ann.page
    for label, message in (
        ("Slash", "is not there"),
        ("Entry 2", "is odd"),
        ("Name", "It must be filled in."),
    ):
        field = page.get_by_label(label)
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_have_accessible_description(re.compile(re.escape(message)))
    await expect(page.get_by_role("group", name="Place")).to_contain_text("has no field")
    await page.evaluate("() => window.form.show([])")
    await expect(page.get_by_label("Slash")).to_have_attribute("aria-invalid", "false")


async def test_a_schema_that_leads_into_itself_ends_in_json(shown: Stage, visit: Visit):
    node = {"type": "object", "properties": {"inner": {"$ref": "#"}}}
    value: Any = {"inner": {"inner": {"inner": {"inner": {"inner": {"inner": {"inner": {}}}}}}}}
    ann = await visit(shown.url)
    made = await form(ann, schema=node, value=value)
    assert made["check"] == []
    await expect(ann.page.get_by_text("Written as JSON.")).to_have_count(1)


# --- submitted once ------------------------------------------------------------------------------


async def operations(stage: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await stage.call("GET", "/v1/operations"))["operations"]
    return found


async def filled(stage: Stage, visit: Visit) -> Visitor:
    ann = await visit(stage.url, SUBMIT)
    await ann.page.get_by_label(re.compile("confirmation", re.I)).fill("bootstrap cm testing")
    return ann


async def test_a_double_click_submits_once(shown: Stage, visit: Visit):
    ann = await filled(shown, visit)
    await ann.page.get_by_role("form").get_by_role("button", name="Submit").dblclick()
    await expect(ann.page).to_have_url(re.compile(r"/operations/op_"))
    assert len(await operations(shown)) == 1


async def _lost(route: Route) -> None:
    """The request arrives, and its answer does not."""
    await route.fetch()
    await route.abort("connectionreset")


async def test_a_lost_answer_is_asked_for_again_and_submits_nothing_twice(
    shown: Stage, visit: Visit
):
    ann = await filled(shown, visit)
    await ann.page.route(SUBMISSION, _lost, times=1)
    submit = ann.page.get_by_role("form").get_by_role("button", name="Submit")
    await submit.click()
    await expect(ann.main).to_contain_text("It is not known whether it was taken")
    (made,) = await operations(shown)
    await submit.click()
    await expect(ann.page).to_have_url(f"{shown.url}/operations/{made['id']}")
    assert [each["id"] for each in await operations(shown)] == [made["id"]]


async def test_a_page_that_is_loaded_anew_before_the_answer_asks_for_it(shown: Stage, visit: Visit):
    ann = await filled(shown, visit)
    await ann.page.route(SUBMISSION, _lost, times=1)
    await ann.page.get_by_role("form").get_by_role("button", name="Submit").click()
    await expect(ann.main).to_contain_text("It is not known whether it was taken")
    (made,) = await operations(shown)
    await ann.go(SUBMIT)
    await expect(ann.main).to_contain_text("A submission of yours was not answered")
    await ann.button("Send it again").click()
    await expect(ann.page).to_have_url(f"{shown.url}/operations/{made['id']}")
    await ann.go(SUBMIT)
    await expect(ann.main).not_to_contain_text("was not answered")
    assert len(await operations(shown)) == 1


async def test_a_form_that_was_changed_after_a_lost_answer_says_what_was_taken(
    shown: Stage, visit: Visit
):
    ann = await filled(shown, visit)
    await ann.page.route(SUBMISSION, _lost, times=1)
    submit = ann.page.get_by_role("form").get_by_role("button", name="Submit")
    await submit.click()
    await expect(ann.main).to_contain_text("It is not known whether it was taken")
    (made,) = await operations(shown)
    await ann.page.get_by_label("Reason").fill("another one")
    await submit.click()
    await expect(ann.main).to_contain_text("Your earlier submission was taken after all")
    await expect(ann.main).to_contain_text(made["id"][-8:])
    assert len(await operations(shown)) == 1


# --- a dry run first -----------------------------------------------------------------------------


async def test_it_is_said_whether_there_was_a_dry_run_of_what_the_form_says(
    shown: Stage, visit: Visit
):
    ann = await filled(shown, visit)
    await expect(ann.main).to_contain_text("No dry run of this request was made here")
    await ann.button("Dry run").click()
    # Nothing is on the lane yet: what would verify it cannot pass.
    await expect(ann.main).to_contain_text("All that comes before the changes passed.")
    said = "A dry run of this very request found nothing in the way of its changes."
    await expect(ann.main).to_contain_text(said)
    await ann.page.get_by_label("Reason").fill("a reason is no part of it")
    await expect(ann.main).to_contain_text(said)
    await ann.page.get_by_label("Verify logo").uncheck()
    await expect(ann.main).to_contain_text("The form has changed since its dry run.")
    await expect(ann.link("Look at the dry run in a new tab")).to_be_visible()


async def test_a_dry_run_that_nothing_would_come_of_says_so(shown: Stage, visit: Visit):
    ann = await visit(shown.url, SUBMIT)
    await ann.page.get_by_label(re.compile("confirmation", re.I)).fill("bootstrap something else")
    await ann.button("Dry run").click()
    await expect(ann.main).to_contain_text("What you submit now would come to the same.")
    await expect(ann.main).to_contain_text("The dry run of this request did not pass: refused.")


async def test_a_lane_that_is_held_can_be_waited_for(shown: Stage, visit: Visit):
    await shown.submitted("prod")
    ann = await visit(shown.url, SUBMIT.replace("testing", "prod"))
    await ann.page.get_by_label(re.compile("confirmation", re.I)).fill("bootstrap cm prod")
    submit = ann.page.get_by_role("form").get_by_role("button", name="Submit")
    await submit.click()
    await expect(ann.main.get_by_role("alert")).to_contain_text("Another operation has the lane")
    await ann.page.get_by_label("Where the lane is held").select_option("queue")
    await submit.click()
    await expect(ann.heading).to_contain_text("waiting for the lane")
