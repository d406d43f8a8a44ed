"""What a cancellation does while a phase is at work, as far as the phase itself says."""

from .model import ActionPhase, CancelPolicy, ParallelPhase, Phase, Safety

STOPPED_BY = {
    Safety.READ: CancelPolicy.IMMEDIATE,
    Safety.SAFE_WRITE: CancelPolicy.DEFER,
    Safety.MUTATION: CancelPolicy.DEFER,
    Safety.DESTRUCTIVE: CancelPolicy.REFUSE,
}
"""Where a phase does not say it."""

STRICTNESS = {policy: place for place, policy in enumerate(CancelPolicy)}
"""A policy that is greater refuses more."""


def own_policy(phase: Phase) -> CancelPolicy:
    """The policy of a phase before which the point of no return does not lie.

    What the plan says holds; else what the action does decides, and of branches the strictest.
    """
    if phase.cancel is not None:
        return phase.cancel
    if isinstance(phase, ActionPhase):
        return STOPPED_BY[phase.action.safety]
    if isinstance(phase, ParallelPhase):
        return max(map(own_policy, phase.branches), key=STRICTNESS.__getitem__)
    return CancelPolicy.IMMEDIATE
