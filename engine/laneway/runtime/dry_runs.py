"""The evidence of a dry run: that somebody tried it before it is done for real."""

from laneway.core.events import DryRunEvidence, OperationAccepted
from laneway.ports.store import OperationFilter

from .operations import Operations

LOOKED_AT = 20
"""How many of the newest dry runs on the lane are looked through for one of the same request."""


async def dry_run_evidence(
    operations: Operations, asked: OperationAccepted
) -> DryRunEvidence | None:
    """The newest dry run of the same plan, lane and request that has ended, or None."""
    lane = asked.lane
    where = OperationFilter(
        plan=asked.plan,
        product=lane.product,
        context=lane.context,
        instance=lane.instance,
        dry_run=True,
    )
    for row in await operations.store.operations(where, LOOKED_AT):
        if row.plan_digest != asked.plan_digest or row.finished_at is None:
            continue
        run = (await operations.load(row.id)).run
        if run.accepted.request == asked.request:
            return DryRunEvidence(row.id, row.status, row.finished_at, row.head)
    return None
