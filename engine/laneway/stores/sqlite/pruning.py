"""Removing operations: judged, buried and gone in one transaction that the writer makes around it.

The tombstone comes first: without one, the events' trigger lets none of them go.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from laneway.core.instants import Instant
from laneway.core.model import Lane, Retention
from laneway.core.retention import Candidate, rule, stays
from laneway.ports.retention import Removed
from laneway.ports.store import StaleLease

from . import queries
from .rows import Values, json_text

TOMBSTONE_COLUMNS = (
    *("operation_id", "plan", "plan_version", "plan_digest", "product", "context", "instance"),
    *("status", "requested_by", "dry_run", "supersedes", "retry_of", "created_at", "finished_at"),
    *("seq", "head", "pruned_at", "rule"),
)

_ON_ITS_LANE = """same.product = one.product AND same.context = one.context
        AND same.instance = one.instance AND same.plan = one.plan"""
# What retention must know of each; the planner is told the index, as in `queries`.
_KNOWN = f"""
  SELECT one.id, one.plan, one.plan_digest, one.product, one.context, one.instance, one.status,
    one.finished_at,
    (SELECT count(*) FROM (
      SELECT 1 FROM operations AS same INDEXED BY operations_by_series
      WHERE {_ON_ITS_LANE} AND same.dry_run = one.dry_run AND same.ticket > one.ticket
      LIMIT :keep_last)),
    one.holds_lane,
    EXISTS (SELECT 1 FROM holds WHERE operation_id = one.id),
    (SELECT live.id FROM operations AS live INDEXED BY operations_retrying
      WHERE live.retry_of = one.id AND live.status NOT IN ('pass', 'fail', 'refused', 'cancelled')
      UNION ALL
      SELECT live.id FROM operations AS live INDEXED BY operations_superseding
      WHERE live.supersedes = one.id AND live.status NOT IN ('pass', 'fail', 'refused', 'cancelled')
      LIMIT 1),
    one.status = 'pass' AND one.dry_run = 0 AND NOT EXISTS (
      SELECT 1 FROM operations AS same INDEXED BY operations_passed
      WHERE {_ON_ITS_LANE} AND same.status = 'pass' AND same.dry_run = 0
        AND same.ticket > one.ticket),
    one.destructive_at IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM operations AS same INDEXED BY operations_destructive
      WHERE {_ON_ITS_LANE} AND same.destructive_at IS NOT NULL
        AND (same.destructive_at, same.ticket) > (one.destructive_at, one.ticket))
  FROM operations AS one"""  # noqa: S608 - this module's own text
CANDIDATES = f"""{_KNOWN} INDEXED BY operations_by_end
  WHERE one.plan_digest = :plan_digest AND one.finished_at < :before
    AND (one.finished_at, one.id) > (:after, :id)
  ORDER BY one.finished_at, one.id LIMIT :limit"""
CANDIDATE = f"{_KNOWN} WHERE one.id = :id"

_FLAGS = ("holds_lane", "on_hold", "named_by", "last_pass", "last_destructive")
_BURY = f"""
  INSERT INTO tombstones ({", ".join(TOMBSTONE_COLUMNS)})
  SELECT id, {", ".join(TOMBSTONE_COLUMNS[1:-2])}, :at, :rule FROM operations WHERE id = :id
  RETURNING {", ".join(TOMBSTONE_COLUMNS)}"""  # noqa: S608 - this module's own text
_GONE = "operation_id IN (SELECT value FROM json_each(:gone))"
_LEFT_BEHIND = f"SELECT DISTINCT digest FROM artifact_references WHERE {_GONE}"  # noqa: S608 - as above
_FORGET = tuple(
    f"DELETE FROM {table} WHERE {_GONE}"  # noqa: S608 - as above
    for table in ("commands", "artifact_references")
)
_FORGET_EVENTS = f"DELETE FROM events WHERE {_GONE}"  # noqa: S608 - as above
_FORGET_OPERATIONS = "DELETE FROM operations WHERE id IN (SELECT value FROM json_each(:gone))"
_FORGET_ARTIFACTS = """
  DELETE FROM artifacts WHERE digest IN (SELECT value FROM json_each(:digests))
    AND NOT EXISTS (
      SELECT 1 FROM artifact_references AS named WHERE named.digest = artifacts.digest)
  RETURNING size"""
_FORGET_PLANS = """
  DELETE FROM plans WHERE NOT EXISTS (
    SELECT 1 FROM operations INDEXED BY operations_by_end WHERE plan_digest = plans.digest)"""


def candidate(values: Sequence[Any], limits: Retention) -> Candidate:
    """A candidate from a row of `CANDIDATES` or `CANDIDATE`."""
    operation_id, plan, plan_digest, *lane, status, finished_at, newer = values[:9]
    flags: dict[str, Any] = dict(zip(_FLAGS, values[9:], strict=True))
    named_by = flags.pop("named_by")
    return Candidate(
        id=operation_id,
        plan=plan,
        plan_digest=plan_digest,
        lane=Lane(*lane),
        status=status,
        finished_at=finished_at,
        retention=limits,
        newer=newer,
        named_by=named_by,
        **{name: bool(value) for name, value in flags.items()},
    )


def prune(
    connection: sqlite3.Connection,
    *,
    candidates: Sequence[Candidate],
    at: Instant,
    epoch: int,
) -> tuple[list[Values], Removed]:
    """Remove those that may go; returns their tombstones' rows, and what else went.

    Raises:
        StaleLease: the lease of that epoch is not the newest.
    """
    _confirm(connection, epoch)
    buried: list[Values] = []
    for each in candidates:
        if _may_go(connection, each, at):
            about = {"id": each.id, "at": at, "rule": rule(each.retention)}
            buried += [tuple(row) for row in connection.execute(_BURY, about)]
    return buried, _forget(connection, [row[0] for row in buried])


def drop_plans(connection: sqlite3.Connection, *, epoch: int) -> int:
    """Remove the plans that no operation is pinned to; returns how many.

    Raises:
        StaleLease: the lease of that epoch is not the newest.
    """
    _confirm(connection, epoch)
    return (connection.execute(_FORGET_PLANS)).rowcount


def _confirm(connection: sqlite3.Connection, epoch: int) -> None:
    (newest,) = connection.execute(queries.LEASE)
    if newest[0] != epoch:
        raise StaleLease("another engine has claimed the store since; nothing was removed")


def _may_go(connection: sqlite3.Connection, looked_at: Candidate, at: Instant) -> bool:
    """Whether it may go as it is now: it may be on hold, or named, since it was looked at."""
    about = {"id": looked_at.id, "keep_last": looked_at.retention.keep_last}
    found = [*connection.execute(CANDIDATE, about)]
    return bool(found) and stays(candidate(found[0], looked_at.retention), at) is None


def _forget(connection: sqlite3.Connection, gone: list[str]) -> Removed:
    if not gone:
        return Removed()
    about = {"gone": json_text(gone)}
    digests = [row[0] for row in connection.execute(_LEFT_BEHIND, about)]
    for statement in _FORGET:
        connection.execute(statement, about)
    events = (connection.execute(_FORGET_EVENTS, about)).rowcount
    connection.execute(_FORGET_OPERATIONS, about)
    about = {"digests": json_text(digests)}
    sizes = [row[0] for row in connection.execute(_FORGET_ARTIFACTS, about)]
    return Removed(events=events, artifacts=len(sizes), artifact_bytes=sum(sizes))
