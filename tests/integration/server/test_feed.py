"""The feed's topics by themselves: nothing missed, nothing twice, whatever the order of news."""

from collections.abc import Sequence
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from laneway_server.streams.frames import Encoded, Frame
from laneway_server.streams.topic import KEPT, SILENT_TICKS, STALLED_TICKS, Follower, Topic


def frames(*cursors: int) -> list[Frame]:
    return [Frame(cursor, cast(Encoded, None)) for cursor in cursors]


class Stored:
    """A store: what is committed is in it before anybody is told."""

    def __init__(self, last: int = 0) -> None:
        self.last = last
        self.asked = 0

    async def read(self, after: int) -> Sequence[Frame]:
        self.asked += 1
        return frames(*range(after + 1, min(self.last, after + 10) + 1))


async def everything(follower: Follower, after: int) -> list[int]:
    seen: list[int] = []
    while found := await follower.read(after):
        seen += [frame.cursor for frame in found]
        after = seen[-1]
    return seen


async def test_older_events_come_from_the_store_and_new_ones_from_memory():
    stored = Stored(25)
    topic = Topic(stored)
    with topic.followed() as follower:
        assert await everything(follower, 0) == list(range(1, 26))
        asked = stored.asked
        assert await everything(follower, 25) == []
        stored.last = 27
        topic.extend(frames(26, 27))
        assert await everything(follower, 25) == [26, 27]
        assert await everything(follower, 26) == [27]
        assert await everything(follower, 27) == []
        assert stored.asked == asked


async def test_news_that_overtakes_leaves_no_gap():
    stored = Stored(10)
    topic = Topic(stored)
    with topic.followed() as follower:
        topic.extend(frames(10))
        assert await everything(follower, 9) == [10]
        stored.last = 12
        topic.extend(frames(12))  # before the news of 11
        assert await everything(follower, 10) == [11, 12]
        topic.extend(frames(11))
        assert await everything(follower, 12) == []
        assert await everything(follower, 10) == [11, 12]


async def test_what_no_longer_fits_into_memory_is_in_the_store():
    stored = Stored(3 * KEPT)
    topic = Topic(stored)
    with topic.followed() as follower:
        topic.extend(frames(*range(1, 3 * KEPT + 1)))
        assert await everything(follower, 5) == list(range(6, 3 * KEPT + 1))


async def test_a_commit_while_the_store_is_read_ends_the_wait():
    class Slow(Stored):
        async def read(self, after: int) -> Sequence[Frame]:
            found = await super().read(after)
            self.last += 1
            topic.extend(frames(self.last))
            return found

    stored = Slow(0)
    topic = Topic(stored)
    with topic.followed() as follower:
        assert await follower.read(0) == []
        await follower.wait()  # at once: it was told in between
        assert await everything(follower, 0) == [1]


@given(st.data())
async def test_any_order_of_news_gives_every_event_once(data: st.DataObject):
    """Commits are on disk in order; the news of them comes in any order, a few late."""

    def chance() -> bool:
        return data.draw(st.booleans())

    stored = Stored()
    topic = Topic(stored)
    late: list[list[Frame]] = []
    seen: list[int] = []
    with topic.followed() as follower:
        for _ in range(data.draw(st.integers(1, 12))):
            size = data.draw(st.integers(1, 3))
            late.append(frames(*range(stored.last + 1, stored.last + size + 1)))
            stored.last += size
            while late and chance():
                topic.extend(late.pop(data.draw(st.integers(0, len(late) - 1))))
            if chance():
                seen += await everything(follower, seen[-1] if seen else 0)
        for news in late:
            topic.extend(news)
        seen += await everything(follower, seen[-1] if seen else 0)
    assert seen == list(range(1, stored.last + 1))


def slow(follower: Follower) -> list[str]:
    heard: list[str] = []
    follower.on_slow = lambda: heard.append("slow")
    return heard


async def test_who_falls_behind_in_a_write_is_slow():
    topic = Topic(Stored())
    with topic.followed() as follower:
        heard = slow(follower)
        follower.behind_limit = 2
        topic.extend(frames(1, 2, 3))  # not while it writes: that is only news
        with follower.writing():
            topic.extend(frames(4, 5))
            assert heard == []
            topic.extend(frames(6))
            assert heard == ["slow"]
        with follower.writing():
            topic.extend(frames(7, 8))
        assert heard == ["slow"]


async def test_who_writes_for_long_is_slow():
    with Topic(Stored()).followed() as follower:
        heard = slow(follower)
        with follower.writing():
            for _ in range(STALLED_TICKS - 1):
                follower.tick()
            assert heard == []
            follower.tick()
        assert heard == ["slow"]
        assert not follower.silent


async def test_who_hears_nothing_is_told_so():
    with Topic(Stored()).followed() as follower:
        for _ in range(SILENT_TICKS):
            assert not follower.silent
            follower.tick()
        assert follower.silent
        await follower.wait()
        with follower.writing():
            pass
        assert not follower.silent
