"""What the routes work with; only the bootstrap, which puts it together, knows the adapters."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import msgspec

from laneway.core.model import Lane
from laneway.evidence.keys import SigningKey
from laneway.loading.plans import LoadedPlan
from laneway.loading.problems import PlanError
from laneway.ports.driver import DriverDescriptor
from laneway.ports.environment import Clock, Targets
from laneway.runtime.engine import Engine

from .access.addresses import Front
from .access.auditing import Auditor
from .access.identities import SignIns
from .access.identity import Access
from .access.limits import Failures, Refusals, Submissions
from .access.visibility import Visibility
from .metrics import Metrics
from .phase_titles import PhaseTitles
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
        caller_streams, caller_waiters: of these, how many of one caller; None: all.
        submissions: of one caller in a minute, as a steady rate; None: as many as they like.
        burst: submissions of one caller at once.
        refusals: calls of one caller in a minute that no rule allows; None: as many as they like.
        refusal_burst: of these at once.
        failures: refused credentials of one address at once, and in each ``failure_window`` (ms).
    """

    body: int = 256 * 1024
    depth: int = 64
    streams: int = 1_000
    waiters: int = 1_000
    behind: int = 1_000
    caller_streams: int | None = None
    caller_waiters: int | None = None
    submissions: int | None = None
    burst: int = 60
    refusals: int | None = None
    refusal_burst: int = 60
    failures: int = 20
    failure_window: int = 5 * 60_000


class Catalog(Protocol):
    """The plans of the server."""

    @property
    def plans(self) -> Mapping[str, LoadedPlan]:
        """Those that submissions may name."""
        ...

    @property
    def errors(self) -> Mapping[str, Sequence[PlanError]]:
        """What is wrong with the others, by file."""
        ...

    @property
    def texts(self) -> Mapping[str, str]:
        """What is in those files, by file."""
        ...

    def offered(self, name: str) -> LoadedPlan | None:
        """The plan of that name, or None."""
        ...


class DeclaredTargets(Targets, Protocol):
    """The lanes' target records, all of them known."""

    def lanes(self) -> Collection[Lane]:
        """The lanes that have a record."""
        ...


@dataclass(frozen=True)
class Services:
    """See the module."""

    engine: Engine
    feed: Feed
    access: Access
    plans: Catalog
    targets: DeclaredTargets
    drivers: Sequence[DriverDescriptor]
    clock: Clock
    limits: Limits
    records: ReloadingTargets | None = None
    """The file behind ``targets``, where there is one."""
    metrics: Metrics = field(default_factory=Metrics)
    """What the server counts."""
    front: Front = field(default_factory=Front)
    """What stands between the server and its callers."""
    sign_ins: SignIns | None = None
    """What signs browsers in; None where access is open."""
    evidence_key: SigningKey | None = None
    """What evidence bundles are signed with; None: they are not."""

    @cached_property
    def auditor(self) -> Auditor:
        """What writes to the audit log."""
        refusals = Refusals(self.clock, self.limits.refusals, self.limits.refusal_burst)
        return Auditor(self.engine.store.audit, self.clock, self.access, refusals)

    @cached_property
    def submissions(self) -> Submissions:
        """How often a caller may submit."""
        return Submissions(self.clock, self.limits.submissions, self.limits.burst)

    @cached_property
    def failures(self) -> Failures:
        """Credentials that were refused, by address."""
        return Failures(self.clock, self.limits.failures, self.limits.failure_window)

    @cached_property
    def visibility(self) -> Visibility:
        """Which operations a caller may see in a stream."""
        return Visibility(self.access, self.engine.store)

    @cached_property
    def phase_titles(self) -> PhaseTitles:
        """What the phases of plans are called."""
        return PhaseTitles(self.engine.store)

    @cached_property
    def archiving(self) -> asyncio.Semaphore:
        """Few archives of evidence are made at once: each is whole in memory."""
        return asyncio.Semaphore(2)

    @cached_property
    def streams(self) -> Places:
        """Places for event streams."""
        limits = self.limits
        return Places(limits.streams, "too_many_streams", limits.caller_streams)

    @cached_property
    def waiters(self) -> Places:
        """Places for requests that wait."""
        limits = self.limits
        return Places(limits.waiters, "too_many_waiters", limits.caller_waiters)
