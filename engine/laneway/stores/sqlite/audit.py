"""The audit log in SQLite: a table that only grows, chained by the one writer."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import aiosqlite
import msgspec

from laneway.core.audit import AuditEntry, AuditHead, AuditNote, from_wire, seal, to_wire
from laneway.ports.store import StoreCorrupt

from .queries import Query
from .readers import Readers
from .rows import Values, json_text
from .writer import Writer

_ALL = -1  # SQLite's "no limit"
_HEAD = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
_ENTRIES = """SELECT seq, at, entry, prev_hash, hash FROM audit
  WHERE seq > :after ORDER BY seq LIMIT :limit"""
_APPEND = "INSERT INTO audit (seq, at, entry, prev_hash, hash) VALUES (?, ?, ?, ?, ?)"
_COLUMNS = ("seq", "at", "prev_hash", "hash")


class SqliteAudit:
    """See ``laneway.ports.audit.AuditLog``."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def record(self, note: AuditNote) -> AuditEntry:
        """Write a note down, behind all that were recorded before."""
        return await self._writer.perform(partial(_append, note=note))

    async def entries(self, after: int = 0, limit: int | None = None) -> Sequence[AuditEntry]:
        """The entries whose seq is greater, in order."""
        most = _ALL if limit is None else limit
        found = await self._readers.all(Query(_ENTRIES, {"after": after, "limit": most}))
        return [_entry(values) for values in found]

    async def head(self) -> AuditHead:
        """The newest entry's place and hash."""
        return _head(await self._readers.all(Query(_HEAD, {})))


async def _append(connection: aiosqlite.Connection, *, note: AuditNote) -> AuditEntry:
    entry = seal(note, _head([*await connection.execute_fetchall(_HEAD)]))
    await connection.execute(_APPEND, _values(entry))
    return entry


def _head(found: Sequence[Any]) -> AuditHead:
    return AuditHead(*found[0]) if found else AuditHead()


def _values(entry: AuditEntry) -> Values:
    rest = to_wire(entry)
    seq, at, prev_hash, own_hash = (rest.pop(name) for name in _COLUMNS)
    return seq, at, json_text(rest), prev_hash, own_hash


def _entry(values: Sequence[Any]) -> AuditEntry:
    seq, at, rest, prev_hash, own_hash = values
    try:
        document = msgspec.json.decode(rest, type=dict[str, Any])
        return from_wire(
            document | {"seq": seq, "at": at, "prev_hash": prev_hash, "hash": own_hash}
        )
    except msgspec.MsgspecError as error:
        told = f"entry {seq} of the audit log was changed: it cannot be read ({error})"
        raise StoreCorrupt(told) from error
