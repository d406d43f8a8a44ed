"""What waits at once goes to the disk at once, in few statements."""

import asyncio
from functools import partial

import pytest

from laneway.ports.store import KeyTaken
from laneway.stores.sqlite import writer
from laneway.testing.store_samples import accepted, followed, key_of, start_action, timer

MANY = 60


@pytest.fixture
async def statements(store, lease):
    """What the writing connection is told to do, from now on."""
    told: list[str] = []
    await store._writer._connection.set_trace_callback(told.append)
    yield told
    await store._writer._connection.set_trace_callback(None)


def transactions(statements: list[str]) -> list[str]:
    return [text for text in statements if text in {"BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"}]


async def test_what_waits_is_written_in_one_transaction(store, lease, statements):
    commits = [accepted(f"op_{n}", commands=(timer(),)) for n in range(MANY)]
    await asyncio.gather(*(store.commit(commit, lease) for commit in commits))
    assert transactions(statements) == ["BEGIN IMMEDIATE", "COMMIT"]


async def test_one_commit_is_one_transaction(store, lease, statements):
    first = accepted("op_1", commands=(timer(), start_action()), key=key_of("op_1"))
    await store.commit(first, lease)
    assert transactions(statements) == ["BEGIN IMMEDIATE", "COMMIT"]


async def test_a_group_with_a_bad_member_is_rolled_back_and_taken_apart(store, lease, statements):
    await store.commit(accepted("op_0", key=key_of("op_0")), lease)
    statements.clear()
    commits = [accepted("op_1"), accepted("op_2", key=key_of("op_2")), accepted("op_3")]
    results = await asyncio.gather(
        *(store.commit(commit, lease) for commit in commits), return_exceptions=True
    )
    assert [type(result) for result in results] == [int, KeyTaken, int]
    together, alone = ["BEGIN IMMEDIATE", "ROLLBACK"], ["BEGIN IMMEDIATE", "COMMIT"]
    assert transactions(statements) == [*together, *alone, *together, *alone]


async def test_a_crowd_is_written_in_several_groups(store, lease, statements, monkeypatch):
    monkeypatch.setattr(writer, "GROUP_LIMIT", 25)
    commits = [accepted(f"op_{n}") for n in range(MANY)]
    results = await asyncio.gather(*(store.commit(commit, lease) for commit in commits))
    assert results == list(range(1, MANY + 1))
    assert transactions(statements).count("COMMIT") == 3


async def test_what_is_written_beside_commits_keeps_its_turn(store, lease, statements):
    first = accepted("op_1")
    late = accepted("op_2")
    results = await asyncio.gather(
        store.commit(first, lease),
        store.claim("engine-2", first.row.created_at),
        store.commit(late, lease),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results] == ["int", "Lease", "StaleLease"]


@pytest.mark.parametrize("at_work", [False, True])
async def test_a_writer_that_is_stopped_leaves_nobody_waiting(store, lease, at_work):
    began, loop = asyncio.Event(), asyncio.get_running_loop()
    tell = partial(loop.call_soon_threadsafe, began.set)
    await store._writer._connection.set_trace_callback(lambda statement: tell())
    waiting = [asyncio.ensure_future(store.commit(accepted(f"op_{n}"), lease)) for n in range(MANY)]
    await asyncio.sleep(0)
    assert len(store._writer._waiting) == MANY
    if at_work:
        await began.wait()
    store._writer._task.cancel()
    async with asyncio.timeout(10):  # for ever is what must not be
        results = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(result).__name__ for result in results} == {"StoreUnavailable"}
    late = await asyncio.gather(store.commit(accepted("op_x"), lease), return_exceptions=True)
    assert type(late[0]).__name__ == "StoreUnavailable"
    assert await store.unfinished() == []


async def test_a_cancelled_writer_rolls_back_what_it_was_at(store, lease, open_store):
    first = accepted("op_1")
    await store.commit(first, lease)
    begun = asyncio.Event()

    async def never_ending(connection):
        await connection.execute("DELETE FROM leases")
        begun.set()
        await asyncio.Event().wait()

    waiting = asyncio.ensure_future(store._writer.perform(never_ending))
    await begun.wait()
    store._writer._task.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await store.close()
    again = await open_store()
    await again.commit(followed(first), lease)
