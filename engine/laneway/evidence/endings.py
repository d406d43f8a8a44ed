"""Rules of a replay: how a phase is over, and whether that follows from what happened in it."""

from collections.abc import Callable, Mapping
from typing import Any

from laneway.core import events as ev
from laneway.core.expressions import ExpressionFailed
from laneway.core.model import ActionPhase, ApprovalPhase, ParallelPhase, WaitPhase
from laneway.core.run import PhaseRun, PhaseStatus, Stage
from laneway.core.step import STATUS_OF_OUTCOME

from .moment import Complaint, Complaints, Moment, is_so
from .moves import begins, here, stands
from .work import UNDER_WAY, can_dry_run

Ending = Moment[ev.PhaseFinished]


def over(m: Ending) -> Complaints:
    """A phase is over, once, with an outcome that what happened in it can have."""
    event, phase = m.event, m.phase(m.event.phase)
    yield from here(m, (isinstance(phase, ActionPhase) and phase.parent) or phase.name)
    yield from is_so(not m.state(phase.name).finished, f"{phase.name} was over before")
    yield from is_so(event.attempt == m.state(phase.name).attempt, "of another attempt", "attempt")
    if event.status == PhaseStatus.SKIPPED:
        yield from _skipped(m)
        return
    status = STATUS_OF_OUTCOME.get(event.outcome, PhaseStatus.FAIL)
    yield from is_so(event.status == status, f"{event.outcome!r} is {status}", "status")
    rule = _given_up if _gives_up(m) else _KINDS.get(type(phase), _none)
    yield from rule(m, phase)


def _gives_up(m: Ending) -> bool:
    return m.event.outcome == "cancelled" and "cancelled" not in m.phase(m.event.phase).outcomes


def _skipped(m: Ending) -> Complaints:
    """A dry run passes over what it cannot try, over approvals and over waits."""
    phase = m.phase(m.event.phase)
    yield from is_so(m.run.accepted.dry_run, "only a dry run passes over a phase", "status")
    does = isinstance(phase, ActionPhase) and can_dry_run(phase)
    yield from is_so(not does, "a dry run can do that", "status")
    passed = "approved" if isinstance(phase, ApprovalPhase) else "pass"
    yield from is_so(m.event.outcome == passed, f"that counts as {passed!r}", "outcome")
    if not (isinstance(phase, ActionPhase) and phase.parent):
        yield from stands(m, phase)


def _given_up(m: Ending, phase: Any) -> Complaints:
    """What is under way is given up: it is to stop, or another branch has passed already."""
    at = m.state(phase.name)
    if _beaten(m, phase):
        return  # by one that passed; it was given up even where it had not begun yet
    yield from is_so(bool(m.run.pending_stop), "nobody had asked to stop", "outcome")
    under_way = at.stage in _CAN_BE_GIVEN_UP or _to_be_retried(m)
    yield from is_so(under_way, f"{phase.name} was not under way", "outcome")
    if isinstance(phase, ParallelPhase):  # its branches may be given up after it
        left = [b.name for b in phase.branches if not _begun(m.state(b.name))]
        yield from is_so(not left, f"{', '.join(left)} had not begun")


_CAN_BE_GIVEN_UP = (*UNDER_WAY, Stage.RETRY, Stage.APPROVAL, Stage.WAIT, Stage.BRANCHES)


def _begun(at: PhaseRun) -> bool:
    return at.finished or at.stage is not Stage.NONE


def _beaten(m: Ending, phase: Any) -> bool:
    """Whether it is a branch, and one that passed is enough for the parallel phase."""
    parent = m.phase(phase.parent) if isinstance(phase, ActionPhase) and phase.parent else None
    if not isinstance(parent, ParallelPhase) or parent.join != "any":
        return False
    return m.state(parent.name).stage is Stage.BRANCHES and bool(_passed(m, parent))


def _to_be_retried(m: Ending) -> bool:
    """Whether somebody has just said that another attempt is to be made, which is given up."""
    said = m.before
    if not isinstance(said, ev.PhaseReconciled):
        return False
    return said.phase == m.event.phase and said.outcome == "retry"


