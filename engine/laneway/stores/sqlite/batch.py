"""Many commits as the few statements of one transaction.

Statements run kind by kind, each kind in the order of the commits. That gives what one commit after
the other would give, or breaks a constraint; it never passes what one after the other would not:
creations only take lanes and keys, so to run them first can only find more taken.
"""

from collections.abc import Iterable
from typing import NamedTuple

from laneway.core.chain import GENESIS
from laneway.ports.store import Commit

from . import rows
from .rows import Values

CREATE = """
  INSERT INTO operations (
    id, seq, head, status, phase, plan, plan_version, plan_digest,
    product, context, instance, exclusive, holds_lane, requested_by,
    created_at, updated_at, finished_at, supersedes, retry_of, dry_run,
    destructive_at, waiting_for)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
CHANGE = """
  UPDATE operations SET
    seq = ?, head = ?, status = ?, phase = ?, holds_lane = ?, updated_at = ?,
    finished_at = ?, destructive_at = ?, waiting_for = ?
  WHERE id = ? AND seq = ? AND head = ?"""
APPEND = """
  INSERT INTO events (
    position, operation_id, seq, at, type, phase, attempt, actor, data, prev_hash, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
WITHDRAW = "DELETE FROM commands WHERE operation_id = ? AND key = ?"
ASK = """
  INSERT INTO commands (operation_id, key, kind, due_at, body) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (operation_id, key) DO UPDATE SET
    kind = excluded.kind, due_at = excluded.due_at, body = excluded.body"""
OWN = """
  INSERT INTO keys (scope, key, fingerprint, operation_id, created_at) VALUES (?, ?, ?, ?, ?)"""


class Prepared(NamedTuple):
    """A commit as rows: made by who commits, so that a value that has no row is theirs alone."""

    commit: Commit
    creation: Values | None
    change: Values | None
    events: list[Values]
    commands: dict[tuple[str, str], Values | None]
    key: Values | None


class Batch(NamedTuple):
    """One transaction's statements with their rows, and each commit's last position."""

    statements: list[tuple[str, list[Values]]]
    positions: list[int]


def prepare(commit: Commit) -> Prepared:
    """Turn a commit into rows.

    Raises:
        ValueError: the commit contradicts itself.
    """
    _consistent(commit)
    creates = commit.expected_seq == 0
    changed = rows.change_values(commit.row, commit.expected_seq, commit.events[0].prev_hash)
    return Prepared(
        commit=commit,
        creation=rows.creation_values(commit.row) if creates else None,
        change=None if creates else changed,
        events=[rows.event_values(event) for event in commit.events],
        commands=_commands(commit),
        key=None if commit.key is None else rows.key_values(commit.key),
    )


def assemble(commits: Iterable[Prepared], position: int) -> Batch:
    """Put commits together into one transaction's statements.

    Args:
        commits: in their order.
        position: of the newest event there is.
    """
    members = list(commits)
    events, positions = _positioned(members, position)
    # What comes last of a command counts, as it would if one commit ran after the other.
    commands = {name: values for member in members for name, values in member.commands.items()}
    statements = [
        (CREATE, [member.creation for member in members if member.creation is not None]),
        (CHANGE, [member.change for member in members if member.change is not None]),
        (APPEND, events),
        (WITHDRAW, [name for name, values in commands.items() if values is None]),
        (ASK, [values for values in commands.values() if values is not None]),
        (OWN, [member.key for member in members if member.key is not None]),
    ]
    return Batch([pair for pair in statements if pair[1]], positions)


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
