"""The plan as a frozen model: what an operation does, and which transitions are allowed.

A plan is read from YAML (``laneway.loading``), but nothing here knows that: the model is made by
``compile_plan`` from a document that the JSON Schema has accepted. Durations are milliseconds.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any

import msgspec


class Safety(StrEnum):
    """What an action does to the world; the driver descriptor says which."""

    READ = "read"
    SAFE_WRITE = "safe_write"
    MUTATION = "mutation"
    DESTRUCTIVE = "destructive"


class ActionScope(StrEnum):
    """What an action is about: everything, a context, one instance, or a preview of one."""

    GLOBAL = "global"
    CONTEXT = "context"
    INSTANCE = "instance"
    PREVIEW = "preview"


class CancelPolicy(StrEnum):
    """What a cancellation does while a phase is at work.

    ``immediate`` stops the action; ``defer`` waits until the phase is over; ``refuse`` declares
    the point of no return: from this phase on, cancelling is refused, unless a later phase
    declares a policy of its own.
    """

    IMMEDIATE = "immediate"
    DEFER = "defer"
    REFUSE = "refuse"


class LaneMode(StrEnum):
    """Whether operations of the plan hold their lane alone."""

    EXCLUSIVE = "exclusive"
    SHARED = "shared"


class WhenBusy(StrEnum):
    """What becomes of a submission for a lane that is held."""

    REJECT = "reject"
    QUEUE = "queue"


class Repeat(StrEnum):
    """Whether a destructive action may be begun on a lane again without naming the last one."""

    EXPLICIT = "explicit"
    ALLOW = "allow"


class EndStatus(StrEnum):
    """The terminal statuses of an operation."""

    PASS = "pass"
    FAIL = "fail"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Frozen(msgspec.Struct, frozen=True, gc=False):
    """The base of every value in the core."""


class ActionSpec(Frozen, frozen=True):
    """What the engine must know of a driver's action; part of the driver descriptor.

    Attributes:
        action_id: ``driver.action``, as plans name it.
        safety: what the action does to the world.
        outcomes: every outcome that a finished attempt can have; always with ``pass`` and ``fail``.
        idempotent: running it twice does what running it once does, so a lost attempt runs again.
        recoverable: after a crash the driver can be asked what became of an attempt.
        supports_dry_run: the driver can report what it would do.
        parameters: JSON Schema of the action's ``with``.
        evidence: JSON Schema of what a finished attempt returns.
        authz_action: the action that an access policy names; empty: the ``action_id``.
        scope: what it is about.
        operator_visible: it is shown to people, not only to plans.
        writes_records: the kinds of the provider's records that it makes or changes, such as
            ``dokploy.schedule``; none for an action that only reads.
    """

    action_id: str
    safety: Safety
    outcomes: tuple[str, ...] = ("pass", "fail")
    idempotent: bool = False
    recoverable: bool = False
    supports_dry_run: bool = False
    parameters: dict[str, Any] = {}
    evidence: dict[str, Any] = {}
    authz_action: str = ""
    label: str = ""
    description: str = ""
    scope: ActionScope = ActionScope.INSTANCE
    operator_visible: bool = True
    writes_records: tuple[str, ...] = ()

    @property
    def repeatable(self) -> bool:
        """Whether the engine may run a lost attempt again without asking anyone."""
        idempotent_write = self.safety is Safety.SAFE_WRITE and self.idempotent
        return self.safety is Safety.READ or idempotent_write


class Target(Frozen, frozen=True):
    """Where a transition leads, and the CEL guard that must hold for it (none: always)."""

    to: str
    when: str | None = None


class Retry(Frozen, frozen=True):
    """How failed attempts are made again: which failure classes, how often, how long between.

    The delay before attempt *n* + 1 is ``delay * factor ** (n - 1)``, at most ``max_delay``; full
    jitter takes a fraction of it. ``attempts`` counts the first one.
    """

    attempts: int = 1
    delay: int = 1_000
    factor: float = 2.0
    max_delay: int = 60_000
    jitter: str = "full"
    on: tuple[str, ...] = ()


class Requirement(Frozen, frozen=True):
    """A phase that must have passed before another starts, and how old that may be (ms)."""

    phase: str
    max_age: int | None = None


Transitions = Mapping[str, tuple[Target, ...]]


class BasePhase(Frozen, frozen=True):
    """What phases of every kind have in common.

    Attributes:
        on: for each outcome the targets, the first whose guard holds is taken.
        requires: what must stand before the phase starts.
        max_visits: how often the phase may be entered in one operation; a loop needs it.
    """

    name: str
    title: str
    on: Transitions = {}
    requires: tuple[Requirement, ...] = ()
    cancel: CancelPolicy | None = None
    max_visits: int | None = None


class ActionPhase(BasePhase, frozen=True, kw_only=True):
    """A phase that performs one action of a driver.

    Attributes:
        parameters: the plan's ``with``; strings may hold ``${{ … }}`` expressions.
        parent: the parallel phase whose branch this is, or None.
    """

    action: ActionSpec
    parameters: dict[str, Any] = {}
    timeout: int
    retry: Retry = Retry()
    parent: str | None = None

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Every outcome the phase can have; ``fail`` also stands for a timeout."""
        return self.action.outcomes


