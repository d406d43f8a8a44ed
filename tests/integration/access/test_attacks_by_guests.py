"""Attacks by guests, whom rules let do something: on what they may not see, and may not do."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from laneway.core.run import Stage
from laneway.loading.plans import load_plan
from laneway_server.access.document import PersonClaim, Rule, Who
from laneway_server.access.reloading import ReloadingPolicy
from laneway_server.access.ruling import Act
from laneway_server.following import EVERY
from tests.integration.access.support import Guard, entry, token_entry
from tests.integration.access.yard import (
    EVERYTHING,
    LANE_PATH,
    RULES,
    TOKENS,
    get,
    post,
    rule,
    submit,
)
from tests.integration.server.support import FAIL, LANE, PASS, SPECS
from tests.support.issuer import Issuer

PROD = LANE | {"instance": "prod"}
MISSING = "op_00000000000000000000000000"

# --- what they may not see -----------------------------------------------------------


async def test_whatever_is_asked_of_anothers_operation_is_that_there_is_none(yard: Guard):
    """Also where it is on the guest's lane, and where the guest has learned its id."""
    hidden = (await submit(yard)).json["id"]
    path = f"/v1/operations/{hidden}"
    bodies: dict[str, Any] = {
        "/approvals": {"phase": "ask", "decision": "approve", "digest": f"sha256:{'0' * 64}"},
        "/reconcile": {"outcome": "pass", "note": "looked"},
        "/hold": {"reason": "x"},
    }
    for part in ("", "/events", "/evidence", "/evidence?artifacts=true", "/artifacts/log", "/hold"):
        assert (await get(yard, path + part, "guest")).code == "not_found", part
    for part in ("/cancel", "/pause", "/resume", "/release", "/retry", *bodies):
        answer = await post(yard, path + part, bodies.get(part), who="guest", key="k")
        missing = f"/v1/operations/{MISSING}{part}"
        same = await post(yard, missing, bodies.get(part), who="guest", key="k")
        assert answer.code == same.code == "not_found", part
        assert answer.json["detail"].replace(hidden, MISSING) == same.json["detail"]


async def test_a_stream_of_another_operation_cannot_be_resumed_into(yard: Guard):
    hidden = (await submit(yard)).json["id"]
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "0"}
    said = await yard.api.get(
        f"/v1/operations/{hidden}/events", Authorization=f"Bearer {TOKENS['guest']}", **headers
    )
    assert said.code == "not_found"


async def test_who_waits_is_not_told_what_they_may_not_read_any_more(yard: Guard):
    running = (await submit(yard)).json["id"]
    await yard.server.action("prove").called()
    for part in ("?after=9&wait=30s", "/events?after=9&wait=30s"):
        yard.document(rules=RULES)
        waiting = asyncio.ensure_future(get(yard, f"/v1/operations/{running}{part}", "owner"))
        await yard.server.asleep(30_000)
        yard.document(rules=(RULES[1],))
        yard.server.clock.move(30_000)
        assert (await waiting).code == "not_found", part


