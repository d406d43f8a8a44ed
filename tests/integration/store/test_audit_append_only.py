"""The audit log stands, whoever has the file open; and what was done to a copy of it shows."""

import sqlite3

import pytest

from laneway.core.audit import AuditHead, verify
from laneway.core.chain import ChainBroken
from laneway.ports.store import StoreCorrupt
from laneway.testing.store_promises_access import note_of

TRIGGERS = ("audit_follows", "audit_is_not_changed", "audit_is_not_removed")


@pytest.fixture
async def three(store):
    for number in (1, 2, 3):
        await store.audit.record(note_of(f"act-{number}"))
    return store


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET entry = '{}' WHERE seq = 2",
        "UPDATE OR REPLACE audit SET seq = 1 WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT seq, at, '{}', prev_hash, hash FROM audit",
        "INSERT INTO audit SELECT 5, at, entry, hash, hash FROM audit WHERE seq = 3",
        "INSERT INTO audit SELECT NULL, at, entry, hash, hash FROM audit WHERE seq = 3",
        "INSERT INTO audit SELECT 4, at, entry, prev_hash, hash FROM audit WHERE seq = 3",
    ],
)
async def test_entries_are_not_changed_removed_or_put_elsewhere(three, raw, statement):
    before = await three.audit.entries()
    with pytest.raises(sqlite3.IntegrityError, match="audit log"):
        raw.execute(statement)
    assert await three.audit.entries() == before


def test_the_first_entry_follows_the_genesis(store, raw):
    with pytest.raises(sqlite3.IntegrityError, match="must follow"):
        raw.execute("INSERT INTO audit VALUES (1, 't', '{}', 'elsewhere', 'h')")


def tamper(raw: sqlite3.Connection, *statements: str) -> None:
    """What somebody does who owns the file, and knows how to take the triggers away."""
    for name in TRIGGERS:
        raw.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        raw.execute(statement)


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["UPDATE audit SET at = '2026-01-31T09:30:01.000Z' WHERE seq = 2"], "entry 2 was changed"),
        (["UPDATE audit SET entry = replace(entry, 'act-2', 'x') WHERE seq = 2"], "entry 2 was"),
        (["DELETE FROM audit WHERE seq = 2"], "entry 2 is missing"),
        (["DELETE FROM audit WHERE seq = 1"], "entry 1 is missing"),
        (
            [
                "DELETE FROM audit WHERE seq = 2",
                "INSERT INTO audit SELECT 2, at, entry, prev_hash, hash FROM audit WHERE seq = 3",
            ],
            "entry 2 does not follow",
        ),
    ],
)
async def test_what_was_done_with_the_triggers_away_shows(three, raw, statements, named):
    tamper(raw, *statements)
    with pytest.raises(ChainBroken, match=named):
        verify(await three.audit.entries(), AuditHead())


async def test_an_entry_that_cannot_be_read_is_named(three, raw):
    raw.execute("DROP TRIGGER audit_is_not_changed")
    raw.execute("""UPDATE audit SET entry = '{"allowed": "perhaps"}' WHERE seq = 2""")
    with pytest.raises(StoreCorrupt, match="entry 2 of the audit log was changed"):
        await three.audit.entries()
