"""Retention on the wire: holds, and what is left of operations that were pruned."""

import msgspec

from laneway.core.events import Actor
from laneway.core.instants import Instant
from laneway.core.model import Lane
from laneway.ports.retention import Tombstone

from .forms import OperationId


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an operation stays, whatever its plan's retention says; and why."""

    operation: OperationId
    held: bool
    by: Actor | None
    reason: str | None
    at: Instant | None


class PrunedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan that the operation was pinned to."""

    name: str
    version: int
    digest: str


class PrunedBy(msgspec.Struct, frozen=True):
    """Who asked for the operation."""

    subject: str


class PrunedOperation(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of an operation that was pruned.

    ``seq`` and ``head`` are of its last event: a bundle that was exported before can still be
    checked against them. ``rule`` says by which limits it went.
    """

    id: str
    seq: int
    head: str
    status: str
    plan: PrunedPlan
    lane: Lane
    requested_by: PrunedBy
    dry_run: bool
    supersedes: str | None
    retry_of: str | None
    created_at: Instant
    finished_at: Instant
    pruned_at: Instant
    rule: str


def pruned(tombstone: Tombstone) -> PrunedOperation:
    """What is left of an operation, for people and programs."""
    return PrunedOperation(
        id=tombstone.operation_id,
        seq=tombstone.seq,
        head=tombstone.head,
        status=tombstone.status,
        plan=PrunedPlan(
            name=tombstone.plan, version=tombstone.plan_version, digest=tombstone.plan_digest
        ),
        lane=tombstone.lane,
        requested_by=PrunedBy(tombstone.requested_by),
        dry_run=tombstone.dry_run,
        supersedes=tombstone.supersedes,
        retry_of=tombstone.retry_of,
        created_at=tombstone.created_at,
        finished_at=tombstone.finished_at,
        pruned_at=tombstone.pruned_at,
        rule=tombstone.rule,
    )


def operation_id(named: object) -> str:
    """The id in a problem's member ``operation``: an id, or what is left of a pruned operation."""
    if isinstance(named, PrunedOperation):
        return named.id
    if isinstance(named, dict):
        return str(named.get("id", ""))
    return named if isinstance(named, str) else ""
