"""A store's promises about what it forgets: never too much, always whole, and on record."""

# ruff: noqa: D102 - a test's name says what it shows

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from laneway.core import chain
from laneway.core.digests import bytes_digest
from laneway.core.events import Actor
from laneway.core.instants import Instant
from laneway.core.model import EndStatus, Lane, Retention
from laneway.core.retention import DAY, Candidate, Stay, stays
from laneway.ports.retention import ArtifactUsage, Hold, Removed, Tombstone
from laneway.ports.store import (
    Commit,
    KeyTaken,
    Lease,
    OperationFilter,
    SequenceConflict,
    StaleLease,
    Store,
    StoredPlan,
    StoreError,
)

from .store_promises import StoreFactory, StorePromises, commit_all, is_absent, is_at
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
    sample_plan,
    timer,
)

LIMITS = Retention(keep_days=1, keep_last=1)
SHORT = msgspec.structs.replace(
    sample_plan("short-lived"),
    document={"retention": {"keep_days": 1, "keep_last": 1}},
)
LATER = moment(2 * DAY)
PROD = Lane("odoo", "cm", "prod")
HOLD = Hold(operation_id="op_1", by=ADA, reason="the auditors asked", at=moment(7))


def over(operation_id: str, status: EndStatus = EndStatus.FAIL, at: int = 0) -> list[Commit]:
    """The commits of an operation of the short-lived plan that begins and ends."""
    first = accepted(operation_id, at=at, begins=True, plan=SHORT)
    return [first, ended(first, status, at=at)]


async def looked_at(store: Store, before: Instant = LATER) -> Sequence[Candidate]:
    """What retention knows of the short-lived plan's operations."""
    return await store.retention.candidates(SHORT.digest, LIMITS, before, 100)


async def prune(store: Store, lease: Lease, at: Instant = LATER) -> Removed:
    """Prune whatever may go, by a look from long ahead."""
    return await store.retention.prune(await looked_at(store, moment(1_000 * DAY)), at, lease)


async def pruned_ids(store: Store, lease: Lease) -> list[str]:
    """Prune; the ids of what went."""
    return [tombstone.operation_id for tombstone in (await prune(store, lease)).tombstones]


class _Retained(StorePromises):
    @pytest.fixture(autouse=True)
    async def short_lived(self, store: Store) -> StoredPlan:
        """The plan that these tests' operations are pinned to."""
        await store.save_plan(SHORT)
        return SHORT


