"""Statements that write many rows in one step.

While SQLite takes a step, the event loop runs; between two steps the thread has to get the
interpreter back, which a busy event loop is slow to give. A step for each row would wait each time.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from .rows import Values

_SIZES = (64, 16, 4, 1)
"""How many rows a step takes: a few sizes, so that the connection keeps each one prepared."""


class Statement(NamedTuple):
    """A statement with a list of rows in it: ``{rows}`` stands for them, ``row`` is one."""

    text: str
    row: str


@cache
def _sql(statement: Statement, size: int) -> str:
    return statement.text.format(rows=", ".join([statement.row] * size))


def write(connection: sqlite3.Connection, statement: Statement, rows: Sequence[Values]) -> int:
    """Write the rows, in order; returns how many rows of the database changed."""
    steps = _steps(statement, rows)
    return sum(connection.execute(sql, values).rowcount for sql, values in steps)


def _steps(statement: Statement, rows: Sequence[Values]) -> Iterator[tuple[str, list[Any]]]:
    done = 0
    for size in _SIZES:
        while len(rows) - done >= size:
            some = rows[done : done + size]
            yield _sql(statement, size), [value for row in some for value in row]
            done += size
