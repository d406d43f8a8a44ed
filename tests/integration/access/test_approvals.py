"""Two people approve what a workflow asks for, and nothing else than what they have seen."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from laneway.core.audit import AuditHead, verify
from laneway.core.run import Stage
from laneway.loading.plans import load_plan
from laneway.ports.driver import ActionResult
from laneway_server.access.document import PersonClaim, Rule, Who
from laneway_server.access.ruling import Act
from tests.integration.access.support import Guard, entry
from tests.integration.server.support import LANE, SPECS, Answer
from tests.support.issuer import GITHUB_CLAIMS, Issuer, issuer

PLAN = """
plan: two-keys
version: 1
start: look
phases:
  look: {action: test.prove, on: {pass: ask, fail: fail}}
  ask:
    approval: {role: release-manager, quorum: 2, expires: 1h}
    on: {approved: change, rejected: refused, expired: refused}
  change:
    action: test.change
    requires: {look: {max_age: 15m}}
    on: {pass: pass, fail: fail}
  pass: {end: pass}
  fail: {end: fail}
  refused: {end: refused}
"""
RULES = (
    Rule(name="workflows", who=Who(issuers=("github",)), may=(Act.SUBMIT, Act.READ)),
    Rule(
        name="managers",
        who=Who(issuers=("company",), groups=("release-managers",)),
        may=(Act.SUBMIT, Act.READ, Act.APPROVE, Act.PAUSE),
        roles=("release-manager",),
    ),
    Rule(name="watchers", who=Who(groups=("watchers",)), may=(Act.READ,)),
)
STARTED_BY = str(GITHUB_CLAIMS["actor_id"])
"""The id at GitHub of the person who started the workflow."""
MINUTE = 60_000


def proved(what: str) -> ActionResult:
    return ActionResult(outcome="pass", evidence={"looked": True}, proof={"it is": what})


class Keys:
    """An operation that a workflow has asked for, and people who decide on it."""

    def __init__(self, guard: Guard, github: Issuer) -> None:
        self.guard = guard
        self.github = github
        self.id = ""

    @property
    def path(self) -> str:
        return f"/v1/operations/{self.id}"

    def move(self, milliseconds: int) -> None:
        """Let time pass, for the engine and for whoever looks at tokens."""
        self.guard.clock.move(milliseconds)
        self.guard.server.clock.move(milliseconds)

    def manager(self, name: str, number: str | None = None, group: str = "release-managers") -> str:
        """A token of somebody at the company, whose id at GitHub is that number."""
        return self.guard.issuer.mint(sub=name, actor_id=number, groups=[group])

    async def asked_for(self, token: str = "", key: str = "k1") -> Any:
        """Submit it, prove what it is about, and read the approval that it waits for."""
        who = token or self.github.github()
        answer = await self.guard.api.submit(
            {"plan": "two-keys", "lane": LANE, "reason": "release 7"}, key=key, who=who
        )
        assert answer.status == 202, answer
        self.id = str(answer.json["id"])
        await self.guard.server.action("prove").answer(proved("as it was"))
        return await self.waiting()

    async def waiting(self) -> Any:
        """The approval, as soon as it is asked for."""
        await self.guard.server.until(self.id, lambda run: bool(run.staged(Stage.APPROVAL)))
        return await self.approval()

    async def shown(self) -> Any:
        answer = await self.guard.asked(self.manager("eve", group="watchers"), self.path)
        assert answer.status == 200, answer
        return answer.json

    async def approval(self) -> Any:
        (phase,) = [phase for phase in (await self.shown())["phases"] if phase["name"] == "ask"]
        return phase["approval"]

    async def decide(
        self, token: str, digest: str, decision: str = "approve", comment: str = ""
    ) -> Answer:
        body = {"phase": "ask", "decision": decision, "digest": digest, "comment": comment}
        return await self.guard.api.post(f"{self.path}/approvals", body, who=token)

    async def both(self, digest: str) -> Answer:
        """Two managers approve; the answer to the second."""
        await self.decide(self.manager("bob", "8"), digest)
        return await self.decide(self.manager("fay", "9"), digest)

    async def events(self, *types: str) -> list[Any]:
        """The operation's events of some types."""
        token = self.manager("eve", group="watchers")
        page = await self.guard.asked(token, f"{self.path}/events")
        return [event for event in page.json["events"] if event["type"] in types]

    async def refusals(self) -> list[tuple[str, str]]:
        """Who was refused with which code, as the audit log has it."""
        entries = await self.guard.server.engine.store.audit.entries()
        verify(entries, AuditHead())
        assert all(e.operation_id == self.id and e.act == "decideApproval" for e in entries)
        return [(entry.actor.subject, entry.code) for entry in entries]


