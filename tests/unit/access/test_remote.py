"""What is kept by somebody else: asked for by one at a time, and remembered while they are away."""

import asyncio

import pytest

from laneway.testing.clock import ManualClock
from laneway_server.access.remote import Pace, Remote, Unavailable

PACE = Pace(patience=5_000, fresh=60_000, stale=600_000, cool_down=10_000)


class Elsewhere:
    """Counts how often it is asked; answers when it is let to."""

    def __init__(self) -> None:
        self.asked = 0
        self.given_up = 0
        self.away = False
        self.open = asyncio.Event()
        self.open.set()
        self.clock = ManualClock()
        self.remote = Remote("elsewhere", self.fetch, self.clock, PACE)

    async def fetch(self) -> int:
        self.asked += 1
        number = self.asked
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.away:
            raise Unavailable("it is away")
        return number


async def turns() -> None:
    """Let everything go as far as it goes."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_many_who_want_it_at_once_make_one_question():
    there = Elsewhere()
    there.open.clear()
    waiting = [asyncio.create_task(there.remote.get()) for _ in range(50)]
    await turns()
    assert not any(task.done() for task in waiting)
    there.open.set()
    assert await asyncio.gather(*waiting) == [1] * 50
    assert there.asked == 1


async def test_who_leaves_does_not_end_the_question_of_the_others():
    there = Elsewhere()
    there.open.clear()
    leaving, staying = (asyncio.create_task(there.remote.get()) for _ in range(2))
    await turns()
    leaving.cancel()
    await turns()
    there.open.set()
    assert await staying == 1
    assert (leaving.cancelled(), there.asked, there.given_up) == (True, 1, 0)


async def test_it_is_asked_again_when_it_is_not_fresh_any_more():
    there = Elsewhere()
    assert await there.remote.get() == 1
    there.clock.move(PACE.fresh - 1)
    assert await there.remote.get() == 1
    there.clock.move(1)
    assert await there.remote.get() == 2


async def test_the_old_one_serves_for_a_while_and_not_for_ever():
    there = Elsewhere()
    await there.remote.get()
    there.away = True
    there.clock.move(PACE.fresh)
    assert (await there.remote.get(), there.remote.failing) == (1, True)
    there.clock.move(PACE.stale - PACE.fresh - 1)
    assert await there.remote.get() == 1
    there.clock.move(1)
    with pytest.raises(Unavailable, match="it is away"):
        await there.remote.get()
    there.away = False
    there.clock.move(PACE.cool_down)
    assert (await there.remote.get(), there.remote.failing) == (4, False)


async def test_it_is_not_asked_again_at_once_whether_it_answered_or_not():
    there = Elsewhere()
    there.away = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            await there.remote.get()
    assert there.asked == 1
    there.away = False
    there.clock.move(PACE.cool_down)
    assert await there.remote.renewed() == 2
    there.clock.move(PACE.cool_down - 1)
    assert await there.remote.renewed() == 2
    there.clock.move(1)
    assert await there.remote.renewed() == 3


async def test_what_takes_too_long_is_given_up():
    there = Elsewhere()
    there.open.clear()
    waiting = asyncio.create_task(there.remote.get())
    await there.clock.slept_for(PACE.patience)
    there.clock.move(PACE.patience - 1)
    await turns()
    assert not waiting.done()
    there.clock.move(1)
    with pytest.raises(Unavailable, match="within 5000 ms"):
        await waiting
    assert there.given_up == 1


async def test_stopping_ends_the_question():
    there = Elsewhere()
    there.open.clear()
    waiting = asyncio.create_task(there.remote.get())
    await turns()
    await there.remote.stop()
    assert there.given_up == 1
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await there.remote.stop()
