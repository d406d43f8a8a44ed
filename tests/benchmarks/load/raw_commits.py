"""The ceiling of the engine: nothing but the very rows that it wrote, in groups of the same sizes.

The schema with its indexes, triggers and constraints, and the pragmas, are the store's; the
statements are as plain as can be. Rows are made before; what is timed is SQLite, in a thread of its
own.
"""

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from laneway.ports.store import Commit, KeyRecord, OperationRow
from laneway.stores.sqlite import opening, rows
from laneway.stores.sqlite.rows import Values
from laneway.stores.sqlite.store import SqliteStore
from laneway.stores.sqlite.writing import _SAVE_PLAN


def _insert(table: str, *columns: str, how: str = "INSERT") -> str:
    return f"{how} INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _update(*columns: str) -> str:
    new = ", ".join(f"{name} = ?" for name in columns)
    return f"UPDATE operations SET {new} WHERE id = ? AND seq = ? AND head = ?"


_MOVE = ("seq", "head", "phase", "updated_at", "waiting_for")
_EVENT = ("seq", "at", "type", "phase", "attempt", "actor", "data", "prev_hash", "hash")
_COMMAND = ("operation_id", "key", "kind", "due_at", "body")
STATEMENTS = (
    _insert("operations", *rows.OPERATION_COLUMNS),
    _update(*_MOVE),
    _update(*_MOVE, "status", "holds_lane", "finished_at", "destructive_at"),
    _insert("events", "operation_id", *_EVENT),
    "DELETE FROM commands WHERE operation_id = ? AND key = ?",
    _insert("commands", *_COMMAND, how="INSERT OR REPLACE"),
    _insert("keys", *KeyRecord.__struct_fields__),
)
"""One for each member of `Rows`."""


class Spent(NamedTuple):
    """Seconds, and seconds of CPU time, of the thread that commits."""

    wall: float
    cpu: float


async def spent(folder: Path, source: Path, commits: Sequence[Commit], sizes: list[int]) -> Spent:
    """What it takes to write commits to a new database.

    Args:
        folder: for the database.
        source: the database that the engine wrote them to; its plans are needed.
        commits: in their order.
        sizes: of the groups, in their order.
    """
    database = folder / "raw.db"
    await (await SqliteStore.open(database)).close()
    groups = list(transactions(commits, sizes))
    try:
        return await asyncio.to_thread(_write, database, source, groups)
    finally:
        remove(database)


def in_groups(commits: int, size: int) -> list[int]:
    """The sizes of groups that are as full as they can be."""
    whole, rest = divmod(commits, size)
    return [size] * whole + [rest] * bool(rest)


def remove(database: Path) -> None:
    """A database, with the files beside it."""
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()


class Rows(NamedTuple):
    """What one transaction writes: rows for each statement."""

    created: list[Values]
    moved: list[Values]
    changed: list[Values]
    appended: list[Values]
    withdrawn: list[Values]
    asked: list[Values]
    keys: list[Values]


def transactions(commits: Sequence[Commit], sizes: list[int]) -> Iterator[Rows]:
    """The rows of each group."""
    begin, standing = 0, dict[str, Values]()
    for size in sizes:
        group = Rows([], [], [], [], [], [], [])
        for commit in commits[begin : begin + size]:
            _add(group, commit, standing)
        yield group
        begin += size
    assert begin == len(commits), "every commit is in a group"


def _add(group: Rows, commit: Commit, standing: dict[str, Values]) -> None:
    row = commit.row
    stands = (row.status, row.holds_lane, row.finished_at, row.destructive_at)
    moved = (row.seq, row.head, row.phase, row.updated_at, _waiting(row))
    before = (row.id, commit.expected_seq, commit.events[0].prev_hash)
    if not commit.expected_seq:
        group.created.append(_created(row))
    elif standing[row.id] == stands:
        group.moved.append((*moved, *before))
    else:
        group.changed.append((*moved, *stands, *before))
    standing[row.id] = stands
    group.appended.extend((row.id, *rows.event_values(event)) for event in commit.events)
    group.withdrawn.extend((row.id, key) for key in commit.withdraw)
    group.asked.extend((row.id, *rows.command_values(one)) for one in commit.commands)
    if commit.key is not None:
        group.keys.append(msgspec.structs.astuple(commit.key))


def _created(row: OperationRow) -> Values:
    lane = msgspec.structs.asdict(row.lane)
    columns = msgspec.structs.asdict(row) | lane | {"waiting_for": _waiting(row)}
    return tuple(columns[name] for name in rows.OPERATION_COLUMNS)


def _waiting(row: OperationRow) -> str | None:
    return None if row.waiting_for is None else rows.json_text(row.waiting_for)


def _write(database: Path, source: Path, groups: list[Rows]) -> Spent:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in opening._WRITING:
            connection.execute(pragma)
        with closing(sqlite3.connect(source)) as beside:
            rows = beside.execute("SELECT * FROM plans").fetchall()
        connection.executemany(_SAVE_PLAN, rows)
        begin, used = time.perf_counter(), time.thread_time()
        for each in groups:
            connection.execute("BEGIN IMMEDIATE")
            for sql, values in zip(STATEMENTS, each, strict=True):
                connection.executemany(sql, values)
            connection.execute("COMMIT")
        return Spent(time.perf_counter() - begin, time.thread_time() - used)
