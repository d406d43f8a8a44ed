"""The hash chain: whatever is changed, left out, or put in between shows."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from laneway.core import inputs
from laneway.core.chain import (
    GENESIS,
    ChainBroken,
    event_hash,
    from_wire,
    link_hash,
    seal,
    to_wire,
    verify,
    wire_text,
)
from laneway.core.envelope import Recorded
from laneway.core.events import Actor, AnyEvent, OperationFinished, PhaseProgressed, event_type
from laneway.core.instants import Instant
from laneway.core.model import EndStatus
from laneway.testing.store_samples import an_event_of_every_type
from tests.support.play import ANN, play
from tests.support.small import plan


@pytest.fixture(scope="module")
def events() -> list[Recorded]:
    player = play(plan(), "prod").go_to("ask")
    player.decide_on("ask", "approve")
    player.unknown("change")
    player.reconcile("fail")
    return player.events


def test_a_whole_chain_gives_its_head(events: list[Recorded]) -> None:
    assert events[0].prev_hash == GENESIS
    assert verify(events) == events[-1].hash
    assert verify([]) == GENESIS


def test_every_event_comes_back_from_json_as_it_was(events: list[Recorded]) -> None:
    for event in events:
        assert from_wire(msgspec.json.decode(msgspec.json.encode(to_wire(event)))) == event


@pytest.mark.parametrize("event", an_event_of_every_type(), ids=event_type)
def test_what_is_hashed_is_the_canonical_json_of_the_event(event: AnyEvent) -> None:
    actor = Actor("caller", "ann", {"sub": "a\u20ac", "weight": 0.5})
    sealed = seal("op_1", 2, Instant("2026-01-01T00:00:00.001Z"), actor, event, "7" * 64)
    assert sealed.hash == link_hash(b"laneway/event/v1", to_wire(sealed))
    told = msgspec.json.decode(wire_text(sealed))
    assert told == msgspec.json.decode(msgspec.json.encode(to_wire(sealed)))


def test_the_wire_format_is_the_contracts(events: list[Recorded]) -> None:
    wire = to_wire(events[3])
    envelope = "operation_id seq at type phase attempt actor data prev_hash hash"
    assert list(wire) == envelope.split()
    assert (wire["type"], wire["phase"], wire["attempt"]) == ("phase_started", "look", 1)
    assert wire["actor"] == {"kind": "engine", "subject": "laneway", "claims": {}}


Change = Callable[[Recorded], Recorded]


def changed(**fields: Any) -> Change:
    return lambda event: msgspec.structs.replace(event, **fields)


@pytest.mark.parametrize(
    "change",
    [
        changed(operation_id="op_2"),
        changed(seq=77),
        changed(at=Instant("2026-01-01T00:00:00.001Z")),
        changed(actor=Actor("caller", "mallory")),
        changed(actor=Actor("engine", "laneway", {"sub": "x"})),
        changed(event=OperationFinished(EndStatus.PASS)),
        changed(prev_hash="1" * 64),
        changed(hash="1" * 64),
    ],
    ids=["operation", "seq", "at", "subject", "claims", "event", "prev_hash", "hash"],
)
def test_any_change_to_any_event_is_found(events: list[Recorded], change: Change) -> None:
    for place in range(len(events)):
        tampered = [*events]
        tampered[place] = change(events[place])
        with pytest.raises(ChainBroken, match=rf"event {place + 1} "):
            verify(tampered)


def test_every_field_of_every_event_is_covered(events: list[Recorded]) -> None:
    """Each value within the data of each event is changed in turn."""
    tried = 0
    for place, event in enumerate(events):
        for name in event.event.__struct_fields__:
            now = getattr(event.event, name)
            other = {str: "other", int: 99, bool: not now}.get(type(now))
            if other is None:
                continue
            tampered = [*events]
            said = msgspec.structs.replace(event.event, **{name: other})
            tampered[place] = msgspec.structs.replace(event, event=said)
            with pytest.raises(ChainBroken, match=rf"event {place + 1} was changed"):
                verify(tampered)
            tried += 1
    assert tried >= 60


def test_what_is_left_out_is_missed(events: list[Recorded]) -> None:
    for place in range(len(events) - 1):
        with pytest.raises(ChainBroken, match=rf"event {place + 1} is missing"):
            verify(events[:place] + events[place + 1 :])


def test_an_event_that_is_sealed_anew_does_not_fit_the_next(events: list[Recorded]) -> None:
    first = events[0]
    forged = seal(first.operation_id, 1, first.at, ANN, OperationFinished(EndStatus.PASS), GENESIS)
    with pytest.raises(ChainBroken, match="event 2 does not follow"):
        verify([forged, *events[1:]])


def test_two_operations_cannot_be_spliced(events: list[Recorded]) -> None:
    other = play(plan(), "prod", reason="other")
    other.tell(inputs.Cancel(ANN))
    with pytest.raises(ChainBroken, match="event 2 does not follow"):
        verify([other.events[0], *events[1:]])


def test_an_event_of_an_unknown_type_is_refused(events: list[Recorded]) -> None:
    wire = to_wire(events[0])
    with pytest.raises(msgspec.ValidationError):
        from_wire({**wire, "type": "operation_forged"})


AWKWARD = ['"quoted"', "back\\slash", "line\nend\x00\x1f", "\u2028", "ö€😀", "<&>"]


@pytest.mark.parametrize("word", AWKWARD)
def test_names_that_json_must_escape_are_hashed_and_told_as_they_are(word: str) -> None:
    actor = Actor("caller", word, {word: [None, 1.5, -0.0], "😀": 1e18, "\ufb33": 2.0})
    sealed = seal(word, 3, Instant("2026-01-01T00:00:00.001Z"), actor, progress(word), "7" * 64)
    assert sealed.hash == link_hash(b"laneway/event/v1", to_wire(sealed))
    assert from_wire(msgspec.json.decode(wire_text(sealed))) == sealed


def progress(word: str) -> PhaseProgressed:
    return PhaseProgressed(word, 1, word, {word: 2.0})


COPIES: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, msgspec.structs.replace]


@pytest.mark.parametrize("again", [*COPIES, lambda one: pickle.loads(pickle.dumps(one))])
def test_what_was_worked_out_of_an_event_is_not_copied_with_it(again: Callable[[Any], Any]) -> None:
    actor = Actor("caller", "ann", {"team": ["a"]})
    at = Instant("2026-01-01T00:00:00.001Z")
    sealed = seal("op_1", 1, at, actor, progress("p"), GENESIS)
    assert vars(sealed)
    assert vars(actor)
    for one in (sealed, actor):
        assert again(one) == one
        assert vars(again(one)) == {}
    assert event_hash(again(sealed)) == sealed.hash


def test_another_actor_has_other_words() -> None:
    actor = Actor("caller", "ann")
    assert '"ann"' in actor.text + actor.json
    bob = msgspec.structs.replace(actor, subject="bob")
    assert '"bob"' in bob.text
    assert '"bob"' in bob.json
