"""What may happen next to an operation: everything that drivers, people, time and engines can do.

Drivers answer with every outcome that their action declares, with each class of failure that the
plan retries, that they do not know, or not at all. People decide, cancel, pause, resume, reconcile;
also what they may not. Timers fire. An engine is killed, or stops before it begins an attempt.
"""

from collections.abc import Iterator

from laneway.core import inputs
from laneway.core.attempts import NOT_STARTED
from laneway.core.commands import RecoverAction, StartAction
from laneway.core.events import ENGINE, Actor, Failure
from laneway.core.instants import Instant, later
from laneway.core.model import ActionPhase, Frozen, Plan
from laneway.core.run import Approval, PhaseRun, Run, Stage, Status
from laneway.core.standing import proofs

from .ages import Ages
from .scene import ActionCommand, Scene
from .setting import Setting

STALE = "sha256:stale"
"""What an approver sends back who saw something else."""

_APPROVERS = tuple(Actor("caller", f"approver {number}") for number in range(1, 22))
"""One more than any quorum."""

_MOVING = (Status.RUNNING, Status.WAITING, Status.PAUSED)
"""The statuses in which an operation can be told to go on."""

NO_ANSWER = Failure("no_answer", "the provider did not answer")


class Move(Frozen, frozen=True):
    """Something that may happen.

    Attributes:
        word: what it is, for people; with the phase it tells moves apart.
        told: what the operation is told, if it is told anything.
        until: the last moment at which it may happen; None where that is now, or has no limit.
        kills: the engine is killed, after it has told what it tells.
        disturbs: it counts as a disturbance.
        refused: the core must refuse it.
    """

    word: str
    phase: str = ""
    told: inputs.AnyInput | None = None
    at: Instant | None = None
    until: Instant | None = None
    kills: bool = False
    disturbs: bool = False
    refused: bool = False

    def __str__(self) -> str:
        return f"{self.phase}: {self.word}" if self.phase else self.word


