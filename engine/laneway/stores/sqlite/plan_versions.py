"""The versions of plans in SQLite."""

from collections.abc import Sequence
from functools import partial

import aiosqlite
import msgspec

from laneway.ports.plan_versions import PlanVersion

from .queries import Query
from .readers import Readers
from .rows import Values
from .writer import Writer

_REGISTER = """
  INSERT INTO plan_versions (name, version, digest, first_seen_at) VALUES (?, ?, ?, ?)
  ON CONFLICT (name, version) DO NOTHING"""
_ALL = "SELECT name, version, digest, first_seen_at FROM plan_versions ORDER BY name, version"


class SqlitePlanVersions:
    """See ``laneway.ports.plan_versions.PlanVersions``."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def register(self, seen: Sequence[PlanVersion]) -> None:
        """Keep versions; one that is there already stays as it is."""
        values = [msgspec.structs.astuple(each) for each in seen]
        await self._writer.perform(partial(_register, values=values))

    async def all(self) -> Sequence[PlanVersion]:
        """Every version there was, by name and version."""
        found = await self._readers.all(Query(_ALL, {}))
        return [_version(values) for values in found]


async def _register(connection: aiosqlite.Connection, *, values: Sequence[Values]) -> None:
    await connection.executemany(_REGISTER, values)


def _version(values: Values) -> PlanVersion:
    return PlanVersion(**dict(zip(PlanVersion.__struct_fields__, values, strict=True)))
