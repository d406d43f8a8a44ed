"""Promises about actions: when they begin, how often, and who stops them. See ``watch``."""

from collections.abc import Iterator

from laneway.core import events as ev
from laneway.core import inputs
from laneway.core.commands import RecoverAction, StartAction
from laneway.core.instants import elapsed
from laneway.core.model import (
    ActionPhase,
    ApprovalPhase,
    CancelPolicy,
    ParallelPhase,
    Phase,
    Plan,
    Safety,
)
from laneway.core.run import HELD, Approval, PhaseStatus, Run, Stage

from .deeds import destroys
from .scene import Commit

UNDER_WAY = (Stage.ACTING, Stage.RECOVERING)


def unwritten(commit: Commit) -> Iterator[str]:
    """What is asked of drivers is what was written down, and all of it."""
    run = commit.after.run
    outstanding = {command.phase: command for command in commit.after.actions()}
    for name in set(outstanding) ^ set(run.staged(*UNDER_WAY)):
        yield f"{name} is under way for the operation or for its driver, and not for both"
    written = {_written(said.event) for said in commit.decision.events}
    for command in commit.decision.commands:
        if isinstance(command, StartAction | RecoverAction):
            begins = "start" if isinstance(command, StartAction) else "recover"
            at = run.phase(command.phase)
            if (begins, command.phase, command.attempt) not in written or at.token != command.token:
                yield f"{command.token} is to {begins}, and no event of this commit says so"


def _written(event: ev.AnyEvent) -> tuple[str, str, int]:
    if isinstance(event, ev.PhaseStarted | ev.PhaseResumed):
        return "start", event.phase, event.attempt
    if isinstance(event, ev.PhaseRecovering):
        return "recover", event.phase, event.attempt
    return "", "", 0


def repeated(commit: Commit) -> Iterator[str]:
    """No careful action may have been done twice."""
    for phase, times in commit.after.deeds.items():
        if times > 1:
            what = "destroys" if destroys(commit.plan.plan, phase) else "changes something"
            yield f"{phase}, which {what}, may have been done {times} times unasked"


def unproved(commit: Commit) -> Iterator[str]:
    """What begins has all that it requires."""
    for phase in _beginning(commit):
        for requirement in phase.requires:
            proof = commit.after.run.phase(requirement.phase)
            if proof.status is not PhaseStatus.PASS or proof.finished_at is None:
                yield f"{phase.name} begins, and {requirement.phase} has not passed"
            elif requirement.max_age is not None:
                age = elapsed(proof.finished_at, commit.now)
                if age > requirement.max_age:
                    yield f"{phase.name} begins, and {requirement.phase} is {age} ms old"


def _beginning(commit: Commit) -> Iterator[Phase]:
    """The phases whose work begins with this commit, for the first time or once more."""
    plan = commit.plan.plan
    for said in commit.decision.events:
        event = said.event
        if isinstance(event, ev.ParallelStarted | ev.ApprovalRequested | ev.WaitStarted):
            yield plan.phase(event.phase)
        elif isinstance(event, ev.PhaseStarted | ev.PhaseResumed):
            phase = plan.phase(event.phase)
            assert isinstance(phase, ActionPhase), f"{event.phase} performs no action"
            harmless = isinstance(event, ev.PhaseResumed) and phase.action.repeatable
            if phase.parent is None and not harmless:
                yield phase


def unapproved(commit: Commit) -> Iterator[str]:
    """What changes something is covered by every approval that was given, or must be."""
    plan, run = commit.plan.plan, commit.after.run
    if run.accepted.dry_run or not any(_changes(phase) for phase in _beginning(commit)):
        return
    for phase in plan.phases.values():
        if isinstance(phase, ApprovalPhase):
            yield from _lacks(phase, run)


def _lacks(phase: ApprovalPhase, run: Run) -> Iterator[str]:
    at = run.phase(phase.name)
    if at.approval is None:
        if phase.name in run.accepted.approvals_needed:
            yield f"{phase.name} was needed anew, and nobody was asked"
    elif at.status is PhaseStatus.PASS:
        yield from _not_covered(phase, run, at.approval)


