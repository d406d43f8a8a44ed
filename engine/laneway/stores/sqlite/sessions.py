"""Sessions in SQLite."""

import sqlite3
from functools import partial

import msgspec

from laneway.core.events import Actor
from laneway.core.instants import Instant
from laneway.ports.sessions import Session

from . import writing
from .readers import Readers
from .rows import Values, json_text
from .writer import Writer

_FIND = """SELECT digest, actor, key_scope, csrf, created_at, expires_at
  FROM sessions WHERE digest = :digest AND expires_at > :now"""
_SAVE = """
  INSERT INTO sessions (digest, actor, key_scope, csrf, created_at, expires_at)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (digest) DO UPDATE SET
    actor = excluded.actor, key_scope = excluded.key_scope, csrf = excluded.csrf,
    created_at = excluded.created_at, expires_at = excluded.expires_at"""
_DROP = "DELETE FROM sessions WHERE digest = ?"
_DROP_EXPIRED = "DELETE FROM sessions INDEXED BY sessions_by_expiry WHERE expires_at <= ?"


class SqliteSessions:
    """See ``laneway.ports.sessions.Sessions``."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def save(self, session: Session) -> None:
        """Keep a session, in place of one of the same digest."""
        await self._writer.perform(partial(writing.run, sql=_SAVE, values=_values(session)))

    async def find(self, digest: str, now: Instant) -> Session | None:
        """The session of that digest, where there is one that has not expired."""
        found = await self._readers.first(_FIND, digest=digest, now=now)
        return None if found is None else _session(found)

    async def drop(self, digest: str) -> None:
        """Forget a session."""
        await self._writer.perform(partial(writing.run, sql=_DROP, values=(digest,)))

    async def drop_expired(self, now: Instant) -> int:
        """Forget the sessions that have expired by then; returns how many."""
        return await self._writer.perform(partial(_dropped, now=now))


def _dropped(connection: sqlite3.Connection, *, now: Instant) -> int:
    cursor = connection.execute(_DROP_EXPIRED, (now,))
    return cursor.rowcount


def _values(session: Session) -> Values:
    fields = msgspec.structs.asdict(session) | {"actor": json_text(session.actor)}
    return tuple(fields.values())


def _session(values: Values) -> Session:
    fields = dict(zip(Session.__struct_fields__, values, strict=True))
    return Session(**fields | {"actor": msgspec.json.decode(fields["actor"], type=Actor)})