class Moves:
    """What may happen to operations of one plan.

    Args:
        plan: as it is rehearsed.
        crashes: engines are killed, too.
        disturbances: how many there may be on one way.
    """

    def __init__(self, plan: Plan, setting: Setting, *, crashes: bool, disturbances: int) -> None:
        self._plan = plan
        self._setting = setting
        self._crashes = crashes
        self._most = disturbances
        self._proofs = frozenset(proofs(plan))
        self._ages = Ages(plan)
        self._evidence = {
            (phase.name, outcome): setting.evidence_of(phase, outcome)
            for phase in plan.action_phases()
            for outcome in phase.action.outcomes
        }

    def of(self, scene: Scene) -> Iterator[Move]:
        """Everything that may happen next; nothing where the operation has ended."""
        if scene.run.terminal:
            return
        if scene.run.status is Status.PENDING:
            yield from self._lane()
        for command in scene.performing():
            yield from self._answers(scene.run, command)
        for phase, token in scene.untold.items():
            lost = inputs.AttemptLost(phase=phase, token=token)
            yield Move("the next engine finds the attempt lost", phase, lost)
        yield from self._time(scene)
        yield from self._people(scene)
        if scene.disturbed < self._most:
            yield from self._disturbances(scene)

    def last_moment(self, scene: Scene, move: Move) -> Instant:
        """The last moment at which a move may happen, without a proof growing too old before."""
        if move.at is not None or move.until is None:
            return move.at or scene.now
        fresh_until = self._ages.fresh_until(scene)
        moments = [later(move.until, -1), *([fresh_until] if fresh_until else [])]
        return max(scene.now, min(moments))

    def _lane(self) -> Iterator[Move]:
        yield Move("gets its lane", told=inputs.LaneGranted(target=self._setting.target))
        refused = inputs.LaneRefused(failure=Failure("lane_frozen", "the lane is frozen"))
        yield Move("is refused its lane", told=refused)

    # --- drivers ---------------------------------------------------------------------------------

    def _answers(self, run: Run, command: ActionCommand) -> Iterator[Move]:
        phase = self._plan.phase(command.phase)
        assert isinstance(phase, ActionPhase), f"{command.phase} performs no action"
        at = run.phase(command.phase)
        for word, finished in self._finished(phase, at, command):
            yield Move(word, phase.name, finished, until=at.until)
        actor = Actor("driver", phase.action.action_id)
        unknown = inputs.AttemptUnknown(
            actor, phase=phase.name, token=command.token, failure=NO_ANSWER
        )
        yield Move("its driver cannot tell", phase.name, unknown, until=at.until)

    def _finished(
        self, phase: ActionPhase, at: PhaseRun, command: ActionCommand
    ) -> Iterator[tuple[str, inputs.AttemptFinished]]:
        for outcome in phase.action.outcomes:
            if outcome == "pass":
                for digest in self._digests(phase, at):
                    other = " (says something else now)" * (digest != _first_digest(phase))
                    yield f"pass{other}", self._said(phase, command, outcome, digest=digest)
            else:
                failure = Failure("failed", f"it gave {outcome}")
                yield outcome, self._said(phase, command, outcome, failure=failure)
        if isinstance(command, RecoverAction):
            failure = Failure(NOT_STARTED, "it never began")
            yield "it never began", self._said(phase, command, "fail", failure=failure)
        elif at.tries < phase.retry.attempts:
            for kind in phase.retry.on:
                failure = Failure(kind, f"it was {kind}", retry_class=kind)
                yield f"fail ({kind})", self._said(phase, command, "fail", failure=failure)

    def _digests(self, phase: ActionPhase, at: PhaseRun) -> tuple[str, ...]:
        """What a proof that is made again may say: the same, or something else."""
        first, other = _first_digest(phase), f"{phase.name}/2"
        again = at.visits > 1 or at.attempt > at.tries
        matters = self._plan.asks_people and phase.name in self._proofs
        return (first, other) if again and matters else (first,)

    def _said(
        self,
        phase: ActionPhase,
        command: ActionCommand,
        outcome: str,
        *,
        digest: str = "",
        failure: Failure | None = None,
    ) -> inputs.AttemptFinished:
        return inputs.AttemptFinished(
            Actor("driver", phase.action.action_id),
            phase=phase.name,
            token=command.token,
            outcome=outcome,
            evidence=self._evidence[phase.name, outcome],
            digest=digest,
            failure=failure,
        )

    # --- time ------------------------------------------------------------------------------------

    def _time(self, scene: Scene) -> Iterator[Move]:
        for timer in scene.timers():
            name = timer.key.removeprefix("timer:")
            word = "the deadline passes" if name.startswith("@") else "its time is up"
            phase = "" if name.startswith("@") else name
            due_at = max(scene.now, timer.due_at)
            yield Move(word, phase, inputs.TimerFired(name=name), at=due_at)

    # --- people ----------------------------------------------------------------------------------

    def _people(self, scene: Scene) -> Iterator[Move]:
        run = scene.run
        yield Move("somebody cancels", told=inputs.Cancel(self._setting.requested_by))
        if (run.paused or run.pause_requested) and run.status in _MOVING:
            yield Move("somebody resumes", told=inputs.Resume(self._setting.requested_by))
        for name in run.staged(Stage.UNKNOWN):
            for outcome in ("pass", "fail"):
                yield Move(f"a person says {outcome}", name, _reconcile(name, outcome))
        for name in run.staged(Stage.APPROVAL):
            yield from self._decisions(run, name)

    def _decisions(self, run: Run, name: str) -> Iterator[Move]:
        at = run.phase(name)
        assert at.approval is not None, f"{name} asks nobody"
        seen, decided = at.approval.digest, {d.by.subject for d in at.approval.decisions}
        person = next(each for each in _APPROVERS if each.subject not in decided)
        for decision in ("approve", "reject"):
            told = inputs.Approve(person, phase=name, decision=decision, digest=seen)
            yield Move(f"{person.subject} decides to {decision}", name, told, until=at.until)
        stale = inputs.Approve(person, phase=name, decision="approve", digest=STALE)
        yield Move("somebody approves something else", name, stale, refused=True)
        own = inputs.Approve(run.accepted.requested_by, phase=name, decision="approve", digest=seen)
        phase = self._plan.phase(name)
        if not getattr(phase, "allow_requester", False):
            yield Move("the requester approves", name, own, refused=True)

    # --- disturbances ----------------------------------------------------------------------------

    def _disturbances(self, scene: Scene) -> Iterator[Move]:
        run = scene.run
        if run.status in (Status.RUNNING, Status.WAITING) and not run.pause_requested:
            pause = inputs.Pause(self._setting.requested_by)
            yield Move("somebody pauses", told=pause, disturbs=True)
        for name, at in run.phases.items():
            if at.approval is not None and run.status in _MOVING:
                yield from _revocations(name, at.approval)
        for name in run.staged(Stage.UNKNOWN):
            yield Move("a person says retry", name, _reconcile(name, "retry"), disturbs=True)
        for proof, old in self._ages.growing(scene):
            yield Move("grows too old", proof, at=old, disturbs=True)
        if self._crashes and scene.actions():
            yield Move("the engine is killed", kills=True, disturbs=True)
            yield from self._held(scene)

    def _held(self, scene: Scene) -> Iterator[Move]:
        for command in scene.performing():
            if isinstance(command, StartAction):
                told = inputs.AttemptHeld(ENGINE, phase=command.phase, token=command.token)
                word = "the engine stops before it begins"
                yield Move(word, command.phase, told, kills=True, disturbs=True)


def _revocations(name: str, approval: Approval) -> Iterator[Move]:
    """The newest approval is taken back; of which of several matters nothing."""
    given = [d.by for d in approval.decisions if d.decision == "approve" and not approval.used]
    for person in given[-1:]:
        told = inputs.Revoke(person, phase=name)
        yield Move(f"{person.subject} takes it back", name, told, disturbs=True)


def _first_digest(phase: ActionPhase) -> str:
    return f"{phase.name}/1"


def _reconcile(name: str, outcome: str) -> inputs.Reconcile:
    person = Actor("caller", "operator")
    return inputs.Reconcile(person, outcome=outcome, note="looked at it", phase=name)
