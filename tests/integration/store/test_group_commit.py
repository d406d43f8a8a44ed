"""What waits at once goes to the disk at once, in one statement."""

import asyncio
from functools import partial
from itertools import groupby

import msgspec
import pytest

from laneway.core.model import Lane
from laneway.ports.store import KeyTaken, LaneHeld, SequenceConflict, StoreUnavailable
from laneway.stores.sqlite import writer
from laneway.stores.sqlite.writing import save_plan
from laneway.testing.store_samples import (
    accepted,
    begun,
    ended,
    followed,
    key_of,
    moment,
    progressed,
    sample_plan,
    start_action,
    timer,
)

MANY = 60


@pytest.fixture
async def statements(store, lease):
    """What the writing connection is told to do, from now on."""
    told: list[str] = []
    await store._writer._connection.set_trace_callback(told.append)
    yield told
    await store._writer._connection.set_trace_callback(None)


STATEMENT = "INSERT INTO commits"
"""Which is a transaction by itself, where none was begun."""


def transactions(statements: list[str]) -> list[str]:
    """Those that begin, write and end them; one is told again for all that its triggers do."""
    once = [text for text, _ in groupby(statements)]
    words = [STATEMENT if text.startswith(STATEMENT) else text for text in once]
    return [word for word in words if word in {"BEGIN IMMEDIATE", STATEMENT, "COMMIT", "ROLLBACK"}]


async def test_what_waits_is_written_in_one_transaction(store, lease, statements):
    commits = [accepted(f"op_{n}", commands=(timer(),)) for n in range(MANY)]
    await asyncio.gather(*(store.commit(commit, lease) for commit in commits))
    assert transactions(statements) == [STATEMENT]


async def test_one_commit_is_one_transaction(store, lease, statements):
    first = accepted("op_1", commands=(timer(), start_action()), key=key_of("op_1"))
    await store.commit(first, lease)
    assert transactions(statements) == [STATEMENT]


async def test_a_group_with_a_bad_member_is_rolled_back_and_taken_apart(store, lease, statements):
    await store.commit(accepted("op_0", key=key_of("op_0")), lease)
    statements.clear()
    commits = [accepted("op_1"), accepted("op_2", key=key_of("op_2")), accepted("op_3")]
    results = await asyncio.gather(
        *(store.commit(commit, lease) for commit in commits), return_exceptions=True
    )
    assert [type(result) for result in results] == [int, KeyTaken, int]
    assert transactions(statements) == [STATEMENT] * 4  # all, and each


async def test_a_crowd_is_written_in_several_groups(store, lease, statements, monkeypatch):
    monkeypatch.setattr(writer, "GROUP_LIMIT", 25)
    commits = [accepted(f"op_{n}") for n in range(MANY)]
    results = await asyncio.gather(*(store.commit(commit, lease) for commit in commits))
    assert results == list(range(1, MANY + 1))
    assert transactions(statements) == [STATEMENT] * 3


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


async def test_an_errand_that_fails_is_taken_back_alone(store, lease, statements):
    def failing(connection):
        connection.execute("DELETE FROM leases")
        raise ValueError("not this one")

    results = await asyncio.gather(
        store.commit(accepted("op_1"), lease),
        store._writer.perform(failing),
        store.commit(accepted("op_2"), lease),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results] == ["int", "ValueError", "int"]
    assert transactions(statements) == ["BEGIN IMMEDIATE", STATEMENT, STATEMENT, "COMMIT"]
    assert "ROLLBACK TO errand" in statements


async def test_whoever_waits_may_go_away(store, lease):
    gone = asyncio.ensure_future(store.commit(accepted("op_1"), lease))
    await asyncio.sleep(0)
    gone.cancel()
    await store.commit(accepted("op_2"), lease)
    assert [row.id for row in await store.unfinished()] == ["op_1", "op_2"]


async def test_what_stays_as_it_was_is_written_without_touching_an_index(store, lease):
    connection = store._writer._connection
    await connection.execute("CREATE TEMP TABLE touched (id)")
    await connection.execute(
        "CREATE TEMP TRIGGER touching AFTER UPDATE OF status ON operations "
        "BEGIN INSERT INTO touched VALUES (NEW.id); END"
    )
    commits = [accepted("op_1"), accepted("op_2", lane=Lane("p", "c", "other"))]
    commits += [followed(commits[0]), begun(commits[1])]
    await asyncio.gather(*(store.commit(one, lease) for one in commits))
    found = await connection.execute_fetchall("SELECT id FROM touched")
    assert [row[0] for row in found] == ["op_2"]


