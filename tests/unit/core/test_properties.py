"""What holds of every operation of every plan, whatever happens to it.

The checks after each decision are `tests.support.check`. With `LANEWAY_HYPOTHESIS=thorough` in the
environment, far more examples are tried, and others each time.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from laneway.core import inputs
from laneway.core.admission import NothingToRetry, Retry, retry
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.decide import LEGAL
from laneway.core.events import Actor, Failure
from laneway.core.instants import elapsed
from laneway.core.machine import ACCEPTED, Machine, NotAllowed
from laneway.core.model import EndPhase, Plan
from laneway.core.run import PhaseStatus, Run, Stage
from laneway.core.standing import changes_something
from tests.support.chance import World
from tests.support.check import check_whole, every_input
from tests.support.play import ANN, BOB, EVE, Player, asked_for
from tests.support.random_plans import ACTIONS, Document, plans

THOROUGH = os.environ.get("LANEWAY_HYPOTHESIS") == "thorough"
SELDOM = st.integers(0, 9).map(lambda number: number == 7)
PEOPLE = st.sampled_from([ANN, BOB, EVE])
FAILURES = st.sampled_from(
    [
        None,
        Failure("gone", "x", retry_class="unavailable"),
        Failure("wrong", "x", retry_class="invalid"),
        Failure("not_started", "x"),
        Failure("not_started", "x", retry_class="unavailable"),
    ]
)
MOST_STEPS = 600
"""How many things may happen until a fair world has brought an operation to its end."""


class Operations(RuleBasedStateMachine):
    """Plays an operation of a random plan."""

    world: World

    @property
    def player(self) -> Player:
        """The operation that is played."""
        return self.world.player

    @initialize(
        document=plans(),
        instance=st.sampled_from(["testing", "prod"]),
        dry_run=st.sampled_from([False, False, False, True]),
        size=st.sampled_from([1, 3, None]),
        seed=st.integers(0, 1 << 16),
    )
    def begin(
        self, document: Document, instance: str, dry_run: bool, size: int | None, seed: int
    ) -> None:
        plan = compile_plan(document, ACTIONS)
        request = {} if size is None else {"size": size}
        asked = asked_for(plan, instance, dry_run=dry_run, request=request)
        self.world = World(Player(plan, asked), seed)
        self.number = 1
        if seed % 8:
            self.grant()

    def tell(self, told: inputs.AnyInput) -> None:
        """An illegal input raises (and the player checks that it changes nothing)."""
        legal = self.player.run.status in LEGAL[type(told)]
        try:
            self.player.tell(told)
        except inputs.InputRefused:
            return
        assert legal, f"{told} was taken in spite of {self.player.run.status}"

    # --- the engine ------------------------------------------------------------------------------

    @rule()
    def grant(self) -> None:
        self.tell(inputs.LaneGranted(target={"url": "x"}))

    @rule(really=SELDOM)
    def refuse_lane(self, really: bool) -> None:
        if really:
            self.tell(inputs.LaneRefused(failure=Failure("lane_frozen", "x")))

    @precondition(lambda self: self.player.run.terminal)
    @rule()
    def retry(self) -> None:
        """Another operation goes on where the one that has ended did not pass."""
        check_end(self.player)
        again = _again(self.player, f"op_{self.number + 1}")
        if again is not None:
            self.number += 1
            self.world.player = again
            self.grant()

    @rule()
    def crash(self) -> None:
        self.player.crash()

    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        self.tell(inputs.AttemptHeld(**self._attempt(data)))

    @rule(milliseconds=st.sampled_from([1, 1_000, 30_000, 100_000, 400_000]))
    def wait(self, milliseconds: int) -> None:
        list(self.player.wait(milliseconds))

    @rule()
    def wait_for_timer(self) -> None:
        self.world.wait_for_timer()

    @rule(data=st.data())
    def early_timer(self, data: st.DataObject) -> None:
        """News of a timer that is not due changes nothing."""
        run = self.player.run
        name = data.draw(st.sampled_from(["@deadline", "deadline", *self._phases()]))
        due = run.deadline_at if name == "@deadline" else run.phase(name).until
        if due is None or elapsed(self.player.now, due) > 0:
            self.tell(inputs.TimerFired(name=name))
            assert self.player.run == run

    # --- drivers ---------------------------------------------------------------------------------

    @rule(data=st.data(), failure=FAILURES, digest=st.sampled_from(["", "d1", "d2"]))
    def finish(self, data: st.DataObject, failure: Failure | None, digest: str) -> None:
        attempt = self._attempt(data)
        outcome = data.draw(st.sampled_from(["pass", "pass", *self._outcomes(attempt["phase"])]))
        failed = failure if outcome != "pass" else None
        self.tell(inputs.AttemptFinished(**attempt, outcome=outcome, failure=failed, digest=digest))

    @rule(digest=st.sampled_from(["d1", "d1", "d2"]), times=st.integers(1, 3))
    def pass_on(self, digest: str, times: int) -> None:
        """What is waited for passes: so that deep places are reached."""
        for _ in range(times):
            if self.player.actions():
                self.player.finish(self.player.actions()[0].phase, digest=digest)
            elif not self.player.run.terminal:
                self.world.go_on()

    @rule(data=st.data())
    def unknown(self, data: st.DataObject) -> None:
        self.tell(inputs.AttemptUnknown(**self._attempt(data), failure=Failure("gone", "x")))

    @rule(data=st.data())
    def progress(self, data: st.DataObject) -> None:
        told = inputs.AttemptProgressed(**self._attempt(data), message="m", checkpoint={"n": 1})
        self.tell(told)

    @rule(data=st.data())
    def stale(self, data: st.DataObject) -> None:
        """What an attempt says that is no longer the current one is refused."""
        phase = data.draw(st.sampled_from(self._phases()))
        at = self.player.run.phase(phase)
        token = data.draw(
            st.sampled_from([f"{self.player.run.id}_{phase}_{at.attempt - 1}", "", "op_0_x_1"])
        )
        before = self.player.run
        self.tell(inputs.AttemptFinished(phase=phase, token=token, outcome="pass"))
        assert self.player.run is before

    # --- people ----------------------------------------------------------------------------------

    @rule(by=PEOPLE, really=SELDOM)
    def cancel(self, by: Actor, really: bool) -> None:
        if really:
            self.tell(inputs.Cancel(by))

    @rule(by=PEOPLE)
    def pause(self, by: Actor) -> None:
        self.tell(inputs.Pause(by))

    @rule(by=PEOPLE)
    def resume(self, by: Actor) -> None:
        self.tell(inputs.Resume(by))

    @rule(by=PEOPLE, decision=st.sampled_from(["approve", "approve", "reject", "perhaps"]))
    def decide_on(self, by: Actor, decision: str) -> None:
        approval = self.player.run.phase(self.player.run.place).approval
        digest = approval.digest if approval else "none"
        place = self.player.run.place
        self.tell(inputs.Approve(by, phase=place, decision=decision, digest=digest))

    @rule(by=PEOPLE)
    def decide_on_something_else(self, by: Actor) -> None:
        before = self.player.run
        told = inputs.Approve(by, phase=before.place, decision="approve", digest="sha256:0")
        self.tell(told)
        assert self.player.run is before

    @rule(data=st.data(), outcome=st.sampled_from(["pass", "fail", "retry", "perhaps"]))
    def reconcile(self, data: st.DataObject, outcome: str) -> None:
        phase = data.draw(st.sampled_from([None, *self._phases()]))
        self.tell(inputs.Reconcile(EVE, outcome=outcome, note="", phase=phase))

    @rule(data=st.data(), really=SELDOM)
    def anything(self, data: st.DataObject, really: bool) -> None:
        if really:
            self.tell(data.draw(st.sampled_from(every_input(self.player.run))))

    # --- the end ---------------------------------------------------------------------------------

    def teardown(self) -> None:
        """From wherever it is, a fair world brings the operation to its end."""
        if not hasattr(self, "world"):
            return
        self.world.to_the_end(MOST_STEPS)
        check_end(self.player)
        check_memo(self.player.plan.machine)

    # --- what there is ---------------------------------------------------------------------------

    def _phases(self) -> list[str]:
        return [phase.name for phase in self.player.plan.plan.every_phase()]

    def _attempt(self, data: st.DataObject) -> dict[str, Any]:
        """An attempt that is under way, where there is one."""
        under_way = self.player.run.staged(Stage.ACTING, Stage.RECOVERING)
        phase = data.draw(st.sampled_from(under_way or self._phases()))
        return {"phase": phase, "token": self.player.run.phase(phase).token}

    def _outcomes(self, phase: str) -> list[str]:
        return [*self.world.outcomes(phase), "unheard_of"]


def check_end(player: Player) -> None:
    """All that an ended operation has said is as it must be."""
    assert player.run.terminal
    check_whole(player)


def check_retry(plan: CompiledPlan, run: Run, again: Retry) -> None:
    """A retry repeats nothing that passed and changed the world, and asks whom was asked before.

    In a loop, what passed may be what comes next.
    """
    begin = plan.plan.phases[again.begin]
    assert not isinstance(begin, EndPhase)
    if changes_something(begin) and not _in_a_loop(plan.plan, again.begin):
        assert run.phase(again.begin).status is not PhaseStatus.PASS
    asked = [p.name for p in plan.plan.phases.values() if run.phase(p.name).approval]
    assert set(asked) | set(run.accepted.approvals_needed) == set(again.approvals)


def _in_a_loop(plan: Plan, name: str) -> bool:
    seen: set[str] = set()
    ahead = [name]
    while ahead:
        targets = {t.to for on in plan.phases[ahead.pop()].on.values() for t in on}
        ahead += targets - seen
        seen |= targets
    return name in seen


def check_memo(machine: Machine) -> None:
    """What is remembered is what python-statemachine says when it is asked again."""
    for (configuration, event, guards), answer in machine._memo.items():
        assert machine.ask(configuration, event, guards) == answer
    with pytest.raises(NotAllowed):
        machine.ask(machine.configuration(ACCEPTED), "outcome:unheard_of")


def _settings(quick: int, thorough: int) -> settings:
    return settings(
        max_examples=thorough if THOROUGH else quick,
        stateful_step_count=60 if THOROUGH else 30,
        derandomize=not THOROUGH,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


TestOperations = Operations.TestCase
TestOperations.settings = _settings(100, 1_500)


@_settings(150, 1_500)
@given(
    document=plans(),
    instance=st.sampled_from(["testing", "prod"]),
    dry_run=st.sampled_from([False, False, False, True]),
    seed=st.integers(0, 1 << 32),
)
def test_whatever_happens_every_operation_ends(
    document: Document, instance: str, dry_run: bool, seed: int
) -> None:
    plan = compile_plan(document, ACTIONS)
    request = {"size": seed % 4} if seed % 9 else {}
    asked = asked_for(plan, instance, dry_run=dry_run, request=request)
    world = World(Player(plan, asked), seed)
    for number in range(2, 5):
        world.walk(40)
        world.to_the_end(MOST_STEPS)
        check_end(world.player)
        again = _again(world.player, f"op_{number}")
        if again is None:
            break
        world.player = again
    check_memo(plan.machine)


def _again(player: Player, operation_id: str) -> Player | None:
    """A retry of an operation that has ended; None where all it could do is done."""
    run = player.run
    try:
        again = retry(player.plan, run)
    except NothingToRetry:
        return None
    check_retry(player.plan, run, again)
    asked = asked_for(
        player.plan,
        run.lane.instance,
        dry_run=run.accepted.dry_run,
        request=run.accepted.request,
        retry_of=run.id,
        retry_from=again.begin,
        approvals_needed=again.approvals,
        carried=again.carried,
    )
    return Player(player.plan, asked, operation_id=operation_id, at=player.now)
