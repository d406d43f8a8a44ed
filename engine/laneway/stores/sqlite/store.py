"""The store port on one SQLite database file: one process, one writer, a few readers."""

import contextlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec

from laneway.core.commands import AnyCommand
from laneway.core.digests import bytes_digest
from laneway.core.envelope import Recorded
from laneway.core.instants import Instant
from laneway.core.model import Lane
from laneway.ports.store import (
    Commit,
    Freeze,
    KeyRecord,
    LaneRecord,
    LaneStanding,
    Lease,
    OperationFilter,
    OperationRow,
    PendingCommand,
    Positioned,
    StoredPlan,
)

from . import lane_list, queries, rows, writing
from .audit import SqliteAudit
from .connection import Connection
from .examination import Examination
from .files import Files, located
from .lanes import lane_record
from .listing import listing
from .lock import FileLock
from .migrations import Migration
from .opening import Settings, open_reader, open_writer
from .plan_versions import SqlitePlanVersions
from .queries import Query
from .readers import Readers
from .retention import SqliteRetention
from .sessions import SqliteSessions
from .writer import Writer

_ALL = -1  # SQLite's "no limit"
_DEFAULTS = Settings()


class SqliteStore:
    """The port's promises, kept by SQLite. Made by `open`; see ``laneway.ports.store.Store``."""

    def __init__(
        self,
        writer: Writer,
        readers: Readers,
        examination: Examination,
        resources: contextlib.AsyncExitStack,
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._examination = examination
        self._resources = resources
        self.audit = SqliteAudit(writer, readers)
        self.sessions = SqliteSessions(writer, readers)
        self.retention = SqliteRetention(writer, readers)
        self.plan_versions = SqlitePlanVersions(writer, readers)

    @classmethod
    async def open(
        cls,
        path: Path | str,
        settings: Settings = _DEFAULTS,
        *,
        steps: Sequence[Migration] = (),
    ) -> "SqliteStore":
        """Open a database, and make it where it is not there.

        Args:
            path: the file; ``FILE.lock`` and SQLite's own files lie beside it.
            settings: how to open it.
            steps: the schema's versions; empty for those that ship.

        Raises:
            StoreInUse: another process has it open.
            StoreOutdated: its schema is newer, or older and not to be migrated.
            StoreCorrupt: it is another program's, or damaged where that shows at once; see
                `examined`.
            StoreUnavailable: it cannot be opened; the message says what to do.
        """
        database = located(path)
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(FileLock.acquire(database).release)
            connection = await open_writer(database, settings, steps)
            files = Files(database)
            writer = Writer(connection, files)
            stack.push_async_callback(writer.close)
            readers = Readers(await _open_readers(database, settings), database)
            # Closed before the writer: the last connection moves the log into the database.
            stack.push_async_callback(readers.close)
            examination = Examination(await open_reader(database, settings), files)
            stack.push_async_callback(examination.close)
            return cls(writer, readers, examination, stack.pop_all())

    async def examined(self) -> None:
        """Return when the whole file was read once; that begins when it is opened.

        Raises:
            StoreCorrupt: it is damaged; nothing is written any more.
        """
        await self._examination.over()

    async def claim(self, holder: str, at: Instant) -> Lease:
        """Take the right to write from whoever has it."""
        epoch = await self._writer.perform(partial(writing.claim, holder=holder, at=at))
        return Lease(holder, epoch)

    async def commit(self, commit: Commit, lease: Lease) -> int:
        """Write a decision; returns the position of its last event."""
        return await self._writer.commit(commit, lease)

    async def save_plan(self, plan: StoredPlan) -> None:
        """Keep a plan by its digest; one that is there already stays as it is."""
        if await self._readers.first(queries.PLAN, digest=plan.digest) is None:
            await self._writer.perform(writing.save_plan(plan))

    async def plan(self, digest: str) -> StoredPlan | None:
        """The plan of that digest."""
        found = await self._readers.first(queries.PLAN, digest=digest)
        return None if found is None else rows.stored_plan(found)

    async def operation(self, operation_id: str) -> OperationRow | None:
        """The operation of that id."""
        found = await self._readers.first(queries.OPERATION, id=operation_id)
        return None if found is None else rows.operation_row(found)

    async def operations(
        self, where: OperationFilter, limit: int, before: str | None = None
    ) -> Sequence[OperationRow]:
        """Operations, newest first; ``before`` is the id after which to go on."""
        found = await self._readers.all(listing(where, limit, before))
        return [rows.operation_row(values) for values in found]

    async def unfinished(self) -> Sequence[OperationRow]:
        """Every operation that has not ended, oldest first."""
        found = await self._readers.all(Query(queries.UNFINISHED, {}))
        return [rows.operation_row(values) for values in found]

    async def unfinished_counts(self) -> Mapping[str, int]:
        """How many operations have not ended, by status."""
        found = await self._readers.all(Query(queries.UNFINISHED_COUNTS, {}))
        return dict(found)

    async def events(
        self, operation_id: str, after: int = 0, limit: int | None = None
    ) -> Sequence[Recorded]:
        """The operation's events whose seq is greater, in order."""
        most = _ALL if limit is None else limit
        parameters = {"id": operation_id, "after": after, "limit": most}
        found = await self._readers.all(Query(queries.EVENTS, parameters))
        return [rows.recorded_event(values) for values in found]

    async def all_events(self, after: int, limit: int) -> Sequence[Positioned]:
        """Events of all operations whose position is greater, in commit order."""
        query = Query(queries.ALL_EVENTS, {"after": after, "limit": limit})
        found = await self._readers.all(query)
        return [Positioned(values[0], rows.recorded_event(values[1:])) for values in found]

    async def last_position(self) -> int:
        """The position of the newest event; 0 where there is none."""
        (found,) = await self._readers.all(Query(queries.LAST_POSITION, {}))
        return int(found[0])

    async def commands(self, operation_id: str) -> Sequence[AnyCommand]:
        """The operation's outstanding commands, by key."""
        found = await self._readers.all(Query(queries.COMMANDS, {"id": operation_id}))
        return [rows.command(values[0]) for values in found]

    async def outstanding_actions(self) -> Sequence[PendingCommand]:
        """The outstanding commands of all operations that ask for an action."""
        found = await self._readers.all(Query(queries.OUTSTANDING_ACTIONS, {}))
        return [rows.pending_command(values) for values in found]

    async def timers(self, until: Instant | None, limit: int) -> Sequence[PendingCommand]:
        """Outstanding timers due at or before ``until`` (None: all), the earliest first."""
        found = await self._readers.all(queries.timers(until, limit))
        return [rows.pending_command(values) for values in found]

    async def key(self, scope: str, key: str) -> KeyRecord | None:
        """Whose an idempotency key is."""
        found = await self._readers.first(queries.KEY, scope=scope, key=key)
        return None if found is None else rows.key_record(found)

    async def key_and_lane(
        self, scope: str, key: str, lane: Lane
    ) -> tuple[KeyRecord | None, LaneRecord]:
        """Whose an idempotency key is, and the lane as it is."""
        of_key = Query(queries.KEY, {"scope": scope, "key": key})
        of_lane = Query(queries.LANE, msgspec.structs.asdict(lane))
        keys, parts = await self._readers.each(of_key, of_lane)
        return (rows.key_record(keys[0]) if keys else None), lane_record(lane, parts)

    async def lane(self, lane: Lane) -> LaneRecord:
        """The lane as it is; one that nothing has happened on is empty."""
        query = Query(queries.LANE, msgspec.structs.asdict(lane))
        return lane_record(lane, await self._readers.all(query))

    async def lanes(self, after: Lane | None, limit: int) -> Sequence[LaneStanding]:
        """Lanes on which something has happened or that are frozen, by their names."""
        return lane_list.standings(await self._readers.all(lane_list.listing(after, limit)))

    async def queued_lanes(self) -> Sequence[Lane]:
        """Lanes that have a pending exclusive operation and no holder."""
        found = await self._readers.all(Query(queries.QUEUED_LANES, {}))
        return [Lane(*values) for values in found]

    async def save_artifact(self, operation_id: str, content: bytes, at: Instant) -> str:
        """Keep the bytes of an operation's artifact; returns their digest."""
        digest = bytes_digest(content)
        await self._writer.perform(writing.save_artifact(operation_id, digest, content, at))
        return digest

    async def artifact(self, digest: str) -> bytes | None:
        """The bytes of that digest."""
        found = await self._readers.first(queries.ARTIFACT, digest=digest)
        return None if found is None else bytes(found[0])

    async def set_freeze(self, lane: Lane, freeze: Freeze | None) -> None:
        """Freeze a lane, or (None) let it go."""
        await self._writer.perform(writing.set_freeze(lane, freeze))

    async def check(self) -> None:
        """Whether the database can be written now; raises `StoreUnavailable` where not."""
        await self._writer.perform(writing.probe)

    async def close(self) -> None:
        """Finish what is waiting, and let go of the database."""
        await self._resources.aclose()


async def _open_readers(path: Path, settings: Settings) -> list[Connection]:
    opened: list[Connection] = []
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(settings.readers):
            opened.append(await open_reader(path, settings))
            stack.push_async_callback(opened[-1].close)
        stack.pop_all()
    return opened