def _none(m: Ending, phase: Any) -> Complaints:
    yield Complaint(f"{phase.name} only ends the operation")


# --- actions -------------------------------------------------------------------------------------


def _action(m: Ending, phase: ActionPhase) -> Complaints:
    declared = m.event.outcome in phase.outcomes
    told = f"{phase.action.action_id} has no outcome {m.event.outcome!r}"
    yield from is_so(declared, told, "outcome")
    if m.state(phase.name).stage in UNDER_WAY:
        return
    if isinstance(m.before, ev.PhaseReconciled) and m.before.phase == phase.name:
        said = m.before.outcome
        yield from is_so(m.event.outcome == said, f"it was reconciled as {said}", "outcome")
    else:
        yield from _never_begun(m, phase)


def _never_begun(m: Ending, phase: ActionPhase) -> Complaints:
    """The one thing that ends an action which has not begun: what it is given cannot be made."""
    if phase.parent is None and m.state(phase.name).stage is Stage.NONE:
        yield from begins(m, phase)
    try:
        m.compiled.expressions.render(phase.parameters, m.step.scope())
    except ExpressionFailed:
        failed = m.event.outcome == "fail"
        yield from is_so(failed, "what it is given cannot be made: it fails", "outcome")
    else:
        yield Complaint(f"no attempt of {phase.name} was under way", "outcome")


# --- approvals, waits, branches ------------------------------------------------------------------


def _approval(m: Ending, phase: ApprovalPhase) -> Complaints:
    at = m.state(phase.name)
    approval = at.approval
    if approval is None or at.stage is not Stage.APPROVAL:
        yield Complaint(f"nobody was asked for {phase.name}", "outcome")
        return
    approved = approval.approved_by
    late = at.until is not None and m.at >= at.until
    rejected = any(d.decision == "reject" for d in approval.decisions)
    so = {"approved": len(approved) >= phase.quorum, "rejected": rejected, "expired": late}
    told = f"{len(approved)} of {phase.quorum} had approved, so it is not {m.event.outcome}"
    yield from is_so(so.get(m.event.outcome, False), told, "outcome")
    if m.event.outcome == "approved":
        yield from is_so(not rejected, "somebody had rejected it", "outcome")
        same = m.event.digest == approval.digest
        yield from is_so(same, "what was approved has another digest", "digest")
    by = m.event.evidence.get("approved_by", list(approved))
    yield from is_so(by == list(approved), "others had approved it", "evidence/approved_by")


def _wait(m: Ending, phase: WaitPhase) -> Complaints:
    at = m.state(phase.name)
    waited = at.stage is Stage.WAIT and at.until is not None and m.at >= at.until
    yield from is_so(waited, f"the wait was until {at.until}")
    yield from is_so(m.event.outcome == "pass", "a wait can only pass", "outcome")


def _parallel(m: Ending, phase: ParallelPhase) -> Complaints:
    states = {branch.name: m.state(branch.name) for branch in phase.branches}
    yield from is_so(m.state(phase.name).stage is Stage.BRANCHES, f"{phase.name} had not begun")
    open_ = [name for name, at in states.items() if not at.finished]
    yield from is_so(not open_, f"{', '.join(open_)} had not ended")
    passed = _passed(m, phase)
    enough = bool(passed) if phase.join == "any" else len(passed) == len(states)
    outcome = "pass" if enough else "fail"
    told = f"{len(passed)} of {len(states)} branches passed, which is {outcome}"
    yield from is_so(m.event.outcome == outcome, told, "outcome")
    came_to = {name: at.outcome for name, at in states.items()}
    yield from is_so(m.event.evidence == came_to, "its branches came to something else", "evidence")


def _passed(m: Ending, phase: ParallelPhase) -> list[str]:
    return [b.name for b in phase.branches if m.state(b.name).outcome == "pass"]


_KINDS: Mapping[type, Callable[[Ending, Any], Complaints]] = {
    ActionPhase: _action,
    ApprovalPhase: _approval,
    WaitPhase: _wait,
    ParallelPhase: _parallel,
}