class ApprovalPhase(BasePhase, frozen=True, kw_only=True):
    """A phase that waits for people: ``approved``, ``rejected`` or ``expired``."""

    role: str
    quorum: int = 1
    expires: int
    allow_requester: bool = False
    outcomes: tuple[str, ...] = ("approved", "rejected", "expired")


class WaitPhase(BasePhase, frozen=True, kw_only=True):
    """A phase that lets time pass: a duration, or a CEL expression that gives an RFC 3339 time."""

    duration: int | None = None
    until: str | None = None
    outcomes: tuple[str, ...] = ("pass",)


class ParallelPhase(BasePhase, frozen=True, kw_only=True):
    """A phase whose branches run side by side; ``join`` is ``all`` or ``any``."""

    branches: tuple[ActionPhase, ...]
    join: str = "all"
    outcomes: tuple[str, ...] = ("pass", "fail")


class EndPhase(BasePhase, frozen=True, kw_only=True):
    """A phase that ends the operation with a terminal status."""

    end: EndStatus
    outcomes: tuple[str, ...] = ()


Phase = ActionPhase | ApprovalPhase | WaitPhase | ParallelPhase | EndPhase


class LanePolicy(Frozen, frozen=True):
    """How operations of a plan share their lane."""

    mode: LaneMode = LaneMode.EXCLUSIVE
    when_busy: WhenBusy = WhenBusy.REJECT
    queue_limit: int = 5
    repeat: Repeat = Repeat.EXPLICIT


class Retention(Frozen, frozen=True):
    """How long operations are kept: days, and at least that many of the newest on each lane."""

    keep_days: int = 400
    keep_last: int = 20


class Lane(Frozen, frozen=True):
    """One place that operations work on: a product's context and instance."""

    product: str
    context: str
    instance: str

    def __str__(self) -> str:
        return f"{self.product}/{self.context}/{self.instance}"


class Plan(Frozen, frozen=True, kw_only=True, dict=True, gc=True):
    """A whole plan, frozen. ``document`` is what the digest is taken of, and is stored."""

    name: str
    version: int
    title: str
    digest: str
    document: dict[str, Any]
    start: str
    phases: dict[str, Phase]
    description: str = ""
    lane: LanePolicy = LanePolicy()
    request_schema: dict[str, Any] = {}
    deadline: int
    on_deadline: str | None = None
    retention: Retention = Retention()

    def every_phase(self) -> Iterator[Phase]:
        """All phases in the plan's order, the branches of a parallel phase right after it."""
        for phase in self.phases.values():
            yield phase
            if isinstance(phase, ParallelPhase):
                yield from phase.branches

    def phase(self, name: str) -> Phase:
        """The phase or branch of that name.

        Raises:
            KeyError: the plan has none.
        """
        return self._by_name[name]

    def action_phases(self) -> Iterator[ActionPhase]:
        """Every phase and branch that performs an action."""
        return (phase for phase in self.every_phase() if isinstance(phase, ActionPhase))

    @cached_property
    def asks_people(self) -> bool:
        """Whether a phase of it is an approval."""
        return any(isinstance(phase, ApprovalPhase) for phase in self.phases.values())

    @cached_property
    def _by_name(self) -> dict[str, Phase]:
        return {phase.name: phase for phase in self.every_phase()}
