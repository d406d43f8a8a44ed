"""Records a database of a schema's version as SQL, for ``test_migrations`` to open for ever after.

Run once for each version of the schema, before its release: ``python -m tests.migration.record``,
with the version's number where it is not the newest.
"""

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from laneway.core.model import EndStatus, Lane, Retention
from laneway.core.retention import DAY
from laneway.ports.plan_versions import PlanContent, PlanVersion
from laneway.ports.store import Freeze, Lease
from laneway.stores.sqlite.migrations import APPLICATION_ID, Migration, shipped
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_promises import commit_all
from laneway.testing.store_promises_access import note_of, session_of
from laneway.testing.store_promises_retention import HOLD
from laneway.testing.store_samples import (
    ADA,
    LANE,
    OTHER_PLAN,
    PLAN,
    accepted,
    an_event_of_every_type,
    begun,
    ended,
    followed,
    key_of,
    moment,
    start_action,
    timer,
)

VERSION = PlanVersion(name="other", version=3, digest="sha256:3", first_seen_at=moment(4))
CONTENT = PlanContent(
    digest="sha256:3", source="plan: other\nversion: 3\n", document={"plan": "other"}, actions={}
)
DATABASES = Path(__file__).with_name("databases")


async def fill(database: Path, steps: Sequence[Migration] = ()) -> None:
    """Operations in several states, and whatever else a database of that version can hold."""
    store = await SqliteStore.open(database, steps=steps)
    for plan in (PLAN, OTHER_PLAN):
        await store.save_plan(plan)
    lease = await store.claim("recorder", moment(0))
    done = accepted("op_1", begins=True, key=key_of("op_1"))
    mixed = followed(done, *an_event_of_every_type()[:-1], at=5, destructive_at=moment(5))
    passed = ended(mixed, EndStatus.PASS, at=6)
    holder = accepted("op_2", at=7, commands=(timer(), start_action()), supersedes="op_1")
    waiting = accepted("op_3", at=8, plan=OTHER_PLAN, dry_run=True, waiting_for={"kind": "lane"})
    await commit_all(store, lease, [done, mixed, passed, holder, begun(holder, at=9), waiting])
    await store.set_freeze(LANE, Freeze(ADA, "audit", moment(10)))
    for act in ("freezeLane", "unfreezeLane"):
        await store.audit.record(note_of(act))
    await store.sessions.save(session_of())
    if len(steps or shipped()) >= 4:
        await _retain(store, lease)
    if (version := len(steps or shipped())) >= 5:
        await store.plan_versions.register([VERSION], [CONTENT] if version >= 6 else [])
    await store.close()


async def _retain(store: SqliteStore, lease: Lease) -> None:
    """A hold, an artifact, and what is left of an operation that was pruned."""
    await store.retention.hold(HOLD)
    await store.save_artifact("op_1", b"a log", moment(10))
    gone = accepted("op_0", at=1, begins=True, lane=Lane("odoo", "cm", "prod"))
    await commit_all(store, lease, [gone, ended(gone, EndStatus.FAIL, at=2)])
    limits = Retention(keep_days=1, keep_last=0)
    looked = await store.retention.candidates(PLAN.digest, limits, moment(3), 1)
    await store.retention.prune(looked, moment(2 * DAY), lease)


def as_sql(database: Path) -> str:
    """The whole database as SQL, with what its header says."""
    with closing(sqlite3.connect(database)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        header = [
            f"PRAGMA application_id = {APPLICATION_ID};",
            f"PRAGMA user_version = {version};",
        ]
        return "\n".join([*header, *connection.iterdump()]) + "\n"


def main(version: int) -> None:
    """Record a version."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "laneway.db"
        asyncio.run(fill(database, shipped()[:version]))
        target = DATABASES / f"{version:04}.sql"
        target.write_text(as_sql(database), encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else shipped()[-1].version)
