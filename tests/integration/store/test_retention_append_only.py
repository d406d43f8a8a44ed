"""What was pruned is gone for good, and nothing else goes: whoever has the file open."""

import sqlite3

import pytest

from laneway.core.model import EndStatus
from laneway.stores.sqlite.pruning import TOMBSTONE_COLUMNS
from laneway.testing.store_promises import commit_all
from laneway.testing.store_promises_retention import PROD, SHORT, over, pruned_ids
from laneway.testing.store_samples import accepted, key_of

BURIED = ", ".join(TOMBSTONE_COLUMNS[1:-2])
BURY = f"INSERT INTO tombstones SELECT id, {BURIED}, 'now', 'because' FROM operations WHERE id = ?"


@pytest.fixture
async def pruned(store, lease, raw):
    """``op_1`` was pruned; ``op_2`` has ended and ``op_3`` has not."""
    await store.save_plan(SHORT)
    first = accepted("op_1", begins=True, plan=SHORT, key=key_of("op_1"))
    await commit_all(store, lease, [first, over("op_1")[1]])
    running = accepted("op_3", begins=True, plan=SHORT, lane=PROD)
    await commit_all(store, lease, [*over("op_2"), running])
    assert await pruned_ids(store, lease) == ["op_1"]
    yield raw
    assert await store.retention.tombstone("op_1") is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tombstones SET head = ''",
        "DELETE FROM tombstones",
        "INSERT OR REPLACE INTO tombstones SELECT * FROM tombstones",
        "INSERT INTO tombstones SELECT 'op_9', "
        + ", ".join(TOMBSTONE_COLUMNS[1:])
        + " FROM tombstones",
    ],
)
def test_tombstones_stand(pruned, statement):
    with pytest.raises(sqlite3.IntegrityError, match="tombstone"):
        pruned.execute(statement)


def test_only_what_has_ended_and_is_not_on_hold_is_buried(pruned):
    with pytest.raises(sqlite3.IntegrityError, match="has ended"):
        pruned.execute(BURY, ("op_3",))
    pruned.execute("INSERT INTO holds VALUES ('op_2', '{}', 'because', 'now')")
    with pytest.raises(sqlite3.IntegrityError, match="on hold"):
        pruned.execute(BURY, ("op_2",))
    pruned.execute("DELETE FROM holds")
    pruned.execute("BEGIN")
    pruned.execute(BURY, ("op_2",))
    pruned.execute("DELETE FROM events WHERE operation_id = 'op_2'")
    pruned.execute("ROLLBACK")


@pytest.mark.parametrize("operation", ["op_2", "op_3"])
def test_events_without_a_tombstone_are_not_removed(pruned, operation):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        pruned.execute("DELETE FROM events WHERE operation_id = ?", (operation,))


def test_a_key_is_not_taken_by_another_operation(pruned):
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        pruned.execute("INSERT INTO keys VALUES ('ada', 'run-1', 'sha256:body', 'op_2', 'now')")
    with pytest.raises(sqlite3.IntegrityError, match="is of an operation"):
        pruned.execute("INSERT INTO keys VALUES ('ada', 'run-2', 'sha256:body', 'op_9', 'now')")


def test_an_operation_that_was_pruned_is_not_written_again(pruned):
    columns = (
        "seq, head, status, phase, plan, plan_version, plan_digest, product, context, "
        "instance, exclusive, holds_lane, requested_by, created_at, updated_at, finished_at, "
        "supersedes, retry_of, dry_run, destructive_at, waiting_for"
    )
    with pytest.raises(sqlite3.IntegrityError, match="does not come back"):
        pruned.execute(
            f"INSERT INTO operations SELECT 99, 'op_1', {columns} FROM operations LIMIT 1"
        )


async def test_a_prune_that_fails_half_way_leaves_everything(store, lease, raw):
    await store.save_plan(SHORT)
    await commit_all(store, lease, [*over("op_1"), *over("op_2", EndStatus.REFUSED)])
    raw.execute(
        "CREATE TRIGGER broken BEFORE DELETE ON operations BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    with pytest.raises(Exception, match="no"):
        await pruned_ids(store, lease)
    assert await store.retention.tombstone("op_1") is None
    assert len(await store.events("op_1")) == 2
    raw.execute("DROP TRIGGER broken")
    assert await pruned_ids(store, lease) == ["op_1"]