class PruningPromises(_Retained):
    """What goes goes whole, and leaves a tombstone; what must stay stays."""

    async def test_limits_are_those_of_the_stored_plans(self, store: Store) -> None:
        limits = await store.retention.limits()
        usual = dict.fromkeys((PLAN.digest, OTHER_PLAN.digest), Retention())
        assert limits == {SHORT.digest: LIMITS} | usual
        assert list(limits) == sorted(limits)

    async def test_an_operation_goes_whole_and_leaves_a_tombstone(
        self, store: Store, lease: Lease
    ) -> None:
        first, last = over("op_1")
        await commit_all(store, lease, [first, last, *over("op_2")])
        assert await store.retention.tombstone("op_1") is None
        removed = await prune(store, lease)
        tombstone = Tombstone(
            operation_id="op_1",
            plan=SHORT.name,
            plan_version=SHORT.version,
            plan_digest=SHORT.digest,
            lane=LANE,
            status="fail",
            requested_by=ADA.subject,
            dry_run=False,
            supersedes=None,
            retry_of=None,
            created_at=moment(0),
            finished_at=moment(0),
            seq=last.row.seq,
            head=last.row.head,
            pruned_at=LATER,
            rule="keep_days 1, keep_last 1",
        )
        assert removed == Removed(tombstones=(tombstone,), events=2)
        assert await store.retention.tombstone("op_1") == tombstone
        assert await is_absent(store, first)
        assert await is_at(store, over("op_2")[-1])

    async def test_what_names_another_operation_says_so_in_its_tombstone(
        self, store: Store, lease: Lease
    ) -> None:
        named = accepted("op_1", begins=True, plan=SHORT, supersedes="op_0", retry_of="op_00")
        await commit_all(store, lease, [named, ended(named, EndStatus.FAIL), *over("op_2")])
        (tombstone,) = (await prune(store, lease)).tombstones
        assert (tombstone.supersedes, tombstone.retry_of) == ("op_0", "op_00")

    async def test_a_key_outlives_its_operation(
        self, store: Store, lease: Lease, store_factory: StoreFactory
    ) -> None:
        first = accepted("op_1", begins=True, plan=SHORT, key=key_of("op_1"))
        await commit_all(store, lease, [first, ended(first, EndStatus.FAIL), *over("op_2")])
        assert await pruned_ids(store, lease) == ["op_1"]
        assert await store.key("ada", "run-1") == key_of("op_1")
        with pytest.raises(KeyTaken) as caught:
            await store.commit(accepted("op_3", key=key_of("op_3")), lease)
        assert caught.value.record == key_of("op_1")
        await store.close()
        assert await (await store_factory()).key("ada", "run-1") == key_of("op_1")

    async def test_an_operation_that_was_pruned_does_not_come_back(
        self, store: Store, lease: Lease
    ) -> None:
        first, last = over("op_1")
        await commit_all(store, lease, [first, last, *over("op_2")])
        assert await pruned_ids(store, lease) == ["op_1"]
        with pytest.raises(StoreError):
            await store.commit(first, lease)
        with pytest.raises(SequenceConflict):
            await store.commit(followed(last), lease)
        assert await is_absent(store, first)

    async def test_positions_are_not_used_again(
        self, store: Store, lease: Lease, store_factory: StoreFactory
    ) -> None:
        await commit_all(store, lease, over("op_1"))
        position = (await commit_all(store, lease, over("op_2", at=-5)))[-1]
        other = msgspec.structs.replace(
            (await looked_at(store))[0], retention=Retention(keep_days=1, keep_last=0)
        )
        assert other.id == "op_2"
        assert len((await store.retention.prune([other], LATER, lease)).tombstones) == 1
        assert await store.last_position() == position
        await store.close()
        again = await store_factory()
        assert await again.last_position() == position
        lease = await again.claim("engine-2", moment(1))
        assert await again.commit(accepted("op_3"), lease) == position + 1
        found = await again.all_events(0, 100)
        assert [one.position for one in found] == [1, 2, position + 1]

    async def test_nothing_goes_that_has_not_ended(self, store: Store, lease: Lease) -> None:
        holder = accepted("op_1", begins=True, plan=SHORT)
        pending = accepted("op_2", plan=SHORT)
        await commit_all(store, lease, [holder, pending])
        assert list(await looked_at(store)) == []
        looked = Candidate(
            id="op_1",
            plan=SHORT.name,
            plan_digest=SHORT.digest,
            lane=LANE,
            status="fail",
            finished_at=moment(0),
            retention=LIMITS,
            newer=9,
        )
        assert await store.retention.prune([looked], LATER, lease) == Removed()
        assert await is_at(store, holder)

    async def test_the_newest_of_a_plan_on_a_lane_stay(self, store: Store, lease: Lease) -> None:
        for number in (1, 2, 3):
            await commit_all(store, lease, over(f"op_{number}", at=-number))
        elsewhere = accepted("op_4", begins=True, plan=SHORT, lane=PROD)
        other = accepted("op_5", begins=True, plan=OTHER_PLAN)
        for first in (elsewhere, other):
            await commit_all(store, lease, [first, ended(first, EndStatus.FAIL)])
        # Newest by the order of the creating commits, not by the clock.
        assert [one.newer for one in await looked_at(store)] == [0, 1, 1, 0]
        assert sorted(await pruned_ids(store, lease)) == ["op_1", "op_2"]

    async def test_dry_runs_are_counted_apart(self, store: Store, lease: Lease) -> None:
        for number, dry_run in enumerate((False, True, True)):
            first = accepted(f"op_{number}", begins=True, plan=SHORT, dry_run=dry_run)
            await commit_all(store, lease, [first, ended(first, EndStatus.FAIL)])
        assert await pruned_ids(store, lease) == ["op_1"]

    async def test_what_is_within_its_days_stays(self, store: Store, lease: Lease) -> None:
        await commit_all(store, lease, [*over("op_1"), *over("op_2")])
        assert list(await looked_at(store, moment(0))) == []
        assert (await prune(store, lease, moment(DAY))).tombstones == ()
        assert len((await prune(store, lease, moment(DAY + 1))).tombstones) == 1

    async def test_the_last_pass_stays_and_the_lane_shows_it(
        self, store: Store, lease: Lease
    ) -> None:
        for number, status in enumerate((EndStatus.PASS, EndStatus.PASS, EndStatus.FAIL)):
            await commit_all(store, lease, over(f"op_{number}", status, at=number))
        dry = accepted("op_3", begins=True, plan=SHORT, dry_run=True)
        await commit_all(store, lease, [dry, ended(dry)])
        before = await store.lane(LANE)
        assert [one.last_pass for one in await looked_at(store)] == [False, False, True, False]
        assert await pruned_ids(store, lease) == ["op_0"]
        assert await store.lane(LANE) == before

    async def test_the_last_pass_of_each_plan_stays(self, store: Store, lease: Lease) -> None:
        await commit_all(store, lease, [*over("op_1", EndStatus.PASS), *over("op_2")])
        other = accepted("op_3", begins=True, plan=OTHER_PLAN)
        await commit_all(store, lease, [other, ended(other)])
        assert await pruned_ids(store, lease) == []

    async def test_the_last_to_destroy_stays_and_the_lane_shows_it(
        self, store: Store, lease: Lease
    ) -> None:
        for number, at in enumerate((9, 5, None)):
            first = accepted(f"op_{number}", begins=True, plan=SHORT)
            destroyed: dict[str, Any] = {} if at is None else {"destructive_at": moment(at)}
            await commit_all(store, lease, [first, ended(first, EndStatus.FAIL, **destroyed)])
        before = await store.lane(LANE)
        assert await pruned_ids(store, lease) == ["op_1"]
        assert await store.lane(LANE) == before
        assert before.last_destructive[SHORT.name].id == "op_0"

    @pytest.mark.parametrize("name", ["retry_of", "supersedes"])
    async def test_what_an_operation_names_stays_until_that_one_has_ended(
        self, store: Store, lease: Lease, name: str
    ) -> None:
        await commit_all(store, lease, [*over("op_1"), *over("op_2")])
        named: dict[str, Any] = {name: "op_1"}
        naming = accepted("op_3", plan=OTHER_PLAN, **named)
        looked = await looked_at(store)
        await store.commit(naming, lease)
        assert (await store.retention.prune(looked, LATER, lease)).tombstones == ()
        assert (await looked_at(store))[0].named_by == "op_3"
        await commit_all(store, lease, [begun(naming), ended(begun(naming))])
        assert await pruned_ids(store, lease) == ["op_1"]

    async def test_a_stale_lease_removes_nothing(self, store: Store, lease: Lease) -> None:
        await commit_all(store, lease, [*over("op_1"), *over("op_2")])
        newer = await store.claim("engine-2", moment(1))
        with pytest.raises(StaleLease):
            await prune(store, lease)
        with pytest.raises(StaleLease):
            await store.retention.drop_plans(lease)
        assert await store.retention.tombstone("op_1") is None
        assert await pruned_ids(store, newer) == ["op_1"]

    async def test_candidates_come_in_pages_by_their_end(self, store: Store, lease: Lease) -> None:
        for number, at in enumerate((5, 3, 3, 1)):
            await commit_all(store, lease, over(f"op_{number}", at=at))
        found: list[str] = []
        after: Candidate | None = None
        while page := await store.retention.candidates(SHORT.digest, LIMITS, LATER, 3, after):
            found += [one.id for one in page]
            after = page[-1]
        assert found == ["op_3", "op_1", "op_2", "op_0"]
        assert [one.id for one in await looked_at(store, moment(3))] == ["op_3"]

    async def test_lists_go_on_behind_a_cursor_that_was_pruned(
        self, store: Store, lease: Lease
    ) -> None:
        for number in range(5):
            await commit_all(store, lease, over(f"op_{number}", at=number))
        (middle,) = [one for one in await looked_at(store) if one.id == "op_2"]
        await store.retention.prune([middle], LATER, lease)
        newest = await store.operations(OperationFilter(), 10)
        assert [row.id for row in newest] == ["op_4", "op_3", "op_1", "op_0"]
        rest = await store.operations(OperationFilter(), 10, "op_2")
        assert [row.id for row in rest] == ["op_1", "op_0"]

    async def test_a_plan_goes_with_its_last_operation(self, store: Store, lease: Lease) -> None:
        await commit_all(store, lease, [accepted("op_9", plan=OTHER_PLAN), *over("op_1")])
        assert await store.retention.drop_plans(lease) == 1
        assert await store.plan(PLAN.digest) is None
        last = [
            msgspec.structs.replace(one, retention=Retention(1, 0))
            for one in await looked_at(store)
        ]
        await store.retention.prune(last, LATER, lease)
        assert await store.retention.drop_plans(lease) == 1
        assert list(await store.retention.limits()) == [OTHER_PLAN.digest]


