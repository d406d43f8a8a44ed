"""One step of an operation: the events and commands of a decision, as they come about.

A step starts from a run and moves it along its plan. Everything that it says is both emitted and at
once folded into its run, so that what comes next is decided on what is already so. It is the
scratch pad of a pure function: nothing leaves it but the finished `Decision`.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from . import events as ev
from .commands import AnyCommand, RecoverAction, SetTimer, StartAction, action_key, timer_key
from .compile import CompiledPlan
from .evolve import evolve
from .expressions import ExpressionFailed, LazyScope, Scope, scope
from .instants import Instant, later
from .machine import CANCELLED, FAILED, REFUSED, Configuration, Guards, outcome_event
from .model import ActionPhase, EndPhase, EndStatus, Frozen, ParallelPhase, Phase
from .run import PENDING, PhaseRun, PhaseStatus, Run, Stage

ENDS = {
    CANCELLED: EndStatus.CANCELLED,
    FAILED: EndStatus.FAIL,
    REFUSED: EndStatus.REFUSED,
}
"""The statechart's own final states, and the status they give."""

DEADLINE = "@deadline"
"""The name of the operation's own timer; no phase can have it."""

RECOVERY_TIME = 120_000
"""Milliseconds that a driver has at least to tell what became of an attempt."""

STATUS_OF_OUTCOME = {
    "pass": PhaseStatus.PASS,
    "approved": PhaseStatus.PASS,
    "skipped": PhaseStatus.SKIPPED,
    "refused": PhaseStatus.REFUSED,
    "rejected": PhaseStatus.REFUSED,
    "cancelled": PhaseStatus.CANCELLED,
}
"""The status of a phase that has ended so; every other outcome is ``fail``."""


class Attributed(Frozen, frozen=True):
    """An event and who caused it."""

    event: ev.AnyEvent
    actor: ev.Actor


