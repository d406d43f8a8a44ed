"""An engine in this process, with nothing around it but what a program would need."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from laneway.core.events import Actor
from laneway.core.model import Lane
from laneway.ports.store import Commit, Lease
from laneway.runtime.engine import Engine
from laneway.runtime.environment import SystemClock, Ulids
from laneway.runtime.operations import Committed
from laneway.runtime.submissions import Submission
from laneway.stores.sqlite.store import SqliteStore

from . import plans
from .actions import Actions

ANN = Actor("caller", "ann")


class Groups:
    """How many commits there were in each transaction, as they are announced.

    The members of a group are told in one turn of the event loop; so what is announced in one turn
    was one transaction.
    """

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self._now = 0

    def one(self) -> None:
        """A commit was announced."""
        if not self._now:
            asyncio.get_running_loop().call_soon(self._over)
        self._now += 1

    def _over(self) -> None:
        self.sizes.append(self._now)
        self._now = 0

    def histogram(self) -> dict[str, int]:
        """How many groups there were, by the size's power of two."""
        counted = Counter(1 << (size - 1).bit_length() for size in self.sizes)
        return {f"≤{size}": counted[size] for size in sorted(counted)}


class Recording(SqliteStore):
    """The store, which remembers what was handed over to be committed."""

    commits: list[Commit]

    async def commit(self, commit: Commit, lease: Lease) -> int:
        """Commit."""
        self.commits.append(commit)
        return await super().commit(commit, lease)


class World:
    """What a benchmark knows of its engine.

    Attributes:
        ended: each operation's event, set at its end.
        groups: of commits.
    """

    def __init__(self) -> None:
        self.ended: dict[str, asyncio.Event] = {}
        self.groups = Groups()
        self.actions = Actions()
        self.engine: Engine
        self.store: SqliteStore

    def announce(self, committed: Committed) -> None:
        """The engine has committed."""
        self.groups.one()
        run = committed.operation.run
        if run.terminal:
            self.ended.setdefault(run.id, asyncio.Event()).set()

    async def submit(self, key: str, plan: str = "eight", **more: Any) -> str:
        """Submit, on a lane of its own; returns the id when that is on disk."""
        asked = Submission(plan=plan, lane=Lane("bench", "lane", key), **more)
        made = await self.engine.submit(asked, ANN, "bench", key)
        return made.operation.run.id

    async def over(self, operation_id: str) -> None:
        """Return when the operation has ended."""
        await self.ended.setdefault(operation_id, asyncio.Event()).wait()
        del self.ended[operation_id]


@asynccontextmanager
async def engine(
    file: Path, kind: type[SqliteStore] = SqliteStore, documents: Sequence[Any] = ()
) -> AsyncIterator[World]:
    """An engine on a database, as a server would open it."""
    world = World()
    world.store = await kind.open(file)
    world.engine = Engine(
        store=world.store,
        actions=world.actions,
        plans=plans.Plans(plans.eight(), *documents),
        targets=plans.EveryLane(),
        clock=SystemClock(),
        ids=Ulids(),
        announce=world.announce,
    )
    try:
        await world.engine.start("bench")
        yield world
    finally:
        await world.engine.stop()
        await world.store.close()
