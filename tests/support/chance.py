"""A world that leaves to chance what happens to an operation; a seed tells which."""

from random import Random

from laneway.core import inputs
from laneway.core.events import Failure
from laneway.core.run import Stage, Status
from tests.support.check import every_input
from tests.support.play import ANN, BOB, EVE, Player

LOST_AGAIN = Failure("not_started", "it never began")
GONE = Failure("gone", "it does not answer", retry_class="unavailable")
PAUSES = (0, 0, 500, 500, 20_000, 70_000)


class World:
    """What surrounds an operation: drivers, people, the clock, and an engine that may crash."""

    def __init__(self, player: Player, seed: int) -> None:
        self.player = player
        self.chance = Random(f"{seed} {player.plan.plan.digest}")

    def walk(self, steps: int) -> None:
        """Let things happen: mostly what the operation waits for, and now and then anything."""
        for _ in range(steps):
            if self.player.run.terminal:
                return
            if self.chance.random() < 0.3:
                self._disturb()
            else:
                self.go_on()

    def to_the_end(self, most: int) -> None:
        """Let only such things happen as the operation waits for, until it has ended."""
        for _ in range(most):
            if self.player.run.terminal:
                return
            self.go_on()
        raise AssertionError(f"no end, but {self.player.run.status} at {self.player.run.place}")

    def go_on(self) -> None:
        """Something that the operation waits for happens, one way or another."""
        run = self.player.run
        list(self.player.wait(self.chance.choice(PAUSES)))
        if self.player.run is not run:
            return
        if run.status is Status.PENDING:
            self.player.tell(inputs.LaneGranted(target={"url": "x"}))
        elif run.status is Status.PAUSED:
            self.player.tell(inputs.Resume(ANN))
        elif run.status is Status.RECONCILIATION_REQUIRED and self.chance.random() < 0.7:
            outcome = self.chance.choice(["pass", "fail", "retry"])
            self.player.reconcile(outcome, run.staged(Stage.UNKNOWN)[0])
        elif self.player.actions():
            self._answer(self.chance.choice(self.player.actions()).phase)
        elif run.staged(Stage.APPROVAL) and self.chance.random() < 0.8:
            self._decide(run.staged(Stage.APPROVAL)[0])
        else:
            self.wait_for_timer()

    def wait_for_timer(self) -> None:
        """Let time pass until the next timer fires."""
        timer = self.player.next_timer()
        if timer is not None:
            list(self.player.wait_until(timer.due_at))

    def outcomes(self, phase: str) -> tuple[str, ...]:
        """What a phase's driver may say."""
        found = (a for a in self.player.plan.plan.action_phases() if a.name == phase)
        return next((a.action.outcomes for a in found), ("pass", "fail"))

    def _answer(self, phase: str) -> None:
        recovering = self.player.run.phase(phase).stage is Stage.RECOVERING
        said = ["pass"] * 5 + ["unknown", *self.outcomes(phase)] + ["not_started"] * recovering * 3
        outcome = self.chance.choice(said)
        if outcome == "unknown":
            self.player.unknown(phase)
        elif outcome == "not_started":
            self.player.finish(phase, "fail", failure=LOST_AGAIN)
        else:
            failure = self.chance.choice([None, GONE]) if outcome != "pass" else None
            digest = self.chance.choice(["d1", "d1", "d1", "d2"])
            self.player.finish(phase, outcome, failure=failure, digest=digest)

    def _decide(self, phase: str) -> None:
        approval = self.player.run.phase(phase).approval
        decided = {d.by.subject for d in approval.decisions} if approval else set()
        who = next(person for person in (BOB, EVE) if person.subject not in decided)
        self.player.decide_on(phase, self.chance.choice(["approve", "approve", "reject"]), who)

    def _disturb(self) -> None:
        happens = [
            self._crash,
            self._crash,
            self._hold,
            self._pause,
            self._revoke,
            self._cancel,
            self._anything,
        ]
        try:
            self.chance.choice(happens)()
        except inputs.InputRefused:
            return  # the player has checked that nothing was changed

    def _crash(self) -> None:
        self.player.crash()

    def _hold(self) -> None:
        for action in self.player.actions():
            self.player.tell(inputs.AttemptHeld(phase=action.phase, token=action.token))

    def _pause(self) -> None:
        self.player.tell(inputs.Pause(ANN))

    def _revoke(self) -> None:
        run = self.player.run
        asked = [name for name, phase in run.phases.items() if phase.approval is not None]
        if asked:
            self.player.revoke(self.chance.choice(asked), self.chance.choice([BOB, EVE]))

    def _cancel(self) -> None:
        if self.chance.random() < 0.3:
            self.player.tell(inputs.Cancel(ANN))

    def _anything(self) -> None:
        self.player.tell(self.chance.choice(every_input(self.player.run)))
