"""What is shown as possible is what is taken."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway.core import inputs
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.decide import Decision, decide
from laneway.core.events import TransitionTaken
from laneway.core.model import CancelPolicy
from laneway.core.possible import cancellation, retrial
from laneway.core.run import Run, Status
from tests.support.chance import World
from tests.support.play import ANN, EVE, Player, asked_for, play
from tests.support.random_plans import ACTIONS, Document, plans
from tests.support.small import plan as small

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
        "cancel": "defer",
        "on": {"pass": "check", "fail": "fail", "cancelled": "fail"},
    },
    "check": {"action": "w.check", "on": {"pass": "pass", "fail": "fail"}},
    "pass": {"end": "pass"},
    "fail": {"end": "fail"},
}


def plan() -> CompiledPlan:
    return compile_plan({"plan": "p", "version": 1, "start": "prove", "phases": PHASES}, ACTIONS)


# --- cancelling ----------------------------------------------------------------------------------


def what_comes_of_it(player: Player) -> CancelPolicy | None:
    """What a cancellation does, by trying it on the pure core."""
    try:
        decision = decide(player.plan, player.run, inputs.Cancel(EVE), player.now, player.ruling)
    except inputs.NotCancellable:
        return CancelPolicy.REFUSE
    except inputs.IllegalInput:
        return None
    return CancelPolicy.IMMEDIATE if _stopped(decision, player.run) else CancelPolicy.DEFER


def _stopped(decision: Decision, before: Run) -> bool:
    moved = [said.event for said in decision.events if isinstance(said.event, TransitionTaken)]
    return any(event.on == "cancelled" for event in moved) or decision.run.terminal


@given(
    document=plans(),
    instance=st.sampled_from(["testing", "prod"]),
    dry_run=st.sampled_from([False, False, True]),
    seed=st.integers(0, 1 << 16),
)
def test_what_is_said_of_cancelling_is_what_comes_of_it(
    document: Document, instance: str, dry_run: bool, seed: int
) -> None:
    compiled = compile_plan(document, ACTIONS)
    world = World(Player(compiled, asked_for(compiled, instance, dry_run=dry_run)), seed)
    for _ in range(30):
        player = world.player
        # One stop after another is not told apart from the first: nothing more comes of it.
        if not player.run.pending_stop:
            assert cancellation(player.plan, player.run) == what_comes_of_it(player)
        world.walk(1)


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ("prove", CancelPolicy.IMMEDIATE),
        ("ask", CancelPolicy.IMMEDIATE),
        ("destroy", CancelPolicy.REFUSE),
        ("settle", CancelPolicy.DEFER),
        ("check", CancelPolicy.REFUSE),
    ],
)
def test_a_phase_decides_what_a_cancellation_does(phase: str, said: CancelPolicy) -> None:
    player = play(plan()).go_to(phase)
    assert cancellation(player.plan, player.run) is said


def test_an_unknown_outcome_is_not_cancelled_and_what_has_ended_cannot_be() -> None:
    player = play(small()).go_to("change")
    player.unknown("change")
    assert cancellation(player.plan, player.run) is CancelPolicy.REFUSE
    player.reconcile("fail")
    assert cancellation(player.plan, player.run) is None


def test_an_operation_that_waits_for_its_lane_ends_at_once() -> None:
    player = Player(small(), asked_for(small()))
    assert player.run.status is Status.PENDING
    assert cancellation(player.plan, player.run) is CancelPolicy.IMMEDIATE


# --- retrying ------------------------------------------------------------------------------------


def test_a_retry_says_where_it_goes_on_and_whether_it_destroys() -> None:
    player = play(plan()).go_to("destroy")
    assert retrial(player.plan, player.run) is None, "it has not ended"
    player.finish("destroy", "fail")
    again = retrial(player.plan, player.run)
    assert again is not None
    assert (again.begin, again.destructive, again.approvals) == ("destroy", True, ("ask",))


def test_a_retry_behind_the_destructive_phase_destroys_nothing_again() -> None:
    player = play(plan()).go_to("settle")
    player.finish("settle", "fail")
    again = retrial(player.plan, player.run)
    assert again is not None
    assert (again.begin, again.destructive) == ("settle", False)


def test_a_retry_of_a_dry_run_destroys_nothing() -> None:
    player = play(plan(), dry_run=True)
    player.finish("prove", "refused")
    again = retrial(player.plan, player.run)
    assert again is not None
    assert (again.begin, again.destructive) == ("prove", False)


def test_what_has_passed_is_not_retried() -> None:
    player = play(small()).go_to("change")
    player.finish("change")
    assert player.run.status is Status.PASS
    assert retrial(player.plan, player.run) is None


def test_what_changed_something_and_passed_is_not_retried_either() -> None:
    phases = {
        "change": {"action": "w.change", "on": {"pass": "fail", "fail": "fail"}},
        "fail": {"end": "fail"},
    }
    compiled = compile_plan(
        {"plan": "p", "version": 1, "start": "change", "phases": phases}, ACTIONS
    )
    player = Player(compiled, asked_for(compiled, requested_by=ANN))
    player.tell(inputs.LaneGranted())
    player.finish("change")
    assert player.run.status is Status.FAIL
    assert retrial(player.plan, player.run) is None
