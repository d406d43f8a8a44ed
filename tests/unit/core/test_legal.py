"""Every input in every status: a legal one changes the operation, another raises and does not."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from laneway.core import inputs
from laneway.core.decide import LEGAL, decide
from laneway.core.events import Failure
from laneway.core.run import TERMINAL, Run, Stage, Status
from laneway.core.step import DEADLINE
from tests.support.play import ANN, BOB, EVE, Player, asked_for, play
from tests.support.small import plan


def pending() -> Player:
    return Player(plan(), asked_for(plan()))


def running() -> Player:
    return play(plan())


def will_pause() -> Player:
    player = running()
    player.tell(inputs.Pause(ANN))
    return player


def waiting() -> Player:
    return play(plan(), "prod").go_to("ask")


def waiting_and_will_pause() -> Player:
    player = waiting()
    player.tell(inputs.Pause(ANN))
    return player


def paused() -> Player:
    player = will_pause()
    player.finish("look")
    return player


def approved_and_paused() -> Player:
    player = waiting_and_will_pause()
    player.decide_on("ask", "approve")
    return player


def unknown() -> Player:
    player = running().go_to("change")
    player.unknown("change")
    return player


def passed() -> Player:
    player = running().go_to("change")
    player.finish("change")
    return player


def failed() -> Player:
    player = running()
    player.finish("look", "fail")
    return player


def refused() -> Player:
    player = running()
    player.finish("look", "refused")
    return player


def cancelled() -> Player:
    player = running()
    player.tell(inputs.Cancel(ANN))
    return player


SITUATIONS: dict[Status, tuple[Callable[[], Player], ...]] = {
    Status.PENDING: (pending,),
    Status.RUNNING: (running, will_pause),
    Status.WAITING: (waiting, waiting_and_will_pause),
    Status.PAUSED: (paused, approved_and_paused),
    Status.RECONCILIATION_REQUIRED: (unknown,),
    Status.PASS: (passed,),
    Status.FAIL: (failed,),
    Status.REFUSED: (refused,),
    Status.CANCELLED: (cancelled,),
}


def fitting(run: Run) -> dict[type[inputs.Input], inputs.AnyInput]:
    """Of every input one that fits the operation as well as can be."""
    busy = run.staged(Stage.ACTING, Stage.RECOVERING)
    at: dict[str, Any] = {"phase": (busy or ["look"])[0]}
    at["token"] = run.phase(at["phase"]).token
    failure = Failure("x", "x")
    approval = run.phase("ask").approval
    digest = approval.digest if approval else ""
    told: list[inputs.AnyInput] = [
        inputs.LaneGranted(),
        inputs.LaneRefused(failure=failure),
        inputs.AttemptProgressed(**at, message="half way"),
        inputs.AttemptFinished(**at, outcome="pass"),
        inputs.AttemptUnknown(**at, failure=failure),
        inputs.AttemptHeld(**at),
        inputs.AttemptLost(**at),
        inputs.TimerFired(name=DEADLINE),
        inputs.Cancel(EVE),
        inputs.Pause(EVE),
        inputs.Resume(EVE),
        inputs.Approve(BOB, phase="ask", decision="approve", digest=digest),
        inputs.Revoke(BOB, phase="ask"),
        inputs.Reconcile(EVE, outcome="pass", note="looked"),
    ]
    return {type(item): item for item in told}


NOBODY_TO_SAY_IT = {
    *product(
        (
            inputs.AttemptProgressed,
            inputs.AttemptFinished,
            inputs.AttemptUnknown,
            inputs.AttemptHeld,
            inputs.AttemptLost,
        ),
        (Status.WAITING, Status.RECONCILIATION_REQUIRED),
    ),
    (inputs.Cancel, Status.RECONCILIATION_REQUIRED),
    *product((inputs.Revoke,), (Status.RUNNING, Status.WAITING)),
}
"""Legal by the table, and yet refused in these situations: no attempt is under way that it could be
about (in a parallel phase there may be one), what nobody knows cannot be cancelled, and nobody has
approved anything that could be taken back (see ``test_approvals``)."""


def cases() -> Iterator[Any]:
    for kind, status in product(LEGAL, Status):
        legal = status in LEGAL[kind] and (kind, status) not in NOBODY_TO_SAY_IT
        yield pytest.param(kind, status, legal, id=f"{kind.__name__}-{status}")


@pytest.mark.parametrize(("kind", "status", "legal"), list(cases()))
def test_input_in_status(kind: type[inputs.Input], status: Status, legal: bool) -> None:
    taken = []
    for situation in SITUATIONS[status]:
        player = situation()
        assert player.run.status is status
        player.now = player.run.deadline_at or player.now
        before = player.run
        try:
            player.tell(fitting(player.run)[kind])
            taken.append(player.run != before)
        except inputs.InputRefused:
            assert player.run is before
    assert any(taken) is legal


def test_the_table_names_every_input() -> None:
    assert set(LEGAL) == set(inputs.AnyInput.__args__)
    assert set(fitting(pending().run)) == set(LEGAL)
    assert set(SITUATIONS) == set(Status)


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_what_has_ended_takes_nothing(status: Status) -> None:
    (situation,) = SITUATIONS[status]
    player = situation()
    for told in fitting(player.run).values():
        with pytest.raises(inputs.IllegalInput, match=f"that is {status} takes no"):
            decide(plan(), player.run, told, player.now)


def test_refusals_have_codes_of_their_own() -> None:
    codes = {refusal.__name__: refusal.code for refusal in inputs.InputRefused.__subclasses__()}
    assert codes == {
        "IllegalInput": "illegal_transition",
        "NotCancellable": "not_cancellable",
        "DigestMismatch": "digest_mismatch",
        "SelfApproval": "self_approval",
        "PhaseUnclear": "request_invalid",
        "StaleAttempt": "stale_attempt",
    }
