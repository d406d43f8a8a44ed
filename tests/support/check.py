"""What must hold of every operation after every decision, whatever it was told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from laneway.core import inputs
from laneway.core.attempts import NOT_STARTED
from laneway.core.chain import event_hash, from_wire, to_wire, verify
from laneway.core.commands import AnyCommand, RecoverAction, SetTimer, StartAction, timer_key
from laneway.core.decide import decide
from laneway.core.envelope import Recorded
from laneway.core.events import Failure, OperationAccepted
from laneway.core.evolve import evolve, fold
from laneway.core.instants import Instant, elapsed
from laneway.core.model import ActionPhase, ApprovalPhase, EndPhase, ParallelPhase, Plan, Safety
from laneway.core.run import PhaseStatus, Run, Stage, Status
from laneway.core.step import DEADLINE

if TYPE_CHECKING:
    from tests.support.play import Player

UNDER_WAY = (Stage.ACTING, Stage.RECOVERING)
TIMED = (*UNDER_WAY, Stage.RETRY, Stage.APPROVAL, Stage.WAIT)


def check_all(player: "Player") -> None:
    """Everything below."""
    check_events(player)
    check_status(player.run)
    check_actions(player)
    check_timers(player)
    check_place(player)
    if player.run.terminal:
        check_terminal(player)


def check_unchanged(player: "Player", before: Run) -> None:
    """A refused input has changed nothing."""
    assert player.run is before
    check_events(player)


def check_events(player: "Player") -> None:
    """The state is the fold of the events, as they come back from JSON; each follows the last.

    Only what is new since the last look is read again: see `check_whole`.
    """
    new = player.events[player.folded.seq :]
    for recorded in through_json(new):
        assert recorded.prev_hash == player.folded.head
        assert recorded.hash == event_hash(recorded)
        after = evolve(player.folded, recorded.event, recorded.at)
        player.folded = msgspec.structs.replace(after, head=recorded.hash)
    assert player.folded == player.run, "the state is not the fold of the events"


def check_whole(player: "Player") -> None:
    """All events from the first on give the state, and the chain holds."""
    read = through_json(player.events)
    assert fold(read) == player.run
    assert verify(read) == player.run.head


def through_json(events: Sequence[Recorded]) -> list[Recorded]:
    """Events as a store or a client reads them."""
    read = [from_wire(msgspec.json.decode(msgspec.json.encode(to_wire(e)))) for e in events]
    assert read == list(events), "an event is not what its JSON says"
    return read


def check_status(run: Run) -> None:
    """A started operation is never stuck: it has ended, is paused, or something is under way."""
    if run.started_at is None or run.terminal:
        return
    at_work = run.staged(*TIMED, Stage.UNKNOWN)
    assert bool(at_work) != run.paused, f"paused: {run.paused}, at work: {at_work}"
    assert (run.status is Status.RECONCILIATION_REQUIRED) == bool(run.staged(Stage.UNKNOWN))
    for name in run.phases:
        check_phase(run, name)


def check_phase(run: Run, name: str) -> None:
    """The stage of a phase and its status say the same."""
    at = run.phase(name)
    ended = at.finished_at is not None
    assert ended == (at.status not in _UNFINISHED), f"{name}: {at.status}, ended: {ended}"
    assert not (ended and at.stage), f"{name} has ended and is {at.stage}"
    assert (at.until is not None) == (at.stage in TIMED), f"{name}: {at.stage} until {at.until}"


_UNFINISHED = (
    PhaseStatus.PENDING,
    PhaseStatus.RUNNING,
    PhaseStatus.WAITING,
    PhaseStatus.RECONCILIATION_REQUIRED,
)


def check_stands(player: "Player", command: StartAction) -> None:
    """An attempt begins only while all that its phase requires stands, and all approvals do."""
    run, plan = player.run, player.plan.plan
    phase = plan.phase(command.phase)
    if not isinstance(phase, ActionPhase) or phase.parent:
        return
    for requirement in phase.requires:
        proof = run.phase(requirement.phase)
        assert proof.status is PhaseStatus.PASS, f"{phase.name} begins without {requirement.phase}"
        age = elapsed(proof.finished_at or player.now, player.now)
        assert requirement.max_age is None or age <= requirement.max_age
    if phase.action.safety is Safety.READ or run.accepted.dry_run:
        return
    for name in (p.name for p in plan.phases.values() if isinstance(p, ApprovalPhase)):
        approval = run.phase(name).approval
        assert approval or name not in run.accepted.approvals_needed, f"{name} was not asked for"
        if approval and run.phase(name).status is PhaseStatus.PASS:
            seen: dict[str, str] = approval.covers["proofs"]
            now = {n: run.phase(n).digest for n in seen if run.phase(n).status is PhaseStatus.PASS}
            assert now.items() <= seen.items(), f"{name} covers {seen}, and now it is {now}"
            assert len(approval.approved_by) >= approval.quorum, f"{name} was taken back"


def check_actions(player: "Player") -> None:
    """A driver is asked for exactly what is under way, by the current attempt's token."""
    outstanding = {c.phase: c for c in player.actions()}
    assert set(outstanding) == set(player.run.staged(*UNDER_WAY))
    for name, command in outstanding.items():
        at = player.run.phase(name)
        kind = StartAction if at.stage is Stage.ACTING else RecoverAction
        assert isinstance(command, kind), f"{name} is {at.stage}, and the command is {command}"
        assert (command.token, command.attempt) == (at.token, at.attempt)
        assert command.timeout_at == at.until


