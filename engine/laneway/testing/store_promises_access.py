"""A store's promises about callers: the audit log, and who is signed in."""

# ruff: noqa: D102 - a test's name says what it shows

import asyncio
from typing import Any

import msgspec
import pytest

from laneway.core.audit import AuditEntry, AuditHead, AuditNote, entry_hash, verify
from laneway.core.chain import GENESIS
from laneway.core.model import Lane
from laneway.ports.audit import AuditFilter
from laneway.ports.sessions import Session
from laneway.ports.store import Store

from .store_promises import StoreFactory, StorePromises
from .store_samples import ADA, LANE, moment


def note_of(act: str = "freezeLane", **changes: Any) -> AuditNote:
    """A note with every field set."""
    given: dict[str, Any] = {
        "at": moment(0),
        "actor": ADA,
        "allowed": False,
        "code": "authorization_denied",
        "rules": ("bootstrap-testing", "everybody"),
        "policy": "sha256:policy",
        "operation_id": "op_1",
        "lane": LANE,
        "plan": "odoo-stable-bootstrap",
        "trace_id": "0" * 31 + "1",
        "address": "2001:db8::1",
        "detail": {"reason": "Die Datenbank schläft.", "tries": [1, 2.5, None]},
    }
    return AuditNote(act=act, **given | changes)


def session_of(digest: str = "sha256:one", *, until: int = 1_000, **changes: Any) -> Session:
    """A session from the samples' beginning on."""
    given: dict[str, Any] = {"actor": ADA, "key_scope": "ada", "csrf": "csrf-1"} | changes
    return Session(digest=digest, created_at=moment(0), expires_at=moment(until), **given)


class AuditPromises(StorePromises):
    """Entries are written whole, in order, and chained."""

    async def test_a_new_audit_log_is_empty(self, store: Store) -> None:
        assert list(await store.audit.entries()) == []
        assert await store.audit.head() == AuditHead(0, GENESIS)

    async def test_what_is_recorded_is_read_back(self, store: Store) -> None:
        bare = AuditNote(at=moment(1), actor=ADA, act="signIn", allowed=True)
        for number, note in enumerate((note_of(), bare), start=1):
            entry = await store.audit.record(note)
            assert entry.seq == number
            assert _note(entry) == note
            assert (await store.audit.entries(after=number - 1))[0] == entry

    async def test_entries_are_chained(self, store: Store) -> None:
        for number in range(3):
            await store.audit.record(note_of(f"act-{number}"))
        entries = await store.audit.entries()
        assert entries[0].prev_hash == GENESIS
        head = verify(entries, AuditHead())
        assert head == await store.audit.head() == AuditHead(3, entry_hash(entries[2]))

    async def test_entries_are_read_after_a_seq_and_up_to_a_limit(self, store: Store) -> None:
        for number in range(4):
            await store.audit.record(note_of(f"act-{number}"))
        assert [entry.seq for entry in await store.audit.entries(after=2)] == [3, 4]
        assert [entry.seq for entry in await store.audit.entries(after=1, limit=2)] == [2, 3]
        assert list(await store.audit.entries(after=4)) == []

    async def test_entries_that_are_recorded_at_once_keep_their_order(self, store: Store) -> None:
        names = [f"act-{number}" for number in range(50)]
        written = await asyncio.gather(*(store.audit.record(note_of(name)) for name in names))
        entries = await store.audit.entries()
        assert [entry.act for entry in entries] == names
        assert entries == written
        assert verify(entries, AuditHead()).seq == 50

    async def test_an_entry_is_written_though_its_caller_goes_away(self, store: Store) -> None:
        names = [f"act-{number}" for number in range(5)]
        recording = [asyncio.ensure_future(store.audit.record(note_of(name))) for name in names]
        await asyncio.sleep(0)  # each has handed its note over
        for task in recording:
            task.cancel()
        await store.audit.record(note_of("last"))
        entries = await store.audit.entries()
        assert [entry.act for entry in entries] == [*names, "last"]
        assert verify(entries, AuditHead()).seq == 6

    async def test_a_note_that_is_not_json_leaves_nothing(self, store: Store) -> None:
        for wrong in (float("nan"), 2**60):
            with pytest.raises(ValueError, match=r".+"):
                await store.audit.record(note_of(detail={"value": wrong}))
        await store.audit.record(note_of())
        assert (await store.audit.head()).seq == 1

    async def test_entries_go_on_where_they_were_after_reopening(
        self, store: Store, store_factory: StoreFactory
    ) -> None:
        await store.audit.record(note_of("before"))
        await store.close()
        again = await store_factory()
        await again.audit.record(note_of("after"))
        entries = await again.audit.entries()
        assert [entry.act for entry in entries] == ["before", "after"]
        assert verify(entries, AuditHead()).seq == 2

    async def test_entries_are_found_from_either_end(self, store: Store) -> None:
        for number in range(5):
            await store.audit.record(note_of(f"act-{number}"))
        assert await _found(store, 2, newest_first=True) == [5, 4]
        assert await _found(store, 2, newest_first=True, before=4) == [3, 2]
        assert await _found(store, 9, newest_first=True, after=3) == [5, 4]
        assert await _found(store, 2, newest_first=False, after=1, before=5) == [2, 3]

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({"act": "cancelOperation"}, [2]),
            ({"actor": "grace"}, [3]),
            ({"allowed": True}, [4]),
            ({"allowed": False}, [1, 2, 3, 5]),
            ({"code": "lane_busy"}, [2]),
            ({"operation_id": "op_2"}, [2]),
            ({"plan": "other"}, [3]),
            ({"product": "shop"}, [3, 4]),
            ({"product": "shop", "context": "eu"}, [3, 4]),
            ({"product": "shop", "context": "eu", "instance": "prod"}, [4]),
            ({"since": moment(3)}, [3, 4, 5]),
            ({"until": moment(3)}, [1, 2]),
            ({"since": moment(2), "until": moment(4), "act": "freezeLane"}, [3]),
            ({"actor": "grace", "act": "cancelOperation"}, []),
            ({"plan": ""}, []),
        ],
    )
    async def test_entries_are_found_by_what_they_say(
        self, store: Store, wanted: dict[str, Any], expected: list[int]
    ) -> None:
        for note in _differing_notes():
            await store.audit.record(note)
        assert await _found(store, 9, newest_first=False, **wanted) == expected
        assert await _found(store, 9, newest_first=True, **wanted) == expected[::-1]

    async def test_what_is_found_is_the_entry_whole(self, store: Store) -> None:
        entry = await store.audit.record(note_of())
        where = AuditFilter(actor=ADA.subject)
        assert list(await store.audit.search(where, 1, newest_first=True)) == [entry]


