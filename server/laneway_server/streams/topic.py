"""A topic: the newest events of one kind, as long as somebody follows; and those who do."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Protocol

from .frames import Frame

KEPT = 256
"""How many of a topic's newest events are kept in memory; older ones are in the store."""

SILENT_TICKS = 3
"""Ticks after which a follower that has heard nothing is told that there was nothing."""

STALLED_TICKS = 6
"""Ticks after which a follower that takes nothing is given up."""


class Older(Protocol):
    """Where events are read that are not in memory."""

    async def read(self, after: int) -> Sequence[Frame]:
        """Some events after a cursor; none means that there are none."""
        ...


class Topic:
    """See the module.

    Attributes:
        known: everything up to this cursor is either in memory or was read from the store.
    """

    def __init__(self, older: Older) -> None:
        self._older = older
        self._newest: deque[Frame] = deque(maxlen=KEPT)
        self.followers: set[Follower] = set()
        self.known = -1

    def extend(self, frames: Sequence[Frame]) -> None:
        """Take new events, and wake those who follow."""
        if self._newest and frames[-1].cursor <= self._newest[-1].cursor:
            return  # told late: it was read from the store meanwhile, with what came after it
        if self._newest and frames[0].cursor != self._newest[-1].cursor + 1:
            self._newest.clear()  # told early: what is in between is in the store already
        self._newest.extend(frames)
        self.known = max(self.known, frames[-1].cursor)
        for follower in list(self.followers):
            follower.told(len(frames))

    @contextmanager
    def followed(self) -> "Iterator[Follower]":
        """Somebody follows from now on, until they leave."""
        follower = Follower(self)
        self.followers.add(follower)
        try:
            yield follower
        finally:
            self.followers.discard(follower)
            if not self.followers:
                self._newest.clear()
                self.known = -1

    async def read(self, after: int) -> Sequence[Frame]:
        """The events that come right after a cursor: some of them, or none where there are none."""
        found = self._in_memory(after)
        if found is not None:
            return found
        found = await self._older.read(after)
        if not found and self.followers:
            self.known = max(self.known, after)
        return found

    def _in_memory(self, after: int) -> Sequence[Frame] | None:
        """The events after a cursor, or None where the store must be asked."""
        if after >= self.known >= 0:
            return []
        if not self._newest or self._newest[0].cursor > after + 1:
            return None
        return list(islice(self._newest, after + 1 - self._newest[0].cursor, None))


class Follower:
    """Somebody who follows a topic.

    Attributes:
        silent: it has heard nothing for a while and should be told so.
        on_slow: called when it does not take what it is sent; it may be set by who serves it.
        behind_limit: how many events may be committed while one write is under way.
    """

    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self._news = asyncio.Event()
        self._writing = False
        self._behind = 0
        self._ticks = 0
        self.silent = False
        self.behind_limit = 1_000
        self.on_slow: Callable[[], None] = lambda: None

    async def read(self, after: int) -> Sequence[Frame]:
        """The events right after a cursor. What is committed from here on ends `wait`."""
        self.heed()
        return await self._topic.read(after)

    def heed(self) -> None:
        """What is committed from here on ends `wait`; what was before does not."""
        self._news.clear()

    async def wait(self) -> None:
        """Return when something may be new, or when there was silence for long."""
        await self._news.wait()

    def wake(self) -> None:
        """End the `wait`."""
        self._news.set()

    def told(self, count: int) -> None:
        """So many events were committed."""
        self._news.set()
        if self._writing:
            self._behind += count
            if self._behind > self.behind_limit:
                self.on_slow()

    def tick(self) -> None:
        """Some time has passed."""
        self._ticks += 1
        if self._writing and self._ticks >= STALLED_TICKS:
            self.on_slow()
        elif not self._writing and self._ticks >= SILENT_TICKS:
            self.silent = True
            self._news.set()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around each write: measures how long it takes, in events and in time."""
        self._writing, self._behind, self._ticks, self.silent = True, 0, 0, False
        try:
            yield
        finally:
            self._writing, self._ticks = False, 0
