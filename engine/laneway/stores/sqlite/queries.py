"""What is read, as SQL. For lists of operations see ``listing``.

``INDEXED BY`` makes SQLite refuse a query whose index a migration took away, where the planner
would go on silently and slowly.
"""

from typing import Any, NamedTuple

from laneway.core.instants import Instant

from .rows import OPERATION_COLUMNS

COLUMNS = ", ".join(f"operations.{name}" for name in OPERATION_COLUMNS)


class Query(NamedTuple):
    """A statement and what stands in the place of its parameters."""

    sql: str
    parameters: dict[str, Any]


def _operations(rest: str) -> str:
    return f"SELECT {COLUMNS} FROM operations {rest}"  # noqa: S608 - this module's own text


OPERATION = _operations("WHERE id = :id")
UNFINISHED = _operations(
    """INDEXED BY operations_unfinished
    WHERE status NOT IN ('pass', 'fail', 'refused', 'cancelled') ORDER BY ticket"""
)
UNFINISHED_COUNTS = """SELECT status, count(*)
  FROM operations INDEXED BY operations_by_status
  WHERE status IN ('pending', 'running', 'waiting', 'paused', 'reconciliation_required')
  GROUP BY status"""
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
  SELECT parts.part, lanes.frozen_by, lanes.frozen_reason, lanes.frozen_at, {COLUMNS}
  FROM parts
  LEFT JOIN operations ON operations.ticket = parts.ticket
  LEFT JOIN lanes ON parts.part = 'freeze' AND lanes.product = :product
    AND lanes.context = :context AND lanes.instance = :instance
  ORDER BY parts.ticket"""  # noqa: S608 - as above


def timers(until: Instant | None, limit: int) -> Query:
    """The earliest timers, all or those that are due."""
    return Query(TIMERS if until is None else TIMERS_UNTIL, {"until": until, "limit": limit})
