"""What must be made (again) before a phase starts."""

from typing import Any

import pytest

from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.events import Carried
from laneway.core.instants import later
from laneway.core.run import Run
from laneway.core.standing import changes_something, covers, covers_digest, missing
from tests.support.play import Player, play
from tests.support.random_plans import ACTIONS

PLAN: dict[str, Any] = {
    "plan": "p",
    "version": 1,
    "start": "policy",
    "phases": {
        "policy": {"action": "w.check", "on": {"pass": "target", "fail": "fail"}},
        "target": {"action": "w.check", "on": {"pass": "ask", "fail": "fail"}},
        "ask": {
            "approval": {"role": "r"},
            "on": {"approved": "change", "rejected": "tell", "expired": "tell"},
        },
        "change": {
            "action": "w.change",
            "requires": {"policy": {}, "target": {"max_age": "15m"}},
            "on": {"pass": "look", "fail": "fail"},
        },
        "look": {
            "action": "w.check",
            "requires": {"target": {"max_age": "15m"}},
            "on": {"pass": "pass", "fail": "fail"},
        },
        "tell": {"action": "w.note", "on": {"pass": "fail", "fail": "fail"}},
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
    },
}
MINUTE = 60_000


@pytest.fixture(scope="module")
def plan() -> CompiledPlan:
    return compile_plan(PLAN, ACTIONS)


def proved(plan: CompiledPlan, **asked: Any) -> Player:
    """Both proofs are made, `policy` a second before `target`."""
    player = play(plan, request={}, **asked)
    player.finish("policy", digest="p1")
    list(player.wait(1_000))
    player.finish("target", digest="t1")
    return player


def first_missing(player: Player, phase: str, after: int = 0, run: Run | None = None) -> str | None:
    now = later(player.now, after)
    plan = player.plan.plan
    return missing(plan, run or player.run, plan.phases[phase], now)


def test_a_proof_that_was_never_made_is_missing(plan: CompiledPlan) -> None:
    player = play(plan, request={})
    assert first_missing(player, "change") == "policy"
    player.finish("policy")
    assert first_missing(player, "change") == "target"


def test_a_proof_stands_as_long_as_it_may_and_no_longer(plan: CompiledPlan) -> None:
    player = proved(plan)
    assert first_missing(player, "look", after=15 * MINUTE) is None
    assert first_missing(player, "look", after=15 * MINUTE + 1) == "target"


def test_without_a_limit_a_proof_stands_for_good(plan: CompiledPlan) -> None:
    player = proved(plan)
    assert first_missing(player, "change", after=9_000 * MINUTE) == "target"


def test_a_proof_that_did_not_pass_does_not_stand(plan: CompiledPlan) -> None:
    player = play(plan, request={})
    player.finish("policy", "fail")
    assert first_missing(player, "change") == "policy"


def test_proofs_come_before_approvals(plan: CompiledPlan) -> None:
    player = proved(plan, retry_of="op_0", approvals_needed=("ask",))
    assert first_missing(player, "change", after=16 * MINUTE) == "target"


def test_an_approval_that_was_given_stands(plan: CompiledPlan) -> None:
    player = proved(plan)
    player.decide_on("ask", "approve")
    assert first_missing(player, "change") is None


def test_an_approval_of_something_else_is_asked_for_again(plan: CompiledPlan) -> None:
    player = proved(plan)
    list(player.wait(16 * MINUTE))
    player.decide_on("ask", "approve")
    assert player.run.place == "target"
    player.finish("target", digest="t2")
    assert player.run.place == "ask"


def test_an_approval_of_the_same_stands(plan: CompiledPlan) -> None:
    player = proved(plan)
    list(player.wait(16 * MINUTE))
    player.decide_on("ask", "approve")
    player.finish("target", digest="t1")
    assert player.run.place == "change"


def test_what_only_reads_needs_no_approval(plan: CompiledPlan) -> None:
    player = proved(plan, retry_of="op_0", approvals_needed=("ask",))
    assert first_missing(player, "look") is None


def test_an_approval_that_was_not_given_is_not_asked_for_on_its_own_way(
    plan: CompiledPlan,
) -> None:
    player = proved(plan)
    player.decide_on("ask", "reject")
    assert player.run.place == "tell"
    assert player.run.status == "running"


def test_a_retry_owes_an_approval_before_it_changes_anything(plan: CompiledPlan) -> None:
    carried = {"policy": Carried("pass"), "target": Carried("pass")}
    player = play(
        plan,
        request={},
        retry_of="op_0",
        retry_from="tell",
        approvals_needed=("ask",),
        carried=carried,
    )
    assert player.run.place == "policy"
    player.finish("policy", digest="p1")
    player.finish("target", digest="t1")
    assert player.run.place == "ask"


def test_a_dry_run_asks_nobody(plan: CompiledPlan) -> None:
    player = proved(plan, dry_run=True, approvals_needed=("ask",))
    assert first_missing(player, "change") is None


def test_what_an_approval_covers(plan: CompiledPlan) -> None:
    player = proved(plan)
    covered = covers(plan.plan, player.run)
    assert covered == {
        "plan": {"name": "p", "version": 1, "digest": plan.plan.digest},
        "lane": {"product": "odoo", "context": "cm", "instance": "testing"},
        "request": {},
        "proofs": {"policy": "p1", "target": "t1"},
    }
    approval = player.run.phase("ask").approval
    assert approval is not None
    assert approval.digest == covers_digest(covered)


def test_the_digest_changes_with_whatever_it_covers(plan: CompiledPlan) -> None:
    digests = {
        covers_digest(covers(plan.plan, player.run))
        for player in (
            proved(plan),
            proved(plan, instance="prod"),
            play(plan, request={}),
            play(plan, request={"x": 1}),
        )
    }
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("phase", "changes"),
    [("policy", False), ("ask", False), ("change", True), ("tell", True), ("pass", False)],
)
def test_what_changes_something(plan: CompiledPlan, phase: str, changes: bool) -> None:
    assert changes_something(plan.plan.phases[phase]) is changes
