"""The policy is asked once more before anything is changed."""

from typing import Any

import pytest

from laneway.core import inputs
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.events import AuthorizationChecked, Failure, Ruling
from laneway.core.run import Status
from laneway.evidence.replay import replay
from tests.support.play import Player, play
from tests.support.random_plans import ACTIONS
from tests.support.small import PLAN, plan

YES = Ruling(allowed=True, rules=("bootstrap-testing",), policy="sha256:1")
NO = Ruling(allowed=False, policy="sha256:2", reason="no rule matches")


def checks(player: Player) -> list[Ruling]:
    return [e.event.ruling for e in player.events if isinstance(e.event, AuthorizationChecked)]


def test_who_may_is_asked_for_once_and_it_is_written_down():
    player = play(plan())
    player.ruling = YES
    player.finish("look")
    player.unknown("change")
    player.ruling = NO
    player.reconcile("retry")
    player.finish("change")
    assert checks(player) == [YES]
    assert player.run.status is Status.PASS


def test_who_may_not_any_more_is_refused_and_nothing_is_begun():
    player = play(plan())
    player.ruling = NO
    player.finish("look")
    assert checks(player) == [NO]
    assert player.run.status is Status.REFUSED
    assert player.run.failure == Failure("authorization_denied", "no rule matches")
    assert not player.run.changed
    assert player.run.destructive_at is None


def test_a_pause_before_it_does_not_go_round_it():
    player = play(plan())
    player.tell(inputs.Pause())
    player.finish("look")
    player.ruling = NO
    player.tell(inputs.Resume())
    assert player.run.status is Status.REFUSED


def test_a_dry_run_changes_nothing_and_is_not_asked_about():
    player = play(plan(), dry_run=True)
    player.ruling = NO
    player.finish("look")
    assert player.run.status is Status.PASS
    assert checks(player) == []


def test_without_a_policy_there_is_nothing_to_ask():
    player = play(plan()).go_to("change")
    assert checks(player) == []


@pytest.mark.parametrize("ruling", [YES, NO])
def test_what_only_reads_goes_on(ruling):
    player = play(plan())
    player.ruling = ruling
    player.finish("look", "fail")
    assert player.run.status is Status.FAIL
    assert checks(player) == []


# --- attempts that were written down and not begun -----------------------------------------------

BRANCHES = {"left": {"action": "w.change"}, "right": {"action": "w.change"}}


def changing(**phase: Any) -> CompiledPlan:
    """The small plan, with another way to change something."""
    change = {"on": {"pass": "pass", "fail": "fail"}, **phase}
    return compile_plan(PLAN | {"phases": PLAN["phases"] | {"change": change}}, ACTIONS)


def held(player: Player, *phases: str) -> Player:
    """The engine stops before it has begun what it has written down, and starts again."""
    for phase in phases:
        player.tell(inputs.AttemptHeld(phase=phase, token=player.run.phase(phase).token))
    return player


def refused(player: Player) -> None:
    assert checks(player) == [YES, NO]
    assert player.run.status is Status.REFUSED
    assert player.run.failure == Failure("authorization_denied", "no rule matches")
    assert player.actions() == []
    assert [*replay(player.plan, player.events)] == []


@pytest.mark.parametrize("action", ["w.change", "w.ensure", "w.destroy"])
def test_an_attempt_that_was_held_is_asked_about_when_it_is_begun(action: str):
    player = play(changing(action=action))
    player.ruling = YES
    player.finish("look")
    held(player, "change")
    player.ruling = NO
    player.crash()
    refused(player)


def test_so_are_branches_that_were_held():
    player = play(changing(parallel=BRANCHES))
    player.ruling = YES
    player.finish("look")
    held(player, "left", "right")
    player.ruling = NO
    left = player.actions()[0]
    player.tell(inputs.AttemptLost(phase=left.phase, token=left.token))
    refused(player)


def test_so_is_an_attempt_that_never_reached_its_provider():
    player = play(changing(action="w.destroy"))
    player.ruling = YES
    player.finish("look")
    player.crash()
    player.ruling = NO
    player.not_started("change")
    refused(player)


@pytest.mark.parametrize("phases", [("left",), ("left", "right")])
def test_what_is_allowed_still_goes_on_where_it_was(phases: tuple[str, ...]):
    player = play(changing(parallel=BRANCHES))
    player.ruling = YES
    player.finish("look")
    held(player, *phases)
    player.crash()
    if len(phases) == 1:
        player.reconcile("pass")
    for phase in {"left", "right"} & {c.phase for c in player.actions()}:
        player.finish(phase)
    assert player.run.status is Status.PASS
    assert set(checks(player)) == {YES}
    assert [*replay(player.plan, player.events)] == []


def test_a_branch_that_was_held_beside_one_that_was_begun_goes_on():
    player = play(changing(parallel=BRANCHES))
    player.ruling = YES
    player.finish("look")
    held(player, "left")
    player.ruling = NO
    player.crash()
    assert checks(player) == [YES]
    assert [command.phase for command in player.actions()] == ["left"]
