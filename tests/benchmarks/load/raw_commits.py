"""The ceiling of the engine: nothing but the very rows that it wrote, in groups of the same sizes.

The schema with its indexes, triggers and constraints, the pragmas and the statements are the
store's. Rows are made before; what is timed is SQLite, in a thread of its own.
"""

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from laneway.ports.store import Commit
from laneway.stores.sqlite import opening, statements
from laneway.stores.sqlite.batch import Batch, Standings, assemble, prepare
from laneway.stores.sqlite.store import SqliteStore
from laneway.stores.sqlite.writing import _SAVE_PLAN


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
    transactions = [list(_steps(batch)) for batch in batches(commits, sizes)]
    try:
        return await asyncio.to_thread(_write, database, source, transactions)
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


def batches(commits: Sequence[Commit], sizes: list[int]) -> Iterator[Batch]:
    """What the store would make of each group."""
    position, begin, known = 0, 0, Standings()
    for size in sizes:
        group = [prepare(commit) for commit in commits[begin : begin + size]]
        batch = assemble(group, position, known)
        yield batch
        position = batch.positions[-1]
        for one in group:
            known.written(one)
        begin += size
    assert begin == len(commits), "every commit is in a group"


Step = tuple[str, list[Any]]


def _steps(batch: Batch) -> Iterator[Step]:
    """The statements as they are executed."""
    for statement, rows in batch.statements:
        yield from statements._steps(statement, rows)


def _write(database: Path, source: Path, transactions: list[list[Step]]) -> Spent:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in opening._WRITING:
            connection.execute(pragma)
        with closing(sqlite3.connect(source)) as beside:
            rows = beside.execute("SELECT * FROM plans").fetchall()
        connection.executemany(_SAVE_PLAN, rows)
        begin, used = time.perf_counter(), time.thread_time()
        for steps in transactions:
            connection.execute("BEGIN IMMEDIATE")
            for sql, values in steps:
                connection.execute(sql, values)
            connection.execute("COMMIT")
        return Spent(time.perf_counter() - begin, time.thread_time() - used)