def _not_covered(phase: ApprovalPhase, run: Run, approval: Approval) -> Iterator[str]:
    seen: dict[str, str] = approval.covers["proofs"]
    for name, digest in seen.items():
        proof = run.phase(name)
        if proof.status is PhaseStatus.PASS and proof.digest != digest:
            yield f"{phase.name} covers what {name} said before, and now it says something else"
    own = run.accepted.requested_by.subject
    people = set(approval.approved_by) - (set() if phase.allow_requester else {own})
    if len(people) < phase.quorum:
        yield f"{phase.name} needs {phase.quorum} to approve, and {len(people)} have"


def unauthorized(commit: Commit) -> Iterator[str]:
    """The first thing that is changed is allowed by the policy as it is now."""
    run = commit.before.run
    if commit.ruling is None or run.changed or run.accepted.dry_run:
        return
    events = [said.event for said in commit.decision.events]
    allowed = any(isinstance(e, ev.AuthorizationChecked) and e.ruling.allowed for e in events)
    for phase in _beginning(commit):
        if _changes(phase) and not allowed:
            yield f"{phase.name} changes something, and the policy has not allowed it"


def _changes(phase: Phase) -> bool:
    if isinstance(phase, ParallelPhase):
        return any(_changes(branch) for branch in phase.branches)
    return isinstance(phase, ActionPhase) and phase.action.safety is not Safety.READ


def cancelled_late(commit: Commit) -> Iterator[str]:
    """A cancel that was taken was not too late."""
    if isinstance(commit.told, inputs.Cancel) and past_no_return(
        commit.plan.plan, commit.before.run
    ):
        yield f"a cancel was taken at {commit.before.run.place}, past the point of no return"


def past_no_return(plan: Plan, run: Run) -> bool:
    """Whether a cancel must be refused."""
    place = plan.phases.get(run.place)
    if run.staged(Stage.UNKNOWN):
        return True
    if place is None or run.accepted.dry_run:
        return False
    behind = any(run.phase(p.name).attempt and _refuses(plan, p) for p in plan.action_phases())
    if not run.begun and not behind:
        return False
    if place.cancel is not None:
        return place.cancel is CancelPolicy.REFUSE
    return behind or _destructive(place)


def _refuses(plan: Plan, phase: ActionPhase) -> bool:
    place = plan.phase(phase.parent or phase.name)
    if place.cancel is not None:
        return place.cancel is CancelPolicy.REFUSE
    return _destructive(place)


def _destructive(phase: Phase) -> bool:
    if isinstance(phase, ParallelPhase):
        return any(_destructive(branch) for branch in phase.branches)
    return isinstance(phase, ActionPhase) and phase.action.safety is Safety.DESTRUCTIVE


def _over(commit: Commit, phase: ActionPhase) -> bool:
    """Whether the attempt is over by what was told, so that only another one is given up."""
    told = commit.told
    if isinstance(told, inputs.AttemptFinished):
        return told.phase == phase.name
    about = told.name if isinstance(told, inputs.TimerFired) else getattr(told, "phase", "")
    return bool(about == phase.name) and phase.action.repeatable


def given_up(commit: Commit, run: Run, event: ev.AnyEvent) -> Iterator[str]:
    """What is given up only reads, or its plan says that it may be."""
    if not isinstance(event, ev.PhaseFinished) or event.status != PhaseStatus.CANCELLED:
        return
    phase, at = commit.plan.plan.phase(event.phase), run.phase(event.phase)
    if not isinstance(phase, ActionPhase) or at.stage not in UNDER_WAY or at.dry_run:
        return
    if at.reason == HELD or _over(commit, phase):
        return
    place = commit.plan.plan.phase(phase.parent or phase.name)
    if phase.action.safety is not Safety.READ and place.cancel is not CancelPolicy.IMMEDIATE:
        yield f"{event.phase} may be changing something, and was given up"
