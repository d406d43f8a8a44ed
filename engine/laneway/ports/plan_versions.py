"""Which versions of plans there were: a version, once loaded, is never anything else.

A plan's digest pins its content; the version is what people call it by. So the first content that
is loaded under a name and version has them for good, whether an operation ever used it or not.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from laneway.core.instants import Instant


class PlanVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a plan, and what is in it."""

    name: str
    version: int
    digest: str
    first_seen_at: Instant


class PlanVersions(Protocol):
    """Every method raises `StoreUnavailable` where the database does not answer."""

    async def register(self, seen: Sequence[PlanVersion]) -> None:
        """Keep versions; one that is there already stays as it is."""
        ...

    async def all(self) -> Sequence[PlanVersion]:
        """Every version there was, by name and version."""
        ...