class HoldPromises(_Retained):
    """What is on hold stays, until it is released."""

    async def test_a_hold_is_read_back_until_it_is_released(
        self, store: Store, lease: Lease
    ) -> None:
        await store.commit(accepted("op_1"), lease)
        assert await store.retention.held("op_1") is None
        assert await store.retention.release("op_1") is None
        assert await store.retention.hold(HOLD)
        again = msgspec.structs.replace(HOLD, by=Actor("caller", "bob"), reason="a court asked")
        assert await store.retention.hold(again)
        assert await store.retention.held("op_1") == again
        assert await store.retention.release("op_1") == again
        assert await store.retention.held("op_1") is None

    async def test_what_is_not_there_cannot_be_held(self, store: Store, lease: Lease) -> None:
        assert not await store.retention.hold(HOLD)
        await commit_all(store, lease, [*over("op_1"), *over("op_2")])
        assert await pruned_ids(store, lease) == ["op_1"]
        assert not await store.retention.hold(HOLD)
        assert await store.retention.held("op_1") is None

    async def test_what_is_on_hold_stays(
        self, store: Store, lease: Lease, store_factory: StoreFactory
    ) -> None:
        await commit_all(store, lease, [*over("op_1"), *over("op_2")])
        looked = await looked_at(store)
        # Put on hold after it was looked at.
        await store.retention.hold(HOLD)
        assert await store.retention.prune(looked, LATER, lease) == Removed()
        (first, _) = await looked_at(store)
        assert stays(first, LATER) is Stay.ON_HOLD
        await store.close()
        again = await store_factory()
        lease = await again.claim("engine-2", moment(1))
        assert await pruned_ids(again, lease) == []
        await again.retention.release("op_1")
        assert await pruned_ids(again, lease) == ["op_1"]