@dataclass(slots=True)
class Step:
    """A decision in the making; see the module."""

    plan: CompiledPlan
    run: Run
    now: Instant
    ruling: ev.Ruling | None = None
    events: list[Attributed] = field(default_factory=list)
    commands: dict[str, AnyCommand] = field(default_factory=dict)
    withdrawn: dict[str, None] = field(default_factory=dict)
    arriving: str | None = None

    def emit(self, event: ev.AnyEvent, actor: ev.Actor = ev.ENGINE) -> None:
        """Say that something is so."""
        self.events.append(Attributed(event, actor))
        self.run = evolve(self.run, event, self.now)

    def command(self, command: AnyCommand) -> None:
        """Ask for something to be done."""
        self.commands[command.key] = command

    def withdraw(self, key: str) -> None:
        """Take back a command, whether of this step or an earlier one."""
        self.commands.pop(key, None)
        self.withdrawn[key] = None

    def phase(self, name: str) -> Phase:
        """A phase of the plan."""
        return self.plan.plan.phase(name)

    def action_phase(self, name: str) -> ActionPhase:
        """A phase of the plan that performs an action."""
        phase = self.phase(name)
        assert isinstance(phase, ActionPhase), f"{name} performs no action"
        return phase

    def at(self, name: str) -> PhaseRun:
        """The state of a phase."""
        return self.run.phases.get(name, PENDING)

    def timer(self, name: str, due_at: Instant) -> None:
        """Come back at an instant, in place of the phase's earlier timer."""
        self.command(SetTimer(timer_key(name), due_at))

    # --- moving along the plan -------------------------------------------------------------------

    def scope(self) -> Scope:
        """What expressions may refer to, as it is now."""
        return scope_of(self.plan, self.run)

    def configuration(self) -> Configuration:
        """The statechart's configuration; derived, never stored."""
        place = self.plan.plan.phases.get(self.run.place)
        if not isinstance(place, ParallelPhase):
            return self.plan.machine.configuration(self.run.place)
        finished = frozenset(b.name for b in place.branches if self.at(b.name).finished)
        return self.plan.machine.configuration(self.run.place, finished)

    def target(self, event: str, guards: Guards = ()) -> str:
        """Where an event leads from here; raises `NotAllowed` where the plan does not say."""
        return self.plan.machine.place(self.plan.machine.step(self.configuration(), event, guards))

    def take(self, event: str, guards: Guards = ()) -> str:
        """Make a transition, and return where it leads."""
        target = self.target(event, guards)
        self.emit(ev.TransitionTaken(self.run.place, event, target))
        return target

    def outcome_transition(self, outcome: str) -> tuple[str, Guards]:
        """The event of an outcome, and its guards: only the first that holds counts as held."""
        phase = self.plan.plan.phases[self.run.place]
        return outcome_event(outcome), guards_of(self.plan, self.run, phase, outcome)

    def end(self, place: str) -> None:
        """Write the terminal event, and take back whatever was still asked for."""
        phase = self.plan.plan.phases.get(place)
        status = phase.end if isinstance(phase, EndPhase) else ENDS[place]
        failed = status in (EndStatus.FAIL, EndStatus.REFUSED)
        self.withdraw(timer_key(DEADLINE))
        self.emit(ev.OperationFinished(status, self.run.last_failure if failed else None))

    # --- attempts --------------------------------------------------------------------------------

    def start_command(self, phase: ActionPhase, timeout_at: Instant) -> None:
        """Ask for the current attempt to be performed, and for its timeout."""
        at = self.at(phase.name)
        self.command(
            StartAction(
                key=action_key(phase.name),
                phase=phase.name,
                attempt=at.attempt,
                token=at.token,
                action=phase.action.action_id,
                parameters=at.parameters,
                timeout_at=timeout_at,
                dry_run=at.dry_run,
                checkpoint=at.checkpoint,
            )
        )
        self.timer(phase.name, timeout_at)

    def recover(self, phase: ActionPhase, reason: str, failure: ev.Failure | None = None) -> None:
        """Ask the driver what became of the current attempt.

        Where the engine stopped while it waited for the answer, the first reason stays: it says
        what is to be made of it.
        """
        at = self.at(phase.name)
        if at.stage is Stage.RECOVERING:
            reason = at.reason
        until = later(self.now, RECOVERY_TIME)
        if reason == "lost" and at.until is not None:
            until = max(until, at.until)
        self.emit(ev.PhaseRecovering(phase.name, at.attempt, reason, until, failure))
        self.withdraw(action_key(phase.name))
        self.command(
            RecoverAction(
                key=action_key(phase.name),
                phase=phase.name,
                attempt=at.attempt,
                token=at.token,
                action=phase.action.action_id,
                parameters=at.parameters,
                checkpoint=at.checkpoint,
                timeout_at=until,
            )
        )
        self.timer(phase.name, until)

    def phase_over(self, finished: ev.PhaseFinished, actor: ev.Actor = ev.ENGINE) -> None:
        """Write that a phase is over, and take back its commands."""
        self.withdraw(action_key(finished.phase))
        self.withdraw(timer_key(finished.phase))
        self.emit(finished, actor)


def scope_of(plan: CompiledPlan, run: Run) -> Scope:
    """What a plan's expressions may refer to in a run."""
    return LazyScope(lambda: _scope_of(plan, run))


def _scope_of(plan: CompiledPlan, run: Run) -> Scope:
    accepted = run.accepted
    lane = {"product": run.lane.product, "context": run.lane.context, "instance": run.lane.instance}
    operation: dict[str, Any] = {
        "id": run.id,
        "plan": plan.plan.name,
        "requested_by": accepted.requested_by.subject,
        "reason": accepted.reason,
        "dry_run": accepted.dry_run,
        "supersedes": accepted.supersedes or "",
        "retry_of": accepted.retry_of or "",
        "created_at": run.created_at,
    }
    phases = {
        phase.name: (run.phase(phase.name).outcome, run.phase(phase.name).evidence)
        for phase in plan.plan.every_phase()
    }
    return scope(accepted.request, lane, operation, run.target, phases)


@cache
def _only(place: int, count: int) -> Guards:
    return tuple(index == place for index in range(count))


def guards_of(plan: CompiledPlan, run: Run, phase: Phase, outcome: str) -> Guards:
    """Which of an outcome's targets is taken: True for the first whose guard holds.

    Raises:
        ExpressionFailed: a guard cannot be evaluated, or none holds.
    """
    targets = phase.on.get(outcome, ())
    names = scope_of(plan, run)
    for place, target in enumerate(targets):
        if target.when is None or plan.expressions.holds(target.when, names):
            return _only(place, len(targets))
    if outcome == "cancelled" and not targets:
        return ()
    raise ExpressionFailed(outcome, f"no guard of {phase.name}'s outcome {outcome!r} holds")
