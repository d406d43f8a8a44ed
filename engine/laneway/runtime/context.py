"""What an attempt is given: the driver port's ``ActionContext``, over a live operation."""

import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from laneway.core import inputs
from laneway.core.commands import RecoverAction, StartAction
from laneway.core.events import Actor
from laneway.core.instants import Instant
from laneway.core.run import PhaseStatus
from laneway.ports.driver import ActionFailed
from laneway.ports.environment import Clock

from .operations import Operation
from .redaction import Redactor


class AttemptContext:
    """See `laneway.ports.driver.ActionContext`."""

    def __init__(
        self,
        operation: Operation,
        command: StartAction | RecoverAction,
        clock: Clock,
        tell: Callable[[str, inputs.AnyInput], Awaitable[Operation]],
        redactor: Redactor,
    ) -> None:
        run = operation.run
        self.operation_id = run.id
        self.lane = run.lane
        self.phase = command.phase
        self.attempt = command.attempt
        self.token = command.token
        self.parameters = command.parameters
        self.target = run.target
        self.checkpoint = command.checkpoint
        self.evidence: Mapping[str, dict[str, Any]] = {
            name: phase.evidence
            for name, phase in run.phases.items()
            if phase.status is PhaseStatus.PASS
        }
        self._actor = Actor(kind="driver", subject=command.action)
        self._clock = clock
        self._tell = tell
        self._redactor = redactor

    def now(self) -> Instant:
        """The time."""
        return self._clock.now()

    async def sleep(self, milliseconds: int) -> None:
        """Let time pass."""
        await self._clock.sleep(milliseconds)

    def secret(self, reference: str) -> str:
        """The value of a reference; from now on it is redacted from what the driver says."""
        value = read_secret(reference)
        self._redactor.hide(value)
        return value

    async def progress(self, message: str, data: dict[str, Any] | None = None) -> None:
        """Tell how far the attempt is."""
        await self._say(message, data or {}, None)

    async def save_checkpoint(self, checkpoint: dict[str, Any], message: str) -> None:
        """Write down what ``recover`` will need."""
        await self._say(message, {}, checkpoint)
        self.checkpoint = checkpoint

    async def _say(
        self, message: str, data: dict[str, Any], checkpoint: dict[str, Any] | None
    ) -> None:
        told = inputs.AttemptProgressed(
            self._actor,
            phase=self.phase,
            token=self.token,
            message=self._redactor.clean(message),
            data=self._redactor.clean(data),
            checkpoint=self._redactor.clean(checkpoint),
        )
        await self._tell(self.operation_id, told)


def read_secret(reference: str) -> str:
    """The value behind ``env:NAME`` or ``file:PATH``.

    Raises:
        ActionFailed: ``secret_missing``; the message names the reference, never a value.
    """
    kind, _, place = reference.partition(":")
    value: str | None = None
    if kind == "env":
        value = os.environ.get(place)
    elif kind == "file" and Path(place).is_file():
        value = Path(place).read_text().strip()
    if not value:
        raise ActionFailed("secret_missing", f"there is no secret at {reference}")
    return value