async def test_positions_go_on_from_whatever_the_database_has(store, lease, raw):
    """They are remembered from one group to the next, and still what counts is in the file."""
    first, second = accepted("op_1"), accepted("op_2", lane=Lane("p", "c", "other"))
    assert await store.commit(first, lease) == 1
    raw.execute("UPDATE sqlite_sequence SET seq = 41 WHERE name = 'events'")
    commits = [followed(first), second]
    assert await asyncio.gather(*(store.commit(one, lease) for one in commits)) == [42, 43]
    assert [each.position for each in await store.all_events(0, 10)] == [1, 42, 43]


async def test_nobody_is_to_blame_for_what_another_program_wrote(store, lease, raw):
    first = accepted("op_1")
    assert await store.commit(first, lease) == 1
    raw.execute("UPDATE sqlite_sequence SET seq = 41 WHERE name = 'events'")
    assert await store.commit(followed(first), lease) == 42
    raw.execute("UPDATE sqlite_sequence SET seq = 50 WHERE name = 'events'")
    with pytest.raises(SequenceConflict):
        await store.commit(followed(first), lease)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 16, 17, 63, 65, 85, 130])
async def test_any_number_of_commits_is_written_whole(store, lease, statements, count):
    """Statements take commits in some sizes; what is over is nothing."""
    first = [
        accepted(f"op_{n}", exclusive=False, key=key_of(f"op_{n}", key=f"k{n}"))
        for n in range(count)
    ]
    began = [begun(one, commands=(timer(),)) for one in first]
    moved = [
        followed(one, waiting_for={"kind": "wait"}, withdraw=("timer:deadline",)) for one in began
    ]
    last = [ended(one, at=n) for n, one in enumerate(moved)]
    for commits in (first, began, moved, last):
        statements.clear()
        positions = await asyncio.gather(*(store.commit(one, lease) for one in commits))
        assert positions == [positions[0] + n for n in range(count)]
        assert transactions(statements) == [STATEMENT]
        assert [await store.operation(one.row.id) for one in commits] == [
            one.row for one in commits
        ]
        for one in (commits[0], commits[-1]):
            assert tuple((await store.events(one.row.id))[-1:]) == one.events
            assert tuple(await store.commands(one.row.id)) == one.commands
    late = [followed(one) for one in moved]
    results = await asyncio.gather(
        *(store.commit(one, lease) for one in late), return_exceptions=True
    )
    assert {type(result) for result in results} == {SequenceConflict}


async def test_commits_of_one_operation_may_go_together(store, lease, statements):
    first = accepted("op_1")
    chain = [first, begun(first)]
    chain += [followed(chain[-1], commands=(timer("a"),))]
    for n in range(20):
        chain += [followed(chain[-1], at=n)]
    chain += [followed(chain[-1], withdraw=("timer:a",), waiting_for={"kind": "wait"})]
    chain += [ended(chain[-1], at=4)]
    assert await asyncio.gather(*(store.commit(one, lease) for one in chain)) == [
        *range(1, len(chain) + 1)
    ]
    assert transactions(statements) == [STATEMENT]
    assert await store.operation("op_1") == chain[-1].row
    assert await store.commands("op_1") == []


async def test_a_commit_that_was_refused_leaves_no_wrong_memory_of_its_operation(store, lease):
    first = accepted("op_1")
    await store.commit(first, lease)
    refused = begun(first, at=1)  # of another engine's making: its twin is written before it
    twin = ended(first, at=2)
    results = await asyncio.gather(
        store.commit(twin, lease), store.commit(refused, lease), return_exceptions=True
    )
    assert [type(result) for result in results] == [int, SequenceConflict]
    after = followed(refused)
    with pytest.raises(SequenceConflict):
        await store.commit(after, lease)
    assert await store.operation("op_1") == twin.row


