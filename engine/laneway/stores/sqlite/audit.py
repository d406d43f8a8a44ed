"""The audit log in SQLite: a table that only grows, chained by the one writer."""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from laneway.core.audit import AuditEntry, AuditHead, AuditNote, from_wire, seal, to_wire
from laneway.ports.audit import AuditFilter
from laneway.ports.store import StoreCorrupt

from . import rows
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
_PLACE = """INSERT INTO audit_places
  (seq, at, actor, act, allowed, code, operation_id, plan, product, context, instance)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_EQUAL: tuple[str, ...] = ("actor", "act", "allowed", "code", "operation_id", "plan")
_EQUAL += ("product", "context", "instance")
# What leads to the fewest entries comes first; the last of them is the order of the log itself.
_INDEXES = (
    ("INDEXED BY audit_by_operation", ("operation_id",)),
    ("INDEXED BY audit_by_lane", ("product", "context", "instance")),
    ("INDEXED BY audit_by_actor", ("actor",)),
    ("INDEXED BY audit_by_plan", ("plan",)),
    ("INDEXED BY audit_by_act", ("act",)),
    ("NOT INDEXED", ()),
)


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

    async def search(
        self, where: AuditFilter, limit: int, *, newest_first: bool
    ) -> Sequence[AuditEntry]:
        """Entries that match, by their seq."""
        found = await self._readers.all(searching(where, limit, newest_first=newest_first))
        return [_entry(values) for values in found]

    async def head(self) -> AuditHead:
        """The newest entry's place and hash."""
        return _head(await self._readers.all(Query(_HEAD, {})))


def searching(where: AuditFilter, limit: int, *, newest_first: bool) -> Query:
    """The search as SQL: it goes by an index, or along the log, and sorts nothing."""
    wanted = {name: getattr(where, name) for name in _EQUAL if getattr(where, name) is not None}
    bounds = {
        "places.seq > :after": where.after,
        "places.seq < :before": where.before,
        "places.at >= :since": where.since,
        "places.at < :until": where.until,
    }
    conditions = [f"places.{name} = :{name}" for name in wanted]
    conditions += [condition for condition, value in bounds.items() if value is not None]
    index = next(index for index, fields in _INDEXES if wanted.keys() >= set(fields))
    sql = f"""SELECT audit.seq, audit.at, entry, prev_hash, hash
      FROM audit_places AS places {index} CROSS JOIN audit ON audit.seq = places.seq
      WHERE {" AND ".join(conditions)} ORDER BY places.seq {"DESC" if newest_first else "ASC"}
      LIMIT :limit"""  # noqa: S608 - this module's own text
    times = {name: getattr(where, name) for name in ("after", "before", "since", "until")}
    return Query(sql, wanted | times | {"limit": limit})


def _append(connection: sqlite3.Connection, *, note: AuditNote) -> AuditEntry:
    entry = seal(note, _head([*connection.execute(_HEAD)]))
    connection.execute(_APPEND, _values(entry))
    connection.execute(_PLACE, _place(entry))
    return entry


def _place(entry: AuditEntry) -> Values:
    lane = rows.lane_values(entry.lane) if entry.lane is not None else (None, None, None)
    about = (entry.allowed, entry.code, entry.operation_id, entry.plan)
    return entry.seq, entry.at, entry.actor.subject, entry.act, *about, *lane


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
