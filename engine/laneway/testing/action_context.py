"""What an action is given, in tests of drivers: what it says is kept, and time is the test's."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from laneway.core.instants import Instant, later
from laneway.core.model import Lane
from laneway.ports.driver import ActionFailed

START = Instant("2026-01-01T00:00:00.000Z")

Sleep = Callable[[int], Awaitable[None]]


async def no_time(_milliseconds: int) -> None:
    """A sleep that takes none: it lets others run once."""
    await asyncio.sleep(0)


class FakeContext:
    """Implements `laneway.ports.driver.ActionContext` and records what the action does with it.

    Args:
        lane: the lane.
        target: its target record.
        parameters: the action's.
        token: names the attempt.
        evidence: of the phases before, by phase.
        checkpoint: what an earlier life of the attempt saved.
        secrets: values by reference; a ``file:`` reference is read where it is not among them.
        sleep: takes milliseconds; a test passes one that it holds and releases.
        now: the time at the beginning; it moves by what is slept.

    Attributes:
        progressed: what `progress` was told, in order.
        checkpoints: what was saved, in order.
        slept: the durations that were asked for, in milliseconds.
        secrets_read: the values that the action was given.
    """

    def __init__(
        self,
        lane: Lane,
        target: dict[str, Any],
        *,
        parameters: dict[str, Any] | None = None,
        token: str = "op_01TEST_phase_1",  # noqa: S107  # a token names an attempt, it is no secret
        phase: str = "phase",
        evidence: Mapping[str, dict[str, Any]] | None = None,
        checkpoint: dict[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        sleep: Sleep = no_time,
        now: Instant = START,
    ) -> None:
        self.operation_id = "op_01TEST"
        self.lane = lane
        self.phase = phase
        self.attempt = 1
        self.token = token
        self.parameters = parameters or {}
        self.target = target
        self.checkpoint = checkpoint
        self.evidence: Mapping[str, dict[str, Any]] = evidence or {}
        self.progressed: list[tuple[str, dict[str, Any]]] = []
        self.checkpoints: list[dict[str, Any]] = []
        self.slept: list[int] = []
        self.secrets_read: list[str] = []
        self._secrets = dict(secrets or {})
        self._sleep = sleep
        self._now = now

    def now(self) -> Instant:
        """The time."""
        return self._now

    async def sleep(self, milliseconds: int) -> None:
        """Let time pass, as the test says."""
        self.slept.append(milliseconds)
        await self._sleep(milliseconds)
        self._now = later(self._now, milliseconds)

    def secret(self, reference: str) -> str:
        """The value of a reference.

        Raises:
            ActionFailed: there is none; code ``secret_missing``.
        """
        kind, _, place = reference.partition(":")
        value = self._secrets.get(reference)
        if value is None and kind == "file" and Path(place).is_file():
            value = Path(place).read_text()
        if value is None:
            raise ActionFailed("secret_missing", f"there is no secret at {reference}")
        self.secrets_read.append(value)
        return value

    async def progress(self, message: str, data: dict[str, Any] | None = None) -> None:
        """Keep what the action says."""
        self.progressed.append((message, data or {}))
        await asyncio.sleep(0)

    async def save_checkpoint(self, checkpoint: dict[str, Any], message: str) -> None:
        """Keep the checkpoint, as a later life of the attempt is given it."""
        self.checkpoint = checkpoint
        self.checkpoints.append(checkpoint)
        await self.progress(message)

    def said(self) -> list[Any]:
        """Everything that the action said beside its result, to look for secrets in."""
        return [*self.progressed, *self.checkpoints]
