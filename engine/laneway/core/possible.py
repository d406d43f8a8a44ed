"""What can be done with an operation as it is now. Pure.

It is asked of the same rules as `decide`, so that what is shown as possible is what would be taken.
"""

from . import admission, movement
from .compile import CompiledPlan
from .inputs import NotCancellable
from .model import CancelPolicy, Frozen
from .run import Run, Status
from .step import Step


def cancellation(plan: CompiledPlan, run: Run) -> CancelPolicy | None:
    """What would come of a cancellation that is asked for now; None where there is none to ask.

    ``immediate``: it takes effect at once; ``defer``: as soon as what is under way is over;
    ``refuse``: it is answered with `NotCancellable`. None: the operation has ended.
    """
    if run.terminal:
        return None
    step = Step(plan, run, run.updated_at)
    try:
        movement.refuse_late_cancel(step)
    except NotCancellable:
        return CancelPolicy.REFUSE
    at_once = run.started_at is None or movement.can_stop_now(step, inherit=True)
    return CancelPolicy.IMMEDIATE if at_once else CancelPolicy.DEFER


class Retrial(Frozen, frozen=True):
    """How a retry would begin, and what it may come to.

    Attributes:
        begin: the phase that it goes on from.
        destructive: a destructive action can be reached from there.
        approvals: those that must be given anew before it changes anything.
    """

    begin: str
    destructive: bool
    approvals: tuple[str, ...]


def retrial(plan: CompiledPlan, run: Run) -> Retrial | None:
    """How a retry that is asked for now would begin; None where the operation cannot be retried."""
    if not run.terminal or run.status is Status.PASS:
        return None
    try:
        again = admission.retry(plan, run)
    except admission.NothingToRetry:
        return None
    destructive = admission.destroys_from(plan.plan, again.begin) and not run.accepted.dry_run
    return Retrial(begin=again.begin, destructive=destructive, approvals=again.approvals)
