"""The hash chain of an operation's events.

Every event carries the hash of the one before, so that nothing can be changed, left out or put in
between without it showing.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from .digests import canonical
from .events import Actor, AnyEvent, Recorded
from .instants import Instant

GENESIS = "0" * 64
"""The ``prev_hash`` of an operation's first event."""

_DOMAIN = b"laneway/event/v1"


class ChainBroken(Exception):
    """An event does not follow from the one before; the message names its seq."""


def seal(
    operation_id: str, seq: int, at: Instant, actor: Actor, event: AnyEvent, prev_hash: str
) -> Recorded:
    """Put an event into its envelope and compute its hash."""
    unsealed = Recorded(
        operation_id=operation_id,
        seq=seq,
        at=at,
        actor=actor,
        event=event,
        prev_hash=prev_hash,
        hash="",
    )
    return msgspec.structs.replace(unsealed, hash=event_hash(unsealed))


def event_hash(recorded: Recorded) -> str:
    """The hash that the event must have, in hex."""
    document = to_wire(recorded)
    del document["hash"]
    body = _DOMAIN + recorded.prev_hash.encode() + canonical(document)
    return hashlib.sha256(body).hexdigest()


def to_wire(recorded: Recorded) -> dict[str, Any]:
    """The event as JSON shows it: the envelope's fields, and the rest under ``data``."""
    data: dict[str, Any] = msgspec.to_builtins(recorded.event)
    wire: dict[str, Any] = {
        "operation_id": recorded.operation_id,
        "seq": recorded.seq,
        "at": recorded.at,
        "type": data.pop("type"),
    }
    wire.update({name: data.pop(name) for name in ("phase", "attempt") if name in data})
    actor = msgspec.to_builtins(recorded.actor)
    return wire | {
        "actor": actor,
        "data": data,
        "prev_hash": recorded.prev_hash,
        "hash": recorded.hash,
    }


def from_wire(wire: dict[str, Any]) -> Recorded:
    """Read an event from its JSON.

    Raises:
        msgspec.ValidationError: it is no event of this vocabulary.
    """
    envelope = {name: wire[name] for name in ("type", "phase", "attempt") if name in wire}
    event: AnyEvent = msgspec.convert({**wire["data"], **envelope}, AnyEvent)
    return Recorded(
        operation_id=wire["operation_id"],
        seq=wire["seq"],
        at=Instant(wire["at"]),
        actor=msgspec.convert(wire["actor"], Actor),
        event=event,
        prev_hash=wire["prev_hash"],
        hash=wire["hash"],
    )


def verify(events: Iterable[Recorded]) -> str:
    """Check a whole operation's chain, and return its head (the genesis hash where it is empty).

    Raises:
        ChainBroken: an event's seq, link or content is not what it must be.
    """
    head = GENESIS
    for number, recorded in enumerate(events, start=1):
        if recorded.seq != number:
            raise ChainBroken(f"event {number} is missing: found seq {recorded.seq}")
        if recorded.prev_hash != head:
            raise ChainBroken(f"event {number} does not follow from the event before it")
        if recorded.hash != event_hash(recorded):
            raise ChainBroken(f"event {number} was changed: its content has another hash")
        head = recorded.hash
    return head
