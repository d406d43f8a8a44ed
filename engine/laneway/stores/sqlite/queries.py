"""What is read, as SQL. Lists name their index: no list ever sorts, or scans a whole table.

``INDEXED BY`` makes SQLite refuse a query whose index a migration took away, where the planner
would go on silently and slowly.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from laneway.core.instants import Instant
from laneway.ports.store import OperationFilter, Scope

from .rows import OPERATION_COLUMNS

_COLUMNS = ", ".join(f"operations.{name}" for name in OPERATION_COLUMNS)
_LIVE = frozenset({"pending", "running", "waiting", "paused", "reconciliation_required"})


class Query(NamedTuple):
    """A statement and what stands in the place of its parameters."""

    sql: str
    parameters: dict[str, Any]


def _operations(rest: str) -> str:
    return f"SELECT {_COLUMNS} FROM operations {rest}"  # noqa: S608 - this module's own text


OPERATION = _operations("WHERE id = :id")
UNFINISHED = _operations(
    """INDEXED BY operations_unfinished
    WHERE status NOT IN ('pass', 'fail', 'refused', 'cancelled') ORDER BY ticket"""
)
UNFINISHED_COUNTS = """SELECT status, count(*)
  FROM operations INDEXED BY operations_unfinished
  WHERE status NOT IN ('pass', 'fail', 'refused', 'cancelled') GROUP BY status"""
PLAN = """SELECT digest, name, version, document, actions, first_seen_at
  FROM plans WHERE digest = :digest"""
ARTIFACT = "SELECT content FROM artifacts WHERE digest = :digest"
EVENTS = """SELECT operation_id, seq, at, type, phase, attempt, actor, data, prev_hash, hash
  FROM events WHERE operation_id = :id AND seq > :after ORDER BY seq LIMIT :limit"""
ALL_EVENTS = """
  SELECT position, operation_id, seq, at, type, phase, attempt, actor, data, prev_hash, hash
  FROM events WHERE position > :after ORDER BY position LIMIT :limit"""
# Of the newest event there ever was: it may have been pruned, and its position is not used again.
LAST_POSITION = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'"
COMMANDS = "SELECT body FROM commands WHERE operation_id = :id ORDER BY key"
OUTSTANDING_ACTIONS = """SELECT operation_id, body
  FROM commands INDEXED BY commands_of_actions WHERE due_at IS NULL ORDER BY operation_id, key"""
TIMERS = """SELECT operation_id, body FROM commands INDEXED BY commands_due
  WHERE due_at IS NOT NULL ORDER BY due_at, operation_id, key LIMIT :limit"""
TIMERS_UNTIL = """SELECT operation_id, body FROM commands INDEXED BY commands_due
  WHERE due_at <= :until ORDER BY due_at, operation_id, key LIMIT :limit"""
KEY = """SELECT scope, key, fingerprint, operation_id, created_at
  FROM keys WHERE scope = :scope AND key = :key"""
QUEUED_LANES = """SELECT product, context, instance
  FROM operations AS queued INDEXED BY operations_queued
  WHERE status = 'pending' AND exclusive = 1 AND NOT EXISTS (
    SELECT 1 FROM operations AS holder
    WHERE holder.product = queued.product AND holder.context = queued.context
      AND holder.instance = queued.instance AND holder.holds_lane = 1)
  GROUP BY product, context, instance ORDER BY min(ticket)"""
HOLDER = """SELECT id FROM operations
  WHERE product = :product AND context = :context AND instance = :instance AND holds_lane = 1"""
LEASE = "SELECT coalesce(max(epoch), 0) FROM leases"
WRITE_STATE = f"SELECT ({LEASE}), ({LAST_POSITION})"
SEQUENCE = "SELECT seq, head FROM operations WHERE id = :id"

# One statement, hence one moment: who holds the lane and who waits for it belong together. The
# plans that were destructive on the lane are found by hopping from name to name in the index.
_LANE_PARTS = """
  WITH RECURSIVE
    plans (plan) AS (
      SELECT min(plan) FROM operations INDEXED BY operations_destructive
      WHERE product = :product AND context = :context AND instance = :instance
        AND destructive_at IS NOT NULL
      UNION ALL
      SELECT (
        SELECT min(plan) FROM operations INDEXED BY operations_destructive
        WHERE product = :product AND context = :context AND instance = :instance
          AND destructive_at IS NOT NULL AND plan > plans.plan)
      FROM plans WHERE plans.plan IS NOT NULL
    ),
    parts (part, ticket) AS (
      SELECT 'freeze', NULL
      UNION ALL
      SELECT 'holder', ticket FROM operations INDEXED BY operations_holding
      WHERE product = :product AND context = :context AND instance = :instance
        AND holds_lane = 1
      UNION ALL
      SELECT 'queue', ticket FROM operations INDEXED BY operations_queued
      WHERE product = :product AND context = :context AND instance = :instance
        AND status = 'pending'
      UNION ALL
      SELECT 'shared', ticket FROM operations INDEXED BY operations_sharing
      WHERE product = :product AND context = :context AND instance = :instance
        AND exclusive = 0 AND status NOT IN ('pending', 'pass', 'fail', 'refused', 'cancelled')
      UNION ALL
      SELECT 'pass', max(ticket) FROM operations INDEXED BY operations_passed
      WHERE product = :product AND context = :context AND instance = :instance
        AND status = 'pass' AND dry_run = 0
      UNION ALL
      SELECT 'destructive', (
        SELECT ticket FROM operations INDEXED BY operations_destructive
        WHERE product = :product AND context = :context AND instance = :instance
          AND destructive_at IS NOT NULL AND plan = plans.plan
        ORDER BY destructive_at DESC, ticket DESC LIMIT 1)
      FROM plans WHERE plans.plan IS NOT NULL
    )"""
LANE = f"""{_LANE_PARTS}
  SELECT parts.part, lanes.frozen_by, lanes.frozen_reason, lanes.frozen_at, {_COLUMNS}
  FROM parts
  LEFT JOIN operations ON operations.ticket = parts.ticket
  LEFT JOIN lanes ON parts.part = 'freeze' AND lanes.product = :product
    AND lanes.context = :context AND lanes.instance = :instance
  ORDER BY parts.ticket"""  # noqa: S608 - as above

_EQUAL = ("plan", "status", "product", "context", "instance", "requested_by", "dry_run")
_INDEXES = (
    ("operations_by_lane", ("product", "context", "instance")),
    ("operations_by_context", ("product", "context")),
    ("operations_by_requester", ("requested_by",)),
    ("operations_by_plan", ("plan",)),
    ("operations_by_status", ("status",)),
    ("operations_by_product", ("product",)),
)
# A cursor whose operation is no longer there stands for the newest one with a smaller id.
_BEFORE = """(created_at, ticket) < (
  (SELECT created_at FROM operations WHERE id <= :before ORDER BY id DESC LIMIT 1),
  (SELECT ticket + (id < :before) FROM operations WHERE id <= :before ORDER BY id DESC LIMIT 1))"""


def listing(where: OperationFilter, limit: int, before: str | None) -> Query:
    """The newest operations that match, after the one of the id ``before``."""
    wanted = {name: getattr(where, name) for name in _EQUAL if getattr(where, name) is not None}
    conditions = [f"{name} = :{name}" for name in wanted]
    bounds = {
        "created_at > :after": where.created_after,
        "created_at < :until": where.created_before,
        _BEFORE: before,
    }
    conditions += [condition for condition, value in bounds.items() if value is not None]
    within, named = _within(where.within)
    conditions += within
    selection = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "ORDER BY created_at DESC, ticket DESC LIMIT :limit"
    sql = _operations(f"INDEXED BY {_index(wanted)} {selection} {order}")
    times = {"after": where.created_after, "until": where.created_before}
    return Query(sql, wanted | named | times | {"limit": limit, "before": before})


_SCOPED = {"plans": "plan", "products": "product", "contexts": "context", "instances": "instance"}


def _within(scopes: Sequence[Scope] | None) -> tuple[list[str], dict[str, Any]]:
    """The condition that a row is in one of the scopes, and its parameters."""
    if scopes is None:
        return [], {}
    named: dict[str, Any] = {}
    alternatives = [_in_scope(scope, named) for scope in scopes]
    return [f"({' OR '.join(alternatives) or 'FALSE'})"], named


def _in_scope(scope: Scope, named: dict[str, Any]) -> str:
    parts = []
    for field, column in _SCOPED.items():
        names = []
        for value in getattr(scope, field):
            names.append(f":within_{len(named)}")
            named[names[-1].removeprefix(":")] = value
        parts += [f"{column} IN ({', '.join(names)})"] if names else []
    return f"({' AND '.join(parts) or 'TRUE'})"


def timers(until: Instant | None, limit: int) -> Query:
    """The earliest timers, all or those that are due."""
    return Query(TIMERS if until is None else TIMERS_UNTIL, {"until": until, "limit": limit})


def _index(wanted: dict[str, Any]) -> str:
    """The index that leads to few operations and gives the list's order."""
    if wanted.get("status") in _LIVE:
        return "operations_by_status"
    for name, columns in _INDEXES:
        if wanted.keys() >= set(columns):
            return name
    return "operations_by_time"
