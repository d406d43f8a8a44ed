"""What still stands: which proof or approval must be made (again) before a phase may start."""

from typing import Any

import msgspec

from .digests import digest
from .instants import Instant, elapsed
from .model import ActionPhase, ApprovalPhase, ParallelPhase, Phase, Plan, Requirement, Safety
from .run import Approval, PhaseRun, PhaseStatus, Run


def missing(plan: Plan, run: Run, phase: Phase, now: Instant) -> str | None:
    """The first thing that must be made (again) before the phase starts, or None.

    Proofs come before approvals, so that an approval covers the proofs as they are now; what a
    retry has only carried over proves nothing. Approvals only matter to a phase that changes
    something, and never to a dry run.
    """
    for requirement in phase.requires:
        if not _stands(run.phase(requirement.phase), requirement, now):
            return requirement.phase
    if isinstance(phase, ApprovalPhase):
        return next((name for name in proofs(plan) if _carried(run, name)), None)
    if run.accepted.dry_run or not changes_something(phase):
        return None
    approvals = (p.name for p in plan.phases.values() if isinstance(p, ApprovalPhase))
    return next((name for name in approvals if _must_ask(run, name)), None)


def proofs(plan: Plan) -> tuple[str, ...]:
    """The phases that others of the plan require."""
    return tuple(dict.fromkeys(r.phase for p in plan.phases.values() for r in p.requires))


def _carried(run: Run, name: str) -> bool:
    return run.phase(name).status is PhaseStatus.SKIPPED


def _stands(proof: PhaseRun, requirement: Requirement, now: Instant) -> bool:
    if proof.status is not PhaseStatus.PASS or proof.finished_at is None:
        return False
    return requirement.max_age is None or elapsed(proof.finished_at, now) <= requirement.max_age


def changes_something(phase: Phase) -> bool:
    """Whether the phase performs an action that does more than read."""
    if isinstance(phase, ParallelPhase):
        return any(changes_something(branch) for branch in phase.branches)
    return isinstance(phase, ActionPhase) and phase.action.safety is not Safety.READ


def _must_ask(run: Run, name: str) -> bool:
    """Whether an approval is to be asked for before anything is changed.

    That is so where it was given, and a proof that it covers says something else now, or somebody
    has taken theirs back; and where a
    retry needs it anew, and it has not been asked for yet. One that was not given (rejected,
    expired) has sent the operation where the plan says, and is not asked for again on that way.
    """
    phase = run.phase(name)
    approval = phase.approval
    if approval is None:
        return name in run.accepted.approvals_needed
    revoked = len(approval.approved_by) < approval.quorum
    return phase.status is PhaseStatus.PASS and (revoked or not _covers_still(run, approval))


def _covers_still(run: Run, approval: Approval) -> bool:
    """A proof that does not pass now says nothing: whoever requires it makes it again."""
    seen: dict[str, str] = approval.covers["proofs"]
    now = {name: run.phase(name) for name in seen}
    return all(p.digest == seen[n] for n, p in now.items() if p.status is PhaseStatus.PASS)


def covers(plan: Plan, run: Run) -> dict[str, Any]:
    """What an approval is asked for: plan, lane, request, dry run, the proofs as they are now."""
    dry_run = run.accepted.dry_run_evidence
    return {
        **({} if dry_run is None else {"dry_run": msgspec.to_builtins(dry_run)}),
        "plan": {"name": plan.name, "version": plan.version, "digest": plan.digest},
        "lane": {
            "product": run.lane.product,
            "context": run.lane.context,
            "instance": run.lane.instance,
        },
        "request": run.accepted.request,
        "proofs": {
            name: run.phase(name).digest
            for name in sorted(proofs(plan))
            if run.phase(name).status is PhaseStatus.PASS
        },
    }


def covers_digest(covered: dict[str, Any]) -> str:
    """The digest that an approver sends back to say what they saw."""
    return digest("laneway/approval/v1", covered)
