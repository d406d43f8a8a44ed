"""Who may begin on a lane, and where a retry begins."""

from typing import Any

import pytest

from laneway.core import inputs
from laneway.core.admission import LaneState, destroys_from, first_event, refusal, retry
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.events import Failure, PhaseFinished
from laneway.core.model import Lane, WhenBusy
from laneway.core.run import Status
from tests.support.play import ANN, Player, asked_for, play
from tests.support.random_plans import ACTIONS

PHASES: dict[str, Any] = {
    "prove": {"action": "w.prove", "on": {"pass": "ask", "fail": "fail", "refused": "fail"}},
    "ask": {
        "approval": {"role": "r"},
        "on": {"approved": "destroy", "rejected": "fail", "expired": "fail"},
    },
    "destroy": {
        "action": "w.destroy",
        "requires": {"prove": {}},
        "on": {"pass": "settle", "fail": "fail"},
    },
    "settle": {
        "action": "w.change",
        "requires": {"prove": {"max_age": "5m"}},
        "on": {"pass": "check", "fail": "fail", "cancelled": "fail"},
    },
    "check": {
        "action": "w.check",
        "on": {
            "pass": [{"to": "fail", "when": "request.size == 1"}, {"to": "pass"}],
            "fail": "fail",
        },
    },
    "pass": {"end": "pass"},
    "fail": {"end": "fail"},
}
END = PHASES["fail"]
FREE = LaneState()
DESTROYED = LaneState(last_destructive="op_9")


def plan(**changes: Any) -> CompiledPlan:
    phases = {**PHASES, **changes.pop("phases", {})}
    document = {"plan": "p", "version": 1, "start": "prove", "phases": phases, **changes}
    return compile_plan(document, ACTIONS)


def code(lane: LaneState, compiled: CompiledPlan | None = None, **asked: Any) -> str:
    """The code of the refusal, or empty."""
    compiled = compiled or plan()
    refused = refusal(compiled.plan, asked_for(compiled, **asked), lane)
    return refused.code if refused else ""


# --- repeat and freeze ---------------------------------------------------------------------------


def test_a_free_lane_takes_an_operation() -> None:
    assert code(FREE) == ""


def test_a_frozen_lane_takes_none_and_says_why() -> None:
    frozen = LaneState(frozen_because="migration", last_destructive="op_9")
    refused = refusal(plan().plan, asked_for(plan()), frozen)
    assert refused == Failure("lane_frozen", "the lane is frozen: migration")
    assert code(frozen, supersedes="op_9") == "lane_frozen"
    assert code(frozen, dry_run=True) == "lane_frozen"


def test_a_repeat_must_name_the_latest_destructive_operation() -> None:
    refused = refusal(plan().plan, asked_for(plan()), DESTROYED)
    assert refused is not None
    assert refused.code == "repeat_not_accepted"
    assert refused.detail == {"operation": "op_9"}
    assert code(DESTROYED, supersedes="op_8") == "repeat_not_accepted"
    assert code(DESTROYED, supersedes="op_9") == ""


def test_a_retry_of_the_latest_names_it_too() -> None:
    assert code(DESTROYED, retry_of="op_9", retry_from="destroy") == ""
    assert code(DESTROYED, retry_of="op_8", retry_from="destroy") == "repeat_not_accepted"


def test_a_dry_run_destroys_nothing() -> None:
    assert code(DESTROYED, dry_run=True) == ""


def test_a_retry_with_nothing_destructive_ahead_repeats_nothing() -> None:
    assert code(DESTROYED, retry_of="op_8", retry_from="settle") == ""
    assert code(DESTROYED, retry_of="op_8", retry_from="check") == ""
    assert code(DESTROYED, retry_of="op_8", retry_from="prove") == "repeat_not_accepted"


def test_a_plan_may_allow_repeats() -> None:
    assert code(DESTROYED, plan(lane={"repeat": "allow"})) == ""


def test_a_plan_that_destroys_nothing_repeats_nothing() -> None:
    harmless = {**PHASES["destroy"], "action": "w.change"}
    assert code(DESTROYED, plan(phases={"destroy": harmless})) == ""


@pytest.mark.parametrize(
    ("phase", "destroys"),
    [("prove", True), ("ask", True), ("destroy", True), ("settle", False), ("pass", False)],
)
def test_what_lies_ahead_of_a_phase(phase: str, destroys: bool) -> None:
    assert destroys_from(plan().plan, phase) is destroys


