"""Commits without end, and says what was acknowledged: the process that ``test_crash`` kills.

With ``external`` as its second argument it leaves the log to another process.

Several operations at once, so that commits are grouped. Each commit after an operation's first one
has three events and sets a timer to the seq that it reaches, so that half a commit would show.
"""

import asyncio
import sys

from laneway.core.model import Lane
from laneway.ports.store import Commit, Lease
from laneway.stores.sqlite.opening import Settings
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_samples import (
    PLAN,
    accepted,
    ended,
    followed,
    moment,
    progressed,
    start_action,
    timer,
)

WORKERS = 5
STEPS = 12


async def operate(store: SqliteStore, lease: Lease, worker: int) -> None:
    number = 0
    while True:
        number += 1
        lane = Lane("product", "context", str(worker))
        name = f"op_{lease.epoch}_{worker}_{number}"
        newest = accepted(name, lane=lane, begins=True, commands=(timer(at=1), start_action()))
        await acknowledge(store, lease, newest)
        for _ in range(STEPS):
            reached = newest.row.seq + 3
            events = (progressed("a"), progressed("b"), progressed(str(reached)))
            newest = followed(newest, *events, commands=(timer(at=reached),))
            await acknowledge(store, lease, newest)
        await store.commit(ended(newest, withdraw=("timer:deadline", "action:bootstrap")), lease)


async def acknowledge(store: SqliteStore, lease: Lease, commit: Commit) -> None:
    await store.commit(commit, lease)
    sys.stdout.write(f"{commit.row.id} {commit.row.seq}\n")
    sys.stdout.flush()


async def main() -> None:
    leaves_log = "external" in sys.argv[2:]
    store = await SqliteStore.open(sys.argv[1], Settings(checkpoints=not leaves_log))
    await store.save_plan(PLAN)
    lease = await store.claim("child", moment(0))
    # What a killed process left on its lanes is ended, as an engine would after its restart.
    for row in await store.unfinished():
        left = Commit(row=row, expected_seq=0, events=())
        await store.commit(ended(left), lease)
    await asyncio.gather(*(operate(store, lease, worker) for worker in range(WORKERS)))


if __name__ == "__main__":
    asyncio.run(main())
