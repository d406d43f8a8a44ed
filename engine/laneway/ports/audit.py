"""The audit log: what the server was asked that is no event of an operation.

The promises: an entry is on disk when ``record`` returns; entries stand in the order in which they
were recorded, without gaps, each chained to the one before; and none is ever changed or removed.
"""

from collections.abc import Sequence
from typing import Protocol

from laneway.core.audit import AuditEntry, AuditHead, AuditNote

__all__ = ["AuditEntry", "AuditHead", "AuditLog", "AuditNote"]


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

    async def head(self) -> AuditHead:
        """The newest entry's place and hash; seq 0 and the genesis hash where there is none."""
        ...
