"""The envelope: how an event stands in its operation's record, and what it says in parts."""

from typing import Any, NamedTuple

import msgspec

from .digests import canonical
from .events import Actor, AnyEvent
from .instants import Instant
from .lazy import lazy
from .model import Frozen


def split(event: AnyEvent) -> tuple[str, str | None, int | None, dict[str, Any]]:
    """Its type, phase and attempt, where it has them, and what only events of its type have."""
    data: dict[str, Any] = msgspec.to_builtins(event)
    return data.pop("type"), data.pop("phase", None), data.pop("attempt", None), data


class Said(NamedTuple):
    """What an event says, in parts.

    Attributes:
        data: the canonical JSON of its own fields, which is hashed.
        json: the same as it is stored and streamed. Canonical JSON writes 2.0 as 2 and 1e18 as
            digits; expressions tell 2 and 2.0 apart, and so many digits are no integer here.
    """

    type: str
    phase: str | None
    attempt: int | None
    data: str
    json: str

    @classmethod
    def of(cls, event: AnyEvent) -> "Said":
        """What an event says."""
        word, phase, attempt, data = split(event)
        hashed = canonical(data).decode()
        return cls(word, phase, attempt, hashed, msgspec.json.encode(data).decode())


class Recorded(Frozen, frozen=True, kw_only=True, dict=True, gc=True):
    """An event in its envelope, as it is stored, streamed and hashed.

    Attributes:
        operation_id: ``op_<ULID>``.
        seq: starts at 1 and has no gaps.
        at: when it was decided.
        actor: who caused it.
        prev_hash: the hash of the event before; sixty-four zeros for the first.
        hash: ``sha256("laneway/event/v1" ‖ prev_hash ‖ JCS(event without hash))``, in hex.
    """

    operation_id: str
    seq: int
    at: Instant
    actor: Actor
    event: AnyEvent
    prev_hash: str
    hash: str

    @lazy
    def said(self) -> Said:
        """The event in parts: made once, to be hashed, stored and streamed."""
        return Said.of(self.event)
