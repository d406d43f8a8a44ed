"""Retention in SQLite: holds, tombstones, what may go, and its removal by the one writer."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from laneway.core.events import Actor
from laneway.core.instants import Instant
from laneway.core.model import Lane, Retention
from laneway.core.retention import Candidate
from laneway.ports.retention import ArtifactUsage, Hold, Removed, Tombstone
from laneway.ports.store import Lease

from . import pruning
from .pruning import TOMBSTONE_COLUMNS, candidate
from .queries import Query
from .readers import Readers
from .rows import Values, json_text
from .writer import Writer

_HELD = "SELECT operation_id, held_by, reason, held_at FROM holds WHERE operation_id = :id"
_HOLD = """
  INSERT INTO holds (operation_id, held_by, reason, held_at)
  SELECT id, :by, :reason, :at FROM operations WHERE id = :id
  ON CONFLICT (operation_id) DO UPDATE SET
    held_by = excluded.held_by, reason = excluded.reason, held_at = excluded.held_at"""
_RELEASE = """
  DELETE FROM holds WHERE operation_id = :id RETURNING operation_id, held_by, reason, held_at"""
_TOMBSTONE = f"""SELECT {", ".join(TOMBSTONE_COLUMNS)}
  FROM tombstones WHERE operation_id = :id"""  # noqa: S608 - this module's own text
_LIMITS = """SELECT digest, json_extract(document, '$.retention.keep_days'),
    json_extract(document, '$.retention.keep_last')
  FROM plans ORDER BY digest"""
_USAGE = """SELECT
    (SELECT coalesce(sum(size), 0) FROM artifact_references WHERE operation_id = :id),
    (SELECT bytes FROM artifact_usage)"""


class SqliteSurvey:
    """See ``laneway.ports.retention.Survey``: it only reads."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def limits(self) -> Mapping[str, Retention]:
        """The limits of every plan that is stored, by digest."""
        found = await self._readers.all(Query(_LIMITS, {}))
        return {digest: _as_limits(*given) for digest, *given in found}

    async def candidates(
        self,
        plan_digest: str,
        limits: Retention,
        ended_before: Instant,
        limit: int,
        after: Candidate | None = None,
    ) -> Sequence[Candidate]:
        """Operations that are pinned to a plan and ended before an instant, oldest end first."""
        parameters = {
            "plan_digest": plan_digest,
            "keep_last": limits.keep_last,
            "before": ended_before,
            "limit": limit,
            "after": after.finished_at if after else "",
            "id": after.id if after else "",
        }
        found = await self._readers.all(Query(pruning.CANDIDATES, parameters))
        return [candidate(values, limits) for values in found]


class SqliteRetention(SqliteSurvey):
    """See ``laneway.ports.retention.RetentionStore``."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        super().__init__(readers)
        self._writer = writer

    async def hold(self, hold: Hold) -> bool:
        """Let an operation stay; False: there is no such one."""
        values = {
            "id": hold.operation_id,
            "by": json_text(hold.by),
            "reason": hold.reason,
            "at": hold.at,
        }
        return await self._writer.perform(partial(_hold, values=values))

    async def release(self, operation_id: str) -> Hold | None:
        """Let go of an operation; returns the hold that it had."""
        return await self._writer.perform(partial(_release, operation_id=operation_id))

    async def held(self, operation_id: str) -> Hold | None:
        """The hold that an operation has."""
        found = await self._readers.first(_HELD, id=operation_id)
        return None if found is None else _as_hold(found)

    async def tombstone(self, operation_id: str) -> Tombstone | None:
        """What is left of an operation that was pruned."""
        found = await self._readers.first(_TOMBSTONE, id=operation_id)
        return None if found is None else _as_tombstone(found)

    async def prune(self, candidates: Sequence[Candidate], at: Instant, lease: Lease) -> Removed:
        """Remove those of the candidates that may go as they are now."""
        errand = partial(pruning.prune, candidates=candidates, at=at, epoch=lease.epoch)
        rows, removed = await self._writer.perform(errand)
        return msgspec.structs.replace(removed, tombstones=tuple(map(_as_tombstone, rows)))

    async def drop_plans(self, lease: Lease) -> int:
        """Remove the plans that no operation is pinned to; returns how many."""
        return await self._writer.perform(partial(pruning.drop_plans, epoch=lease.epoch))

    async def artifact_usage(self, operation_id: str) -> ArtifactUsage:
        """How many bytes of artifacts there are."""
        (found,) = await self._readers.all(Query(_USAGE, {"id": operation_id}))
        return ArtifactUsage(operation=found[0], total=found[1])


def _hold(connection: sqlite3.Connection, *, values: dict[str, Any]) -> bool:
    cursor = connection.execute(_HOLD, values)
    return cursor.rowcount > 0


def _release(connection: sqlite3.Connection, *, operation_id: str) -> Hold | None:
    found = [*connection.execute(_RELEASE, {"id": operation_id})]
    return _as_hold(found[0]) if found else None


def _as_hold(values: Sequence[Any]) -> Hold:
    operation_id, by, reason, at = values
    actor = msgspec.json.decode(by, type=Actor)
    return Hold(operation_id=operation_id, by=actor, reason=reason, at=Instant(at))


def _as_tombstone(values: Values) -> Tombstone:
    fields: dict[str, Any] = dict(zip(TOMBSTONE_COLUMNS, values, strict=True))
    lane = Lane(fields.pop("product"), fields.pop("context"), fields.pop("instance"))
    fields["dry_run"] = bool(fields["dry_run"])
    return Tombstone(lane=lane, **fields)


def _as_limits(keep_days: int | None, keep_last: int | None) -> Retention:
    """A plan that says nothing is kept as plans are by default."""
    said = {"keep_days": keep_days, "keep_last": keep_last}
    return Retention(**{name: value for name, value in said.items() if value is not None})
