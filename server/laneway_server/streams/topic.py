"""A topic: the newest events of one kind, as long as somebody follows; and those who do."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from .frames import Frame, Span
from .rounds import Told, at_once

KEPT = 256
"""How many of a topic's newest events are kept in memory; older ones are in the store."""

SILENT_TICKS = 3
"""Ticks after which a follower that has heard nothing is told that there was nothing."""

STALLED_TICKS = 6
"""Ticks after which a follower that takes nothing is given up."""

AnyFollower = TypeVar("AnyFollower", bound="Follower")


class Older(Protocol):
    """Where events are read that are not in memory."""

    async def read(self, after: int) -> Sequence[Frame]:
        """Some events after a cursor; none means that there are none."""
        ...


class Topic:
    """See the module.

    Args:
        older: where events are read that are not in memory.
        begin: tells followers; by default at once.
        name: tells it from others.

    Attributes:
        known: everything up to this cursor is either in memory or in the store.
        count: how many events were told.
    """

    __slots__ = (
        "_begin",
        "_newest",
        "_older",
        "_spans",
        "count",
        "followers",
        "known",
        "name",
    )

    def __init__(
        self, older: Older, begin: Callable[[Iterable[Told]], None] = at_once, name: str = ""
    ) -> None:
        self.name = name
        self._older = older
        self._begin = begin
        self._newest: list[Frame] = []
        self._spans: dict[int, Span] = {}
        self.followers: set[Follower] = set()
        self.known = -1
        self.count = 0

    # --- news ------------------------------------------------------------------------------------

    def extend(self, frames: Sequence[Frame]) -> None:
        """Take new events, and tell those who follow."""
        # Told late: it was read from the store meanwhile, with what came after it.
        newest = self._newest
        if not newest or frames[-1].cursor > newest[-1].cursor:
            if newest and frames[0].cursor != newest[-1].cursor + 1:
                newest.clear()  # told early: what is in between is in the store already
            newest.extend(frames)
            del newest[:-KEPT]
            self.known = max(self.known, frames[-1].cursor)
            self.count += len(frames)
        self._spans.clear()
        self._begin(self.followers)

    def forget(self) -> None:
        """Its only follower has taken all there is: whoever comes next reads from the store."""
        self._newest.clear()
        self._spans.clear()

    # --- reading ---------------------------------------------------------------------------------

    def followed(self, follower: "Follower | None" = None) -> "Following[Follower]":
        """Somebody follows from now on, until they leave."""
        return Following(self, follower or Follower())

    def leave(self, follower: "Follower") -> None:
        """They do not follow any more."""
        self.followers.discard(follower)
        if not self.followers:
            self._newest.clear()
            self.known = -1

    def knows(self, cursor: int) -> None:
        """Everything up to a cursor was committed before now."""
        self.known = max(self.known, cursor)

    async def read(self, after: int) -> Sequence[Frame]:
        """The events that come right after a cursor: some of them, or none where there are none."""
        found = self._in_memory(after)
        if found is not None:
            return found
        found = await self._older.read(after)
        if not self.followers:
            return found
        if not found:
            self.known = max(self.known, after)
        elif not self._newest and len(self.followers) > 1 and self._ends(found):
            self._newest = [*found]  # the next who comes need not ask the store
        return found

    def span(self, after: int) -> Span | None:
        """All that comes after a cursor, or None where the store must be asked."""
        known = self._spans.get(after)
        if known is not None:
            return known
        found = self._in_memory(after)
        if found is None:
            return None
        span = self._spans[after] = Span(found, found[-1].cursor if found else after)
        return span

    def _in_memory(self, after: int) -> Sequence[Frame] | None:
        """The events after a cursor, or None where the store must be asked."""
        if after >= self.known >= 0:
            return []
        newest = self._newest
        if not newest or not newest[0].cursor - 1 <= after < newest[-1].cursor:
            return None
        return newest[after + 1 - newest[0].cursor :]

    def _ends(self, found: Sequence[Frame]) -> bool:
        """Whether these are the newest events, and none is missing between them."""
        first, last = found[0].cursor, found[-1].cursor
        return last >= self.known >= 0 and last - first + 1 == len(found)


class Following(Generic[AnyFollower]):
    """A follower for the length of a block."""

    __slots__ = ("_follower", "_left", "_topic")

    def __init__(
        self, topic: Topic, follower: AnyFollower, left: Callable[[Topic], None] | None = None
    ) -> None:
        self._topic = topic
        self._follower = follower
        self._left = left

    def __enter__(self) -> AnyFollower:
        self._follower.topic = self._topic
        self._topic.followers.add(self._follower)
        return self._follower

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._topic.leave(self._follower)
        if self._left is not None:
            self._left(self._topic)


class Follower:
    """Somebody who follows a topic.

    Attributes:
        due: it is about to be told.
        silent: it has heard nothing for a while and should be told so.
        on_slow: called when it does not take what it is sent; it may be set by who serves it.
        behind_limit: how many events may be committed while one write is under way.
    """

    __slots__ = (
        "_news",
        "_since",
        "_ticks",
        "_waiter",
        "_writing",
        "behind_limit",
        "due",
        "on_slow",
        "silent",
        "topic",
    )

    topic: Topic

    def __init__(self) -> None:
        self._news = False
        self._waiter: asyncio.Future[None] | None = None
        self._writing = False
        self._since = 0
        self._ticks = 0
        self.due = self.silent = False
        self.behind_limit = 1_000
        self.on_slow: Callable[[], None] | None = None

    async def read(self, after: int) -> Sequence[Frame]:
        """The events right after a cursor. What is committed from here on ends `wait`."""
        self.heed()
        return await self.topic.read(after)

    def heed(self) -> None:
        """What is committed from here on ends `wait`; what was before does not."""
        self._news = False

    def wait(self) -> "asyncio.Future[None]":
        """Done when something may be new, or when there was silence for long."""
        self._waiter = asyncio.get_running_loop().create_future()
        if self._news:
            self._waiter.set_result(None)
        return self._waiter

    def wake(self) -> None:
        """End the `wait`."""
        self._news = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def take(self) -> bool:
        """Take what is new, without being woken; False: it has to be woken for that."""
        return False

    def told(self) -> bool:
        """Something may be new; returns whether it was taken at once."""
        if self._writing:
            self._news = True
            if self.topic.count - self._since > self.behind_limit:
                self.give_up()
        elif self._waits() and self.take():
            if len(self.topic.followers) == 1:
                self.topic.forget()
            return True
        else:
            self.wake()
        return False

    def tick(self) -> None:
        """Some time has passed."""
        self._ticks += 1
        if self._writing and self._ticks >= STALLED_TICKS:
            self.give_up()
        elif not self._writing and self._ticks >= SILENT_TICKS:
            self.silent = True
            self.told()

    def give_up(self) -> None:
        """It does not take what it is sent."""
        if self.on_slow is not None:
            self.on_slow()

    def heard(self) -> None:
        """It was sent something."""
        self._ticks, self.silent = 0, False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around each write: measures how long it takes, in events and in time."""
        self._writing, self._since = True, self.topic.count
        self.heard()
        try:
            yield
        finally:
            self._writing, self._ticks = False, 0

    def _waits(self) -> bool:
        return self._waiter is not None and not self._waiter.done()
