"""Events stand, whoever has the file open: another program that writes to it cannot change them."""

import sqlite3

import pytest

from laneway.core import chain
from laneway.stores.sqlite import rows
from laneway.testing.store_samples import accepted, followed, progressed

FIRST = accepted("op_1")
SECOND = followed(FIRST, progressed("a"), progressed("b"))


@pytest.fixture
async def events(store, lease, raw):
    await store.commit(FIRST, lease)
    await store.commit(SECOND, lease)
    yield raw
    found = await store.events("op_1")
    assert found == [*FIRST.events, *SECOND.events]
    assert chain.verify(found) == SECOND.row.head


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = '{}' WHERE seq = 2",
        "UPDATE events SET position = 99 WHERE seq = 3",
        "UPDATE OR REPLACE events SET seq = 1 WHERE seq = 2",
        "DELETE FROM events WHERE seq = 3",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE seq = 2",
        """INSERT OR REPLACE INTO events SELECT 99, operation_id, seq, at, type, phase, attempt,
        actor, '{}', prev_hash, hash FROM events WHERE seq = 3""",
    ],
)
def test_events_are_not_changed_removed_or_replaced(events, statement):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        events.execute(statement)


APPEND = """INSERT INTO events (
  operation_id, seq, at, type, phase, attempt, actor, data, prev_hash, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def append(events, event):
    events.execute(APPEND, (event.operation_id, *rows.event_values(event)))


def test_an_event_that_leaves_a_gap_is_refused(events):
    later = followed(followed(SECOND)).events[0]
    with pytest.raises(sqlite3.IntegrityError, match="must follow"):
        append(events, later)


def test_an_event_of_another_past_is_refused(events):
    elsewhere = followed(followed(FIRST, progressed("x"), progressed("y"))).events[0]
    assert elsewhere.seq == 4
    with pytest.raises(sqlite3.IntegrityError, match="must follow"):
        append(events, elsewhere)


def test_a_first_event_follows_the_genesis(events):
    with pytest.raises(sqlite3.IntegrityError, match="genesis"):
        events.execute(
            "INSERT INTO events SELECT 99, 'op_2', 1, at, type, phase, attempt, actor, data, "
            "hash, hash FROM events WHERE seq = 1"
        )


def test_a_lane_has_one_holder_whoever_writes(events):
    lane = "UPDATE operations SET holds_lane = 1, status = 'running' WHERE id = ?"
    events.execute(lane, ("op_1",))
    with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE.*operations\.product"):
        events.execute(
            "INSERT INTO operations SELECT ticket + 1, 'op_2', seq, head, status, phase, plan, "
            "plan_version, plan_digest, product, context, instance, exclusive, holds_lane, "
            "requested_by, created_at, updated_at, finished_at, supersedes, retry_of, dry_run, "
            "destructive_at, waiting_for FROM operations"
        )
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        events.execute("UPDATE operations SET status = 'pass' WHERE id = 'op_1'")
