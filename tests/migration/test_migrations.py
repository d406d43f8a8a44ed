"""Databases of every version there was open, hold what they held, and end with the same schema."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from laneway.core import audit, chain
from laneway.core.digests import bytes_digest
from laneway.core.model import Lane
from laneway.ports.audit import AuditFilter
from laneway.ports.plan_versions import PlanContent
from laneway.ports.store import OperationFilter, StoreOutdated
from laneway.stores.sqlite.migrations import shipped
from laneway.stores.sqlite.opening import Settings
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_promises_access import session_of
from laneway.testing.store_promises_retention import HOLD
from laneway.testing.store_samples import (
    ADA,
    LANE,
    OTHER_PLAN,
    PLAN,
    accepted,
    key_of,
    moment,
    start_action,
    timer,
)
from tests.migration.record import CONTENT, DATABASES, VERSION

RECORDED = sorted(DATABASES.glob("*.sql"))


@pytest.fixture(params=RECORDED, ids=lambda path: path.stem)
def old(request, tmp_path):
    """A database as an older Laneway left it."""
    database = tmp_path / "old.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(request.param.read_text(encoding="utf-8"))
    return database


def schema(database: Path) -> tuple[int, int, list[tuple[str, ...]]]:
    with closing(sqlite3.connect(database)) as connection:
        contents = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return application, version, connection.execute(contents).fetchall()


def test_versions_are_numbered_without_gaps():
    assert [step.version for step in shipped()] == list(range(1, len(shipped()) + 1))


def test_a_database_of_every_version_is_kept():
    assert [int(path.stem) for path in RECORDED] == [step.version for step in shipped()]


async def test_a_migrated_schema_equals_a_fresh_one(old, tmp_path):
    for database in (old, tmp_path / "fresh.db"):
        await (await SqliteStore.open(database)).close()
    assert schema(old) == schema(tmp_path / "fresh.db")


async def test_every_table_is_strict_and_every_value_keeps_its_type(old):
    await (await SqliteStore.open(old)).close()
    with closing(sqlite3.connect(old)) as connection:
        tables = connection.execute("PRAGMA table_list").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    ours = [table for table in tables if not table[1].startswith("sqlite_")]
    assert len(ours) == 18
    assert all(table[5] == 1 for table in ours)


async def test_what_an_old_database_held_is_there(old):
    store = await SqliteStore.open(old)
    newest = await store.operations(OperationFilter(), 10)
    assert [(row.id, row.status) for row in newest] == [
        ("op_3", "pending"),
        ("op_2", "running"),
        ("op_1", "pass"),
    ]
    for row in newest:
        assert chain.verify(await store.events(row.id)) == row.head
    assert await store.key("ada", "run-1") == key_of("op_1")
    assert await store.commands("op_2") == [start_action(), timer()]
    assert await store.plan(PLAN.digest) == PLAN
    lane = await store.lane(LANE)
    assert lane.freeze is not None
    assert lane.holder is not None
    assert (lane.freeze.reason, lane.holder.id, lane.queue[0].id) == ("audit", "op_2", "op_3")
    assert lane.last_destructive[PLAN.name].id == "op_1"
    await store.close()


async def test_who_called_and_who_is_signed_in_is_there(old):
    held = schema(old)[1] >= 3
    store = await SqliteStore.open(old)
    entries = await store.audit.entries()
    assert len(entries) == 2 * held
    assert audit.verify(entries, audit.AuditHead()) == await store.audit.head()
    where = AuditFilter(act="freezeLane", actor=ADA.subject, product=LANE.product)
    assert await store.audit.search(where, 9, newest_first=True) == entries[:1]
    found = await store.sessions.find(session_of().digest, moment(1))
    assert found == (session_of() if held else None)
    await store.close()


async def test_what_is_on_hold_and_what_was_pruned_is_there(old):
    held = schema(old)[1] >= 4
    store = await SqliteStore.open(old)
    assert await store.retention.held("op_1") == (HOLD if held else None)
    tombstone = await store.retention.tombstone("op_0")
    assert (tombstone.plan if tombstone else None) == (PLAN.name if held else None)
    assert await store.artifact(bytes_digest(b"a log")) == (b"a log" if held else None)
    assert (await store.retention.artifact_usage("op_1")).total == 5 * held
    await store.close()


async def test_every_version_of_a_plan_that_was_used_is_known(old):
    held = schema(old)[1] >= 5
    store = await SqliteStore.open(old)
    used = {(plan.name, plan.version, plan.digest) for plan in (PLAN, OTHER_PLAN)}
    registered = {(VERSION.name, VERSION.version, VERSION.digest)}
    known = {(each.name, each.version, each.digest) for each in await store.plan_versions.all()}
    assert known == (registered if held else used)
    await store.close()


async def test_what_was_in_the_plans_of_operations_is_known_without_their_text(old):
    held = schema(old)[1] >= 6
    store = await SqliteStore.open(old)
    found = await store.plan_versions.content(PLAN.digest)
    of_used = PlanContent(
        digest=PLAN.digest, source="", document=PLAN.document, actions=PLAN.actions
    )
    assert found == (None if held else of_used)
    assert await store.plan_versions.content(CONTENT.digest) == (CONTENT if held else None)
    await store.close()


async def test_an_old_database_can_be_written(old):
    store = await SqliteStore.open(old)
    lease = await store.claim("engine-2", moment(20))
    position = await store.last_position()
    commit = accepted("op_4", lane=Lane("odoo", "cm", "prod"), begins=True)
    assert await store.commit(commit, lease) == position + 1
    await store.close()


async def test_an_old_database_is_not_migrated_unasked(old):
    before = schema(old)
    if before[1] == len(shipped()):
        await (await SqliteStore.open(old, Settings(migrate=False))).close()
    else:
        with pytest.raises(StoreOutdated, match="laneway db upgrade"):
            await SqliteStore.open(old, Settings(migrate=False))
    assert schema(old) == before
