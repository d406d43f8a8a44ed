"""What the actions of several drivers have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from laneway.ports.driver import ActionContext, ActionFailed, ActionResult, OutcomeUnknown


class NoRecovery:
    """The base of actions that only read: the engine runs them again, it does not ask."""

    async def recover(self, context: ActionContext) -> ActionResult:
        """Refuse: the spec does not say ``recoverable``."""
        raise ActionFailed("not_recoverable", f"phase {context.phase} can simply be run again")

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Refuse: the spec does not say ``supports_dry_run``, and ``run`` changes nothing."""
        raise ActionFailed("no_dry_run", f"phase {context.phase} only reads and is run for real")


@contextmanager
def needed_to_ask() -> Iterator[None]:
    """Around what ``recover`` needs before it can ask: without it, nothing is known of the attempt.

    Raises:
        OutcomeUnknown: ``cannot_ask``, in place of an `ActionFailed` that would read as if the
            attempt had failed (a key that is gone, a record that is not valid any more).
    """
    try:
        yield
    except ActionFailed as failed:
        message = f"nobody could be asked what became of the attempt: {failed}"
        detail = {"code": failed.failure.code}
        raise OutcomeUnknown("cannot_ask", message, detail=detail) from failed


def no_parameters() -> dict[str, Any]:
    """The schema of an action that takes no parameters."""
    return {"type": "object", "additionalProperties": False}
