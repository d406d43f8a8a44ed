"""A player of the core in virtual time: it does what a store and an engine would do, and no more.

It keeps an operation's events and outstanding commands as a store keeps them, fires due timers as
the clock is moved, and lets the engine crash. After every decision it checks what must hold of any
operation (``check.py``).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from laneway.core import events as ev
from laneway.core import inputs
from laneway.core.admission import first_event
from laneway.core.attempts import NOT_STARTED
from laneway.core.chain import GENESIS, seal
from laneway.core.commands import AnyCommand, RecoverAction, SetTimer, StartAction
from laneway.core.compile import CompiledPlan
from laneway.core.decide import Decision, decide
from laneway.core.envelope import Recorded
from laneway.core.evolve import begin
from laneway.core.instants import Instant, later
from laneway.core.model import Lane, WhenBusy
from laneway.core.run import Run, Stage
from tests.support.check import Attempts, careful_phases, check_all, check_unchanged

START = Instant("2026-01-01T00:00:00.000Z")
ANN = ev.Actor("caller", "ann")
BOB = ev.Actor("caller", "bob")
EVE = ev.Actor("caller", "eve")


class Player:
    """One operation that is played by hand.

    Attributes:
        commands: what is outstanding, by key.
        events: every event, sealed.
        now: the clock; it is moved by `wait` only.
        ruling: what the policy says of the requester; None where there is none.
        folded: the state as far as it was folded again from the events.
    """

    def __init__(
        self,
        plan: CompiledPlan,
        asked: ev.OperationAccepted,
        *,
        operation_id: str = "op_1",
        at: Instant = START,
    ) -> None:
        self.plan = plan
        self.now = at
        self.ruling: ev.Ruling | None = None
        self.run: Run = begin(operation_id, asked, at)
        self.events: list[Recorded] = []
        self.commands: dict[str, AnyCommand] = {}
        self.attempts = Attempts(careful_phases(plan.plan, asked))
        self._record((asked, asked.requested_by))
        self.folded = self.run

    # --- the clock and the engine ----------------------------------------------------------------

    def tell(self, told: inputs.AnyInput) -> Decision:
        """Give the operation an input.

        Raises:
            inputs.InputRefused: nothing has changed, which was checked.
        """
        before = self.run
        try:
            decision = decide(self.plan, before, told, self.now, self.ruling)
        except inputs.InputRefused:
            check_unchanged(self, before)
            raise
        again = decide(self.plan, before, told, self.now, self.ruling)
        assert again == decision, "decide is not pure"
        self.attempts.told(before, told)
        self._commit(decision)
        check_all(self)
        return decision

    def wait(self, milliseconds: int) -> Iterator[Decision]:
        """Let time pass, and fire the timers that come due in their order."""
        return self.wait_until(later(self.now, milliseconds))

    def wait_until(self, moment: Instant) -> Iterator[Decision]:
        """Let time pass until a moment; what each timer led to is yielded as it fires."""
        while (timer := self.next_timer()) is not None and timer.due_at <= moment:
            self.now = max(self.now, timer.due_at)
            decision = self.tell(inputs.TimerFired(name=timer.key.removeprefix("timer:")))
            assert decision.events, f"{timer.key} fires for ever, and nothing comes of it"
            yield decision
        self.now = max(self.now, moment)

    def next_timer(self) -> SetTimer | None:
        """The timer that is due first."""
        timers = [c for c in self.commands.values() if isinstance(c, SetTimer)]
        return min(timers, key=lambda t: (t.due_at, t.key), default=None)

    def crash(self) -> list[Decision]:
        """The engine stops and starts: every action that was under way was lost."""
        return [
            self.tell(inputs.AttemptLost(phase=command.phase, token=command.token))
            for command in self.actions()
        ]

    def actions(self) -> list[StartAction | RecoverAction]:
        """The outstanding commands that a driver works on."""
        return [c for c in self.commands.values() if isinstance(c, StartAction | RecoverAction)]

    # --- what drivers say ------------------------------------------------------------------------

    def finish(
        self,
        phase: str,
        outcome: str = "pass",
        *,
        failure: ev.Failure | None = None,
        digest: str = "",
        evidence: dict[str, Any] | None = None,
    ) -> Decision:
        """The driver of a phase's attempt knows its outcome."""
        finished = inputs.AttemptFinished(
            self.driver(phase),
            phase=phase,
            token=self.run.phase(phase).token,
            outcome=outcome,
            failure=failure,
            digest=digest,
            evidence=evidence or {},
        )
        return self.tell(finished)

    def not_started(self, phase: str) -> Decision:
        """The driver of a phase's attempt finds that it never reached the provider."""
        return self.finish(phase, "fail", failure=ev.Failure(NOT_STARTED, "it never began"))

    def unknown(self, phase: str) -> Decision:
        """The driver of a phase's attempt cannot tell what became of it."""
        failure = ev.Failure("no_answer", "the provider did not answer")
        token = self.run.phase(phase).token
        actor = self.driver(phase)
        return self.tell(inputs.AttemptUnknown(actor, phase=phase, token=token, failure=failure))

    def driver(self, phase: str) -> ev.Actor:
        """The driver of a phase, as an actor."""
        found = next((a for a in self.plan.plan.action_phases() if a.name == phase), None)
        return ev.Actor("driver", found.action.action_id if found else "none")

    # --- what people say -------------------------------------------------------------------------

    def decide_on(self, phase: str, decision: str, by: ev.Actor = BOB) -> Decision:
        """Somebody approves or rejects what is shown now."""
        approval = self.run.phase(phase).approval
        digest = approval.digest if approval else ""
        return self.tell(inputs.Approve(by, phase=phase, decision=decision, digest=digest))

    def revoke(self, phase: str, by: ev.Actor = BOB) -> Decision:
        """Somebody takes back their approval."""
        return self.tell(inputs.Revoke(by, phase=phase, reason="looked again"))

    def reconcile(self, outcome: str, phase: str | None = None, by: ev.Actor = EVE) -> Decision:
        """Somebody says what became of an attempt."""
        return self.tell(inputs.Reconcile(by, outcome=outcome, note="looked", phase=phase))

    # --- to get somewhere ------------------------------------------------------------------------

    def go_to(self, phase: str) -> "Player":
        """Let everything pass until a phase is under way."""
        if not self.run.started_at:
            self.tell(inputs.LaneGranted(target={}))
        while self.run.phase(phase).stage is Stage.NONE:
            self.pass_next()
        return self

    def pass_next(self) -> None:
        """Let the first thing that the operation waits for pass."""
        actions, waiting = self.actions(), self.run.waiting_for()
        if actions:
            self.finish(actions[0].phase, digest=f"{actions[0].phase}/1")
        elif waiting is not None and waiting["kind"] == "approval":
            approval = self.run.phase(waiting["phase"]).approval
            decided = len(approval.decisions) if approval else 0
            self.decide_on(waiting["phase"], "approve", (BOB, EVE)[decided])
        else:
            timer = self.next_timer()
            assert timer is not None, "there is nothing to wait for"
            list(self.wait_until(timer.due_at))

    # --- the store -------------------------------------------------------------------------------

    def _commit(self, decision: Decision) -> None:
        self.run = msgspec.structs.replace(decision.run, head=self.run.head)
        for key in decision.withdraw:
            self.commands.pop(key, None)
        for command in decision.commands:
            self.attempts.asked(self, command)
            self.commands[command.key] = command
        self._record(*((said.event, said.actor) for said in decision.events))

    def _record(self, *said: tuple[ev.AnyEvent, ev.Actor]) -> None:
        for event, actor in said:
            seq, head = len(self.events) + 1, self.run.head or GENESIS
            sealed = seal(self.run.id, seq, self.now, actor, event, head)
            self.events.append(sealed)
            self.run = msgspec.structs.replace(self.run, head=sealed.hash)


def asked_for(plan: CompiledPlan, instance: str = "testing", **asked: Any) -> ev.OperationAccepted:
    """The event that accepts an operation; ``asked`` are its other fields."""
    fields: dict[str, Any] = {
        "lane": Lane("odoo", "cm", instance),
        "request": {"confirmation": f"bootstrap cm {instance}"},
        "requested_by": ANN,
        "when_busy": WhenBusy.REJECT,
    }
    return first_event(plan.plan, **{**fields, **asked})


def play(plan: CompiledPlan, instance: str = "testing", **asked: Any) -> Player:
    """A player of a new operation that has its lane."""
    player = Player(plan, asked_for(plan, instance, **asked))
    player.tell(inputs.LaneGranted(target={}))
    return player
