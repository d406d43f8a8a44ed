"""A store's promises about commits that come at once: as if one came after the other."""

# ruff: noqa: D102 - a test's name says what it shows

import asyncio

from laneway.core.model import EndStatus, Lane
from laneway.ports.store import (
    KeyTaken,
    LaneHeld,
    Lease,
    SequenceConflict,
    StaleLease,
    Store,
)

from .store_promises import StoreFactory, StorePromises, at_once, commit_all, is_absent, is_at
from .store_samples import (
    LANE,
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

MANY = 40


class GroupPromises(StorePromises):
    """Whoever is guilty is refused alone; the order is kept; nobody's leaving changes anything."""

    async def test_many_at_once_are_all_written(self, store: Store, lease: Lease) -> None:
        commits = [accepted(f"op_{n:02}", commands=(timer(at=n),)) for n in range(MANY)]
        positions = await at_once(store, lease, commits)
        assert positions == list(range(1, MANY + 1))
        assert [one.recorded for one in await store.all_events(0, 99)] == [
            commit.events[0] for commit in commits
        ]
        assert len(await store.timers(None, 99)) == MANY

    async def test_one_creation_wins_a_key(self, store: Store, lease: Lease) -> None:
        commits = [accepted(f"op_{n:02}", key=key_of(f"op_{n:02}")) for n in range(MANY)]
        results = await at_once(store, lease, commits)
        losers = [result for result in results if isinstance(result, KeyTaken)]
        assert len(losers) == MANY - 1
        (winner,) = await store.unfinished()
        assert {loser.record for loser in losers} == {await store.key("ada", "run-1")}
        assert {loser.record.operation_id for loser in losers} == {winner.id}

    async def test_one_creation_wins_a_lane(self, store: Store, lease: Lease) -> None:
        commits = [accepted(f"op_{n:02}", begins=True) for n in range(MANY)]
        results = await at_once(store, lease, commits)
        losers = [result for result in results if isinstance(result, LaneHeld)]
        assert len(losers) == MANY - 1
        (winner,) = await store.unfinished()
        assert {loser.operation_id for loser in losers} == {winner.id}
        assert (await store.lane(LANE)).holder == winner

    async def test_one_of_the_waiting_wins_a_lane(self, store: Store, lease: Lease) -> None:
        waiting = [accepted(f"op_{n:02}") for n in range(MANY)]
        await commit_all(store, lease, waiting)
        results = await at_once(store, lease, [begun(commit) for commit in waiting])
        assert [isinstance(result, LaneHeld) for result in results].count(False) == 1
        assert len((await store.lane(LANE)).queue) == MANY - 1

    async def test_only_the_guilty_are_refused(self, store: Store, lease: Lease) -> None:
        held = accepted("op_held", begins=True, key=key_of("op_held", "held"))
        await commit_all(store, lease, [held, accepted("op_moved"), accepted("op_there")])
        guilty = {
            LaneHeld: accepted("op_a", begins=True),
            KeyTaken: accepted("op_b", key=key_of("op_b", "held")),
            SequenceConflict: followed(followed(accepted("op_moved"))),
        }
        innocent = [accepted(f"op_{n}", commands=(timer(),)) for n in range(4)]
        mixed = [
            commit for pair in zip(innocent[:3], guilty.values(), strict=True) for commit in pair
        ]
        results = await at_once(store, lease, [*mixed, innocent[3]])
        assert [type(result) for result in results] == [
            *(int, LaneHeld, int, KeyTaken, int, SequenceConflict, int)
        ]
        assert all([await is_at(store, commit) for commit in innocent])
        assert await is_absent(store, guilty[LaneHeld])
        positions = [result for result in results if isinstance(result, int)]
        assert positions == sorted(positions)
        assert len(await store.timers(None, 9)) == len(innocent)

    async def test_an_unsaved_plan_harms_nobody_else(self, store: Store, lease: Lease) -> None:
        unknown = accepted("op_2", plan=sample_plan("unheard-of"))
        commits = [accepted("op_1"), unknown, accepted("op_3")]
        results = await at_once(store, lease, commits)
        assert [isinstance(result, int) for result in results] == [True, False, True]

    async def test_a_value_that_cannot_be_stored_harms_nobody_else(
        self, store: Store, lease: Lease
    ) -> None:
        strange = accepted("op_2", phase="\ud800", plan_version=2**80)
        results = await at_once(store, lease, [accepted("op_1"), strange, accepted("op_3")])
        assert [isinstance(result, int) for result in results] == [True, False, True]
        assert await is_absent(store, strange)

    async def test_commits_of_one_operation_keep_their_order(
        self, store: Store, lease: Lease
    ) -> None:
        commits = [accepted("op_1")]
        for number in range(MANY):
            commits.append(followed(commits[-1], progressed(str(number)), phase=f"p{number}"))
        results = await at_once(store, lease, commits)
        assert results == list(range(1, MANY + 2))
        assert await is_at(store, commits[-1])

    async def test_after_a_refused_commit_the_next_of_the_operation_is_refused(
        self, store: Store, lease: Lease
    ) -> None:
        await store.commit(accepted("op_held", begins=True), lease)
        waiting = accepted("op_1")
        refused = begun(waiting)
        results = await at_once(store, lease, [waiting, refused, followed(refused)])
        assert [type(result) for result in results] == [int, LaneHeld, SequenceConflict]
        assert await is_at(store, waiting)

    async def test_the_last_word_on_a_command_counts(self, store: Store, lease: Lease) -> None:
        first = accepted("op_1", commands=(timer("kept", 1), timer("gone", 1)))
        second = followed(first, withdraw=("timer:kept",), commands=(timer("gone", 2),))
        third = followed(second, withdraw=("timer:gone",), commands=(timer("kept", 3),))
        assert await at_once(store, lease, [first, second, third]) == [1, 2, 3]
        assert await store.commands("op_1") == [timer("kept", 3)]

    async def test_a_lane_is_handed_on_in_one_go(self, store: Store, lease: Lease) -> None:
        holder, waiting = accepted("op_1", begins=True), accepted("op_2")
        await commit_all(store, lease, [holder, waiting])
        steps = [ended(holder), begun(waiting), accepted("op_3")]
        assert await at_once(store, lease, steps) == [3, 4, 5]
        lane = await store.lane(LANE)
        assert lane.holder == steps[1].row
        assert [row.id for row in lane.queue] == ["op_3"]

    async def test_a_creation_takes_a_lane_that_was_just_let_go(
        self, store: Store, lease: Lease
    ) -> None:
        holder = accepted("op_1", begins=True)
        await store.commit(holder, lease)
        steps = [ended(holder, EndStatus.FAIL), accepted("op_2", begins=True)]
        assert await at_once(store, lease, steps) == [2, 3]

    async def test_a_lane_is_not_taken_before_it_is_let_go(
        self, store: Store, lease: Lease
    ) -> None:
        holder, waiting = accepted("op_1", begins=True), accepted("op_2")
        await commit_all(store, lease, [holder, waiting])
        results = await at_once(store, lease, [begun(waiting), ended(holder)])
        assert [type(result) for result in results] == [LaneHeld, int]

    async def test_a_stale_engine_harms_nobody_else(self, store: Store, lease: Lease) -> None:
        newer = await store.claim("engine-2", moment(1))
        results = await asyncio.gather(
            store.commit(accepted("op_1"), newer),
            store.commit(accepted("op_2"), lease),
            store.commit(accepted("op_3"), newer),
            return_exceptions=True,
        )
        assert [type(result) for result in results] == [int, StaleLease, int]
        assert [row.id for row in await store.unfinished()] == ["op_1", "op_3"]

    async def test_a_caller_that_goes_away_changes_nothing(
        self, store: Store, lease: Lease
    ) -> None:
        commits = [accepted(f"op_{n:02}", commands=(start_action(),)) for n in range(MANY)]
        tasks = [asyncio.ensure_future(store.commit(commit, lease)) for commit in commits]
        leaving = tasks[::2]
        await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        stayed = [type(r) for task, r in zip(tasks, results, strict=True) if task not in leaving]
        assert stayed == [int] * (MANY - len(leaving))
        await store.commit(accepted("op_last"), lease)
        for commit in commits:
            assert await is_at(store, commit) or await is_absent(store, commit)

    async def test_closing_finishes_what_waits(
        self, store: Store, lease: Lease, store_factory: StoreFactory
    ) -> None:
        commits = [accepted(f"op_{n}", lane=Lane("p", "c", str(n)), begins=True) for n in range(9)]
        tasks = [asyncio.ensure_future(store.commit(commit, lease)) for commit in commits]
        await asyncio.sleep(0)
        await store.close()
        assert await asyncio.gather(*tasks) == list(range(1, 10))
        again = await store_factory()
        assert all([await is_at(again, commit) for commit in commits])