def test_a_branch_or_the_answer_to_the_deadline_may_destroy() -> None:
    branch = {
        "parallel": {"one": {"action": "w.check"}, "two": {"action": "w.wreck"}},
        "on": {"pass": "pass", "fail": "fail"},
    }
    assert destroys_from(plan(phases={"settle": branch}).plan, "settle")
    late = {"action": "w.wreck", "on": {"pass": "fail", "fail": "fail"}}
    assert destroys_from(plan(phases={"late": late}, on_deadline="late").plan, "check")


def test_a_loop_is_walked_once() -> None:
    phases = {"check": {"action": "w.check", "on": {"pass": "settle", "fail": "check"}}}
    assert not destroys_from(plan(phases=phases).plan, "settle")


def test_the_first_event_says_what_the_plan_is() -> None:
    compiled = plan()
    lane = Lane("odoo", "cm", "testing")
    event = first_event(
        compiled.plan, lane=lane, request={}, requested_by=ANN, when_busy=WhenBusy.QUEUE
    )
    assert (event.plan, event.plan_version, event.plan_digest, event.exclusive) == (
        "p",
        1,
        compiled.plan.digest,
        True,
    )
    shared = plan(lane={"mode": "shared"})
    assert not first_event(
        shared.plan, lane=lane, request={}, requested_by=ANN, when_busy=WhenBusy.QUEUE
    ).exclusive


# --- where a retry begins ------------------------------------------------------------------------


def at(phase: str, **asked: Any) -> Player:
    asked.setdefault("request", {"size": 0})
    return play(plan(), **asked).go_to(phase)


def begins(player: Player) -> str:
    assert player.run.terminal
    return retry(player.plan, player.run).begin


def test_the_phase_that_failed() -> None:
    for phase in ("prove", "destroy", "settle", "check"):
        player = at(phase)
        player.finish(phase, "fail")
        assert begins(player) == phase


def test_the_phase_that_it_was_stopped_in() -> None:
    player = at("prove")
    player.tell(inputs.Cancel(ANN))
    assert begins(player) == "prove"


def test_the_phase_behind_the_one_that_had_passed() -> None:
    """The deadline is over while the phase destroys: it is awaited, and not repeated."""
    compiled = plan(deadline="30m", phases={"destroy": {**PHASES["destroy"], "timeout": "2h"}})
    player = play(compiled, request={"size": 0}).go_to("destroy")
    list(player.wait(3_600_000))
    player.finish("destroy")
    assert player.run.status is Status.FAIL
    assert begins(player) == "settle"


def test_the_phase_whose_proof_was_being_made_again_and_failed() -> None:
    player = play(plan(), request={"size": 0}).go_to("destroy")
    list(player.wait(400_000))
    player.finish("destroy")
    assert player.run.place == "prove"
    player.finish("prove", "fail")
    assert begins(player) == "settle"


def test_the_phase_whose_proof_was_being_made_again_and_was_stopped() -> None:
    compiled = plan(deadline="10m")
    player = play(compiled, request={"size": 0}).go_to("destroy")
    list(player.wait(400_000))
    player.finish("destroy")
    assert player.run.place == "prove"
    list(player.wait(300_000))
    assert player.run.status is Status.FAIL
    assert begins(player) == "settle"


def test_the_last_phase_where_all_passed_and_the_plan_ended_it_as_a_failure() -> None:
    player = at("check", request={"size": 1})
    player.finish("check")
    assert player.run.status is Status.FAIL
    assert begins(player) == "check"


def test_where_it_was_to_begin_when_it_never_began() -> None:
    compiled = plan()
    fresh = Player(compiled, asked_for(compiled))
    fresh.tell(inputs.LaneRefused(failure=Failure("lane_frozen", "x")))
    assert begins(fresh) == "prove"
    again = Player(compiled, asked_for(compiled, retry_of="op_0", retry_from="settle"))
    again.tell(inputs.Cancel(ANN))
    assert begins(again) == "settle"


def test_the_phase_that_may_not_be_visited_again() -> None:
    phases = {
        "check": {"action": "w.check", "max_visits": 1, "on": {"pass": "pass", "fail": "check"}}
    }
    player = play(plan(phases=phases), request={}).go_to("check")
    player.finish("check", "fail")
    assert player.run.failure is not None
    assert player.run.failure.code == "visits_exhausted"
    assert begins(player) == "check"


