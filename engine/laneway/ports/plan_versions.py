"""Which versions of plans there were: a version, once loaded, is never anything else.

A plan's digest pins its content; the version is what people call it by. So the first content that
is loaded under a name and version has them for good, whether an operation ever used it or not.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from laneway.core.instants import Instant
from laneway.core.model import ActionSpec


class PlanVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a plan, and what is in it."""

    name: str
    version: int
    digest: str
    first_seen_at: Instant


class PlanContent(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a version.

    Attributes:
        source: its text as it was first loaded; empty where that was not kept.
        actions: those that it names, as they were declared then.
    """

    digest: str
    source: str
    document: dict[str, Any]
    actions: dict[str, ActionSpec]


class PlanVersions(Protocol):
    """Every method raises `StoreUnavailable` where the database does not answer."""

    async def register(
        self, seen: Sequence[PlanVersion], contents: Sequence[PlanContent] = ()
    ) -> None:
        """Keep versions and what is in them; what is there already stays as it is."""
        ...

    async def all(self) -> Sequence[PlanVersion]:
        """Every version there was, by name and version."""
        ...

    async def kept(self) -> frozenset[str]:
        """The digests of the versions of which it is known what is in them."""
        ...

    async def content(self, digest: str) -> PlanContent | None:
        """What is in the version of that digest; None where that is not known."""
        ...
