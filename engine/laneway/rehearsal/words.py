"""What an operation is told, in words: the lines of a story."""

from collections.abc import Callable, Mapping
from typing import Any

from laneway.core import inputs
from laneway.core.attempts import NOT_STARTED
from laneway.core.step import DEADLINE


def in_words(told: inputs.AnyInput) -> str:
    """``bootstrap: pass``, ``the deadline passes``, ``ann cancels``."""
    return _WORDS[type(told)](told)


def _finished(told: inputs.AttemptFinished) -> str:
    failure = told.failure
    if failure is None:
        return f"{told.phase}: {told.outcome}"
    if failure.code == NOT_STARTED:
        return f"{told.phase}: it never began"
    kind = failure.retry_class or (failure.code if failure.code != told.outcome else "")
    return f"{told.phase}: {told.outcome}{f' ({kind})' if kind else ''}"


def _timer(told: inputs.TimerFired) -> str:
    return "the deadline passes" if told.name == DEADLINE else f"{told.name}: its time is up"


_DECIDES = {"approve": "approves", "reject": "rejects"}

_WORDS: Mapping[type, Callable[[Any], str]] = {
    inputs.LaneGranted: lambda told: "gets its lane",
    inputs.LaneRefused: lambda told: "is refused its lane",
    inputs.AttemptProgressed: lambda told: f"{told.phase}: {told.message}",
    inputs.AttemptFinished: _finished,
    inputs.AttemptUnknown: lambda told: f"{told.phase}: its driver cannot tell",
    inputs.AttemptHeld: lambda told: f"{told.phase}: the engine stops before it begins",
    inputs.AttemptLost: lambda told: f"{told.phase}: the next engine finds the attempt lost",
    inputs.TimerFired: _timer,
    inputs.Cancel: lambda told: f"{told.actor.subject} cancels",
    inputs.Pause: lambda told: f"{told.actor.subject} pauses",
    inputs.Resume: lambda told: f"{told.actor.subject} resumes",
    inputs.Approve: lambda told: f"{told.phase}: {told.actor.subject} {_DECIDES[told.decision]}",
    inputs.Revoke: lambda told: f"{told.phase}: {told.actor.subject} takes it back",
    inputs.Reconcile: lambda told: f"{told.phase}: {told.actor.subject} says {told.outcome}",
}
