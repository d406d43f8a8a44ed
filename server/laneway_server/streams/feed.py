"""The feed: what was committed, for everybody who follows it.

A commit wakes those who follow; nobody polls. A follower has a cursor and reads what comes after
it: the newest events from memory, older ones from the store. Because it begins to follow *before*
it reads from the store, and goes by its cursor and not by what it was told, it misses nothing and
sees nothing twice, whatever happens in between. An event is encoded once, however many follow.

There are two kinds of topic: one operation's events by seq, and all operations' events by position.
"""

import asyncio
from collections.abc import Sequence

from laneway.ports.environment import Clock
from laneway.ports.store import Store
from laneway.runtime.operations import Committed

from .alarms import Alarms
from .frames import Encoded, Frame
from .rounds import AT_ONCE, Rounds
from .topic import AnyFollower, Follower, Following, Topic

BATCH = 200
"""Events that are read from the store at once."""

TICK = 5_000
"""Milliseconds between two looks at who has heard nothing, or takes nothing."""


class OneOperation:
    """The events of an operation; the cursor is the seq."""

    __slots__ = ("_id", "_store")

    def __init__(self, store: Store, operation_id: str) -> None:
        self._store = store
        self._id = operation_id

    async def read(self, after: int) -> Sequence[Frame]:
        """See `Older`."""
        found = await self._store.events(self._id, after, BATCH)
        return [Frame(recorded.seq, Encoded(recorded)) for recorded in found]


class AllOperations:
    """The events of all operations; the cursor is the position."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, after: int) -> Sequence[Frame]:
        """See `Older`."""
        found = await self._store.all_events(after, BATCH)
        return [Frame(each.position, Encoded(each.recorded)) for each in found]


class Feed:
    """See the module. ``announce`` is the engine's to call, after every commit.

    Attributes:
        alarms: for those who do not wait for ever.
        closing: everybody is to leave, and to come back later.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._topics: dict[str, Topic] = {}
        # Bound once: every follower would have their own.
        self._tell = Rounds().begin
        self._leave = self._left
        self._all = Topic(AllOperations(store), self._tell)
        self._ticker: asyncio.Task[None] | None = None
        self.alarms = Alarms(clock)
        self.closing = False

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look after followers."""
        self._ticker = asyncio.create_task(self._tick(), name="feed")

    def close(self) -> None:
        """Tell everybody who follows to come back later, to the next server."""
        self.closing = True
        for follower in self._followers():
            follower.wake()

    async def stop(self) -> None:
        """End the tasks that look after followers."""
        await self.alarms.stop()
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(TICK)
            for number, follower in enumerate(self._followers(), start=1):
                follower.tick()
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)  # let others have their turn

    def _followers(self) -> list[Follower]:
        topics = (self._all, *self._topics.values())
        return [follower for topic in topics for follower in topic.followers]

    # --- what was committed ----------------------------------------------------------------------

    def announce(self, committed: Committed) -> None:
        """Tell those who follow what was committed.

        Called in the order of an operation's commits; those of different operations may overtake
        each other.
        """
        topic = self._topics.get(committed.operation.run.id)
        if topic is None and not self._all.followers:
            return
        frames = [Frame(each.seq, Encoded(each)) for each in committed.events]
        if topic is not None:
            topic.extend(frames)
        if self._all.followers:
            first = committed.position - len(frames) + 1
            self._all.extend([Frame(first + i, each.encoded) for i, each in enumerate(frames)])

    # --- following -------------------------------------------------------------------------------

    def follow(self, operation_id: str, follower: AnyFollower) -> Following[AnyFollower]:
        """Follow one operation."""
        topic = self._topics.get(operation_id)
        if topic is None:
            source = OneOperation(self._store, operation_id)
            topic = self._topics[operation_id] = Topic(source, self._tell, operation_id)
        return Following(topic, follower, self._leave)

    def follow_all(self, follower: AnyFollower) -> Following[AnyFollower]:
        """Follow all operations."""
        return Following(self._all, follower)

    def _left(self, topic: Topic) -> None:
        if not topic.followers:
            self._topics.pop(topic.name, None)

    async def last_position(self) -> int:
        """The position of the newest event of all."""
        return await self._store.last_position()
