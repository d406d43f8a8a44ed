"""What happens next: ``decide(plan, run, input, now)`` gives the events and commands of one input.

Pure: the same arguments give the same decision, and nothing else in the world matters. `LEGAL` is
the table of what an operation may be told in which status; an input that it does not allow raises,
and changes nothing. The handlers below it say, input by input, what follows; they move the run
along its plan through `Step`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from . import attempts, inputs, movement
from . import events as ev
from .commands import AnyCommand, timer_key
from .compile import CompiledPlan
from .instants import Instant, later
from .model import EndStatus, Frozen
from .run import Run, Stage, Status
from .step import DEADLINE, Attributed, Step


class Decision(Frozen, frozen=True):
    """What one input leads to.

    Attributes:
        events: what is so from now on, with who caused it.
        commands: what must be done; each takes the place of one with the same key.
        withdraw: keys of commands that are done or no longer wanted.
        run: the run after the events.
    """

    events: tuple[Attributed, ...]
    commands: tuple[AnyCommand, ...]
    withdraw: tuple[str, ...]
    run: Run


_UNFINISHED = frozenset(
    {
        Status.PENDING,
        Status.RUNNING,
        Status.WAITING,
        Status.PAUSED,
        Status.RECONCILIATION_REQUIRED,
    }
)
_AT_WORK = frozenset({Status.RUNNING, Status.WAITING, Status.RECONCILIATION_REQUIRED})

LEGAL: Mapping[type[inputs.Input], frozenset[Status]] = {
    inputs.LaneGranted: frozenset({Status.PENDING}),
    inputs.LaneRefused: frozenset({Status.PENDING}),
    inputs.AttemptProgressed: _AT_WORK,
    inputs.AttemptFinished: _AT_WORK,
    inputs.AttemptUnknown: _AT_WORK,
    inputs.AttemptHeld: _AT_WORK,
    inputs.AttemptLost: _AT_WORK,
    inputs.TimerFired: _UNFINISHED - {Status.PENDING},
    inputs.Cancel: _UNFINISHED,
    inputs.Pause: frozenset({Status.RUNNING, Status.WAITING}),
    inputs.Resume: frozenset({Status.RUNNING, Status.WAITING, Status.PAUSED}),
    inputs.Approve: frozenset({Status.WAITING}),
    inputs.Revoke: frozenset({Status.RUNNING, Status.WAITING, Status.PAUSED}),
    inputs.Reconcile: frozenset({Status.RECONCILIATION_REQUIRED}),
}
"""For each input, the statuses in which an operation may be told it."""


def decide(
    plan: CompiledPlan,
    run: Run,
    told: inputs.AnyInput,
    now: Instant,
    ruling: ev.Ruling | None = None,
) -> Decision:
    """What follows from an input.

    Args:
        ruling: what the policy says now of the operation's requester; None where there is none.

    Raises:
        inputs.InputRefused: the input is not possible now; nothing follows from it.
    """
    if run.status not in LEGAL[type(told)]:
        word = type(told).__name__
        raise inputs.IllegalInput(f"an operation that is {run.status} takes no {word}")
    step = Step(plan, run, now, ruling)
    _HANDLERS[type(told)](step, told)
    movement.settle(step)
    return Decision(
        events=tuple(step.events),
        commands=tuple(step.commands.values()),
        withdraw=tuple(step.withdrawn),
        run=step.run,
    )


def _lane_granted(step: Step, told: inputs.LaneGranted) -> None:
    deadline_at = later(step.now, step.plan.plan.deadline)
    step.emit(ev.OperationStarted(deadline_at, told.target))
    step.timer(DEADLINE, deadline_at)
    begin = step.run.accepted.retry_from
    movement.enter(step, step.take(f"retry:{begin}" if begin else "start"))


def _lane_refused(step: Step, told: inputs.LaneRefused) -> None:
    step.emit(ev.TransitionTaken(step.run.place, "refused", step.target("refused")))
    step.emit(ev.OperationFinished(EndStatus.REFUSED, told.failure))


def _timer_fired(step: Step, told: inputs.TimerFired) -> None:
    deadline = told.name == DEADLINE
    due_at = step.run.deadline_at if deadline else step.at(told.name).until
    if due_at is None or step.now < due_at or (deadline and step.run.deadline_over):
        return  # late news of a timer that was set again since, or has done its work
    step.withdraw(timer_key(told.name))
    if deadline:
        _deadline(step)
    else:
        _WHEN_DUE[step.at(told.name).stage](step, told.name)


def _deadline(step: Step) -> None:
    step.emit(ev.DeadlinePassed())
    if movement.can_stop_now(step, inherit=False):
        movement.stop(step)


def _expired(step: Step, name: str) -> None:
    failure = ev.Failure("approval_expired", f"nobody decided on {name} in time")
    movement.finish(step, name, "expired", failure=failure)


def _waited(step: Step, name: str) -> None:
    movement.finish(step, name, "pass")


_WHEN_DUE: Mapping[Stage, Callable[[Step, str], None]] = {
    Stage.ACTING: attempts.timed_out,
    Stage.RECOVERING: attempts.recovery_timed_out,
    Stage.RETRY: attempts.again,
    Stage.APPROVAL: _expired,
    Stage.WAIT: _waited,
}


def _cancel(step: Step, told: inputs.Cancel) -> None:
    movement.refuse_late_cancel(step)
    at_once = step.run.started_at is None or movement.can_stop_now(step, inherit=True)
    if at_once or not step.run.pending_stop:
        step.emit(ev.CancelRequested(told.actor, told.reason), told.actor)
    if at_once:
        movement.stop(step)


def _pause(step: Step, told: inputs.Pause) -> None:
    if step.run.pause_requested:
        raise inputs.IllegalInput("the operation will already pause before its next phase")
    step.emit(ev.PauseRequested(told.actor, told.reason), told.actor)


def _resume(step: Step, told: inputs.Resume) -> None:
    if not (step.run.paused or step.run.pause_requested):
        raise inputs.IllegalInput("the operation is not paused")
    was_paused = step.run.paused
    step.emit(ev.OperationResumed(told.actor), told.actor)
    if was_paused:
        movement.begin(step, step.run.place)


def _approve(step: Step, told: inputs.Approve) -> None:
    if told.decision not in ("approve", "reject"):
        raise inputs.IllegalInput(f"{told.decision!r} is no decision: approve or reject")
    approval = step.at(told.phase).approval
    if step.at(told.phase).stage is not Stage.APPROVAL or approval is None:
        raise inputs.IllegalInput(f"no approval of {told.phase!r} is asked for now")
    movement.check_approver(step, told, approval)
    decided = ev.ApprovalDecided(told.phase, told.decision, told.digest, told.comment, told.actor)
    step.emit(decided, told.actor)
    movement.settle_approval(step, told.phase)


def _revoke(step: Step, told: inputs.Revoke) -> None:
    approval = step.at(told.phase).approval
    given = None if approval is None else approval.decided_by(told.actor)
    if approval is None or given is None or given.decision != "approve":
        raise inputs.IllegalInput(f"{told.actor.subject} has not approved {told.phase!r}")
    if approval.used:
        raise inputs.IllegalInput(f"{told.phase} has been used: something was done because of it")
    step.emit(ev.ApprovalRevoked(told.phase, told.actor, told.reason), told.actor)


def _reconcile(step: Step, told: inputs.Reconcile) -> None:
    if told.outcome not in ("pass", "fail", "retry"):
        raise inputs.IllegalInput(f"{told.outcome!r} is no outcome: pass, fail or retry")
    unknown = step.run.staged(Stage.UNKNOWN)
    if told.phase not in unknown and not (told.phase is None and len(unknown) == 1):
        raise inputs.PhaseUnclear(f"say which phase: {', '.join(unknown)}")
    name = told.phase or unknown[0]
    reconciled = ev.PhaseReconciled(
        name, step.at(name).attempt, told.outcome, told.note, told.actor
    )
    step.emit(reconciled, told.actor)
    attempts.reconciled(step, name, told)


_HANDLERS: Mapping[type[inputs.Input], Callable[[Step, Any], None]] = {
    inputs.LaneGranted: _lane_granted,
    inputs.LaneRefused: _lane_refused,
    inputs.AttemptProgressed: attempts.progressed,
    inputs.AttemptFinished: attempts.finished,
    inputs.AttemptUnknown: attempts.unknown,
    inputs.AttemptHeld: attempts.held,
    inputs.AttemptLost: attempts.lost,
    inputs.TimerFired: _timer_fired,
    inputs.Cancel: _cancel,
    inputs.Pause: _pause,
    inputs.Resume: _resume,
    inputs.Approve: _approve,
    inputs.Revoke: _revoke,
    inputs.Reconcile: _reconcile,
}
