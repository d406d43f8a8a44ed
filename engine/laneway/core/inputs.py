"""What the core is told: the closed union of inputs, and the refusals it may answer with."""

from typing import Any

from .events import ENGINE, Actor, ArtifactRef, Failure
from .model import Frozen


class Input(Frozen, frozen=True):
    """The base of every input. ``actor`` is who caused it."""

    actor: Actor = ENGINE


class LaneGranted(Input, frozen=True):
    """The operation has its lane; ``target`` is the lane's target record as of now."""

    target: dict[str, Any] = {}


class LaneRefused(Input, frozen=True, kw_only=True):
    """The operation waited for its lane, and may no longer begin (frozen, or a repeat)."""

    failure: Failure


class AttemptInput(Input, frozen=True, kw_only=True):
    """Something about one attempt; ``token`` tells whether it is still the current one."""

    phase: str
    token: str


class AttemptProgressed(AttemptInput, frozen=True, kw_only=True):
    """The driver says how far it is, and perhaps what to remember."""

    message: str
    data: dict[str, Any] = {}
    checkpoint: dict[str, Any] | None = None


class AttemptFinished(AttemptInput, frozen=True, kw_only=True):
    """The driver knows the outcome. ``digest`` is of what was proved."""

    outcome: str
    evidence: dict[str, Any] = {}
    digest: str = ""
    failure: Failure | None = None
    artifacts: tuple[ArtifactRef, ...] = ()


class AttemptUnknown(AttemptInput, frozen=True, kw_only=True):
    """The driver cannot tell what became of the attempt."""

    failure: Failure


class AttemptHeld(AttemptInput, frozen=True, kw_only=True):
    """The engine is about to stop, and has not begun the attempt."""


class AttemptLost(AttemptInput, frozen=True, kw_only=True):
    """The engine stopped while the attempt was under way, and is back."""


class TimerFired(Input, frozen=True, kw_only=True):
    """A timer's instant has come; ``name`` is a phase, or ``@deadline``."""

    name: str


class Cancel(Input, frozen=True):
    """Somebody asks to cancel the operation."""

    reason: str = ""


class Pause(Input, frozen=True):
    """Somebody asks to stop before the next phase."""

    reason: str = ""


class Resume(Input, frozen=True):
    """Somebody asks to go on after a pause."""


class Approve(Input, frozen=True, kw_only=True):
    """Somebody decides on an approval: ``approve`` or ``reject``; ``digest`` is what they saw."""

    phase: str
    decision: str
    digest: str
    comment: str = ""


class Revoke(Input, frozen=True, kw_only=True):
    """Somebody takes back their approval."""

    phase: str
    reason: str = ""


class Reconcile(Input, frozen=True, kw_only=True):
    """Somebody says what became of an unknown attempt: ``pass``, ``fail`` or ``retry``.

    ``phase`` may be left out where only one is unknown.
    """

    outcome: str
    note: str
    phase: str | None = None


AnyInput = (
    LaneGranted
    | LaneRefused
    | AttemptProgressed
    | AttemptFinished
    | AttemptUnknown
    | AttemptHeld
    | AttemptLost
    | TimerFired
    | Cancel
    | Pause
    | Resume
    | Approve
    | Revoke
    | Reconcile
)


class InputRefused(Exception):
    """An input that changes nothing. ``code`` is stable; the message says why, and what to do."""

    code = "illegal_transition"


class IllegalInput(InputRefused):
    """The operation's status does not allow it."""


class NotCancellable(InputRefused):
    """The operation is past its point of no return, or nobody knows what it has done."""

    code = "not_cancellable"


class DigestMismatch(InputRefused):
    """What the approver saw is not what is to be approved now."""

    code = "digest_mismatch"


class SelfApproval(InputRefused):
    """The plan does not let the requester approve."""

    code = "self_approval"


class PhaseUnclear(InputRefused):
    """More than one phase waits to be reconciled, or the one named does not."""

    code = "request_invalid"


class StaleAttempt(InputRefused):
    """The attempt is no longer the current one; what it says is not believed."""

    code = "stale_attempt"
