"""Records a database of the newest schema as SQL, for ``test_migrations`` to open for ever after.

Run once for each version of the schema, before its release: ``python -m tests.migration.record``.
"""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from laneway.core.model import EndStatus
from laneway.ports.store import Freeze
from laneway.stores.sqlite.migrations import APPLICATION_ID, shipped
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_promises import commit_all
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

DATABASES = Path(__file__).with_name("databases")


async def fill(database: Path) -> None:
    """Operations in several states, a key, commands, a freeze and two plans."""
    store = await SqliteStore.open(database)
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
    await store.close()


def as_sql(database: Path) -> str:
    """The whole database as SQL, with what its header says."""
    with closing(sqlite3.connect(database)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        header = [
            f"PRAGMA application_id = {APPLICATION_ID};",
            f"PRAGMA user_version = {version};",
        ]
        return "\n".join([*header, *connection.iterdump()]) + "\n"


def main() -> None:
    """Record the newest version."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "laneway.db"
        asyncio.run(fill(database))
        target = DATABASES / f"{shipped()[-1].version:04}.sql"
        target.write_text(as_sql(database), encoding="utf-8")


if __name__ == "__main__":
    main()
