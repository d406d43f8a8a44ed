"""The audit log's entries: who tried what, and what they were told.

What is an event of an operation is not here. Entries are chained as events are: each carries the
hash of the one before.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from .chain import GENESIS, follow, link_hash
from .events import Actor
from .instants import Instant
from .model import Frozen, Lane

_DOMAIN = b"laneway/audit/v1"


# What is left out is at its default: a field that a later version adds changes no old entry's hash.
class AuditNote(Frozen, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is to be written down.

    Attributes:
        at: when it was decided.
        act: what was tried: the name of the route, such as ``freezeLane``.
        allowed: it was done; else it was refused.
        code: of the problem that the caller was told; empty where it was done.
        rules: names of the policy's rules that allowed it.
        policy: digest of the policy that was asked; empty where none was.
        operation_id: the operation that it is about, where there is one; lane, plan: the same.
        trace_id: of the request; address: of the peer that sent it.
        detail: what else is to be known, such as ``reason``; any JSON object without secrets.
    """

    at: Instant
    actor: Actor
    act: str
    allowed: bool
    code: str = ""
    rules: tuple[str, ...] = ()
    policy: str = ""
    operation_id: str | None = None
    lane: Lane | None = None
    plan: str | None = None
    trace_id: str = ""
    address: str = ""
    detail: dict[str, Any] = {}


class AuditEntry(AuditNote, frozen=True, kw_only=True):
    """A note in its place.

    Attributes:
        seq: from 1 on, without gaps.
        prev_hash: the hash of the entry before; the genesis hash for the first.
        hash: SHA-256 over ``laneway/audit/v1``, ``prev_hash`` and the RFC 8785 JSON of the entry
            without its ``hash``, in hex (`laneway.core.chain.link_hash`).
    """

    seq: int
    prev_hash: str
    hash: str


class AuditHead(Frozen, frozen=True):
    """The newest entry's seq and hash; as it is made, that of an empty log."""

    seq: int = 0
    hash: str = GENESIS


def seal(note: AuditNote, head: AuditHead) -> AuditEntry:
    """Put a note behind the newest entry.

    Raises:
        rfc8785.CanonicalizationError: something in it is not JSON (it is a ``ValueError``).
    """
    fields = msgspec.structs.asdict(note)
    unsealed = AuditEntry(**fields, seq=head.seq + 1, prev_hash=head.hash, hash="")
    return msgspec.structs.replace(unsealed, hash=entry_hash(unsealed))


def entry_hash(entry: AuditEntry) -> str:
    """The hash that the entry must have, in hex."""
    return link_hash(_DOMAIN, to_wire(entry))


def to_wire(entry: AuditEntry) -> dict[str, Any]:
    """The entry as JSON shows it; what is at its default is left out."""
    document: dict[str, Any] = msgspec.to_builtins(entry)
    return {"seq": document.pop("seq"), **document}


def from_wire(document: Any) -> AuditEntry:
    """Read an entry from its JSON.

    Raises:
        msgspec.ValidationError: it is none, or has a field that is not known.
    """
    return msgspec.convert(document, AuditEntry)


def verify(entries: Sequence[AuditEntry], after: AuditHead) -> AuditHead:
    """Check that entries follow one another, and return the last one's place and hash.

    Args:
        entries: in order, as many as there are.
        after: the entry that they come after; an empty log's where they are from the beginning.

    Raises:
        laneway.core.chain.ChainBroken: one was changed, removed or inserted; the message names it.
    """
    head = follow(entries, entry_hash, "entry", seq=after.seq, head=after.hash)
    return AuditHead(after.seq + len(entries), head)
