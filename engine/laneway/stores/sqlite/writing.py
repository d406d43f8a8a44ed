"""The small writes beside commits; each runs in a transaction that the writer makes around it."""

import sqlite3
from functools import partial

from laneway.core.instants import Instant
from laneway.core.model import Lane
from laneway.ports.store import Freeze, StoredPlan, StoreError

from . import rows
from .group import Errand
from .rows import Values

_CLAIM = "INSERT INTO leases (holder, claimed_at) VALUES (?, ?) RETURNING epoch"
_SAVE_PLAN = """
  INSERT INTO plans (digest, name, version, document, actions, first_seen_at)
  VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING"""
_HAS_OPERATION = "SELECT 1 FROM operations WHERE id = ?"
_HAS_ARTIFACT = "SELECT 1 FROM artifacts WHERE digest = ?"
_SAVE_ARTIFACT = "INSERT INTO artifacts (digest, content, size, saved_at) VALUES (?, ?, ?, ?)"
_REFER = """
  INSERT INTO artifact_references (operation_id, digest, size) VALUES (?, ?, ?)
  ON CONFLICT (operation_id, digest) DO NOTHING"""
_FREEZE = """
  INSERT INTO lanes (product, context, instance, frozen_by, frozen_reason, frozen_at)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (product, context, instance) DO UPDATE SET
    frozen_by = excluded.frozen_by, frozen_reason = excluded.frozen_reason,
    frozen_at = excluded.frozen_at"""
_UNFREEZE = "DELETE FROM lanes WHERE product = ? AND context = ? AND instance = ?"
# A write that is kept, and one that needs room and is taken back: an existing row can still be
# written when nothing new can.
_PROBE = (
    "UPDATE probe SET writes = writes + 1",
    "SAVEPOINT room",
    "UPDATE probe SET filler = zeroblob(65536)",
    "ROLLBACK TO room",
    "RELEASE room",
)


def claim(connection: sqlite3.Connection, *, holder: str, at: Instant) -> int:
    """Make a new lease; returns its epoch."""
    (row,) = connection.execute(_CLAIM, (holder, at))
    return int(row[0])


def probe(connection: sqlite3.Connection) -> None:
    """Write, and see that there is room for more."""
    for statement in _PROBE:
        connection.execute(statement)


def run(connection: sqlite3.Connection, *, sql: str, values: Values) -> None:
    """One statement."""
    connection.execute(sql, values)


def save_plan(plan: StoredPlan) -> Errand[None]:
    """Keep a plan, unless it is there."""
    return partial(run, sql=_SAVE_PLAN, values=rows.plan_values(plan))


def save_artifact(operation_id: str, digest: str, content: bytes, at: Instant) -> Errand[None]:
    """Keep bytes by their digest, unless they are there; and say whose they are, too.

    Both in one transaction: bytes that nobody refers to would be pruned under whoever saves them.
    """
    values = (digest, content, len(content), at)
    return partial(_save_artifact, operation_id=operation_id, values=values)


def _save_artifact(connection: sqlite3.Connection, *, operation_id: str, values: Values) -> None:
    digest, _, size, _ = values
    if not [*connection.execute(_HAS_OPERATION, (operation_id,))]:
        raise StoreError(f"there is no operation {operation_id}")
    if not [*connection.execute(_HAS_ARTIFACT, (digest,))]:
        connection.execute(_SAVE_ARTIFACT, values)
    connection.execute(_REFER, (operation_id, digest, size))


def set_freeze(lane: Lane, freeze: Freeze | None) -> Errand[None]:
    """Freeze a lane, or let it go."""
    if freeze is None:
        return partial(run, sql=_UNFREEZE, values=rows.lane_values(lane))
    values = rows.lane_values(lane) + rows.freeze_values(freeze)
    return partial(run, sql=_FREEZE, values=values)
