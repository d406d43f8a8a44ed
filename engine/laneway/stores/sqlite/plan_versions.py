"""The versions of plans in SQLite."""

import sqlite3
from collections.abc import Sequence
from functools import partial

import msgspec

from laneway.core.model import ActionSpec
from laneway.ports.plan_versions import PlanContent, PlanVersion

from .queries import Query
from .readers import Readers
from .rows import Values, json_text
from .writer import Writer

_REGISTER = """
  INSERT INTO plan_versions (name, version, digest, first_seen_at) VALUES (?, ?, ?, ?)
  ON CONFLICT (name, version) DO NOTHING"""
_KEEP = """
  INSERT INTO plan_contents (digest, source, document, actions) VALUES (?, ?, ?, ?)
  ON CONFLICT (digest) DO UPDATE SET source = excluded.source WHERE plan_contents.source = ''"""
_ALL = "SELECT name, version, digest, first_seen_at FROM plan_versions ORDER BY name, version"
_KEPT = "SELECT digest FROM plan_contents"
_CONTENT = "SELECT digest, source, document, actions FROM plan_contents WHERE digest = :digest"


class SqlitePlanVersions:
    """See ``laneway.ports.plan_versions.PlanVersions``."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def register(
        self, seen: Sequence[PlanVersion], contents: Sequence[PlanContent] = ()
    ) -> None:
        """Keep versions and what is in them; what is there already stays as it is."""
        versions = [msgspec.structs.astuple(each) for each in seen]
        kept = [_values(each) for each in contents]
        await self._writer.perform(partial(_register, versions=versions, contents=kept))

    async def all(self) -> Sequence[PlanVersion]:
        """Every version there was, by name and version."""
        found = await self._readers.all(Query(_ALL, {}))
        return [_version(values) for values in found]

    async def kept(self) -> frozenset[str]:
        """The digests of the versions of which it is known what is in them."""
        return frozenset(digest for (digest,) in await self._readers.all(Query(_KEPT, {})))

    async def content(self, digest: str) -> PlanContent | None:
        """What is in the version of that digest; None where that is not known."""
        found = await self._readers.first(_CONTENT, digest=digest)
        return None if found is None else _content(found)


def _register(
    connection: sqlite3.Connection, *, versions: Sequence[Values], contents: Sequence[Values]
) -> None:
    connection.executemany(_REGISTER, versions)
    # What was kept without its text gets it: a database that is older than the texts has none.
    connection.executemany(_KEEP, contents)


def _version(values: Values) -> PlanVersion:
    return PlanVersion(**dict(zip(PlanVersion.__struct_fields__, values, strict=True)))


def _values(content: PlanContent) -> Values:
    return content.digest, content.source, json_text(content.document), json_text(content.actions)


def _content(values: Values) -> PlanContent:
    digest, source, document, actions = values
    return PlanContent(
        digest=digest,
        source=source,
        document=msgspec.json.decode(document),
        actions=msgspec.json.decode(actions, type=dict[str, ActionSpec]),
    )
