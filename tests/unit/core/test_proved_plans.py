"""What a proof says of a plan holds for its operations, whatever happens to them.

Crashes, unknown outcomes, people who pause, cancel and decide, late timers: `tests.support.chance`.
"""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laneway.core import events as ev
from laneway.core.compile import compile_plan
from laneway.core.model import ActionPhase, ParallelPhase, Plan, Safety
from laneway.core.proofs import prove
from tests.support.chance import World
from tests.support.play import Player, asked_for
from tests.support.random_plans import ACTIONS, Document, good_plans

CHANGES = (Safety.MUTATION, Safety.DESTRUCTIVE)
STEPS = 60


def played(document: Document, instance: str, size: int, seed: int) -> tuple[Plan, list[Any]]:
    """The events of an operation to which much has happened."""
    plan = compile_plan(document, ACTIONS)
    player = Player(plan, asked_for(plan, instance, request={"size": size}))
    World(player, seed).walk(STEPS)
    return plan.plan, [recorded.event for recorded in player.events]


def nothing_is_destroyed_twice_without_an_approval_in_between(events: list[Any]) -> None:
    done: set[str] = set()
    for event in events:
        if isinstance(event, ev.PhaseStarted) and event.safety == Safety.DESTRUCTIVE:
            what = f"{event.action} {sorted(event.parameters.items())}"
            assert what not in done, f"{event.phase} does again what was done: {what}"
            done.add(what)
        elif isinstance(event, ev.PhaseFinished) and event.outcome == "approved":
            done.clear()
        elif isinstance(event, ev.PhaseReconciled) and event.outcome == "retry":
            done.clear()  # a person said so


def what_the_plan_verifies_is_verified_when_it_passes(plan: Plan, events: list[Any]) -> None:
    if any(finding.code == "nothing_verified" for finding in prove(plan.document, ACTIONS)):
        return
    unseen = ""
    for event in events:
        if isinstance(event, ev.PhaseStarted) and event.safety in CHANGES:
            unseen = event.phase
        elif isinstance(event, ev.PhaseFinished) and event.outcome == "pass" and unseen:
            unseen = "" if looks(plan, event.phase) else unseen
        elif isinstance(event, ev.OperationFinished) and event.status == "pass":
            assert not unseen, f"passed, and nothing has looked at {unseen}"


def looks(plan: Plan, name: str) -> bool:
    phase = plan.phases.get(name)
    work = phase.branches if isinstance(phase, ParallelPhase) else (phase,)
    safeties = {each.action.safety for each in work if isinstance(each, ActionPhase)}
    return Safety.READ in safeties and safeties.isdisjoint(CHANGES)


def who_cancels_leaves_no_ruin_that_no_phase_answers(events: list[Any]) -> None:
    destroyed = False
    for event in events:
        if isinstance(event, ev.PhaseStarted):
            destroyed |= event.safety == Safety.DESTRUCTIVE
        elif isinstance(event, ev.TransitionTaken):
            assert not (destroyed and event.target == "@cancelled")


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    good_plans(),
    st.sampled_from(["testing", "prod"]),
    st.sampled_from([1, 3]),
    st.integers(0, 1 << 16),
)
def test_what_is_proved_of_a_plan_holds_for_its_operations(document, instance, size, seed):
    plan, events = played(document, instance, size, seed)
    nothing_is_destroyed_twice_without_an_approval_in_between(events)
    what_the_plan_verifies_is_verified_when_it_passes(plan, events)
    who_cancels_leaves_no_ruin_that_no_phase_answers(events)
