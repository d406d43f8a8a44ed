"""The replay of whatever happened: what any operation of any plan did verifies."""

import os
from collections.abc import Iterator
from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laneway.core.admission import NothingToRetry, retry
from laneway.core.compile import compile_plan
from laneway.core.events import AnyEvent, OperationAccepted, Ruling, event_type
from laneway.evidence.replay import RULES
from tests.support.bundles import looked_at, refused, told_of, wrong
from tests.support.chance import World
from tests.support.play import Player, asked_for
from tests.support.random_plans import ACTIONS, Document, plans

THOROUGH = os.environ.get("LANEWAY_HYPOTHESIS") == "thorough"
SETTINGS = settings(
    max_examples=600 if THOROUGH else 40,
    derandomize=not THOROUGH,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_there_is_a_rule_for_every_event():
    assert set(get_args(AnyEvent)) == {*RULES, OperationAccepted}


RULINGS = (
    None,
    None,
    Ruling(allowed=True, rules=("r",), policy="sha256:0"),
    Ruling(allowed=False, reason="no rule matches"),
)
"""What the policy says before the first change; None where there is no policy."""


def worlds(document: Document, instance: str, seed: int, *, dry_run: bool) -> Iterator[World]:
    """An operation that chance plays, and up to two retries of it, each seen now and then."""
    plan = compile_plan(document, ACTIONS)
    request = {"size": seed % 4} if seed % 9 else {}
    asked = asked_for(plan, instance, dry_run=dry_run, request=request)
    player = Player(plan, asked)
    for number in range(2, 5):
        player.ruling = RULINGS[seed % len(RULINGS)]
        world = World(player, seed)
        for _ in range(3):
            yield world
            world.walk(8)
        world.to_the_end(600)
        yield world
        try:
            again = retry(plan, world.player.run)
        except NothingToRetry:
            return
        retried = asked_for(
            plan,
            instance,
            dry_run=dry_run,
            request=request,
            retry_of=world.player.run.id,
            retry_from=again.begin,
            approvals_needed=again.approvals,
            carried=again.carried,
        )
        player = Player(plan, retried, operation_id=f"op_{number}", at=world.player.now)


PLAYED = {
    "document": plans(),
    "instance": st.sampled_from(["testing", "prod"]),
    "dry_run": st.sampled_from([False, False, False, True]),
    "seed": st.integers(0, 1 << 32),
}


@SETTINGS
@given(**PLAYED)
def test_every_bundle_of_whatever_happened_verifies(
    document: Document, instance: str, dry_run: bool, seed: int
):
    for world in worlds(document, instance, seed, dry_run=dry_run):
        report = looked_at(told_of(world.player))
        assert wrong(report) == []
        assert report.verified


DEMANDED = {
    "operation_accepted",
    "operation_started",
    "transition_taken",
    "phase_started",
    "approval_requested",
    "wait_started",
    "parallel_started",
    "phase_finished",
    "operation_finished",
}
"""Events that the plan itself asks for; without one of the others it could have gone the same."""


@SETTINGS
@given(**PLAYED)
def test_what_the_plan_asks_for_cannot_be_left_out_or_told_twice(
    document: Document, instance: str, dry_run: bool, seed: int
):
    """Also by who makes all hashes fit: these events are not sealed at all."""
    *_, world = worlds(document, instance, seed, dry_run=dry_run)
    plan, events = world.player.plan, world.player.events
    for place, recorded in enumerate(events):
        kind = event_type(recorded.event)
        if kind not in DEMANDED:
            continue
        assert refused(plan, [*events[:place], recorded, *events[place:]]), f"{kind} twice"
        left = [*events[:place], *events[place + 1 :]]
        if left:
            assert refused(plan, left), f"no {kind}"
