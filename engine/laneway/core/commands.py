"""What must be done next: the closed union of commands.

A command is committed in the transaction of the events that ask for it, and stays in the store
until another commit withdraws it. Commands of one operation are told apart by ``key``: a new one
with the same key takes the old one's place.
"""

from typing import Any

from .instants import Instant
from .model import Frozen


class Command(Frozen, tag_field="kind", frozen=True):
    """The base of every command."""

    key: str


class StartAction(Command, tag="start_action", frozen=True):
    """Perform an attempt of an action. Key: ``action:<phase>``.

    ``checkpoint`` is what a lost attempt had noted, where it goes on.
    """

    phase: str
    attempt: int
    token: str
    action: str
    parameters: dict[str, Any]
    timeout_at: Instant
    dry_run: bool = False
    checkpoint: dict[str, Any] | None = None


class RecoverAction(Command, tag="recover_action", frozen=True):
    """Ask the driver what became of an attempt. Key: ``action:<phase>``."""

    phase: str
    attempt: int
    token: str
    action: str
    parameters: dict[str, Any]
    checkpoint: dict[str, Any] | None
    timeout_at: Instant


class SetTimer(Command, tag="set_timer", frozen=True):
    """Come back at an instant. Key: ``timer:<name>``."""

    due_at: Instant


AnyCommand = StartAction | RecoverAction | SetTimer


def action_key(phase: str) -> str:
    """The key of a phase's action command."""
    return f"action:{phase}"


def timer_key(name: str) -> str:
    """The key of a timer."""
    return f"timer:{name}"
