"""A store's promises about lanes: who holds one, who waits for it, and what was last on it."""

# ruff: noqa: D102 - a test's name says what it shows

import pytest

from laneway.core.events import OperationPaused, TransitionTaken
from laneway.core.model import EndStatus, Lane
from laneway.ports.store import Freeze, LaneHeld, LaneRecord, Lease, Store

from .store_promises import StoreFactory, StorePromises, commit_all
from .store_samples import (
    ADA,
    LANE,
    OTHER_PLAN,
    PLAN,
    accepted,
    begun,
    ended,
    followed,
    key_of,
    moment,
    progressed,
)

PROD = Lane("odoo", "cm", "prod")
FREEZE = Freeze(ADA, "the auditors are here", moment(3))


class LanePromises(StorePromises):
    """One exclusive operation holds a lane; the others wait in the order of their commits."""

    async def test_a_lane_on_which_nothing_happened_is_empty(self, store: Store) -> None:
        assert await store.lane(LANE) == LaneRecord(lane=LANE)
        assert await store.queued_lanes() == []

    async def test_a_key_and_a_lane_are_read_in_one_go(self, store: Store, lease: Lease) -> None:
        key = key_of("op_1")
        assert await store.key_and_lane("ada", "run-1", LANE) == (None, LaneRecord(lane=LANE))
        holder = accepted("op_1", begins=True, key=key)
        await store.commit(holder, lease)
        found = await store.key_and_lane("ada", "run-1", LANE)
        assert found == (key, LaneRecord(lane=LANE, holder=holder.row))
        assert (await store.key_and_lane("ada", "run-2", PROD))[0] is None

    async def test_a_lane_is_held_until_its_operation_ends(
        self, store: Store, lease: Lease
    ) -> None:
        holder = accepted("op_1", begins=True)
        waiting = accepted("op_2")
        await commit_all(store, lease, [holder, waiting])
        for status in ("waiting", "paused", "reconciliation_required"):
            holder = followed(holder, status=status)
            await store.commit(holder, lease)
            assert (await store.lane(LANE)).holder == holder.row
            with pytest.raises(LaneHeld) as caught:
                await store.commit(begun(waiting), lease)
            assert caught.value.operation_id == "op_1"
        await commit_all(store, lease, [ended(holder), begun(waiting)])
        assert (await store.lane(LANE)).holder == begun(waiting).row

    async def test_lanes_do_not_meet(self, store: Store, lease: Lease) -> None:
        lanes = [LANE, PROD, Lane("odoo", "xx", "prod"), Lane("shop", "cm", "prod")]
        for number, lane in enumerate(lanes):
            begin = accepted(f"op_{number}", lane=lane, begins=True)
            await store.commit(begin, lease)
            assert (await store.lane(lane)).holder == begin.row

    async def test_shared_operations_run_beside_each_other(
        self, store: Store, lease: Lease
    ) -> None:
        holder = accepted("op_0", begins=True)
        shared = [accepted(f"op_{n}", begins=True, exclusive=False) for n in (1, 2, 3)]
        last = ended(shared[2])
        waiting = accepted("op_4", exclusive=False)
        await commit_all(store, lease, [holder, *shared, last, waiting])
        lane = await store.lane(LANE)
        assert lane.running_shared == (shared[0].row, shared[1].row)
        assert (lane.holder, lane.queue) == (holder.row, (waiting.row,))

    async def test_the_queue_is_in_the_order_of_the_commits(
        self, store: Store, lease: Lease
    ) -> None:
        ids = ["op_c", "op_a", "op_d", "op_b"]
        # Neither the ids nor the times say what was committed first.
        waiting = [accepted(operation_id, at=-n) for n, operation_id in enumerate(ids)]
        await commit_all(store, lease, [*waiting, accepted("op_0", lane=PROD)])
        assert [row.id for row in (await store.lane(LANE)).queue] == ids
        await store.commit(ended(waiting[1], EndStatus.CANCELLED), lease)
        assert [row.id for row in (await store.lane(LANE)).queue] == ["op_c", "op_d", "op_b"]

    async def test_lanes_with_a_queue_and_no_holder(self, store: Store, lease: Lease) -> None:
        free, held, shared = PROD, LANE, Lane("odoo", "cm", "shared")
        oldest = Lane("zoo", "cm", "prod")
        commits = [
            accepted("op_1", lane=oldest),
            accepted("op_2", lane=free),
            accepted("op_3", lane=held, begins=True),
            accepted("op_4", lane=held),
            accepted("op_5", lane=shared, exclusive=False),
            accepted("op_6", lane=free),
        ]
        await commit_all(store, lease, commits)
        assert await store.queued_lanes() == [oldest, free]
        await store.commit(ended(commits[2]), lease)
        assert await store.queued_lanes() == [oldest, free, held]

    async def test_the_last_pass_is_the_newest_real_one(self, store: Store, lease: Lease) -> None:
        assert (await store.lane(LANE)).last_pass is None
        for number, (status, dry_run) in enumerate(
            [
                (EndStatus.PASS, False),
                (EndStatus.PASS, False),
                (EndStatus.PASS, True),
                (EndStatus.FAIL, False),
            ]
        ):
            first = accepted(f"op_{number}", begins=True, dry_run=dry_run)
            await commit_all(store, lease, [first, ended(first, status)])
        await store.commit(accepted("op_9", begins=True), lease)
        last = (await store.lane(LANE)).last_pass
        assert last is not None
        assert last.id == "op_1"

    async def test_the_last_destructive_operation_of_each_plan(
        self, store: Store, lease: Lease
    ) -> None:
        plans = [PLAN, OTHER_PLAN, PLAN, OTHER_PLAN]
        for number, plan in enumerate(plans):
            first = accepted(f"op_{number}", plan=plan, begins=True)
            # The last of PLAN began in the same millisecond as the one before it.
            second = followed(first, destructive_at=moment(number // 3))
            await commit_all(store, lease, [first, second, ended(second, EndStatus.FAIL)])
        read_only = accepted("op_8", begins=True)
        elsewhere = accepted("op_9", lane=PROD, destructive_at=moment(9))
        await commit_all(store, lease, [read_only, elsewhere])
        found = (await store.lane(LANE)).last_destructive
        assert {name: row.id for name, row in found.items()} == {
            PLAN.name: "op_2",
            OTHER_PLAN.name: "op_3",
        }

    async def test_a_running_operation_can_be_the_last_destructive_one(
        self, store: Store, lease: Lease
    ) -> None:
        early, late = accepted("op_1", begins=True), accepted("op_2")
        # What counts is when it began to be destructive, not when it was submitted.
        last = [
            ended(followed(early, destructive_at=moment(50)), EndStatus.FAIL),
            followed(begun(late), destructive_at=moment(40)),
        ]
        steps = [early, late, followed(early, destructive_at=moment(50)), last[0]]
        await commit_all(store, lease, [*steps, begun(late), last[1]])
        lane = await store.lane(LANE)
        assert lane.last_destructive == {PLAN.name: last[0].row}
        assert lane.holder == last[1].row

    async def test_a_lane_is_frozen_and_let_go(
        self, store: Store, lease: Lease, store_factory: StoreFactory
    ) -> None:
        await store.set_freeze(LANE, Freeze(ADA, "at first", moment(1)))
        await store.set_freeze(LANE, FREEZE)
        holder = accepted("op_1", begins=True)
        await store.commit(holder, lease)
        assert await store.lane(LANE) == LaneRecord(lane=LANE, holder=holder.row, freeze=FREEZE)
        assert (await store.lane(PROD)).freeze is None
        await store.close()
        again = await store_factory()
        assert (await again.lane(LANE)).freeze == FREEZE
        await again.set_freeze(LANE, None)
        await again.set_freeze(PROD, None)
        assert (await again.lane(LANE)).freeze is None

    async def test_lanes_are_listed_by_their_names_each_as_it_is(
        self, store: Store, lease: Lease
    ) -> None:
        frozen, other = Lane("odoo", "cm", "idle"), Lane("shop", "a", "prod")
        holder = accepted("op_1", begins=True)
        destructive = followed(accepted("op_3", lane=PROD, begins=True), destructive_at=moment(2))
        passed = accepted("op_5", lane=other, begins=True)
        shared = accepted("op_6", lane=other, begins=True, exclusive=False)
        await commit_all(store, lease, [holder, accepted("op_2"), accepted("op_4", lane=PROD)])
        await commit_all(store, lease, [accepted("op_3", lane=PROD, begins=True), destructive])
        await commit_all(store, lease, [passed, ended(passed), shared])
        await store.set_freeze(frozen, FREEZE)
        listed = [each.record for each in await store.lanes(None, 10)]
        assert [each.lane for each in listed] == [frozen, PROD, LANE, other]
        assert listed == [await store.lane(each.lane) for each in listed]

    async def test_lanes_are_listed_in_pages(self, store: Store, lease: Lease) -> None:
        # Parts of names are compared, and not the text of the whole: "b/" comes after "b-c/".
        names = [("a", "b", "c"), ("a", "b", "d"), ("a", "b-c", "a"), ("b", "a", "a")]
        lanes = [Lane(*each) for each in names]
        for number, lane in enumerate(reversed(lanes)):
            await store.commit(accepted(f"op_{number}", lane=lane), lease)
        await store.set_freeze(lanes[2], FREEZE)
        await store.set_freeze(Lane("a", "b", "c0"), FREEZE)
        lanes.insert(1, Lane("a", "b", "c0"))
        found, after = [], None
        while page := await store.lanes(after, 2):
            assert len(page) <= 2
            found += [each.record.lane for each in page]
            after = found[-1]
        assert found == lanes

    async def test_a_list_of_lanes_says_since_when_a_holder_is_where_it_is(
        self, store: Store, lease: Lease
    ) -> None:
        first = accepted("op_1", begins=True, at=1)
        moved = followed(first, TransitionTaken("check", "pass", "work"), at=20)
        going = followed(moved, progressed(), at=30)
        paused = followed(going, OperationPaused("next"), at=40)
        times = []
        for commit in (first, moved, going, paused, ended(paused)):
            await store.commit(commit, lease)
            times.append([each.since for each in await store.lanes(None, 10)])
        assert times[1:] == [[moment(20)], [moment(20)], [moment(40)], [None]]
        assert times[0] != [None]
