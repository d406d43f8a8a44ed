"""Many commits as the few statements of one transaction.

Statements run kind by kind, each kind in the order of the commits. That gives what one commit after
the other would give, or breaks a constraint; it never passes what one after the other would not:
creations only take lanes and keys, so to run them first can only find more taken. The same goes
for the changes that hold a lane.
"""

from collections.abc import Iterable
from typing import NamedTuple

from laneway.core.chain import GENESIS
from laneway.ports.store import Commit

from . import rows
from .rows import OPERATION_COLUMNS, Values
from .statements import Statement


def _row(columns: int) -> str:
    return f"({', '.join('?' * columns)})"


CREATE = Statement(
    f"INSERT INTO operations ({', '.join(OPERATION_COLUMNS)}) VALUES {{rows}}",  # noqa: S608 - own text
    _row(len(OPERATION_COLUMNS)),
)
# What no index looks at: most commits change nothing else, and every index less is half a page.
MOVE = Statement(
    """UPDATE operations SET
      seq = new.column1, head = new.column2, phase = new.column3, updated_at = new.column4,
      waiting_for = new.column5
    FROM (VALUES {rows}) AS new
    WHERE id = new.column6 AND seq = new.column7 AND head = new.column8""",
    _row(8),
)
CHANGE = Statement(
    """UPDATE operations SET
      seq = new.column1, head = new.column2, phase = new.column3, updated_at = new.column4,
      waiting_for = new.column5, status = new.column9, holds_lane = new.column10,
      finished_at = new.column11, destructive_at = new.column12
    FROM (VALUES {rows}) AS new
    WHERE id = new.column6 AND seq = new.column7 AND head = new.column8""",
    _row(12),
)
APPEND = Statement(
    """INSERT INTO events (
      position, operation_id, seq, at, type, phase, attempt, actor, data, prev_hash, hash)
    VALUES {rows}""",
    _row(11),
)
WITHDRAW = Statement("DELETE FROM commands WHERE (operation_id, key) IN (VALUES {rows})", _row(2))
ASK = Statement(
    """INSERT INTO commands (operation_id, key, kind, due_at, body) VALUES {rows}
    ON CONFLICT (operation_id, key) DO UPDATE SET
      kind = excluded.kind, due_at = excluded.due_at, body = excluded.body""",
    _row(5),
)
OWN = Statement(
    "INSERT INTO keys (scope, key, fingerprint, operation_id, created_at) VALUES {rows}", _row(5)
)
UPDATES = (MOVE, CHANGE)
"""Statements that must find each of their rows."""


class Prepared(NamedTuple):
    """A commit as rows: made by who commits, so that a value that has no row is theirs alone.

    Attributes:
        standing: what of the operation's row the indexes look at; see `batch.Standings`.
    """

    commit: Commit
    creation: Values | None
    move: Values | None
    standing: Values
    events: list[Values]
    commands: dict[tuple[str, str], Values | None]
    key: Values | None


class Batch(NamedTuple):
    """One transaction's statements with their rows, and each commit's last position."""

    statements: list[tuple[Statement, list[Values]]]
    positions: list[int]


class Standings:
    """What the indexes know of the operations that were written last.

    An operation whose row is known to stand as before is only moved on. Nothing rests on this: a
    row is known by its head, which the statement checks.
    """

    MOST = 10_000

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, Values]] = {}

    def same(self, one: Prepared) -> bool:
        """Whether the commit leaves the operation standing as it was."""
        before = one.commit.events[0].prev_hash
        return self._known.get(one.commit.row.id) == (before, one.standing)

    def written(self, one: Prepared) -> None:
        """A commit is on disk."""
        row = one.commit.row
        self._known.pop(row.id, None)
        if row.finished_at is None:
            self._known[row.id] = (row.head, one.standing)
            if len(self._known) > self.MOST:
                del self._known[next(iter(self._known))]


def prepare(commit: Commit) -> Prepared:
    """Turn a commit into rows.

    Raises:
        ValueError: the commit contradicts itself.
    """
    _consistent(commit)
    creates = commit.expected_seq == 0
    moved = rows.move_values(commit.row, commit.expected_seq, commit.events[0].prev_hash)
    return Prepared(
        commit=commit,
        creation=rows.creation_values(commit.row) if creates else None,
        move=None if creates else moved,
        standing=rows.standing_values(commit.row),
        events=[rows.event_values(event) for event in commit.events],
        commands=_commands(commit),
        key=None if commit.key is None else rows.key_values(commit.key),
    )


def assemble(commits: Iterable[Prepared], position: int, known: Standings) -> Batch:
    """Put commits together into one transaction's statements.

    Args:
        commits: in their order.
        position: of the newest event there is.
        known: how operations stand.
    """
    members = list(commits)
    events, positions = _positioned(members, position)
    # What comes last of a command counts, as it would if one commit ran after the other.
    commands = {name: values for member in members for name, values in member.commands.items()}
    moves, changes = _changes(members, known)
    statements = [
        (CREATE, [member.creation for member in members if member.creation is not None]),
        # Of two commits of one operation only the first can be known to be a move.
        (MOVE, moves),
        *((CHANGE, turn) for turn in _turns(changes)),
        (APPEND, events),
        (WITHDRAW, [name for name, values in commands.items() if values is None]),
        (ASK, [values for values in commands.values() if values is not None]),
        (OWN, [member.key for member in members if member.key is not None]),
    ]
    return Batch([pair for pair in statements if pair[1]], positions)


def _changes(members: list[Prepared], known: Standings) -> tuple[list[Values], list[Values]]:
    moves: list[Values] = []
    changes: list[Values] = []
    for one in members:
        if one.move is not None and known.same(one):
            moves.append(one.move)
        elif one.move is not None:
            changes.append((*one.move, *one.standing))
    return moves, changes


def _turns(changes: list[Values]) -> list[list[Values]]:
    """The changes as what one statement may take: it sees what was before it, in no order.

    Those that hold a lane come first: they must not find one that is let go of after their turn.
    """
    if len({change[_ID] for change in changes}) < len(changes):
        return [[change] for change in changes]
    holding = [change for change in changes if change[_HOLDS]]
    return [holding, [change for change in changes if not change[_HOLDS]]]


_ID, _HOLDS = 5, 9
"""Where the operation's id, and whether it holds its lane, stand in the values of `CHANGE`."""


def _positioned(members: list[Prepared], position: int) -> tuple[list[Values], list[int]]:
    events: list[Values] = []
    positions: list[int] = []
    for member in members:
        for values in member.events:
            position += 1
            events.append((position, *values))
        positions.append(position)
    return events, positions


def _commands(commit: Commit) -> dict[tuple[str, str], Values | None]:
    operation_id = commit.row.id
    effects: dict[tuple[str, str], Values | None] = {
        (operation_id, key): None for key in commit.withdraw
    }
    for command in commit.commands:
        effects[operation_id, command.key] = rows.command_values(operation_id, command)
    return effects


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
