"""What the golden traces do not show well: names, bounds, and what must not be mixed up."""

from typing import Any

import pytest

from laneway.core import events as ev
from laneway.core import inputs
from laneway.core.commands import SetTimer, StartAction
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.instants import later
from laneway.core.run import PhaseStatus, Stage, Status
from tests.support.play import ANN, BOB, START, Player, asked_for, play
from tests.support.random_plans import ACTIONS

ENDS: dict[str, Any] = {end: {"end": end} for end in ("pass", "fail", "refused", "cancelled")}


def compiled(phases: dict[str, Any], **plan: Any) -> CompiledPlan:
    """A plan of these phases, of which the first is the start."""
    start = next(iter(phases))
    document = {"plan": "p", "version": 1, "start": start, "phases": {**phases, **ENDS}, **plan}
    return compile_plan(document, ACTIONS)


def player(phases: dict[str, Any], *, dry_run: bool = False, **plan: Any) -> Player:
    """A player of a plan of these phases."""
    return play(compiled(phases, **plan), dry_run=dry_run)


def read(to: str = "pass", **more: Any) -> dict[str, Any]:
    return {"action": "w.check", "on": {"pass": to, "fail": "fail"}, **more}


def act(action: str, to: str = "pass", **more: Any) -> dict[str, Any]:
    on = {"pass": to, "fail": "fail", **more.pop("on", {})}
    return {"action": f"w.{action}", "on": on, **more}


def test_a_phase_that_is_called_deadline_has_a_timer_of_its_own() -> None:
    played = player({"deadline": {"wait": "5m", "on": {"pass": "pass"}}})
    assert {k for k, c in played.commands.items() if isinstance(c, SetTimer)} == {
        "timer:deadline",
        "timer:@deadline",
    }
    list(played.wait(300_000))
    assert played.run.status is Status.PASS


def test_a_token_names_operation_phase_and_attempt() -> None:
    played = player({"look": read(retry={"attempts": 2})})
    played.finish("look", "fail", failure=ev.Failure("x", "x", retry_class="unavailable"))
    list(played.wait(1_000))
    (command,) = played.actions()
    assert isinstance(command, StartAction)
    assert (command.token, command.attempt) == ("op_1_look_2", 2)


def test_a_dry_run_of_a_long_loop_does_not_run_out_of_stack() -> None:
    again = {"wait": "1s", "max_visits": 1000, "on": {"pass": "gate"}}
    gate = {
        "wait": "1s",
        "on": {"pass": [{"to": "again", "when": "phases.never.outcome == ''"}, {"to": "never"}]},
    }
    played = player({"again": again, "gate": gate, "never": read()}, dry_run=True)
    assert played.run.phase("again").visits == 1001
    assert played.run.failure is not None
    assert played.run.failure.code == "visits_exhausted"


def test_a_parallel_phase_that_fails_into_itself_begins_each_branch_once() -> None:
    """Every branch fails as it starts, and the phase is entered again within one decision."""
    broken = {"with": {"size": "${{ request.size }}"}}
    branches = {"one": {"action": "w.check", **broken}, "two": {"action": "w.check", **broken}}
    on = {"pass": "pass", "fail": "both"}
    played = player({"both": {"parallel": branches, "max_visits": 3, "on": on}})
    started = [e.event for e in played.events if isinstance(e.event, ev.ParallelStarted)]
    finished = [e.event.phase for e in played.events if isinstance(e.event, ev.PhaseFinished)]
    assert len(started) == 3
    assert finished == ["one", "two", "both"] * 3


def test_the_deadline_is_told_once() -> None:
    late = act("note", "fail")
    played = player({"look": read(), "late": late}, deadline="1m", on_deadline="late")
    list(played.wait(60_000))
    before = played.run
    assert before.place == "late"
    played.tell(inputs.TimerFired(name="@deadline"))
    assert played.run == before


def test_the_deadlines_failure_is_kept_where_the_plan_has_an_answer_to_it() -> None:
    late = act("note", "fail")
    played = player({"look": read(), "late": late}, deadline="1m", on_deadline="late")
    list(played.wait(60_000))
    played.finish("late")
    assert played.run.failure is not None
    assert played.run.failure.code == "deadline_exceeded"


def test_a_failure_that_was_made_good_is_not_why_the_operation_failed() -> None:
    look = read(max_visits=2)
    look["on"] = {"pass": [{"to": "fail", "when": "lane.product == 'odoo'"}, {"to": "pass"}]}
    look["on"]["fail"] = "look"
    played = player({"look": look})
    played.finish("look", "fail", failure=ev.Failure("x", "x"))
    played.finish("look")
    assert played.run.status is Status.FAIL
    assert played.run.failure is None


def test_a_rejected_approval_is_not_asked_for_again_by_what_follows_it() -> None:
    ask = {
        "approval": {"role": "r"},
        "on": {"approved": "change", "rejected": "tell", "expired": "tell"},
    }
    played = player({"ask": ask, "change": act("change"), "tell": act("note", "refused")})
    played.decide_on("ask", "reject")
    assert played.run.staged(Stage.ACTING) == ["tell"]
    played.finish("tell")
    assert played.run.status is Status.REFUSED


