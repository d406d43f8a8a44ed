"""Many are told something a few at a time, and many wait with one sleeper for all of them."""

import asyncio

import pytest

from laneway.core.instants import Instant
from laneway.testing.clock import ManualClock
from laneway_server.streams.alarms import FEW, Alarms
from laneway_server.streams.rounds import AT_ONCE, Rounds


class Listener:
    """Writes down that it was told."""

    def __init__(self, name: int, heard: list[int], *, fails: bool = False) -> None:
        self.name, self.heard, self.fails = name, heard, fails
        self.due = False

    def told(self) -> bool:
        self.heard.append(self.name)
        if self.fails:
            raise RuntimeError("it cannot be told anything")
        return True


async def turn() -> None:
    """Let the event loop have one turn."""
    await asyncio.sleep(0)


async def test_a_long_round_takes_several_turns_and_holds_up_nobody():
    heard: list[int] = []
    rounds = Rounds()
    rounds.begin([Listener(number, heard) for number in range(3 * AT_ONCE)])
    rounds.begin([Listener(-1, heard)])
    assert heard == []
    await turn()
    assert heard == list(range(AT_ONCE))
    await turn()
    assert heard[AT_ONCE] == -1
    for _ in range(3):
        await turn()
    assert sorted(heard) == list(range(-1, 3 * AT_ONCE))


async def test_who_is_about_to_be_told_is_told_once():
    heard: list[int] = []
    rounds, one = Rounds(), Listener(1, heard)
    rounds.begin([one])
    rounds.begin([one])
    await turn()
    await turn()
    assert heard == [1]
    rounds.begin([one])
    await turn()
    assert heard == [1, 1]


async def test_what_is_wrong_with_one_is_no_matter_to_the_others():
    heard: list[int] = []
    Rounds().begin([Listener(1, heard, fails=True), Listener(2, heard)])
    await turn()
    assert heard == [1, 2]


async def until(heard: list[str], count: int) -> None:
    async with asyncio.timeout(30):
        while len(heard) < count:  # noqa: ASYNC110 - only other turns of the loop are waited for
            await asyncio.sleep(0)


async def test_alarms_ring_in_time_the_earliest_first():
    clock = ManualClock()
    heard: list[str] = []
    alarms = Alarms(clock)
    late = alarms.ring(5_000, lambda: heard.append("late"))
    soon = alarms.ring(1_000, lambda: heard.append("soon"))
    await clock.slept_for(1_000)
    clock.move(1_000)
    await until(heard, 1)
    assert (soon.over, late.over) == (True, False)
    await clock.slept_for(4_000)
    clock.move(4_000)
    await until(heard, 2)
    assert heard == ["soon", "late"]
    await alarms.stop()


async def test_an_alarm_that_is_cancelled_does_not_ring_and_is_forgotten():
    clock = ManualClock()
    heard: list[str] = []
    alarms = Alarms(clock)
    alarms.ring(1_000, lambda: heard.append("rings"))
    for _ in range(4 * FEW):
        alarms.cancel(alarms.ring(500, lambda: heard.append("cancelled")))
    assert len(alarms._set) < 3 * FEW
    await clock.slept_for(500)
    clock.move(1_000)
    await until(heard, 1)
    assert heard == ["rings"]
    await alarms.stop()


class SetBack(ManualClock):
    """A clock that is set back while somebody sleeps."""

    def now(self) -> Instant:
        return Instant("2020-01-01T00:00:00.000Z") if self.back else super().now()

    back = False


@pytest.mark.parametrize("back", [False, True])
async def test_an_alarm_rings_though_the_clock_is_set_back(back: bool):
    clock = SetBack()
    heard: list[str] = []
    alarms = Alarms(clock)
    alarms.ring(1_000, lambda: heard.append("rings"))
    await clock.slept_for(1_000)
    clock.back = back
    clock.move(1_000)
    await until(heard, 1)
    await alarms.stop()
