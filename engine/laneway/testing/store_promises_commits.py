"""A store's promises about one commit: whole or not at all, in order, by who may."""

# ruff: noqa: D102 - a test's name says what it shows

import msgspec
import pytest

from laneway.core import chain
from laneway.core.digests import bytes_digest
from laneway.core.events import AnyEvent, PhaseProgressed
from laneway.core.model import Lane
from laneway.ports.store import (
    Commit,
    KeyTaken,
    LaneHeld,
    Lease,
    SequenceConflict,
    StaleLease,
    Store,
    StoreError,
    StoreUnavailable,
)

from .store_promises import StoreFactory, StorePromises, commit_all, is_absent, is_at
from .store_samples import (
    OTHER_PLAN,
    PLAN,
    accepted,
    an_event_of_every_type,
    begun,
    ended,
    followed,
    key_of,
    moment,
    progressed,
    recover_action,
    sample_plan,
    start_action,
    timer,
)


class CommitPromises(StorePromises):
    """Operations, events, commands, keys and plans, and what refuses a commit."""

    async def test_a_new_store_holds_nothing(self, store: Store) -> None:
        assert await store.operation("op_1") is None
        assert await store.events("op_1") == []
        assert await store.commands("op_1") == []
        assert await store.plan("sha256:none") is None
        assert await store.key("ada", "run-1") is None
        assert (await store.all_events(0, 10), await store.last_position()) == ([], 0)
        assert (await store.unfinished(), await store.outstanding_actions()) == ([], [])

    async def test_what_is_committed_is_read_back(self, store: Store, lease: Lease) -> None:
        whole = accepted(
            "op_1",
            dry_run=True,
            supersedes="op_0",
            retry_of="op_00",
            destructive_at=moment(5),
            waiting_for={"kind": "approval", "role": "release-manager", "until": None},
            status="waiting",
            phase="approval",
            requested_by='a "person" — é',
        )
        await store.commit(whole, lease)
        assert await store.operation("op_1") == whole.row
        assert await store.events("op_1") == list(whole.events)

    @pytest.mark.parametrize("name", ["a\0b", "\0", "\\\0"])
    @pytest.mark.parametrize("place", ["creation", "event", "command", "withdrawn"])
    async def test_a_name_is_kept_as_it_is_or_refused(
        self, store: Store, lease: Lease, name: str, place: str
    ) -> None:
        """Some databases end a text at a NUL."""
        begins_alike = timer(name.split("\0", maxsplit=1)[0])
        first = accepted("op_1", commands=(begins_alike,))
        await store.commit(first, lease)
        strange = _named(first, name)[place]
        before = await store.operation(strange.row.id)
        try:
            await store.commit(strange, lease)
        except StoreError:
            assert await store.operation(strange.row.id) == before
        else:
            assert await is_at(store, strange)
            assert set(strange.commands) <= set(await store.commands(strange.row.id))
        assert begins_alike in await store.commands("op_1")

    @pytest.mark.parametrize("place", ["creation", "command", "withdrawn"])
    async def test_half_a_character_cannot_be_stored(
        self, store: Store, lease: Lease, place: str
    ) -> None:
        first = accepted("op_1")
        await store.commit(first, lease)
        with pytest.raises(StoreError, match="op_"):
            await store.commit(_named(first, "\ud800")[place], lease)
        assert await is_at(store, first)

    @pytest.mark.parametrize("name", ["\\u0000", "\\\\u0000", '\x01\x1f\x7f"\\/ \u2028 é 😀', ""])
    async def test_a_name_of_any_signs_is_kept(self, store: Store, lease: Lease, name: str) -> None:
        commands = (timer(name), timer(f"other-{name}"))
        lane = Lane(name, f"{name}c", f"i{name}")
        first = accepted("op_1", lane=lane, requested_by=f"\0{name}", commands=commands)
        await store.commit(first, lease)
        said = progressed(f"\0{name}")
        second = followed(first, said, withdraw=(timer(name).key,), phase=name)
        await store.commit(second, lease)
        assert await is_at(store, second)
        assert await store.commands("op_1") == [commands[1]]

    async def test_every_change_of_an_operation_is_read_back(
        self, store: Store, lease: Lease
    ) -> None:
        first = accepted("op_1", begins=True)
        second = followed(
            first,
            at=9,
            status="waiting",
            phase="approval",
            destructive_at=moment(9),
            waiting_for={"kind": "timer"},
        )
        last = ended(second, at=11, waiting_for=None)
        for commit in (first, second, last):
            await store.commit(commit, lease)
            assert await is_at(store, commit)

    async def test_events_of_every_type_are_read_back(self, store: Store, lease: Lease) -> None:
        first = accepted("op_1")
        second = followed(first, *an_event_of_every_type())
        await commit_all(store, lease, [first, second])
        types = {type(recorded.event) for recorded in await store.events("op_1")}
        assert types == set(AnyEvent.__args__)
        assert await store.events("op_1") == [*first.events, *second.events]
        assert await is_at(store, second)

    async def test_events_are_read_after_a_seq_and_up_to_a_limit(
        self, store: Store, lease: Lease
    ) -> None:
        first = accepted("op_1")
        second = followed(first, progressed("a"), progressed("b"), progressed("c"))
        await commit_all(store, lease, [first, second, accepted("op_2")])
        assert [event.seq for event in await store.events("op_1", after=2)] == [3, 4]
        assert [event.seq for event in await store.events("op_1", after=1, limit=2)] == [2, 3]
        assert await store.events("op_1", after=4) == []

    async def test_positions_rise_in_commit_order(self, store: Store, lease: Lease) -> None:
        first = accepted("op_2")
        commits = [first, accepted("op_1"), followed(first, progressed("a"), progressed("b"))]
        positions = await commit_all(store, lease, commits)
        found = await store.all_events(0, 100)
        assert [one.recorded for one in found] == [e for c in commits for e in c.events]
        assert [one.position for one in found] == sorted({one.position for one in found})
        ends = [found[0].position, found[1].position, found[3].position]
        assert positions == ends
        assert await store.last_position() == ends[-1]

    async def test_all_events_go_on_after_a_position(self, store: Store, lease: Lease) -> None:
        positions = await commit_all(store, lease, [accepted(f"op_{n}") for n in range(4)])
        page = await store.all_events(positions[0], 2)
        assert [one.position for one in page] == positions[1:3]
        assert await store.all_events(positions[-1], 2) == []

    @pytest.mark.parametrize("expected", ["too early", "too late", "absent", "there"])
    async def test_an_operation_that_has_moved_on_is_left_alone(
        self, store: Store, lease: Lease, expected: str
    ) -> None:
        first = accepted("op_1")
        second = followed(first)
        await commit_all(store, lease, [first, second])
        wrong = {
            "too early": followed(first, progressed("another")),
            "too late": followed(followed(second)),
            "absent": followed(accepted("op_9")),
            "there": accepted("op_1", at=5),
        }[expected]
        with pytest.raises(SequenceConflict):
            await store.commit(wrong, lease)
        assert await is_at(store, second)
        assert await store.operation("op_9") is None

    async def test_another_past_is_refused_though_its_seq_fits(
        self, store: Store, lease: Lease
    ) -> None:
        first = accepted("op_1")
        second = followed(first)
        await commit_all(store, lease, [first, second])
        elsewhere = followed(first, progressed("what this engine thinks happened"))
        with pytest.raises(SequenceConflict):
            await store.commit(followed(elsewhere), lease)
        assert await is_at(store, second)

    async def test_a_commit_that_contradicts_itself_is_refused(
        self, store: Store, lease: Lease
    ) -> None:
        first = accepted("op_1")
        second = followed(first, progressed("a"), progressed("b"))
        for wrong in _contradictions(first, second):
            with pytest.raises(ValueError, match="op_1"):
                await store.commit(wrong, lease)
        assert await is_absent(store, first)

    async def test_a_refused_creation_leaves_nothing(self, store: Store, lease: Lease) -> None:
        await store.commit(accepted("op_1", begins=True), lease)
        commands = (timer(), start_action())
        refused = accepted("op_2", begins=True, commands=commands, key=key_of("op_2"))
        with pytest.raises(LaneHeld) as caught:
            await store.commit(refused, lease)
        assert caught.value.operation_id == "op_1"
        assert await is_absent(store, refused)
        assert await store.key("ada", "run-1") is None
        assert await store.timers(None, 10) == []
        assert len(await store.all_events(0, 10)) == 1

    async def test_a_plan_is_saved_before_its_operations(self, store: Store, lease: Lease) -> None:
        unknown = accepted("op_1", plan=sample_plan("unheard-of"))
        with pytest.raises(StoreError, match="unheard-of"):
            await store.commit(unknown, lease)
        assert await is_absent(store, unknown)

    async def test_a_plan_is_kept_as_it_was_first_saved(self, store: Store) -> None:
        later = msgspec.structs.replace(PLAN, first_seen_at=moment(99), document={"plan": "other"})
        await store.save_plan(later)
        assert await store.plan(PLAN.digest) == PLAN
        assert await store.plan(OTHER_PLAN.digest) == OTHER_PLAN

    async def test_a_key_belongs_to_its_first_creation(self, store: Store, lease: Lease) -> None:
        key = key_of("op_1", fingerprint="sha256:one")
        await store.commit(accepted("op_1", key=key), lease)
        again = accepted("op_2", key=key_of("op_2", fingerprint="sha256:two"))
        with pytest.raises(KeyTaken) as caught:
            await store.commit(again, lease)
        assert caught.value.record == key == await store.key("ada", "run-1")
        assert await is_absent(store, again)

    async def test_a_replay_learns_of_its_key_and_not_of_the_lane(
        self, store: Store, lease: Lease
    ) -> None:
        await store.commit(accepted("op_1", begins=True, key=key_of("op_1")), lease)
        with pytest.raises(KeyTaken):
            await store.commit(accepted("op_2", begins=True, key=key_of("op_2")), lease)

    async def test_keys_of_two_scopes_do_not_meet(self, store: Store, lease: Lease) -> None:
        for number, scope in enumerate(("ada", "grace"), start=1):
            operation_id = f"op_{number}"
            key = key_of(operation_id, scope=scope)
            await store.commit(accepted(operation_id, key=key), lease)
            assert await store.key(scope, "run-1") == key

    async def test_commands_are_added_replaced_and_withdrawn(
        self, store: Store, lease: Lease
    ) -> None:
        first = accepted("op_1", commands=(timer("b"), start_action(), timer("a")))
        await store.commit(first, lease)
        assert await store.commands("op_1") == [start_action(), timer("a"), timer("b")]
        second = followed(first, commands=(timer("b", 7), recover_action()), withdraw=("timer:a",))
        await store.commit(second, lease)
        assert await store.commands("op_1") == [recover_action(), timer("b", 7)]

    async def test_withdrawing_comes_before_adding(self, store: Store, lease: Lease) -> None:
        first = accepted("op_1", commands=(timer("a", 1),))
        keys = ("timer:a", "timer:never-set")
        second = followed(first, commands=(timer("a", 2),), withdraw=keys)
        await commit_all(store, lease, [first, second])
        assert await store.commands("op_1") == [timer("a", 2)]

    async def test_commands_of_one_operation_are_not_those_of_another(
        self, store: Store, lease: Lease
    ) -> None:
        first = accepted("op_1", commands=(timer("a", 1),))
        await commit_all(store, lease, [first, accepted("op_2", commands=(timer("a", 2),))])
        await store.commit(followed(first, withdraw=("timer:a",)), lease)
        assert await store.commands("op_2") == [timer("a", 2)]

    async def test_a_claimed_store_refuses_the_engine_before(
        self, store: Store, lease: Lease
    ) -> None:
        first = accepted("op_1", commands=(timer(),))
        await store.commit(first, lease)
        newer = await store.claim("engine-2", moment(1))
        assert newer.epoch > lease.epoch
        assert newer.holder == "engine-2"
        for late in (followed(first, withdraw=("timer:deadline",)), accepted("op_2")):
            with pytest.raises(StaleLease):
                await store.commit(late, lease)
        assert await is_at(store, first)
        assert await store.commands("op_1") == [timer()]
        await store.commit(followed(first), newer)

    async def test_reopening_keeps_everything(
        self, store: Store, lease: Lease, store_factory: StoreFactory
    ) -> None:
        first = accepted("op_1", key=key_of("op_1"), commands=(timer(), start_action()))
        second = begun(first)
        positions = await commit_all(store, lease, [first, second])
        await store.close()
        again = await store_factory()
        assert await is_at(again, second)
        assert await again.commands("op_1") == [start_action(), timer()]
        assert await again.key("ada", "run-1") == first.key
        assert await again.plan(PLAN.digest) == PLAN
        assert await again.last_position() == positions[-1]
        assert (await again.lane(Lane("odoo", "cm", "testing"))).holder == second.row
        assert (await again.claim("engine-2", moment(1))).epoch > lease.epoch

    async def test_a_closed_store_says_so(self, store: Store, lease: Lease) -> None:
        await store.close()
        await store.close()
        with pytest.raises(StoreUnavailable):
            await store.commit(accepted("op_1"), lease)
        with pytest.raises(StoreUnavailable):
            await store.operation("op_1")
        with pytest.raises(StoreUnavailable):
            await store.check()

    async def test_an_artifact_is_kept_once_by_its_digest(self, store: Store, lease: Lease) -> None:
        await store.commit(accepted("op_1"), lease)
        digests = {await store.save_artifact("op_1", b"a log", moment(n)) for n in range(3)}
        assert digests == {bytes_digest(b"a log")}
        assert await store.artifact(digests.pop()) == b"a log"
        assert await store.artifact(bytes_digest(b"another")) is None

    async def test_a_store_that_can_be_written_passes_its_check(
        self, store: Store, lease: Lease
    ) -> None:
        await store.check()
        await store.commit(accepted("op_1"), lease)
        await store.check()


def _named(first: Commit, name: str) -> dict[str, Commit]:
    """Commits that have the name in some place."""
    creation = accepted("op_2")
    row = msgspec.structs.replace(creation.row, supersedes=name)
    said = PhaseProgressed(phase=name, attempt=1, message="going on")
    return {
        "creation": msgspec.structs.replace(creation, row=row),
        "command": followed(first, commands=(timer(name),)),
        "withdrawn": followed(first, withdraw=(timer(name).key,)),
    } | ({} if name == "\ud800" else {"event": followed(first, said)})


def _contradictions(first: Commit, second: Commit) -> list[Commit]:
    replace = msgspec.structs.replace
    reordered = (second.events[1], second.events[0])
    other_head = replace(first.row, head=chain.GENESIS)
    foreign = followed(accepted("op_2")).events
    return [
        replace(first, events=()),
        replace(first, row=other_head),
        replace(first, key=key_of("op_2")),
        replace(second, key=key_of("op_1")),
        replace(second, events=reordered),
        replace(second, events=second.events[1:]),
        replace(second, expected_seq=0),
        replace(first, events=foreign, row=replace(first.row, seq=2, head=foreign[-1].hash)),
    ]