def test_a_cancelled_approval_is_not_asked_for_by_the_clean_up() -> None:
    on = {"approved": "change", "rejected": "fail", "expired": "fail", "cancelled": "tidy"}
    ask = {"approval": {"role": "r"}, "on": on}
    played = player({"ask": ask, "change": act("change"), "tidy": act("note", "cancelled")})
    played.tell(inputs.Cancel(ANN))
    assert played.run.staged(Stage.ACTING) == ["tidy"]


def test_a_branch_takes_the_cancel_policy_of_its_parallel_phase() -> None:
    both = {
        "parallel": {"one": {"action": "w.check"}},
        "cancel": "refuse",
        "on": {"pass": "after", "fail": "fail"},
    }
    played = player({"both": both, "after": read()})
    assert played.run.no_return
    played.finish("one")
    with pytest.raises(inputs.NotCancellable, match="after is past the point of no return"):
        played.tell(inputs.Cancel(ANN))


def test_what_is_deferred_by_a_parallel_phase_is_not_refused_afterwards() -> None:
    both = {
        "parallel": {"one": {"action": "w.destroy"}},
        "cancel": "defer",
        "on": {"pass": "after", "fail": "fail"},
    }
    played = player({"both": both, "after": read()})
    played.finish("one")
    played.tell(inputs.Cancel(ANN))
    assert played.run.status is Status.CANCELLED


def test_a_later_phase_may_declare_that_it_can_be_cancelled() -> None:
    played = player({"destroy": act("destroy", "after"), "after": read(cancel="immediate")})
    with pytest.raises(inputs.NotCancellable):
        played.tell(inputs.Cancel(ANN))
    played.finish("destroy")
    played.tell(inputs.Cancel(ANN))
    assert played.run.status is Status.CANCELLED


def test_an_attempt_that_an_engine_held_cannot_have_begun_before() -> None:
    """A lost attempt that is being asked about did begin, whatever a stopping engine says."""
    played = player({"destroy": act("destroy")})
    played.crash()
    token = played.run.phase("destroy").token
    with pytest.raises(inputs.StaleAttempt):
        played.tell(inputs.AttemptHeld(phase="destroy", token=token))
    played.crash()
    assert played.run.phase("destroy").stage is Stage.RECOVERING


def test_what_a_driver_could_not_tell_stays_on_record_while_it_is_asked() -> None:
    played = player({"destroy": act("destroy")})
    played.unknown("destroy")
    failure = played.run.phase("destroy").failure
    assert failure is not None
    assert failure.code == "no_answer"


def test_reads_that_say_unknown_are_retried_like_any_failure() -> None:
    played = player({"look": read(retry={"attempts": 2, "on": ["slow"]})})
    failure = ev.Failure("x", "x", retry_class="slow")
    token = played.run.phase("look").token
    played.tell(inputs.AttemptUnknown(phase="look", token=token, failure=failure))
    assert played.run.phase("look").stage is Stage.RETRY


def test_a_phase_that_is_entered_again_is_pending_until_it_begins() -> None:
    again = read(max_visits=3)
    again["on"]["fail"] = "look"
    played = player({"look": again})
    played.tell(inputs.Pause(ANN))
    played.finish("look", "fail")
    assert played.run.status is Status.PAUSED
    assert played.run.phase("look").status is PhaseStatus.PENDING
    assert played.run.phase("look").finished_at is None


def test_an_approver_who_has_decided_may_not_change_their_mind() -> None:
    ask = {
        "approval": {"role": "r", "quorum": 2},
        "on": {"approved": "pass", "rejected": "refused", "expired": "refused"},
    }
    played = player({"ask": ask})
    played.decide_on("ask", "approve", BOB)
    with pytest.raises(inputs.IllegalInput, match="bob has decided already"):
        played.decide_on("ask", "reject", BOB)


def test_the_requester_may_reject_and_where_the_plan_says_so_approve() -> None:
    on = {"approved": "pass", "rejected": "refused", "expired": "refused"}
    rejected = player({"ask": {"approval": {"role": "r"}, "on": on}})
    with pytest.raises(inputs.SelfApproval):
        rejected.decide_on("ask", "approve", ANN)
    rejected.decide_on("ask", "reject", ANN)
    assert rejected.run.status is Status.REFUSED
    allowed = player({"ask": {"approval": {"role": "r", "allow_requester": True}, "on": on}})
    allowed.decide_on("ask", "approve", ANN)
    assert allowed.run.status is Status.PASS


def test_a_wait_until_a_moment_in_the_past_is_over_at_once() -> None:
    wait = {"wait": {"until": "operation.created_at - duration('1h')"}, "on": {"pass": "pass"}}
    played = player({"quiet": wait})
    assert played.run.phase("quiet").until == later(START, -3_600_000)
    list(played.wait(0))
    assert played.run.status is Status.PASS


def test_a_queued_operation_has_neither_deadline_nor_commands() -> None:
    plan = compiled({"look": read()})
    queued = Player(plan, asked_for(plan))
    assert queued.run.status is Status.PENDING
    assert (queued.run.deadline_at, queued.commands) == (None, {})


def test_the_target_record_is_what_expressions_see() -> None:
    plan = compiled({"look": {**read(), "with": {"at": "${{ target.odoo.base_url }}"}}})
    played = Player(plan, asked_for(plan))
    played.tell(inputs.LaneGranted(target={"odoo": {"base_url": "https://odoo.example"}}))
    (command,) = played.actions()
    assert command.parameters == {"at": "https://odoo.example"}