@pytest.fixture
async def keys(guard: Guard) -> AsyncIterator[Keys]:
    loaded = load_plan(PLAN, "two-keys.yaml", SPECS)
    catalog: Any = guard.server.services.plans
    catalog.plans[loaded.compiled.plan.name] = loaded
    async with issuer(guard.clock) as github:
        person = PersonClaim(claim="actor_id", prefix="github:")
        workflows = entry(github, name="github", person=person, sign_in=None)
        guard.document(issuers=(entry(guard.issuer), workflows), rules=RULES)
        yield Keys(guard, github)


def decided(approval: Any) -> list[tuple[str, str]]:
    return [(each["by"]["subject"], each["decision"]) for each in approval["decisions"]]


async def test_the_second_of_two_lets_it_go_on(keys: Keys):
    asked = await keys.asked_for()
    assert (asked["role"], asked["quorum"], asked["decisions"]) == ("release-manager", 2, [])
    first = await keys.decide(keys.manager("bob", "8"), asked["digest"], comment="backup checked")
    assert (first.status, first.json["status"], first.json["phase"]) == (200, "waiting", "ask")
    again = await keys.decide(keys.manager("bob", "8"), asked["digest"])
    assert (again.status, again.code) == (409, "illegal_transition")
    assert again.json["detail"] == "company:bob has decided already"
    second = await keys.decide(keys.manager("fay", "9"), asked["digest"])
    assert (second.status, second.json["status"], second.json["phase"]) == (
        200,
        "running",
        "change",
    )
    both = [("company:bob", "approve"), ("company:fay", "approve")]
    assert decided(await keys.approval()) == both
    bob, fay = await keys.events("approval_decided")
    assert (bob["actor"]["subject"], bob["data"]["comment"]) == ("company:bob", "backup checked")
    assert fay["actor"]["claims"]["rules"] == ["managers"]
    proof = fay["actor"]["claims"]["proof"]
    assert (proof["kind"], proof["iss"]) == ("oidc", keys.guard.issuer.url)


async def test_one_person_under_two_identities_is_not_two(keys: Keys):
    asked = await keys.asked_for()
    await keys.decide(keys.manager("bob", "8"), asked["digest"])
    again = await keys.decide(keys.manager("bob-as-admin", "8"), asked["digest"])
    assert (again.status, again.code) == (409, "illegal_transition")
    assert decided(await keys.approval()) == [("company:bob", "approve")]


async def test_what_is_covered_names_all_that_is_decided_on(keys: Keys):
    tried = await keys.guard.api.submit(
        {"plan": "two-keys", "lane": LANE, "dry_run": True}, key="dry", who=keys.github.github()
    )
    await keys.guard.server.action("prove").answer(proved("as it was"))
    dry = await keys.guard.server.finished(tried.json["id"])
    covers = (await keys.asked_for())["covers"]
    assert covers["dry_run"] == {
        "operation": dry.id,
        "status": "pass",
        "finished_at": dry.finished_at,
        "head": dry.head,
    }
    assert (covers["lane"], covers["request"]) == (LANE, {})
    assert covers["plan"]["digest"] == (await keys.shown())["plan"]["digest"]
    assert [*covers["proofs"]] == ["look"]


async def test_a_changed_target_is_asked_about_again(keys: Keys):
    old = await keys.asked_for()
    keys.move(20 * MINUTE)
    later = await keys.both(old["digest"])
    assert (later.json["status"], later.json["phase"]) == ("running", "look")
    while_proved = await keys.decide(keys.manager("gus", "10"), old["digest"])
    assert (while_proved.status, while_proved.code) == (409, "illegal_transition")
    await keys.guard.server.action("prove").answer(proved("another one"))
    new = await keys.waiting()
    assert new["decisions"] == []
    assert new["digest"] != old["digest"]
    assert new["covers"]["proofs"]["look"] != old["covers"]["proofs"]["look"]
    stale = await keys.decide(keys.manager("bob", "8"), old["digest"])
    assert (stale.status, stale.code) == (409, "digest_mismatch")
    assert keys.guard.server.action("change").calls == {}
    assert (await keys.both(new["digest"])).json["phase"] == "change"
    refused = [("company:gus", "illegal_transition"), ("company:bob", "digest_mismatch")]
    assert await keys.refusals() == refused


