"""The audit log: what the server was asked that is no event of an operation.

The promises: an entry is on disk when ``record`` returns; entries stand in the order in which they
were recorded, without gaps, each chained to the one before; and none is ever changed or removed.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from laneway.core.audit import AuditEntry, AuditHead, AuditNote
from laneway.core.instants import Instant

__all__ = ["AuditEntry", "AuditFilter", "AuditHead", "AuditLog", "AuditNote"]


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries to look for; an empty field matches all.

    Attributes:
        after: only entries whose seq is greater; before: smaller.
        actor: the subject who tried it.
        since: only what was decided at that instant or later; until: earlier.
    """

    after: int = 0
    before: int | None = None
    actor: str | None = None
    act: str | None = None
    allowed: bool | None = None
    code: str | None = None
    operation_id: str | None = None
    product: str | None = None
    context: str | None = None
    instance: str | None = None
    plan: str | None = None
    since: Instant | None = None
    until: Instant | None = None


class AuditLog(Protocol):
    """See the module; every method raises `StoreUnavailable` where the database does not answer."""

    async def record(self, note: AuditNote) -> AuditEntry:
        """Write a note down, behind all that were recorded before.

        Once it is called the note is written or refused, even if the caller is cancelled while it
        waits.

        Raises:
            ValueError: something in it is not JSON; nothing was written.
        """
        ...

    async def entries(self, after: int = 0, limit: int | None = None) -> Sequence[AuditEntry]:
        """The entries whose seq is greater, in order."""
        ...

    async def search(
        self, where: AuditFilter, limit: int, *, newest_first: bool
    ) -> Sequence[AuditEntry]:
        """Entries that match, by their seq. What is between them is left out: that is no chain."""
        ...

    async def head(self) -> AuditHead:
        """The newest entry's place and hash; seq 0 and the genesis hash where there is none."""
        ...
