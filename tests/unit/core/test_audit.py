"""Entries of the audit log are chained; whatever is changed, left out or put in between shows."""

import hashlib

import msgspec
import pytest

from laneway.core.audit import AuditHead, AuditNote, from_wire, seal, to_wire, verify
from laneway.core.chain import GENESIS, ChainBroken
from laneway.core.events import Actor
from laneway.core.instants import Instant
from laneway.core.model import Lane

NOTE = AuditNote(
    at=Instant("2026-01-31T09:30:00.000Z"),
    actor=Actor("caller", "token:ada", {"proof": {"kind": "token"}}),
    act="freezeLane",
    allowed=True,
    rules=("keepers",),
    policy="sha256:p",
    lane=Lane("odoo", "cm", "prod"),
    trace_id="1" * 32,
    address="203.0.113.7",
    detail={"reason": "audit"},
)


def chain_of(length: int):
    head, entries = AuditHead(), []
    for number in range(length):
        entries.append(seal(msgspec.structs.replace(NOTE, plan=f"plan-{number}"), head))
        head = AuditHead(entries[-1].seq, entries[-1].hash)
    return entries


def test_a_whole_chain_gives_its_head():
    entries = chain_of(3)
    assert entries[0].prev_hash == GENESIS
    assert verify(entries, AuditHead()) == AuditHead(3, entries[2].hash)
    assert verify([], AuditHead()) == AuditHead(0, GENESIS)


def test_a_part_of_a_chain_holds_behind_the_entry_before_it():
    entries = chain_of(4)
    after = AuditHead(2, entries[1].hash)
    assert verify(entries[2:], after) == AuditHead(4, entries[3].hash)
    with pytest.raises(ChainBroken, match="entry 3 does not follow"):
        verify(entries[2:], AuditHead(2, "1" * 64))


OTHERS = {
    "at": Instant("2026-01-31T09:30:00.001Z"),
    "actor": Actor("caller", "token:ada", {}),
    "act": "unfreezeLane",
    "allowed": False,
    "code": "lane_busy",
    "rules": (),
    "policy": "",
    "operation_id": "op_1",
    "lane": None,
    "plan": None,
    "trace_id": "",
    "address": "",
    "detail": {},
    "seq": 77,
    "prev_hash": "1" * 64,
    "hash": "1" * 64,
}


def test_every_field_of_an_entry_is_tried():
    assert set(OTHERS) == set(chain_of(1)[0].__struct_fields__)


@pytest.mark.parametrize("field", OTHERS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_any_change_to_any_entry_is_found(place, field):
    entries = chain_of(3)
    entries[place] = msgspec.structs.replace(entries[place], **{field: OTHERS[field]})
    with pytest.raises(ChainBroken, match=rf"entry {place + 1} "):
        verify(entries, AuditHead())


def test_what_is_removed_or_inserted_is_found():
    entries = chain_of(4)
    for place in range(3):
        with pytest.raises(ChainBroken, match=rf"entry {place + 1} is missing"):
            verify(entries[:place] + entries[place + 1 :], AuditHead())
        with pytest.raises(
            ChainBroken, match=rf"entry {place + 2} is missing: found seq {place + 1}"
        ):
            verify([*entries[: place + 1], *entries[place:]], AuditHead())


def test_an_entry_comes_back_from_json_as_it_was():
    (entry,) = chain_of(1)
    assert from_wire(msgspec.json.decode(msgspec.json.encode(to_wire(entry)))) == entry


def test_a_field_that_is_not_known_is_no_entry():
    with pytest.raises(msgspec.ValidationError, match="forged"):
        from_wire(to_wire(chain_of(1)[0]) | {"forged": True})


def test_the_hash_is_what_the_page_says():
    """The hash is part of what others verify: it changes with a new version of the domain only."""
    note = AuditNote(
        at=Instant("2026-01-31T09:30:00.000Z"), actor=Actor("caller", "ada"), act="a", allowed=True
    )
    document = (
        '{"act":"a","actor":{"claims":{},"kind":"caller","subject":"ada"},"allowed":true,'
        '"at":"2026-01-31T09:30:00.000Z","prev_hash":"' + GENESIS + '","seq":1}'
    )
    body = "laneway/audit/v1" + GENESIS + document
    assert seal(note, AuditHead()).hash == hashlib.sha256(body.encode()).hexdigest()