async def test_a_target_that_is_as_it_was_is_not_asked_about_again(keys: Keys):
    asked = await keys.asked_for()
    keys.move(20 * MINUTE)
    await keys.both(asked["digest"])
    await keys.guard.server.action("prove").answer(proved("as it was"))
    await keys.guard.server.action("change").called()
    assert len(await keys.events("approval_requested")) == 1


async def test_who_started_the_workflow_may_not_approve_it(keys: Keys):
    asked = await keys.asked_for()
    own = await keys.decide(keys.manager("ada", STARTED_BY), asked["digest"])
    assert (own.status, own.code) == (403, "self_approval")
    workflow = await keys.decide(keys.github.github(), asked["digest"])
    assert (workflow.status, workflow.code) == (403, "authorization_denied")
    assert decided(await keys.approval()) == []
    subject = f"github:{GITHUB_CLAIMS['sub']}"
    assert await keys.refusals() == [
        ("company:ada", "self_approval"),
        (subject, "authorization_denied"),
    ]


async def test_nor_may_who_asked_for_it_in_person(keys: Keys):
    asked = await keys.asked_for(keys.manager("ada"))
    own = await keys.decide(keys.manager("ada"), asked["digest"])
    assert (own.status, own.code) == (403, "self_approval")
    stopped = await keys.decide(keys.manager("ada"), asked["digest"], "reject", "wrong release")
    assert (stopped.status, stopped.json["status"]) == (200, "refused")


async def test_a_role_that_one_does_not_have_covers_nothing(keys: Keys):
    asked = await keys.asked_for()
    watcher = await keys.decide(keys.manager("eve", "11", "watchers"), asked["digest"])
    assert (watcher.status, watcher.code) == (403, "authorization_denied")


async def test_what_nobody_decides_on_in_time_is_refused(keys: Keys):
    asked = await keys.asked_for()
    assert asked["expires_at"] == "2026-01-01T01:00:00.000Z"
    await keys.decide(keys.manager("bob", "8"), asked["digest"])
    keys.move(60 * MINUTE)
    await keys.guard.server.finished(keys.id)
    shown = await keys.shown()
    assert (shown["status"], shown["failure"]["code"]) == ("refused", "approval_expired")
    late = await keys.decide(keys.manager("fay", "9"), asked["digest"])
    assert (late.status, late.code) == (409, "illegal_transition")
    assert keys.guard.server.action("change").calls == {}


async def test_one_takes_back_ones_own_until_it_is_used(keys: Keys):
    asked = await keys.asked_for()
    digest = asked["digest"]
    await keys.decide(keys.manager("bob", "8"), digest)
    others = await keys.decide(keys.manager("fay", "9"), digest, "revoke")
    assert (others.status, others.code) == (409, "illegal_transition")
    back = await keys.decide(keys.manager("bob", "8"), digest, "revoke", "the backup is of May")
    assert (back.status, back.json["status"]) == (200, "waiting")
    assert decided(await keys.approval()) == []
    (revoked,) = await keys.events("approval_revoked")
    assert revoked["data"]["reason"] == "the backup is of May"
    assert revoked["actor"]["subject"] == "company:bob"
    assert (await keys.both(digest)).json["phase"] == "change"
    late = await keys.decide(keys.manager("bob", "8"), digest, "revoke")
    assert (late.status, late.code) == (409, "illegal_transition")
    assert "has been used" in late.json["detail"]


async def test_one_that_is_given_again_says_when_it_was_given_last(keys: Keys):
    digest = (await keys.asked_for())["digest"]
    for decision in ("approve", "revoke", "approve"):
        keys.move(MINUTE)
        told = await keys.decide(keys.manager("bob", "8"), digest, decision)
        assert told.status == 200
    (standing,) = (await keys.approval())["decisions"]
    given = [event["at"] for event in await keys.events("approval_decided")]
    assert len(set(given)) == 2
    assert standing["at"] == given[-1]


async def test_one_taken_back_while_it_is_paused_is_asked_for_again(keys: Keys):
    asked = await keys.asked_for()
    pausing = f"{keys.path}/pause"
    await keys.guard.api.post(pausing, {"reason": "wait"}, who=keys.manager("bob", "8"))
    assert (await keys.both(asked["digest"])).json["status"] == "paused"
    await keys.decide(keys.manager("bob", "8"), asked["digest"], "revoke", "not today")
    resumed = await keys.guard.api.post(f"{keys.path}/resume", who=keys.manager("fay", "9"))
    assert (resumed.json["status"], resumed.json["phase"]) == ("waiting", "ask")
    assert decided(await keys.approval()) == []
    assert keys.guard.server.action("change").calls == {}
