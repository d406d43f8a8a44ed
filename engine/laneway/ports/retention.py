"""Retention: what the store forgets, what it must not, and what is left of what it forgot.

The promises:

- an operation is removed whole, in one transaction, and leaves a tombstone; its idempotency keys
  stay, so that a replay never makes another operation of what was done before;
- whether it may go is judged in that transaction, by ``laneway.core.retention``;
- an artifact stays as long as an operation that left it behind, and goes with the last of them;
- what is left reads as before: lanes, lists, and the place of the newest event.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from laneway.core.events import Actor
from laneway.core.instants import Instant
from laneway.core.model import Lane, Retention
from laneway.core.retention import Candidate

if TYPE_CHECKING:
    from .store import Lease


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Why an operation stays until somebody releases it."""

    operation_id: str
    by: Actor
    reason: str
    at: Instant


class Tombstone(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of an operation that was pruned.

    Attributes:
        seq: of its last event; head: that event's hash, by which a bundle that was exported before
            can still be checked.
        rule: the limits that it was past.
    """

    operation_id: str
    plan: str
    plan_version: int
    plan_digest: str
    lane: Lane
    status: str
    requested_by: str
    dry_run: bool
    supersedes: str | None
    retry_of: str | None
    created_at: Instant
    finished_at: Instant
    seq: int
    head: str
    pruned_at: Instant
    rule: str


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """What one transaction removed; ``artifact_bytes`` are those of its ``artifacts``."""

    tombstones: tuple[Tombstone, ...] = ()
    events: int = 0
    artifacts: int = 0
    artifact_bytes: int = 0


class ArtifactUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of artifacts: those of one operation, and all that are stored."""

    operation: int
    total: int


class Survey(Protocol):
    """What might go; see `RetentionStore`."""

    async def limits(self) -> Mapping[str, Retention]:
        """The limits of every plan that is stored, by digest, in the order of the digests."""
        ...

    async def candidates(
        self,
        plan_digest: str,
        limits: Retention,
        ended_before: Instant,
        limit: int,
        after: Candidate | None = None,
    ) -> Sequence[Candidate]:
        """Operations that are pinned to a plan and ended before an instant.

        Those that ended first come first.

        Args:
            limits: the plan's.
            after: the last of the page before.
        """
        ...


class RetentionStore(Survey, Protocol):
    """See the module; every method raises `StoreUnavailable` where the database does not answer."""

    async def hold(self, hold: Hold) -> bool:
        """Let an operation stay, in place of a hold that it has; False: there is no such one."""
        ...

    async def release(self, operation_id: str) -> Hold | None:
        """Let go of an operation; returns the hold that it had."""
        ...

    async def held(self, operation_id: str) -> Hold | None:
        """The hold that an operation has."""
        ...

    async def tombstone(self, operation_id: str) -> Tombstone | None:
        """What is left of an operation that was pruned."""
        ...

    async def prune(self, candidates: Sequence[Candidate], at: Instant, lease: "Lease") -> Removed:
        """Remove those of the candidates that may go as they are now, in one transaction.

        Raises:
            StaleLease: nothing was removed.
        """
        ...

    async def drop_plans(self, lease: "Lease") -> int:
        """Remove the plans that no operation is pinned to; returns how many.

        Nobody may be about to create an operation: it would miss the plan that was saved for it.

        Raises:
            StaleLease: nothing was removed.
        """
        ...

    async def artifact_usage(self, operation_id: str) -> ArtifactUsage:
        """How many bytes of artifacts there are."""
        ...