def check_timers(player: "Player") -> None:
    """There is exactly one timer for each stage that time ends, and one for the deadline."""
    run = player.run
    due: dict[str, Instant | None] = {timer_key(n): run.phase(n).until for n in run.staged(*TIMED)}
    if run.started_at is not None and not run.terminal and not run.deadline_over:
        due[timer_key(DEADLINE)] = run.deadline_at
    timers = [c for c in player.commands.values() if isinstance(c, SetTimer)]
    assert {t.key: t.due_at for t in timers} == due


def check_place(player: "Player") -> None:
    """What is under way is the place, or a branch of it."""
    run = player.run
    for name in run.staged(*TIMED, Stage.UNKNOWN):
        phase = player.plan.plan.phase(name)
        assert not isinstance(phase, EndPhase | ParallelPhase)
        parent = phase.parent if isinstance(phase, ActionPhase) else None
        assert run.place == (parent or name), f"{name} is under way, and the place is {run.place}"


def check_terminal(player: "Player") -> None:
    """What has ended asks for nothing more, and takes no input."""
    check_whole(player)
    assert not player.commands, f"outstanding after the end: {list(player.commands)}"
    assert not player.run.staged(*(stage for stage in Stage if stage)), "something is under way"
    for told in every_input(player.run):
        try:
            decide(player.plan, player.run, told, player.now)
        except inputs.InputRefused:
            continue
        raise AssertionError(f"an operation that has ended took {told}")


def every_input(run: Run) -> list[inputs.AnyInput]:
    """One input of every type, about the place where an operation is."""
    failure = Failure("x", "x")
    at: dict[str, Any] = {"phase": run.place, "token": run.phase(run.place).token}
    return [
        inputs.LaneGranted(),
        inputs.LaneRefused(failure=failure),
        inputs.AttemptProgressed(**at, message="x"),
        inputs.AttemptFinished(**at, outcome="pass"),
        inputs.AttemptUnknown(**at, failure=failure),
        inputs.AttemptHeld(**at),
        inputs.AttemptLost(**at),
        inputs.TimerFired(name=run.place),
        inputs.TimerFired(name=DEADLINE),
        inputs.Cancel(),
        inputs.Pause(),
        inputs.Resume(),
        inputs.Approve(phase=run.place, decision="approve", digest=""),
        inputs.Revoke(phase=run.place),
        inputs.Reconcile(outcome="pass", note=""),
    ]


def careful_phases(plan: Plan, asked: OperationAccepted) -> frozenset[str]:
    """The phases whose action must not be performed twice unless somebody says so."""
    if asked.dry_run:
        return frozenset()
    phases = (p for p in plan.action_phases() if not p.action.repeatable)
    return frozenset(p.name for p in phases if p.retry.attempts == 1)


@dataclass
class Attempts:
    """Watches that what may have changed the world is never repeated by the engine itself.

    Attributes:
        careful: the phases that this is about.
        begun: per phase the visit and the token of the newest attempt that drivers were asked for.
        lost: tokens of attempts that a crash took, since they were last asked for.
        free: tokens of attempts that are known never to have begun, and may be asked for again.
        held: tokens of attempts that an engine left to the next one.
        again: phases whose attempt a person said to make again.
    """

    careful: frozenset[str]
    begun: dict[str, tuple[int, str]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)

    def told(self, before: Run, told: inputs.AnyInput) -> None:
        """Note what an input lets the engine do."""
        if isinstance(told, inputs.AttemptHeld):
            self.held.add(told.token)
        elif isinstance(told, inputs.AttemptLost):
            self.lost.add(told.token)
            if told.token in self.held:
                self.free.add(told.token)
        elif isinstance(told, inputs.AttemptFinished):
            code = told.failure.code if told.failure else ""
            recovering = before.phase(told.phase).stage is Stage.RECOVERING
            if code == NOT_STARTED and recovering and told.token in self.lost:
                self.free.add(told.token)
        elif isinstance(told, inputs.Reconcile) and told.outcome == "retry":
            self.again.update([told.phase] if told.phase else before.staged(Stage.UNKNOWN))

    def asked(self, player: "Player", command: AnyCommand) -> None:
        """A driver is asked to perform an attempt: was that allowed?"""
        if not isinstance(command, StartAction):
            return
        phase, token = command.phase, command.token
        visit = player.run.phase(phase).visits
        known = self.begun.get(phase)
        if known is None or known[1] != token or token in self.free:
            check_stands(player, command)
        if known is not None and known[0] == visit and phase in self.careful:
            may = token in self.free if token == known[1] else phase in self.again
            assert may, f"{phase} is performed again unasked: {known[1]}, then {token}"
        self.begun[phase] = (visit, token)
        for noted in (self.free, self.held, self.lost):
            noted.discard(token)
        self.again.discard(phase)