class ArtifactPromises(_Retained):
    """Bytes stay as long as an operation that left them behind."""

    async def test_an_artifact_needs_an_operation(self, store: Store) -> None:
        with pytest.raises(StoreError):
            await store.save_artifact("op_1", b"a log", moment(0))
        assert await store.artifact(bytes_digest(b"a log")) is None

    async def test_usage_counts_bytes_once(self, store: Store, lease: Lease) -> None:
        await commit_all(store, lease, [accepted("op_1"), accepted("op_2")])
        for operation_id, content in (("op_1", b"12345"), ("op_1", b"12345"), ("op_2", b"12345")):
            await store.save_artifact(operation_id, content, moment(0))
        await store.save_artifact("op_2", b"abc", moment(0))
        usage = store.retention.artifact_usage
        assert await usage("op_1") == ArtifactUsage(operation=5, total=8)
        assert await usage("op_2") == ArtifactUsage(operation=8, total=8)
        assert await usage("op_3") == ArtifactUsage(operation=0, total=8)

    async def test_an_artifact_goes_with_the_last_operation_that_left_it(
        self, store: Store, lease: Lease
    ) -> None:
        running = accepted("op_0", begins=True, lane=PROD, plan=OTHER_PLAN)
        await commit_all(store, lease, [running, *over("op_1"), *over("op_2")])
        shared, own = [
            await store.save_artifact("op_1", content, moment(0)) for content in (b"both", b"own")
        ]
        # As an attempt does that has not yet told what came of it: no event names this one.
        await store.save_artifact("op_0", b"both", moment(0))
        removed = await prune(store, lease)
        assert (removed.artifacts, removed.artifact_bytes) == (1, 3)
        assert await store.artifact(own) is None
        assert await store.artifact(shared) == b"both"
        assert await store.retention.artifact_usage("op_0") == ArtifactUsage(operation=4, total=4)

    async def test_bytes_that_went_can_be_saved_again(self, store: Store, lease: Lease) -> None:
        await commit_all(store, lease, [*over("op_1"), *over("op_2")])
        digest = await store.save_artifact("op_1", b"a log", moment(0))
        await prune(store, lease)
        assert await store.artifact(digest) is None
        assert await store.save_artifact("op_2", b"a log", moment(1)) == digest
        assert await store.artifact(digest) == b"a log"

    async def test_an_operation_goes_with_what_was_still_asked_for(
        self, store: Store, lease: Lease
    ) -> None:
        first = accepted("op_1", begins=True, plan=SHORT, commands=(timer(),))
        await commit_all(store, lease, [first, ended(first, EndStatus.FAIL), *over("op_2")])
        assert chain.verify(await store.events("op_1")) == ended(first, EndStatus.FAIL).row.head
        assert await pruned_ids(store, lease) == ["op_1"]
        assert list(await store.timers(None, 10)) == []