async def test_who_may_submit_and_not_read_is_told_only_that_it_was_taken(yard: Guard):
    """Sent again with its key, a submission told all that had become of it."""
    taken = await submit(yard, "submitter")
    await yard.server.action("prove").answer(PASS)
    await yard.server.action("act").called()
    again = await submit(yard, "submitter")
    assert (taken.status, again.status) == (202, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    for answer in (taken, again):
        shown = answer.json
        assert (shown["phases"], shown["request"], shown["waiting_for"]) == ([], {}, None)
    assert again.json["id"] == taken.json["id"]
    seen = (await get(yard, f"/v1/operations/{taken.json['id']}", "owner")).json
    assert [phase["status"] for phase in seen["phases"]] == ["pass", "running"]
    whole = (await submit(yard, key="mine", lane=PROD)).json
    assert [phase["name"] for phase in whole["phases"]] == ["prove", "act"]


async def test_a_key_belongs_to_its_caller_and_to_nobody_else(yard: Guard):
    first = await submit(yard, "submitter", key="run-1")
    other = await submit(yard, "owner", key="run-1")
    assert (first.status, other.code) == (202, "lane_busy")
    yard.document(rules=(rule("submitter", Act.SUBMIT, plans=("gate",)),))
    after = await submit(yard, "submitter", key="run-1")
    assert (after.status, after.code) == (403, "authorization_denied")


async def test_the_errors_of_a_plan_are_for_those_who_may_see_it(yard: Guard):
    catalog: Any = yard.server.services.plans
    (broken,) = catalog.errors
    catalog.plans["work"] = replace(catalog.plans["work"], file=broken)
    seen = (await get(yard, "/v1/plans", "owner")).json
    assert {error["kept"]["name"] for error in seen["errors"]} == {"work"}
    hidden = (await get(yard, "/v1/plans", "guest")).json
    assert [plan["name"] for plan in hidden["plans"]] == ["gate"]
    assert hidden["errors"] == []


async def test_the_list_is_not_widened_by_asking_for_more(yard: Guard):
    hidden = (await submit(yard)).json["id"]
    for query in ("plan=work", "requested_by=token:owner", "status=running", f"cursor={hidden}"):
        listed = (await get(yard, f"/v1/operations?{query}", "guest")).json
        assert listed == {"operations": [], "next_cursor": None}, query


async def test_the_lane_that_a_guest_may_read_does_not_tell_who_is_there(yard: Guard):
    hidden = (await submit(yard)).json["id"]
    shown = await get(yard, LANE_PATH, "guest")
    assert shown.json["busy"] is True
    assert hidden not in shown.content.decode()


async def test_metrics_and_health_tell_nobody_of_lanes_callers_and_operations(yard: Guard):
    operation = (await submit(yard)).json["id"]
    for path in ("/metrics", "/v1/health", "/v1/ready", "/openapi.json", "/"):
        said = (await yard.api.get(path)).content.decode()
        for secret in (operation, "token:owner", "shop"):
            assert secret not in said, (path, secret)


# --- what they may not do ------------------------------------------------------------


async def test_a_bad_edit_of_the_access_file_is_told_and_not_what_stands_there(
    yard: Guard, tmp_path: Path
):
    """Who takes a right away and misspells it must not believe that it is gone."""
    file, now = tmp_path / "access.yaml", [0.0]
    file.write_text("version: 1\nrules: []\n", encoding="utf-8")
    policy = ReloadingPolicy(file, yard.clock, seconds=lambda: now[0])
    yard.access.standing = policy.standing  # type: ignore[method-assign]
    before = (await yard.api.get("/v1/health")).json["access"]
    assert (before["file"], before["errors"]) == ("access.yaml", [])
    file.write_text("version: 1\nrules: [{name: hunter22}]\n", encoding="utf-8")
    now[0] += EVERY
    said = await yard.api.get("/v1/health")
    assert {error["line"] for error in said.json["access"]["errors"]} == {2}
    assert said.json["access"]["policy"] == before["policy"]
    assert "hunter22" not in said.content.decode()


@pytest.mark.parametrize("field", ["supersedes", "retry"])
async def test_another_operation_cannot_be_named_to_be_done_again(yard: Guard, field: str):
    failed = (await submit(yard)).json["id"]
    await yard.server.action("prove").answer(FAIL)
    await yard.server.finished(failed)
    if field == "retry":
        answer = await post(yard, f"/v1/operations/{failed}/retry", who="guest", key="k")
        assert answer.code == "not_found"
    else:
        answer = await submit(yard, "guest", plan="gate", supersedes=failed)
        assert answer.code == "request_invalid"


async def test_what_was_tried_is_retried_as_a_try(yard: Guard):
    """Whoever retries a dry run gets a dry run, and a key of a dry run stands for nothing else."""
    tried = (await submit(yard, key="dry", dry_run=True)).json["id"]
    await yard.server.action("prove").answer(FAIL)
    await yard.server.finished(tried)
    again = await post(yard, f"/v1/operations/{tried}/retry", who="owner", key="again")
    assert (again.status, again.json["dry_run"]) == (202, True)
    real = await submit(yard, key="dry")
    assert real.code == "idempotency_key_reused"


async def asking(yard: Guard, who: str, lane: Any = LANE) -> tuple[str, str]:
    """An operation that waits for an approval, and the approval's digest."""
    answer = await submit(yard, who, f"gate-{who}", plan="gate", lane=lane)
    run = await yard.server.until(answer.json["id"], lambda run: bool(run.staged(Stage.APPROVAL)))
    approval = run.phase("ask").approval
    assert approval is not None
    return answer.json["id"], approval.digest


async def approve(yard: Guard, asked: tuple[str, str], who: str, decision: str = "approve") -> str:
    body = {"phase": "ask", "decision": decision, "digest": asked[1]}
    answer = await post(yard, f"/v1/operations/{asked[0]}/approvals", body, who=who)
    return answer.code or str(answer.status)


APPROVES = rule("guest", Act.READ, Act.APPROVE, roles=("release-manager",))


@pytest.mark.parametrize(
    "limit",
    [
        {"roles": ("another-role",)},
        {"instances": ("prod",)},
        {"plans": ("work",)},
        {"products": ("another",)},
        {"contexts": ("us",)},
    ],
)
async def test_a_role_is_one_for_its_plan_and_its_lane(yard: Guard, limit: dict[str, Any]):
    asked = await asking(yard, "owner")
    reads = Rule(name="reads", who=Who(anyone=True), may=(Act.READ,))
    yard.document(rules=(RULES[0], reads, msgspec.structs.replace(APPROVES, **limit)))
    for decision in ("approve", "reject", "revoke"):
        assert await approve(yard, asked, "guest", decision) == "authorization_denied"
    yard.document(rules=(RULES[0], APPROVES))
    assert await approve(yard, asked, "guest") == "200"


async def test_a_phase_that_asks_for_no_role_is_not_approved_by_one(yard: Guard):
    operation, digest = await asking(yard, "owner")
    yard.document(rules=(RULES[0], APPROVES))
    for phase in ("change", "pass", "nothing", "check"):
        body = {"phase": phase, "decision": "approve", "digest": digest}
        answer = await post(yard, f"/v1/operations/{operation}/approvals", body, who="guest")
        assert answer.code == "authorization_denied", phase


async def test_a_phase_has_a_name_and_no_story(yard: Guard):
    """What is refused with 409 is told again, and kept in the audit log."""
    operation, digest = await asking(yard, "owner")
    body = {"phase": "x" * 50_000, "decision": "approve", "digest": digest}
    answer = await post(yard, f"/v1/operations/{operation}/approvals", body, who="owner")
    assert answer.code == "request_invalid"
    assert len(answer.content) < 2_000


async def test_nobody_approves_their_own_by_another_way_of_saying_who_they_are(
    yard: Guard, company: Issuer
):
    """By a session, by another token, and by the company's account, it is the same person."""
    tokens = (
        token_entry(TOKENS["owner"], name="owner", person="github:12345"),
        token_entry(TOKENS["guest"], name="guest", person="github:12345"),
    )
    github = entry(company, person=PersonClaim(claim="actor_id", prefix="github:"))
    everybody = Rule(name="everybody", who=Who(anyone=True), may=EVERYTHING)
    yard.document(tokens=tokens, issuers=(github,), rules=(everybody,))
    operation, digest = await asking(yard, "owner")
    assert await approve(yard, (operation, digest), "owner") == "self_approval"
    assert await approve(yard, (operation, digest), "guest") == "self_approval"
    path = f"/v1/operations/{operation}/approvals"
    body = {"phase": "ask", "decision": "approve", "digest": digest}
    own = await yard.api.post(path, body, who=company.mint(actor_id="12345"))
    assert own.code == "self_approval"
    async with yard.browser() as browser:
        await browser.sign_in(TOKENS["guest"])
        assert (await browser.call("POST", path, body)).code == "self_approval"
    other = await yard.api.post(path, body, who=company.mint(actor_id="54321"))
    assert other.status == 200


async def test_a_right_that_is_taken_away_counts_before_the_first_change(yard: Guard):
    asked = await asking(yard, "guest")
    yard.document(rules=(RULES[0],))
    assert await approve(yard, asked, "owner") == "200"
    run = await yard.server.finished(asked[0])
    assert run.failure is not None
    assert (run.status, run.failure.code) == ("refused", "authorization_denied")
    assert yard.server.action("change").calls == {}


CLEANED = """
plan: cleaned
version: 1
start: look
phases:
  look: {action: test.prove, on: {pass: act, fail: fail, cancelled: tidy}}
  act: {action: test.change, on: {pass: pass, fail: tidy}}
  tidy: {action: test.act, cancel: refuse, on: {pass: cancelled, fail: fail}}
  pass: {end: pass}
  fail: {end: fail}
  cancelled: {end: cancelled}
"""


@pytest.fixture
async def cleaned(yard: Guard) -> Guard:
    loaded = load_plan(CLEANED, "cleaned.yaml", SPECS)
    catalog: Any = yard.server.services.plans
    catalog.plans["cleaned"] = loaded
    return yard


async def test_cancelling_is_no_way_to_a_change_that_is_not_allowed_any_more(cleaned: Guard):
    """The clean-up changes something too; before the first change there is nothing to clean up."""
    running = (await submit(cleaned, plan="cleaned")).json["id"]
    await cleaned.server.action("prove").called()
    cleaned.document(rules=(rule("owner", Act.CANCEL),))
    answer = await post(cleaned, f"/v1/operations/{running}/cancel", who="owner")
    assert answer.status == 202
    run = await cleaned.server.finished(running)
    assert (run.status, run.changed) == ("refused", False)
    assert cleaned.server.action("act").calls == {}


async def test_what_was_changed_is_cleaned_up_whatever_the_policy_says_by_then(cleaned: Guard):
    running = (await submit(cleaned, plan="cleaned")).json["id"]
    await cleaned.server.action("prove").answer(PASS)
    await cleaned.server.action("change").called()
    cleaned.document(rules=())
    await cleaned.server.action("change").answer(FAIL)
    await cleaned.server.action("act").answer(PASS)
    assert (await cleaned.server.finished(running)).status == "cancelled"


# --- what is kept --------------------------------------------------------------------------------


def readable(folder: Path) -> list[str]:
    """The database's files that others than their owner may read."""
    files = [file for file in folder.iterdir() if file.name.startswith("laneway.db")]
    assert len(files) >= 3, "the database, its log, and who has it"
    return [file.name for file in files if file.stat().st_mode & 0o077]


async def test_others_on_the_machine_cannot_read_the_database(yard: Guard, tmp_path: Path):
    await submit(yard)
    assert readable(tmp_path) == ["laneway.db.lock"]  # which says only who has it
