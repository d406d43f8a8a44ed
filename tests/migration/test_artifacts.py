"""Artifacts of before there were references: what an event names is kept, with whose it is."""

import sqlite3
from contextlib import closing

from laneway.core.digests import bytes_digest
from laneway.core.events import ArtifactRef, PhaseFinished
from laneway.ports.retention import ArtifactUsage
from laneway.stores.sqlite.migrations import shipped
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_promises import commit_all
from laneway.testing.store_samples import PLAN, accepted, followed, moment

NAMED, ALSO_NAMED, ORPHAN = b"a log", b"another", b"left by an attempt that never said so"


def refs(*contents: bytes) -> tuple[ArtifactRef, ...]:
    return tuple(
        ArtifactRef(f"{n}.log", "text/plain", len(content), bytes_digest(content))
        for n, content in enumerate(contents)
    )


async def test_artifacts_are_given_to_the_operations_whose_events_name_them(tmp_path):
    database = tmp_path / "old.db"
    old = await SqliteStore.open(database, steps=shipped()[:3])
    await old.save_plan(PLAN)
    lease = await old.claim("recorder", moment(0))
    first, second = accepted("op_1"), accepted("op_2")
    both = PhaseFinished("bootstrap", "pass", "pass", 1, artifacts=refs(NAMED, ALSO_NAMED, NAMED))
    again = PhaseFinished("verify", "pass", "pass", 1, artifacts=refs(NAMED))
    one = followed(first, both, again)
    lost = PhaseFinished("bootstrap", "pass", "pass", 1, artifacts=refs(b"never saved"))
    await commit_all(old, lease, [first, one, second, followed(second, again, lost)])
    await old.close()
    with closing(sqlite3.connect(database)) as connection, connection:
        for content in (NAMED, ALSO_NAMED, ORPHAN):
            values = (bytes_digest(content), content, len(content), moment(0))
            connection.execute("INSERT INTO artifacts VALUES (?, ?, ?, ?)", values)
    new = await SqliteStore.open(database)
    kept = len(NAMED) + len(ALSO_NAMED)
    assert await new.retention.artifact_usage("op_1") == ArtifactUsage(operation=kept, total=kept)
    assert (await new.retention.artifact_usage("op_2")).operation == len(NAMED)
    assert await new.artifact(bytes_digest(NAMED)) == NAMED
    assert await new.artifact(bytes_digest(ORPHAN)) is None
    await new.close()
