"""The driver: what performs actions on the real systems.

A driver offers actions. For each, its descriptor says what the action does to the world, and the
engine trusts that word: see ``laneway.core.model.Safety``. A driver author implements `Driver` and
`Action`, and runs ``laneway.testing.driver_conformance``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from laneway.core.events import Failure
from laneway.core.instants import Instant
from laneway.core.model import ActionScope, ActionSpec, Lane


class SettingGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a driver's target records that belong together, for people who fill them in.

    Attributes:
        scope: what a value is about.
        fields: names in the target record, such as ``dokploy.compose_id``.
        secret_bindings: those that hold references to secrets.
    """

    group_id: str
    label: str
    description: str
    scope: ActionScope = ActionScope.INSTANCE
    fields: tuple[str, ...] = ()
    secret_bindings: tuple[str, ...] = ()


class DriverDescriptor(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver is, for people and for plans; the fields are Launchplane's.

    Attributes:
        provider_boundary: what stays inside the driver (ids, addresses, secrets of the provider).
        context_patterns: globs of the contexts it serves.
        actions: by ``action_id``.
        setting_groups: what its target records must hold.
    """

    driver_id: str
    label: str
    description: str
    provider_boundary: str = ""
    base_driver_id: str = ""
    product: str = ""
    context_patterns: tuple[str, ...] = ("*",)
    capabilities: tuple[str, ...] = ()
    actions: tuple[ActionSpec, ...] = ()
    setting_groups: tuple[SettingGroup, ...] = ()


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that an attempt leaves behind, such as a log; already redacted."""

    name: str
    media_type: str
    content: bytes


class ActionResult(msgspec.Struct, frozen=True, kw_only=True):
    """A finished attempt whose outcome is known.

    Attributes:
        outcome: one of the action's outcomes.
        evidence: what was seen, as JSON; no secrets.
        proof: what stands proved: its digest tells whether a proof that is made again still says
            the same, so it holds nothing that changes by itself (no times). None: the evidence.
        failure: why, where the outcome is not ``pass``.
    """

    outcome: str
    evidence: dict[str, Any] = {}
    proof: dict[str, Any] | None = None
    failure: Failure | None = None
    artifacts: tuple[Artifact, ...] = ()


class ActionFailed(Exception):
    """An attempt failed, and it is known that it did (or that nothing was done).

    The plan's ``retry.on`` names the ``retry_class``.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retry_class: str = "",
        detail: dict[str, Any] | None = None,
        evidence: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.failure = Failure(
            code=code, message=message, retry_class=retry_class, detail=detail or {}
        )
        self.evidence = evidence or {}


class OutcomeUnknown(Exception):
    """Something was sent, and what became of it cannot be told."""

    def __init__(self, code: str, message: str, *, detail: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.failure = Failure(code=code, message=message, detail=detail or {})


class ActionContext(Protocol):
    """What an attempt is given.

    Attributes:
        token: names the attempt to the world. It is the same when a lost attempt is run again or
            recovered, and another for each new attempt.
        parameters: the plan's ``with`` after its expressions were evaluated.
        target: the lane's target record (with references to secrets, not the secrets).
        checkpoint: what the attempt last checkpointed, or None.
        evidence: of the phases that passed before, by phase.
    """

    operation_id: str
    lane: Lane
    phase: str
    attempt: int
    token: str
    parameters: dict[str, Any]
    target: dict[str, Any]
    checkpoint: dict[str, Any] | None
    evidence: Mapping[str, dict[str, Any]]

    def now(self) -> Instant:
        """The time."""
        ...

    async def sleep(self, milliseconds: int) -> None:
        """Let time pass."""
        ...

    def secret(self, reference: str) -> str:
        """The value of a secret reference (``env:NAME``, ``file:PATH``), redacted from then on.

        Raises:
            ActionFailed: there is none; code ``secret_missing``.
        """
        ...

    async def progress(self, message: str, data: dict[str, Any] | None = None) -> None:
        """Tell how far the attempt is. When it returns, the event is on disk."""
        ...

    async def save_checkpoint(self, checkpoint: dict[str, Any], message: str) -> None:
        """Write down what ``recover`` will need, *before* doing what it would ask about.

        When it returns, the checkpoint is on disk.
        """
        ...


class Action(Protocol):
    """One action of a driver."""

    spec: ActionSpec

    async def run(self, context: ActionContext) -> ActionResult:
        """Perform an attempt.

        It may be cancelled at any ``await`` (a timeout, a cancellation, a shutdown).

        Raises:
            ActionFailed: it is known that the attempt failed.
            OutcomeUnknown: it is not known what became of it.
        """
        ...

    async def recover(self, context: ActionContext) -> ActionResult:
        """Tell what became of an attempt, by reading only; it may wait for its end.

        Called for actions whose spec says ``recoverable``. ``context.checkpoint`` is the last one.

        Raises:
            ActionFailed: the attempt failed, or never reached the provider.
            OutcomeUnknown: it cannot be told.
        """
        ...

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Report what ``run`` would do, by reading only. For specs with ``supports_dry_run``."""
        ...


class Driver(Protocol):
    """A set of actions with what they share (a pool of connections, say)."""

    descriptor: DriverDescriptor

    def actions(self) -> Sequence[Action]:
        """Every action that the descriptor names."""
        ...

    async def start(self) -> None:
        """Open what the actions share."""
        ...

    async def stop(self) -> None:
        """Close it."""
        ...
