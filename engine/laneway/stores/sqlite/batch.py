"""Many commits as one statement: each is a row of the view `commits`, written in their order.

Between two steps of SQLite the writer's thread has to get the interpreter back, which a busy event
loop is slow to give; while SQLite takes a step, the loop runs. So there is one step, however many
commits there are, and what a commit does is said in SQL. See ``commits.sql``.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from laneway.core.chain import GENESIS
from laneway.ports.store import Commit, OperationRow, StoreError

from . import rows
from .rows import Values

_WIDTH = 23
"""Columns of the view."""

_SIZES = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 192, 256, 384, 512)
"""How many commits a statement takes: some sizes, so that the connection keeps each prepared."""

GROUP_LIMIT = _SIZES[-1]
"""Commits and errands in one group at most: more would only make the first of them wait longer."""

_NOTHING = (None,) * _WIDTH

# With an odd backslash: after an even number of them it is the text of a JSON in the JSON.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Prepared(NamedTuple):
    """A commit as a row: made by who commits, so that a value that has no row is theirs alone.

    Attributes:
        values: all but the lease's epoch and the position, which come first.
    """

    commit: Commit
    values: Values


def definition() -> str:
    """What a connection must know to write commits, as SQL."""
    return (resources.files(__package__) / "commits.sql").read_text(encoding="utf-8")


def prepare(commit: Commit) -> Prepared:
    """Turn a commit into a row.

    Raises:
        ValueError: the commit contradicts itself.
        StoreError: a value in it cannot be written.
    """
    _consistent(commit)
    try:
        return Prepared(commit, _values(commit))
    except UnicodeEncodeError as error:  # half a character
        raise StoreError(f"the commit of {commit.row.id} cannot be written: {error!r}") from error


def _values(commit: Commit) -> Values:
    row = commit.row
    return (
        *(row.id, commit.expected_seq, commit.events[0].prev_hash),
        *rows.move_values(row),
        *((None, None) if commit.expected_seq else _creation(row)),
        _carried(row, [rows.event_values(event) for event in commit.events]),
        _carried(row, commit.withdraw) if commit.withdraw else None,
        _carried(row, [*map(rows.command_values, commit.commands)]) if commit.commands else None,
        *((None,) * 4 if commit.key is None else rows.key_values(commit.key)),
    )


def _creation(row: OperationRow) -> Values:
    requested_by, rest = rows.creation_values(row)
    return requested_by, _carried(row, rest)


def _carried(row: OperationRow, value: Any) -> str:
    """The value as JSON, of which SQLite makes columns: a text of theirs would end at a NUL."""
    text = rows.json_text(value)
    if "\\u0000" in text and _NUL.search(text):
        raise StoreError(f"the commit of {row.id} cannot be written: it has a NUL in a name")
    return text


def statement(commits: Sequence[Values]) -> tuple[str, list[Any]]:
    """The statement that writes whole rows, at most `GROUP_LIMIT`, and its parameters."""
    size = _SIZES[bisect_left(_SIZES, len(commits))]
    values = [value for row in commits for value in row]
    values += _NOTHING * (size - len(commits))
    return _sql(size), values


@cache
def _sql(size: int) -> str:
    row = f"({', '.join('?' * _WIDTH)})"
    return f"INSERT INTO commits VALUES {', '.join([row] * size)}"  # noqa: S608 - own text


def _consistent(commit: Commit) -> None:
    if not commit.events:
        raise ValueError(f"the commit of {commit.row.id} has no events")
    if (commit.row.seq, commit.row.head) != (commit.events[-1].seq, commit.events[-1].hash):
        raise ValueError(f"the row of {commit.row.id} is not as its last event leaves it")
    _chained(commit)
    if commit.key is not None and (commit.expected_seq or commit.key.operation_id != commit.row.id):
        raise ValueError(f"the idempotency key is not of the creation of {commit.row.id}")


def _chained(commit: Commit) -> None:
    head = commit.events[0].prev_hash if commit.expected_seq else GENESIS
    for seq, event in enumerate(commit.events, start=commit.expected_seq + 1):
        if (event.operation_id, event.seq, event.prev_hash) != (commit.row.id, seq, head):
            raise ValueError(
                f"event {event.seq} of {commit.row.id} does not follow event {seq - 1}"
            )
        head = event.hash
