"""Statements of many rows write what as many statements of one row would, and count alike."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from laneway.stores.sqlite.statements import Statement, write

INSERT = Statement("INSERT INTO things (id, word) VALUES {rows}", "(?, ?)")
UPDATE = Statement(
    "UPDATE things SET word = new.column2 FROM (VALUES {rows}) AS new WHERE id = new.column1",
    "(?, ?)",
)
DELETE = Statement("DELETE FROM things WHERE (id, word) IN (VALUES {rows})", "(?, ?)")
SIZES = range(1, 131)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, word TEXT) STRICT")
        yield connection


def everything(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    return connection.execute("SELECT id, word FROM things ORDER BY id").fetchall()


@pytest.mark.parametrize("size", SIZES)
def test_every_row_is_written_and_counted(connection: sqlite3.Connection, size: int) -> None:
    rows = [(number, "a") for number in range(size)]
    assert write(connection, INSERT, rows) == size
    assert everything(connection) == rows
    changed = [(number, f"b{number}") for number in reversed(range(size))]
    assert write(connection, UPDATE, changed) == size
    assert everything(connection) == [*reversed(changed)]
    assert write(connection, DELETE, changed) == size
    assert everything(connection) == []


@pytest.mark.parametrize("size", SIZES)
def test_a_row_that_is_not_there_is_not_counted(connection: sqlite3.Connection, size: int) -> None:
    rows = [(number, "a") for number in range(size)]
    write(connection, INSERT, rows)
    missing = size // 2
    connection.execute("DELETE FROM things WHERE id = ?", (missing,))
    assert write(connection, UPDATE, rows) == size - 1
    assert write(connection, DELETE, rows) == size - 1


def test_nothing_is_written_in_no_step(connection: sqlite3.Connection) -> None:
    told: list[str] = []
    connection.set_trace_callback(told.append)
    assert write(connection, INSERT, []) == 0
    assert told == []
