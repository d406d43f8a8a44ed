"""Whoever reads waits for its turn, and for nothing else."""

import asyncio

import pytest


async def test_who_reads_without_a_pause_keeps_nobody_waiting(open_store):
    store = await open_store()
    turns = 0

    async def reads_on_and_on():
        nonlocal turns
        while turns < 100:
            turns += 1
            await store.last_position()

    greedy = asyncio.ensure_future(reads_on_and_on())
    await asyncio.sleep(0)  # it has the one connection now
    await store.last_position()
    assert turns < 5
    await greedy


async def test_who_goes_away_while_waiting_takes_no_connection_along(open_store):
    store = await open_store()
    reading = [asyncio.ensure_future(store.last_position()) for _ in range(5)]
    await asyncio.sleep(0)
    for task in reading[1:4]:
        task.cancel()
    assert await reading[4] == 0
    assert await store.last_position() == 0


async def test_a_connection_that_was_handed_to_who_has_gone_is_handed_on(open_store):
    store = await open_store()
    free = store._readers._free
    connection = await free.take()
    waiting = [asyncio.ensure_future(free.take()) for _ in range(2)]
    await asyncio.sleep(0)
    free.give(connection)
    waiting[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]
    assert await waiting[1] is connection
    free.give(connection)
