"""What the routes work with; only the bootstrap, which puts it together, knows the adapters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import msgspec

from laneway.loading.problems import PlanError
from laneway.ports.driver import DriverDescriptor
from laneway.ports.environment import Clock, OfferedPlan, Targets
from laneway.runtime.engine import Engine

from .access.identity import Access
from .streams.feed import Feed
from .streams.places import Places
from .targets import ReloadingTargets


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one server takes.

    Attributes:
        body: bytes of a request's body.
        depth: how deep a body may be nested.
        streams: event streams that are open at once.
        waiters: requests that wait at once.
        behind: events that may be committed while a stream's client takes nothing.
    """

    body: int = 256 * 1024
    depth: int = 64
    streams: int = 1_000
    waiters: int = 1_000
    behind: int = 1_000


class Catalog(Protocol):
    """The plans of the server."""

    @property
    def plans(self) -> Mapping[str, OfferedPlan]:
        """Those that submissions may name."""
        ...

    @property
    def errors(self) -> Mapping[str, Sequence[PlanError]]:
        """What is wrong with the others, by file."""
        ...

    def offered(self, name: str) -> OfferedPlan | None:
        """The plan of that name, or None."""
        ...


@dataclass(frozen=True)
class Services:
    """See the module."""

    engine: Engine
    feed: Feed
    access: Access
    plans: Catalog
    targets: Targets
    drivers: Sequence[DriverDescriptor]
    clock: Clock
    limits: Limits
    records: ReloadingTargets | None = None
    """The file behind ``targets``, where there is one."""

    @cached_property
    def streams(self) -> Places:
        """Places for event streams."""
        return Places(self.limits.streams, "too_many_streams")

    @cached_property
    def waiters(self) -> Places:
        """Places for requests that wait."""
        return Places(self.limits.waiters, "too_many_waiters")