def test_a_phase_that_passed_after_it_was_left_is_not_gone_back_to() -> None:
    """The proof of `settle` failed once, its own way led back, and then the check fails."""
    phases = {
        "prove": {
            "action": "w.prove",
            "max_visits": 3,
            "on": {"pass": "settle", "fail": "prove", "refused": "fail"},
        },
        "ask": {"wait": "1s", "on": {"pass": "pass"}},
        "destroy": {"wait": "10m", "on": {"pass": "settle"}},
    }
    again = {**PHASES["prove"], "on": {**PHASES["prove"]["on"], "pass": "destroy", "fail": "prove"}}
    phases["prove"] = {**again, "max_visits": 3}
    player = play(plan(phases=phases), request={"size": 0}).go_to("destroy")
    list(player.wait(600_000))
    assert player.run.detours == ("settle",)
    player.finish("prove", "fail")
    assert (player.run.place, player.run.stopped_at) == ("prove", "settle")
    player.finish("prove")
    list(player.wait(600_000))
    player.finish("prove")
    player.finish("settle")
    player.finish("check", "fail")
    assert begins(player) == "check"


# --- what a retry takes over ---------------------------------------------------------------------


def test_every_approval_that_was_asked_for_is_asked_for_again() -> None:
    given = at("destroy")
    given.finish("destroy", "fail")
    assert retry(given.plan, given.run).approvals == ("ask",)
    rejected = at("ask")
    rejected.decide_on("ask", "reject")
    assert retry(rejected.plan, rejected.run).approvals == ("ask",)
    before = at("prove")
    before.finish("prove", "fail")
    assert retry(before.plan, before.run).approvals == ()


def test_an_approval_that_a_retry_still_owes_is_handed_on() -> None:
    compiled = plan()
    asked = asked_for(
        compiled, retry_of="op_0", retry_from="settle", approvals_needed=("ask",), request={}
    )
    player = Player(compiled, asked)
    player.tell(inputs.Cancel(ANN))
    assert retry(compiled, player.run).approvals == ("ask",)


def test_outcomes_and_evidence_are_carried_over_but_not_of_the_phase_that_is_made_again() -> None:
    player = at("prove")
    player.finish("prove", evidence={"seen": 1})
    player.decide_on("ask", "approve")
    player.finish("destroy", "fail")
    carried = retry(player.plan, player.run).carried
    assert set(carried) == {"prove", "ask"}
    assert (carried["prove"].outcome, carried["prove"].evidence) == ("pass", {"seen": 1})


def test_what_was_carried_over_once_is_carried_on() -> None:
    first = at("settle")
    first.finish("settle", "fail")
    again = retry(first.plan, first.run)
    second = play(
        first.plan,
        request={"size": 0},
        retry_of="op_1",
        retry_from=again.begin,
        carried=again.carried,
        approvals_needed=again.approvals,
    )
    second.finish("prove", "fail")
    assert set(retry(second.plan, second.run).carried) == {"prove", "ask", "destroy"}


def test_what_is_carried_over_proves_nothing() -> None:
    first = at("settle")
    first.finish("settle", "fail")
    again = retry(first.plan, first.run)
    second = play(
        first.plan, request={}, retry_of="op_1", retry_from="settle", carried=again.carried
    )
    assert second.run.place == "prove"
    assert second.run.detours == ("settle",)


def test_a_stop_gives_up_branches_before_their_phase_also_where_branches_were_carried_over() -> (
    None
):
    looks = {"left": {"action": "w.check"}, "right": {"action": "w.check"}}
    both = {"parallel": looks, "join": "all", "on": {"pass": "check", "fail": "fail"}}
    prove = {"action": "w.prove", "on": {"pass": "both", "fail": "fail", "refused": "fail"}}
    phases = {"prove": prove, "both": both, "check": PHASES["check"], "pass": PHASES["pass"]}
    document = {"plan": "p", "version": 1, "start": "prove", "phases": phases | {"fail": END}}
    first = play(compile_plan(document, ACTIONS), request={"size": 0})
    first.finish("prove")
    first.finish("left")
    first.finish("right", "fail")
    again = retry(first.plan, first.run)
    second = play(first.plan, retry_of="op_1", retry_from="both", carried=again.carried, request={})
    second.tell(inputs.Cancel(ANN))
    given_up = [e.event.phase for e in second.events if isinstance(e.event, PhaseFinished)]
    assert given_up == ["right", "left", "both"]
