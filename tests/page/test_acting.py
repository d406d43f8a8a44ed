"""What people do with operations: as others than who asked for them, and as who may not."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from laneway.testing.simulators.faults import Fault

from .browser import Visitor
from .conftest import Visit
from .stages import Stage, lane

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACTING = re.compile("…$|^Submit$|^Dry run$")
"""What buttons are called that would change something: with "…" where a dialog asks first."""


async def signed_in(visit: Visit, stage: Stage, name: str, path: str = "/") -> Visitor:
    """Somebody who has come to an address, and has signed in with their token to see it."""
    person = await visit(stage.url, path)
    await expect(person.heading).to_have_text("Sign in")
    await person.page.get_by_label("A token").fill(stage.tokens[name])
    await person.button("Sign in with the token").click()
    await expect(person.page).to_have_url(stage.url + path)
    await person.heading.wait_for()
    return person


async def test_who_asked_may_not_approve_and_a_second_person_may(kept: Stage, visit: Visit):
    operation = await kept.submitted("prod", "ann", reason="release 18.0.4")
    shown = await kept.until(operation, "waiting", who="ann")
    path = f"/operations/{operation}"
    ann = await signed_in(visit, kept, "ann", path)
    await expect(ann.main).to_contain_text("somebody else must approve it")
    await expect(ann.button(re.compile("^Approve"))).to_have_count(0)
    (digest,) = [each["approval"]["digest"] for each in shown["phases"] if "approval" in each]
    body = {"phase": "approval", "decision": "approve", "comment": "", "digest": digest}
    status, problem = await ann.call("POST", f"/v1{path}/approvals", body)
    assert (status, problem["code"]) == (403, "self_approval")

    bob = await signed_in(visit, kept, "bob", path)
    await bob.button("Approve…").click()
    await expect(bob.dialog).to_contain_text("What the decision is about")
    await expect(bob.dialog).to_contain_text(digest.removeprefix("sha256:")[:12])
    await expect(bob.dialog).to_contain_text("Bootstrap")
    confirm = bob.dialog.get_by_role("button", name="Approve")
    await expect(confirm).to_be_disabled()
    await bob.dialog.get_by_label("Comment").fill("the backup is there")
    await bob.dialog.get_by_label(re.compile("to confirm")).fill("cm/testing")
    await expect(confirm).to_be_disabled()
    await bob.dialog.get_by_label(re.compile("to confirm")).fill("cm/prod")
    await confirm.click()
    for person in (ann, bob):
        await expect(person.heading).to_contain_text("passed")
        await expect(person.main).to_contain_text("the backup is there")
    assert len(kept.world.bootstraps) == 1


async def test_a_rejection_wants_a_reason_and_changes_nothing(kept: Stage, visit: Visit):
    operation = await kept.submitted("prod", "ann")
    bob = await signed_in(visit, kept, "bob", f"/operations/{operation}")
    await bob.button("Reject…").click()
    confirm = bob.dialog.get_by_role("button", name="Reject")
    await expect(confirm).to_be_disabled()
    await bob.dialog.get_by_label("Reason").fill("not on a Friday")
    await confirm.click()
    await expect(bob.heading).to_contain_text("refused")
    await expect(bob.main).to_contain_text("not on a Friday")
    assert kept.world.bootstraps == []


async def test_what_has_changed_under_an_approver_is_shown_before_it_is_approved(
    kept: Stage, visit: Visit
):
    operation = await kept.submitted("prod", "ann")
    bob = await signed_in(visit, kept, "bob", f"/operations/{operation}")
    await bob.page.route("**/approvals", _another_digest, times=1)
    await bob.button("Approve…").click()
    typed = bob.dialog.get_by_label(re.compile("to confirm"))
    await bob.dialog.get_by_label("Comment").fill("as it was")
    await typed.fill("cm/prod")
    await bob.dialog.get_by_role("button", name="Approve").click()
    await expect(bob.dialog).to_contain_text("has changed since you opened this")
    await expect(typed).to_have_value("")
    await expect(bob.dialog.get_by_label("Comment")).to_have_value("as it was")
    assert kept.world.bootstraps == []


async def _another_digest(route: Any) -> None:
    """The request as it would have been, had the approval been asked for anew meanwhile."""
    body = {**route.request.post_data_json, "digest": f"sha256:{'0' * 64}"}
    await route.continue_(post_data=body)


async def test_an_unknown_outcome_is_reconciled(kept: Stage, visit: Visit):
    faults = kept.world.dokploy.faults
    faults.add(Fault.ROWS_PRUNED, times=1)
    faults.add(Fault.DROP_WHILE_RUNNING, route="schedule.runManually", times=1)
    operation = await kept.submitted("testing", "ann")
    bob = await signed_in(visit, kept, "bob", f"/operations/{operation}")
    await expect(bob.heading).to_contain_text("nobody knows what became of “Bootstrap”")
    await bob.button("It was done…").click()
    await expect(bob.dialog).to_contain_text("What was asked")
    await expect(bob.dialog).to_contain_text("Dokploy no longer lists the run")
    await expect(bob.dialog).to_contain_text(f"{operation}_bootstrap_1")
    confirm = bob.dialog.get_by_role("button", name="It was done")
    await expect(confirm).to_be_disabled()
    await bob.dialog.get_by_label("What you saw").fill("the new database is there")
    await confirm.click()
    await expect(bob.heading).to_contain_text("passed")
    await expect(bob.main).to_contain_text("the new database is there")
    assert len(kept.world.bootstraps) == 1


async def test_doing_it_again_wants_the_lane_to_be_typed(kept: Stage, visit: Visit):
    faults = kept.world.dokploy.faults
    faults.add(Fault.ROWS_PRUNED, times=1)
    faults.add(Fault.DROP_WHILE_RUNNING, route="schedule.runManually", times=1)
    operation = await kept.submitted("testing", "ann")
    bob = await signed_in(visit, kept, "bob", f"/operations/{operation}")
    await bob.button("Do it again…").click()
    await bob.dialog.get_by_label("What you saw").fill("nothing was begun")
    confirm = bob.dialog.get_by_role("button", name="Do it again")
    await expect(confirm).to_be_disabled()
    await bob.dialog.get_by_label(re.compile("to confirm")).fill("cm/testing")
    await confirm.click()
    await expect(bob.heading).to_contain_text("passed")
    assert len(kept.world.bootstraps) == 2


async def test_pausing_resuming_and_cancelling(kept: Stage, visit: Visit):
    operation = await kept.submitted("prod", "ann")
    ann = await signed_in(visit, kept, "ann", f"/operations/{operation}")
    await ann.button("Cancel…").click()
    await expect(ann.dialog).to_contain_text("Nothing has been changed so far")
    await ann.page.keyboard.press("Escape")
    await expect(ann.dialog).to_have_count(0)
    await ann.button("Pause…").click()
    await ann.dialog.get_by_role("button", name="Pause").click()
    await expect(ann.main).to_contain_text("It will pause before its next phase")
    await ann.button("Do not pause…").click()
    await ann.dialog.get_by_role("button", name=re.compile("pause|Go on", re.I)).last.click()
    await expect(ann.button("Pause…")).to_be_visible()
    await ann.button("Cancel…").click()
    await ann.dialog.get_by_label("Reason").fill("wrong lane")
    await ann.dialog.get_by_role("button", name="Cancel the operation").click()
    await expect(ann.heading).to_contain_text("cancelled")
    await expect(ann.main).to_contain_text("wrong lane")


async def test_freezing_a_lane(kept: Stage, visit: Visit):
    ann = await signed_in(visit, kept, "ann", "/lanes/odoo/cm/testing")
    await ann.button("Freeze…").click()
    await ann.dialog.get_by_label("Reason").fill("stock-taking")
    await ann.dialog.get_by_role("button", name="Freeze").click()
    await expect(ann.main).to_contain_text("stock-taking")
    body = {"plan": "odoo-smoke", "lane": lane("testing"), "request": {}}
    headers = {"Idempotency-Key": "frozen"}
    status, problem = await ann.call("POST", "/v1/operations", body, headers)
    assert (status, problem["code"]) == (409, "lane_frozen")
    await ann.button("Unfreeze…").click()
    await ann.dialog.get_by_label("Reason").fill("it is counted")
    await ann.dialog.get_by_role("button", name="Unfreeze").click()
    await expect(ann.button("Freeze…")).to_be_visible()


async def test_a_second_bootstrap_must_name_the_first(kept: Stage, visit: Visit):
    first = await kept.submitted("testing", "ann")
    await kept.until(first, "pass", who="ann")
    ann = await signed_in(visit, kept, "ann", f"/operations/{first}")
    await ann.link("Do it again…").click()
    await expect(ann.heading).to_have_text("Submit an operation")
    confirmation = ann.page.get_by_label(re.compile("confirmation", re.I))
    await expect(confirmation).to_have_value("bootstrap cm testing")
    await expect(ann.main).to_contain_text(first[-8:])
    submit = ann.page.get_by_role("form").get_by_role("button", name="Submit")
    await expect(submit).to_be_disabled()
    await ann.page.get_by_label("to do it again").fill("cm/testing")
    await submit.click()
    await expect(ann.page).to_have_url(re.compile(r"/operations/op_[0-9A-Z]{26}"))
    second = ann.page.url.rsplit("/", 1)[1]
    assert second != first
    assert (await kept.until(second, "pass", who="ann"))["supersedes"] == first


# --- who may not ---------------------------------------------------------------------------------


async def test_a_stranger_sees_nothing_and_can_do_nothing(kept: Stage, visit: Visit):
    operation = await kept.submitted("prod", "ann", reason="a secret reason")
    await kept.until(operation, "waiting", who="ann")
    eve = await signed_in(visit, kept, "eve")
    await expect(eve.main).to_contain_text(re.compile("no lane", re.I))
    for path in ("/", "/operations", "/plans", "/submit", "/audit", f"/operations/{operation}"):
        await eve.go(path)
        await expect(eve.main).not_to_contain_text("prod")
        await expect(eve.main).not_to_contain_text("a secret reason")
        await expect(eve.main.get_by_role("button", name=ACTING)).to_have_count(0)
    await expect(eve.link("Audit")).to_have_count(0)
    for verb, body in (
        ("cancel", {"reason": "x"}),
        ("pause", {}),
        ("reconcile", {"outcome": "pass", "note": "x"}),
    ):
        status, problem = await eve.call("POST", f"/v1/operations/{operation}/{verb}", body)
        assert (status, problem["code"]) == (404, "not_found")
    submission = {
        "plan": "odoo-stable-bootstrap",
        "lane": lane("testing"),
        "request": {"confirmation": "bootstrap cm testing"},
    }
    status, problem = await eve.call("POST", "/v1/operations", submission, {"Idempotency-Key": "x"})
    assert (status, problem["code"]) == (403, "authorization_denied")
    assert (await kept.call("GET", f"/v1/operations/{operation}", who="ann"))["status"] == "waiting"


async def test_a_reader_sees_everything_and_can_change_nothing(kept: Stage, visit: Visit):
    operation = await kept.submitted("prod", "ann", reason="release 18.0.4")
    await kept.until(operation, "waiting", who="ann")
    dora = await signed_in(visit, kept, "dora", f"/operations/{operation}")
    await expect(dora.heading).to_contain_text("waiting for release-manager")
    await expect(dora.main).to_contain_text("one needs the role release-manager")
    await expect(dora.main.get_by_role("button", name=ACTING)).to_have_count(0)
    await dora.go("/lanes/odoo/cm/prod")
    await expect(dora.main).to_contain_text("odoo/cm/prod")
    await expect(dora.main.get_by_role("button", name=ACTING)).to_have_count(0)
    await dora.go("/submit?plan=odoo-smoke&product=odoo&context=cm&instance=testing")
    await expect(dora.main).to_contain_text("You may not submit")
    status, problem = await dora.call("POST", f"/v1/operations/{operation}/cancel", {"reason": "x"})
    assert (status, problem["code"]) == (403, "authorization_denied")


async def test_a_session_that_has_ended_leads_to_signing_in_and_back(kept: Stage, visit: Visit):
    ann = await signed_in(visit, kept, "ann", "/plans")
    await ann.page.context.clear_cookies()
    await ann.link("Operations").click()
    await expect(ann.heading).to_have_text("Sign in")
    await ann.page.get_by_label("A token").fill("laneway_" + "x" * 43)
    await ann.button("Sign in with the token").click()
    await expect(ann.page.get_by_role("alert")).to_be_visible()
    await ann.page.get_by_label("A token").fill(kept.tokens["ann"])
    await ann.button("Sign in with the token").click()
    await expect(ann.heading).to_have_text("Operations")
    assert kept.tokens["ann"] not in await ann.page.content()
    assert kept.tokens["ann"] not in " ".join(ann.asked)


async def test_signing_out(kept: Stage, visit: Visit):
    ann = await signed_in(visit, kept, "ann")
    await ann.page.get_by_role("banner").get_by_text("ann", exact=True).click()
    await ann.button("Sign out").click()
    await expect(ann.heading).to_have_text("Sign in")
    await ann.page.go_back()
    await expect(ann.heading).to_have_text("Sign in")
