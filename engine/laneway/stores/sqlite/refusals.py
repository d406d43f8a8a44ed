"""Why the database refused a commit: asked of the database, not read out of an error's text."""

import sqlite3

import msgspec

from laneway.ports.store import (
    Commit,
    KeyTaken,
    LaneHeld,
    SequenceConflict,
    StaleLease,
    StoreError,
)

from . import queries, rows
from .rows import Values


def why_refused(
    connection: sqlite3.Connection, commit: Commit, epoch: int, error: Exception
) -> StoreError:
    """The port's error for a commit that was rolled back, on the connection that tried it.

    Whose lease has passed to another has no say in anything else. A replayed creation finds its
    own operation on the lane: so the key comes before the lane.
    """
    reason = _stale(connection, epoch)
    reason = reason or _key_taken(connection, commit)
    reason = reason or _moved_on(connection, commit)
    reason = reason or _lane_held(connection, commit)
    reason = reason or _plan_missing(connection, commit)
    return reason or StoreError(f"the commit of {commit.row.id} cannot be written: {error!r}")


def _stale(connection: sqlite3.Connection, epoch: int) -> StoreError | None:
    ((newest,),) = connection.execute(queries.LEASE)
    if newest == epoch:
        return None
    return StaleLease("another engine has claimed the store since; nothing was written")


def _key_taken(connection: sqlite3.Connection, commit: Commit) -> StoreError | None:
    if commit.key is None:
        return None
    name = {"scope": commit.key.scope, "key": commit.key.key}
    values = _first(connection, queries.KEY, name)
    return KeyTaken(rows.key_record(values)) if values else None


def _moved_on(connection: sqlite3.Connection, commit: Commit) -> StoreError | None:
    operation_id = commit.row.id
    seq, head = _first(connection, queries.SEQUENCE, {"id": operation_id}) or (0, "")
    if seq != commit.expected_seq:
        return SequenceConflict(f"{operation_id} is at {seq}, not at {commit.expected_seq}")
    if seq and head != commit.events[0].prev_hash:
        return SequenceConflict(f"{operation_id} is at {seq}, but by another event")
    return None


def _lane_held(connection: sqlite3.Connection, commit: Commit) -> StoreError | None:
    if not commit.row.holds_lane:
        return None
    lane = msgspec.structs.asdict(commit.row.lane)
    holder = _first(connection, queries.HOLDER, lane)
    if holder is None or holder[0] == commit.row.id:
        return None
    return LaneHeld(holder[0])


def _plan_missing(connection: sqlite3.Connection, commit: Commit) -> StoreError | None:
    digest = commit.row.plan_digest
    if _first(connection, queries.PLAN, {"digest": digest}):
        return None
    return StoreError(f"the plan {digest} of {commit.row.id} was not saved before it")


def _first(connection: sqlite3.Connection, sql: str, parameters: dict[str, str]) -> Values | None:
    found = list(connection.execute(sql, parameters))
    return tuple(found[0]) if found else None