class SessionPromises(StorePromises):
    """Sessions are kept until they expire or are dropped."""

    async def test_a_session_is_read_back(self, store: Store) -> None:
        assert await store.sessions.find("sha256:one", moment(0)) is None
        for session in (session_of(), session_of("sha256:two", csrf="csrf-2", until=5)):
            await store.sessions.save(session)
            assert await store.sessions.find(session.digest, moment(0)) == session
        assert await store.sessions.find("sha256:o", moment(0)) is None

    async def test_a_session_that_is_saved_again_is_as_it_was_saved_last(
        self, store: Store
    ) -> None:
        await store.sessions.save(session_of(until=5))
        extended = session_of(until=9, csrf="csrf-2", key_scope="grace")
        await store.sessions.save(extended)
        assert await store.sessions.find("sha256:one", moment(8)) == extended

    async def test_a_session_is_over_at_its_end(self, store: Store) -> None:
        session = session_of(until=5)
        await store.sessions.save(session)
        assert await store.sessions.find("sha256:one", moment(4)) == session
        assert await store.sessions.find("sha256:one", moment(5)) is None

    async def test_a_dropped_session_is_forgotten_and_no_other(self, store: Store) -> None:
        for digest in ("sha256:one", "sha256:two"):
            await store.sessions.save(session_of(digest))
        for _ in range(2):
            await store.sessions.drop("sha256:one")
        assert await store.sessions.find("sha256:one", moment(0)) is None
        assert await store.sessions.find("sha256:two", moment(0)) is not None

    async def test_expired_sessions_are_dropped(self, store: Store) -> None:
        for number in (1, 2, 3):
            await store.sessions.save(session_of(f"sha256:{number}", until=number))
        assert await store.sessions.drop_expired(moment(2)) == 2
        assert await store.sessions.drop_expired(moment(2)) == 0
        # Asked as if no time had passed: they are not there, rather than expired.
        found = [await store.sessions.find(f"sha256:{number}", moment(0)) for number in (1, 2, 3)]
        assert [session is not None for session in found] == [False, False, True]

    async def test_sessions_outlive_a_restart(
        self, store: Store, store_factory: StoreFactory
    ) -> None:
        await store.sessions.save(session_of())
        await store.close()
        assert await (await store_factory()).sessions.find("sha256:one", moment(0)) == session_of()


def _note(entry: AuditEntry) -> AuditNote:
    names = AuditNote.__struct_fields__
    return AuditNote(**{name: msgspec.structs.asdict(entry)[name] for name in names})


def _differing_notes() -> list[AuditNote]:
    shop = Lane("shop", "eu", "testing")
    grace = msgspec.structs.replace(ADA, subject="grace")
    prod = msgspec.structs.replace(shop, instance="prod")
    return [
        note_of(at=moment(1)),
        note_of("cancelOperation", at=moment(2), code="lane_busy", operation_id="op_2"),
        note_of(at=moment(3), actor=grace, plan="other", lane=shop),
        note_of(at=moment(4), allowed=True, code="", lane=prod),
        note_of(at=moment(5), plan=None, lane=None),
    ]


async def _found(store: Store, limit: int, *, newest_first: bool, **wanted: Any) -> list[int]:
    where = AuditFilter(**wanted)
    return [each.seq for each in await store.audit.search(where, limit, newest_first=newest_first)]
