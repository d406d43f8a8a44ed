"""The store: what the engine needs of a database, in its own verbs.

An adapter is finished when it passes ``laneway.testing.store_conformance``. The promises:

- a commit is all or nothing, and when ``commit`` returns it is on disk;
- events are appended without gaps, each chained to the one before, and are never changed;
- one exclusive operation holds a lane, and one creation owns an idempotency key: both are
  constraints of the database, whatever the callers do;
- a commit under a lease that has been claimed since is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from laneway.core.commands import AnyCommand
from laneway.core.envelope import Recorded
from laneway.core.events import Actor
from laneway.core.instants import Instant
from laneway.core.model import ActionSpec, Lane

from .audit import AuditLog
from .plan_versions import PlanVersions
from .retention import RetentionStore
from .sessions import Sessions


class StoreError(Exception):
    """The store could not do what was asked."""


class StoreUnavailable(StoreError):
    """The database cannot be read or written now (locked, full, gone); nothing was written."""


class StoreCorrupt(StoreUnavailable):
    """The database is damaged or is not one of Laneway's; nothing was written."""


class StoreOutdated(StoreUnavailable):
    """The database's schema is older or newer than this version of Laneway."""


class StoreInUse(StoreUnavailable):
    """Another process has this database open."""


class LaneHeld(StoreError):
    """Another exclusive operation holds the lane."""

    def __init__(self, operation_id: str) -> None:
        super().__init__(f"the lane is held by {operation_id}")
        self.operation_id = operation_id


class KeyTaken(StoreError):
    """The idempotency key already belongs to a creation."""

    def __init__(self, record: "KeyRecord") -> None:
        super().__init__(f"the idempotency key belongs to {record.operation_id}")
        self.record = record


class SequenceConflict(StoreError):
    """The operation has moved on since it was read."""


class StaleLease(StoreError):
    """Another engine has claimed the store since; this one must stop."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """The base of what a store takes and gives."""


class Lease(Record, frozen=True):
    """The right to write, until somebody else claims it. Epochs only rise."""

    holder: str
    epoch: int


class OperationRow(Record, frozen=True, kw_only=True):
    """What is kept about an operation beside its events, to find it by. Derived from the events.

    Attributes:
        seq: of the newest event; head: that event's hash.
        phase: the phase it is in, or empty.
        exclusive: it wants its lane alone.
        holds_lane: it is exclusive, has begun and has not ended.
        destructive_at: when it first began a destructive action (never for a dry run).
        waiting_for: why and until when it waits, as the snapshot shows it.
    """

    id: str
    seq: int
    head: str
    status: str
    phase: str
    plan: str
    plan_version: int
    plan_digest: str
    lane: Lane
    exclusive: bool
    holds_lane: bool
    requested_by: str
    created_at: Instant
    updated_at: Instant
    finished_at: Instant | None = None
    supersedes: str | None = None
    retry_of: str | None = None
    dry_run: bool = False
    destructive_at: Instant | None = None
    waiting_for: dict[str, Any] | None = None


class KeyRecord(Record, frozen=True, kw_only=True):
    """Which creation an idempotency key belongs to.

    Attributes:
        scope: whose key it is: keys of different callers do not meet.
        fingerprint: digest of the submission, to tell a replay from a reuse.
    """

    scope: str
    key: str
    fingerprint: str
    operation_id: str
    created_at: Instant


class Commit(Record, frozen=True, kw_only=True):
    """One decision, to be written whole or not at all.

    Attributes:
        row: the operation as it is after the events.
        expected_seq: the seq it had before; 0 creates the operation.
        events: at least one, chained.
        commands: to add, each in place of one with the same key.
        withdraw: keys of commands to remove, before ``commands`` are added.
        key: the idempotency key of a creation.

    The plan of a creation is saved before it.
    """

    row: OperationRow
    expected_seq: int
    events: tuple[Recorded, ...]
    commands: tuple[AnyCommand, ...] = ()
    withdraw: tuple[str, ...] = ()
    key: KeyRecord | None = None


class StoredPlan(Record, frozen=True, kw_only=True):
    """A plan as an operation was accepted under it, with the actions as they were declared then."""

    digest: str
    name: str
    version: int
    document: dict[str, Any]
    actions: dict[str, ActionSpec]
    first_seen_at: Instant


class Freeze(Record, frozen=True):
    """Why a lane takes no new operations."""

    by: Actor
    reason: str
    at: Instant


class LaneRecord(Record, frozen=True, kw_only=True):
    """A lane as the store knows it.

    Attributes:
        holder: the exclusive operation that holds it.
        queue: pending operations in the order in which they were committed.
        running_shared: operations that run on it without holding it.
        last_pass: the operation on it that was created last, of those that passed (dry runs
            apart).
        last_destructive: for each plan's name, the operation that began a destructive action last.
        freeze: set while it is frozen.
    """

    lane: Lane
    holder: OperationRow | None = None
    queue: tuple[OperationRow, ...] = ()
    running_shared: tuple[OperationRow, ...] = ()
    last_pass: OperationRow | None = None
    last_destructive: dict[str, OperationRow] = {}
    freeze: Freeze | None = None


class LaneStanding(Record, frozen=True, kw_only=True):
    """A lane as `Store.lane` gives it, and since when its holder is where it is.

    ``since`` is when it came to its phase; or, if later, was paused, resumed, lost or reconciled.
    """

    record: LaneRecord
    since: Instant | None = None


class Scope(Record, frozen=True, kw_only=True):
    """Operations by their plan and lane; an empty tuple means any."""

    plans: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()

    def covers(self, plan: str | None, lane: Lane) -> bool:
        """Whether operations of a plan (None: of any) on a lane are in it."""
        return (
            (plan is None or not self.plans or plan in self.plans)
            and (not self.products or lane.product in self.products)
            and (not self.contexts or lane.context in self.contexts)
            and (not self.instances or lane.instance in self.instances)
        )


class OperationFilter(Record, frozen=True):
    """Which operations to list; an empty field matches all.

    Attributes:
        created_after: only what was created later than that instant; created_before: earlier.
        dry_run: only dry runs, or none of them.
        within: only what one of these covers; None is no limit.
    """

    plan: str | None = None
    status: str | None = None
    product: str | None = None
    context: str | None = None
    instance: str | None = None
    requested_by: str | None = None
    created_after: Instant | None = None
    created_before: Instant | None = None
    dry_run: bool | None = None
    within: tuple[Scope, ...] | None = None


class PendingCommand(Record, frozen=True):
    """A command that has not been withdrawn, and whose it is."""

    operation_id: str
    command: AnyCommand


class Positioned(Record, frozen=True):
    """An event with its place among all operations' events: rising, in commit order."""

    position: int
    recorded: Recorded


