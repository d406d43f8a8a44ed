"""The hash chain of an operation's events, and what every other chain is made of.

Every event carries the hash of the one before, so that nothing can be changed, left out or put in
between without it showing.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

import msgspec

from .digests import canonical
from .envelope import Recorded, Said, split
from .events import Actor, AnyEvent
from .instants import Instant

GENESIS = "0" * 64
"""The ``prev_hash`` of an operation's first event."""

_DOMAIN = b"laneway/event/v1"


class ChainBroken(Exception):
    """A link does not follow from the one before; the message names its seq."""


class Link(Protocol):
    """What a chain is made of: an event, an entry of the audit log."""

    @property
    def seq(self) -> int:
        """Its place: one more than that of the link before."""
        ...

    @property
    def prev_hash(self) -> str:
        """The hash of the link before; `GENESIS` for the first."""
        ...

    @property
    def hash(self) -> str:
        """Its own."""
        ...


_Link = TypeVar("_Link", bound=Link)


def seal(
    operation_id: str, seq: int, at: Instant, actor: Actor, event: AnyEvent, prev_hash: str
) -> Recorded:
    """Put an event into its envelope and compute its hash."""
    said = Said.of(event)
    sealed = Recorded(
        operation_id=operation_id,
        seq=seq,
        at=at,
        actor=actor,
        event=event,
        prev_hash=prev_hash,
        hash=_hash(operation_id, seq, at, actor, said, prev_hash),
    )
    sealed.__dict__["said"] = said  # made once, to be hashed, stored and streamed
    return sealed


def event_hash(recorded: Recorded) -> str:
    """The hash that the event must have, in hex: the `link_hash` of what `to_wire` gives."""
    e = recorded
    return _hash(e.operation_id, e.seq, e.at, e.actor, e.said, e.prev_hash)


def _hash(
    operation_id: str, seq: int, at: Instant, actor: Actor, said: Said, prev_hash: str
) -> str:
    body = (
        f'{prev_hash}{{"actor":{actor.text},"at":"{at}",{_member("attempt", said.attempt)}'
        f'"data":{said.data},"operation_id":{_text(operation_id)},{_member("phase", said.phase)}'
        f'"prev_hash":"{prev_hash}","seq":{seq},"type":"{said.type}"}}'
    )
    return hashlib.sha256(_DOMAIN + body.encode()).hexdigest()


def wire_text(recorded: Recorded) -> str:
    """The JSON of what `to_wire` gives, from what the event says in parts."""
    e, said = recorded, recorded.said
    return (
        f'{{"operation_id":{_text(e.operation_id)},"seq":{e.seq},"at":"{e.at}",'
        f'"type":"{said.type}",{_member("phase", said.phase)}{_member("attempt", said.attempt)}'
        f'"actor":{e.actor.json},"data":{said.json},'
        f'"prev_hash":"{e.prev_hash}","hash":"{e.hash}"}}'
    )


def _member(name: str, value: str | int | None) -> str:
    """A member of the envelope that only some events have, with its comma."""
    return "" if value is None else f'"{name}":{_text(value)},'


def _text(value: str | int) -> str:
    return msgspec.json.encode(value).decode()


def link_hash(domain: bytes, document: dict[str, Any]) -> str:
    """The hash of a link, in hex: SHA-256 of the domain, ``prev_hash`` and the RFC 8785 JSON.

    Args:
        domain: which chain, in which version, so that links of two chains never meet.
        document: the link as JSON shows it; its ``hash`` is left out.

    Raises:
        rfc8785.CanonicalizationError: something in it is not JSON.
    """
    rest = {name: value for name, value in document.items() if name != "hash"}
    body = domain + str(rest["prev_hash"]).encode() + canonical(rest)
    return hashlib.sha256(body).hexdigest()


def to_wire(recorded: Recorded) -> dict[str, Any]:
    """The event as JSON shows it: the envelope's fields, and the rest under ``data``."""
    word, phase, attempt, data = split(recorded.event)
    wire: dict[str, Any] = {
        "operation_id": recorded.operation_id,
        "seq": recorded.seq,
        "at": recorded.at,
        "type": word,
    }
    wire |= {} if phase is None else {"phase": phase}
    wire |= {} if attempt is None else {"attempt": attempt}
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
    return follow(events, event_hash, "event")


def follow(
    links: Iterable[_Link],
    hash_of: Callable[[_Link], str],
    noun: str,
    *,
    seq: int = 0,
    head: str = GENESIS,
) -> str:
    """Check that links follow one another, and return the last one's hash.

    Args:
        links: in order.
        hash_of: the hash that a link must have.
        noun: what a link is called, for the message.
        seq: of the link before the first, 0 where there is none; ``head`` is its hash.

    Raises:
        ChainBroken: a link's seq, its ``prev_hash`` or its content is not what it must be.
    """
    for number, link in enumerate(links, start=seq + 1):
        if link.seq != number:
            raise ChainBroken(f"{noun} {number} is missing: found seq {link.seq}")
        if link.prev_hash != head:
            raise ChainBroken(f"{noun} {number} does not follow from the {noun} before it")
        if link.hash != hash_of(link):
            raise ChainBroken(f"{noun} {number} was changed: its content has another hash")
        head = link.hash
    return head
