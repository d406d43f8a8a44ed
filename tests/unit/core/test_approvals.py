"""Approvals: who counts as whom, taking them back, and what they cover besides the proofs."""

from typing import Any

import pytest

from laneway.core import inputs
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.events import Actor, DryRunEvidence
from laneway.core.run import Approval, Status
from tests.support.play import ANN, BOB, EVE, START, Player, play
from tests.support.random_plans import ACTIONS

PLAN: dict[str, Any] = {
    "plan": "two-keys",
    "version": 1,
    "start": "look",
    "phases": {
        "look": {"action": "w.check", "on": {"pass": "ask", "fail": "fail"}},
        "ask": {
            "approval": {"role": "lead", "quorum": 2},
            "on": {"approved": "change", "rejected": "fail", "expired": "fail"},
        },
        "change": {
            "action": "w.change",
            "requires": {"look": {"max_age": "15m"}},
            "on": {"pass": "more", "fail": "fail"},
        },
        "more": {"action": "w.change", "on": {"pass": "pass", "fail": "fail"}},
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
    },
}


@pytest.fixture(scope="module")
def plan() -> CompiledPlan:
    return compile_plan(PLAN, ACTIONS)


def person(subject: str, behind: str) -> Actor:
    return Actor("caller", subject, {"person": behind} if behind else {})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (person("github:repo", "github:7"), person("company:ann", "github:7"), True),
        (person("github:repo", "github:7"), person("company:bob", "github:8"), False),
        (person("github:repo", ""), person("company:bob", ""), False),
        (person("github:repo", "github:7"), person("github:repo", "github:8"), True),
    ],
)
def test_two_are_the_same_person_by_subject_or_by_who_is_behind(one, other, same):
    assert one.same_person(other) is same
    assert other.same_person(one) is same


def test_who_started_a_workflow_may_not_approve_it_under_another_identity(plan):
    player = play(plan, requested_by=person("github:repo", "github:7")).go_to("ask")
    with pytest.raises(inputs.SelfApproval):
        player.decide_on("ask", "approve", person("company:ann", "github:7"))
    player.decide_on("ask", "approve", person("company:bob", "github:8"))
    with pytest.raises(inputs.IllegalInput, match="decided already"):
        player.decide_on("ask", "approve", person("token:bob", "github:8"))


def test_one_of_two_approvals_taken_back_is_asked_for_again(plan):
    player = play(plan).go_to("ask")
    player.decide_on("ask", "approve", BOB)
    player.revoke("ask", BOB)
    assert player.run.status is Status.WAITING
    player.decide_on("ask", "approve", EVE)
    assert player.run.status is Status.WAITING
    player.decide_on("ask", "approve", BOB)
    assert player.run.place == "change"


def approval(player: Player) -> Approval:
    found = player.run.phase("ask").approval
    assert found is not None
    return found


def both(player: Player) -> None:
    player.decide_on("ask", "approve", BOB)
    player.decide_on("ask", "approve", EVE)


def test_one_taken_back_while_a_proof_is_made_again_asks_everybody_anew(plan):
    player = play(plan).go_to("ask")
    list(player.wait(20 * 60_000))
    both(player)
    assert player.run.place == "look"
    player.revoke("ask", EVE)
    player.finish("look", digest="look/1")
    assert player.run.waiting_for() is not None
    assert approval(player).approved_by == ()


def test_what_was_used_cannot_be_taken_back(plan):
    player = play(plan).go_to("ask")
    both(player)
    player.finish("change")
    with pytest.raises(inputs.IllegalInput, match="has been used"):
        player.revoke("ask", BOB)


def test_who_has_not_approved_has_nothing_to_take_back(plan):
    player = play(plan).go_to("ask")
    player.decide_on("ask", "approve", BOB)
    for who, phase in ((ANN, "ask"), (EVE, "ask"), (BOB, "look")):
        with pytest.raises(inputs.IllegalInput, match="has not approved"):
            player.revoke(phase, who)


def test_an_approval_covers_the_dry_run_that_was_made_before(plan):
    seen = DryRunEvidence("op_0", "pass", START, "ab" * 32)
    without, other = play(plan).go_to("ask"), play(plan, dry_run_evidence=seen).go_to("ask")
    assert approval(other).covers["dry_run"]["operation"] == "op_0"
    assert "dry_run" not in approval(without).covers
    assert approval(other).digest != approval(without).digest