class Store(Protocol):
    """See the module: every method raises `StoreUnavailable` where the database does not answer."""

    @property
    def audit(self) -> AuditLog:
        """What was asked that is no event of an operation."""
        ...

    @property
    def plan_versions(self) -> PlanVersions:
        """Which versions of plans there were."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Who is signed in with a browser."""
        ...

    @property
    def retention(self) -> RetentionStore:
        """What is forgotten, and what must not be."""
        ...

    async def claim(self, holder: str, at: Instant) -> Lease:
        """Take the right to write from whoever has it."""
        ...

    async def commit(self, commit: Commit, lease: Lease) -> int:
        """Write a decision; returns the position of its last event.

        Once it is called the commit is written or refused as a whole, even if the caller is
        cancelled while it waits. Commits that wait at once are written in the order of the calls.

        Raises:
            StaleLease, KeyTaken, SequenceConflict, LaneHeld: the first of these that is so;
                nothing was written.
            StoreError: its plan was not saved, or a value in it cannot be stored.
            ValueError: the commit contradicts itself (its events do not follow one another, or
                its row is not as they leave it).
        """
        ...

    async def save_plan(self, plan: StoredPlan) -> None:
        """Keep a plan by its digest; one that is there already stays as it is."""
        ...

    async def plan(self, digest: str) -> StoredPlan | None:
        """The plan of that digest."""
        ...

    async def operation(self, operation_id: str) -> OperationRow | None:
        """The operation of that id."""
        ...

    async def operations(
        self, where: OperationFilter, limit: int, before: str | None = None
    ) -> Sequence[OperationRow]:
        """Operations, newest first; ``before`` is the id after which to go on.

        Newest is by ``created_at``, and among equals by the order of their creating commits.
        """
        ...

    async def unfinished(self) -> Sequence[OperationRow]:
        """Every operation that has not ended, in the order of their creating commits."""
        ...

    async def unfinished_counts(self) -> Mapping[str, int]:
        """How many operations have not ended, by status; a status that none has is left out."""
        ...

    async def events(
        self, operation_id: str, after: int = 0, limit: int | None = None
    ) -> Sequence[Recorded]:
        """The operation's events whose seq is greater, in order."""
        ...

    async def all_events(self, after: int, limit: int) -> Sequence[Positioned]:
        """Events of all operations whose position is greater, in commit order."""
        ...

    async def last_position(self) -> int:
        """The position of the newest event; 0 where there is none."""
        ...

    async def commands(self, operation_id: str) -> Sequence[AnyCommand]:
        """The operation's outstanding commands, by key."""
        ...

    async def outstanding_actions(self) -> Sequence[PendingCommand]:
        """The outstanding commands of all operations that ask for an action, by id and key."""
        ...

    async def timers(self, until: Instant | None, limit: int) -> Sequence[PendingCommand]:
        """Outstanding timers due at or before ``until`` (None: all), the earliest first."""
        ...

    async def key(self, scope: str, key: str) -> KeyRecord | None:
        """Whose an idempotency key is."""
        ...

    async def key_and_lane(
        self, scope: str, key: str, lane: Lane
    ) -> tuple[KeyRecord | None, LaneRecord]:
        """`key` and `lane` in one go: what must be known before an operation is accepted."""
        ...

    async def lane(self, lane: Lane) -> LaneRecord:
        """The lane as it is; one that nothing has happened on is empty."""
        ...

    async def lanes(self, after: Lane | None, limit: int) -> Sequence[LaneStanding]:
        """Lanes on which something has happened or that are frozen, by their names.

        Names are compared part by part; all that are given come after ``after`` (None: the first).
        """
        ...

    async def queued_lanes(self) -> Sequence[Lane]:
        """Lanes that have a pending exclusive operation and no holder, longest waiting first."""
        ...

    async def save_artifact(self, operation_id: str, content: bytes, at: Instant) -> str:
        """Keep the bytes of an operation's artifact, once however often they are saved.

        Returns their digest, ``sha256:<hex>``. When it returns they are on disk, and stay as long
        as an operation that they were saved for.

        Raises:
            StoreError: there is no such operation.
        """
        ...

    async def artifact(self, digest: str) -> bytes | None:
        """The bytes of that digest."""
        ...

    async def set_freeze(self, lane: Lane, freeze: Freeze | None) -> None:
        """Freeze a lane, or (None) let it go."""
        ...

    async def check(self) -> None:
        """Whether the database can be written now; raises `StoreUnavailable` where not."""
        ...

    async def close(self) -> None:
        """Finish what is waiting, and let go of the database."""
        ...