async def lane_of_two(store, lease):
    """Two operations of one lane: the first holds it, the second waits."""
    first, second = accepted("op_1", begins=True), accepted("op_2")
    await asyncio.gather(store.commit(first, lease), store.commit(second, lease))
    return first, second


@pytest.mark.parametrize("before", [0, 2, 14])
async def test_who_takes_a_lane_before_it_is_let_go_is_refused(store, lease, before):
    """As it would be if one commit ran after the other, whatever else goes along."""
    first, second = await lane_of_two(store, lease)
    others = [accepted(f"op_x{n}", lane=Lane("p", "c", f"i{n}")) for n in range(before)]
    await asyncio.gather(*(store.commit(one, lease) for one in others))
    commits = [*map(begun, others), begun(second), ended(first)]
    results = await asyncio.gather(
        *(store.commit(one, lease) for one in commits), return_exceptions=True
    )
    assert [type(result) for result in results] == [*[int] * before, LaneHeld, int]


async def test_who_takes_a_lane_after_it_was_let_go_has_it(store, lease):
    first, second = await lane_of_two(store, lease)
    commits = [ended(first), begun(second)]
    assert await asyncio.gather(*(store.commit(one, lease) for one in commits)) == [3, 4]
    assert (await store.lane(second.row.lane)).holder.id == "op_2"


async def test_an_operation_that_has_several_commits_takes_no_lane_before_its_turn(store, lease):
    first, second = await lane_of_two(store, lease)
    waits = followed(second)
    commits = [waits, begun(waits), ended(first)]
    results = await asyncio.gather(
        *(store.commit(one, lease) for one in commits), return_exceptions=True
    )
    assert [type(result) for result in results] == [int, LaneHeld, int]


@pytest.fixture
async def full(store, lease):
    """The database may grow by a few pages only."""
    connection = store._writer._connection
    ((pages,),) = await connection.execute_fetchall("PRAGMA page_count")
    await connection.execute_fetchall(f"PRAGMA max_page_count = {pages + 6}")


def large_artifact(connection):
    """A trigger counts it: SQLite takes back the statement alone."""
    values = (1_000_000, 1_000_000, moment(0))
    connection.execute(
        "INSERT INTO artifacts (digest, content, size, saved_at) VALUES ('d', zeroblob(?), ?, ?)",
        values,
    )


large_plan = save_plan(
    msgspec.structs.replace(sample_plan("large"), document={"x": "x" * 1_000_000})
)
"""SQLite takes back the whole transaction."""


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("errand", [large_artifact, large_plan])
async def test_an_errand_without_room_takes_nobody_along(store, lease, full, place, errand):
    """Whoever has room is written all the same."""
    waiting = [store.commit(accepted(f"op_{n}"), lease) for n in range(2)]
    waiting.insert(place, store._writer.perform(errand))
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(results.pop(place), StoreUnavailable)
    assert results == [1, 2]
    assert [row.id for row in await store.unfinished()] == ["op_0", "op_1"]


@pytest.mark.parametrize("errand", [large_artifact, large_plan])
async def test_an_errand_alone_without_room_says_so(store, lease, full, errand):
    with pytest.raises(StoreUnavailable, match=r"full.*nothing was written"):
        await store._writer.perform(errand)
    assert await store.commit(accepted("op_1"), lease) == 1


async def test_commits_without_room_take_nothing_half_along(store, lease, full):
    large = [progressed("x" * 100_000)]
    first = accepted("op_1")
    waiting = [first, followed(first, *large), accepted("op_2")]
    results = await asyncio.gather(
        *(store.commit(one, lease) for one in waiting), return_exceptions=True
    )
    assert [type(result) for result in results] == [StoreUnavailable] * 3
    assert await store.unfinished() == []
    assert await store.commit(first, lease) == 1


async def test_a_name_that_cannot_be_asked_about_is_its_commits_own_fault(store, lease):
    commits = [
        accepted("op_1"),
        accepted("op_2", key=key_of("op_2", key="\ud800")),
        accepted("op_3"),
    ]
    results = await asyncio.gather(
        *(store.commit(one, lease) for one in commits), return_exceptions=True
    )
    assert [type(result).__name__ for result in results] == ["int", "StoreError", "int"]
    assert await store.commit(followed(commits[2]), lease) == 3
