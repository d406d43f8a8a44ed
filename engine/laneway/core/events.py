"""What happened: the closed union of an operation's events, the audit log's vocabulary.

An operation *is* the list of its events, and its state is a fold over them (``run.evolve``). An
event says what is so from now on; it is never changed. The names are the ``type`` of the wire
format.
"""

from typing import Any

import msgspec

from .digests import canonical
from .instants import Instant
from .lazy import lazy
from .model import EndStatus, Frozen, Lane, WhenBusy


class Actor(Frozen, frozen=True, dict=True, gc=True):
    """Who caused an event: a ``caller``, the ``engine`` or a ``driver``, and its subject."""

    kind: str
    subject: str
    claims: dict[str, Any] = {}

    @lazy
    def text(self) -> str:
        """Its canonical JSON, which is hashed."""
        return canonical(msgspec.to_builtins(self)).decode()

    @lazy
    def json(self) -> str:
        """Its JSON as it is stored and streamed; see `Said`."""
        return msgspec.json.encode(self).decode()

    @property
    def person(self) -> str:
        """The human behind the subject, where that is known: a stable id, else empty."""
        return str(self.claims.get("person", ""))

    def same_person(self, other: "Actor") -> bool:
        """Whether both are the same subject, or the same human behind two of them."""
        return self.subject == other.subject or (self.person != "" and self.person == other.person)


ENGINE = Actor(kind="engine", subject="laneway")


class Failure(Frozen, frozen=True):
    """Why something did not pass: a stable code, a sentence for people, and structured detail.

    ``retry_class`` is the class that a plan's ``retry.on`` names (``unavailable``, ``timeout``,
    ``rate_limited``, ``invalid`` …), or empty where no retry can help.
    """

    code: str
    message: str
    detail: dict[str, Any] = {}
    retry_class: str = ""


class ArtifactRef(Frozen, frozen=True):
    """An artifact of an attempt: its name, what it is, its size in bytes, its SHA-256 digest."""

    name: str
    media_type: str
    size: int
    digest: str


class Ruling(Frozen, frozen=True, kw_only=True):
    """What the policy said of the requester, and of every action that the plan can reach.

    Attributes:
        rules: names of the rules that allow it; empty where it is denied.
        policy: digest of the policy that was asked.
        reason: for people.
    """

    allowed: bool
    rules: tuple[str, ...] = ()
    policy: str = ""
    reason: str = ""


class DryRunEvidence(Frozen, frozen=True):
    """The newest dry run of the same plan, lane and request, as it ended; ``head`` is of its chain.

    What it found stands in its own events. An approver is shown that there was one.
    """

    operation: str
    status: str
    finished_at: Instant
    head: str


class Carried(Frozen, frozen=True):
    """What a retry takes over for one phase that it does not make again."""

    outcome: str
    evidence: dict[str, Any] = {}


class Event(Frozen, tag_field="type", omit_defaults=True, frozen=True):
    """The base of every event; its ``phase`` and ``attempt`` stand in the envelope."""


class PhaseEvent(Event, frozen=True):
    """An event of one phase (or branch)."""

    phase: str


class AttemptEvent(PhaseEvent, frozen=True):
    """An event of one attempt of a phase."""

    attempt: int


class OperationAccepted(Event, tag="operation_accepted", frozen=True):
    """The operation exists: what was asked for, by whom, under which plan. Always the first."""

    plan: str
    plan_version: int
    plan_digest: str
    lane: Lane
    request: dict[str, Any]
    requested_by: Actor
    exclusive: bool
    when_busy: WhenBusy
    dry_run: bool = False
    reason: str = ""
    supersedes: str | None = None
    retry_of: str | None = None
    retry_from: str | None = None
    approvals_needed: tuple[str, ...] = ()
    carried: dict[str, Carried] = {}
    authorization: Ruling | None = None
    dry_run_evidence: DryRunEvidence | None = None


class OperationStarted(Event, tag="operation_started", frozen=True):
    """The operation has its lane; ``target`` is the snapshot of the target record."""

    deadline_at: Instant
    target: dict[str, Any] = {}


class TransitionTaken(Event, tag="transition_taken", frozen=True):
    """The statechart moved: from a phase, on an event, to a phase."""

    source: str
    on: str
    target: str


class AuthorizationChecked(PhaseEvent, tag="authorization_checked", frozen=True):
    """The policy was asked again, before the first phase that changes something."""

    ruling: Ruling


class PhaseStarted(AttemptEvent, tag="phase_started", frozen=True, kw_only=True):
    """An attempt of an action begins. It was written before the action was called.

    ``token`` names the attempt to the world: a lost attempt that is run again keeps it.
    ``no_return`` says that the operation cannot be cancelled any more from here on.
    """

    token: str
    action: str
    safety: str
    timeout_at: Instant
    parameters: dict[str, Any] = {}
    dry_run: bool = False
    no_return: bool = False


class PhaseProgressed(AttemptEvent, tag="phase_progressed", frozen=True):
    """A driver reports how far it is. A ``checkpoint`` is what ``recover`` will be given."""

    message: str
    data: dict[str, Any] = {}
    checkpoint: dict[str, Any] | None = None


class PhaseRetryScheduled(AttemptEvent, tag="phase_retry_scheduled", frozen=True):
    """An attempt failed in a way that the plan retries; the next begins at ``retry_at``."""

    failure: Failure
    retry_at: Instant


class PhaseHeld(AttemptEvent, frozen=True, tag="phase_held"):
    """An attempt was not begun: the engine is about to stop, and the next one will begin it."""

    reason: str


class PhaseResumed(AttemptEvent, tag="phase_resumed", frozen=True):
    """A lost attempt goes on under the same token.

    Its action may be run again without harm, or is known never to have reached the provider.
    """

    reason: str
    timeout_at: Instant


class PhaseRecovering(AttemptEvent, tag="phase_recovering", frozen=True):
    """The driver is asked what became of an attempt; the action is not performed again.

    ``reason``: ``lost`` (the engine stopped in mid-action), ``unknown`` (the driver cannot say) or
    ``timed_out``; ``failure`` is what was said of that.
    """

    reason: str
    recover_until: Instant
    failure: Failure | None = None


class PhaseOutcomeUnknown(AttemptEvent, tag="phase_outcome_unknown", frozen=True):
    """Nobody can tell what became of an attempt. A person must say (``reconcile``)."""

    failure: Failure


class PhaseReconciled(AttemptEvent, tag="phase_reconciled", frozen=True):
    """A person said what became of an attempt: ``pass``, ``fail``, or ``retry`` (do it again)."""

    outcome: str
    note: str
    by: Actor


class ApprovalRequested(PhaseEvent, tag="approval_requested", frozen=True):
    """The operation waits for people. ``digest`` covers what they are shown."""

    digest: str
    covers: dict[str, Any]
    role: str
    quorum: int
    expires_at: Instant


class ApprovalDecided(PhaseEvent, tag="approval_decided", frozen=True):
    """One person's decision: ``approve`` or ``reject``."""

    decision: str
    digest: str
    comment: str
    by: Actor


class ApprovalRevoked(PhaseEvent, tag="approval_revoked", frozen=True):
    """Somebody took their approval back, before anything was done on its strength."""

    by: Actor
    reason: str


class WaitStarted(PhaseEvent, tag="wait_started", frozen=True):
    """The operation lets time pass."""

    until: Instant


class ParallelStarted(PhaseEvent, tag="parallel_started", frozen=True):
    """The branches of a parallel phase begin."""

    branches: tuple[str, ...]


class PhaseFinished(PhaseEvent, tag="phase_finished", frozen=True):
    """A phase is over. ``digest`` is of what it proved, where it proved something.

    ``status`` is the phase's: ``pass``, ``fail``, ``refused``, ``skipped`` or ``cancelled``; the
    outcome is what the plan's ``on`` names.
    """

    outcome: str
    status: str
    attempt: int = 0
    evidence: dict[str, Any] = {}
    digest: str = ""
    failure: Failure | None = None
    artifacts: tuple[ArtifactRef, ...] = ()


class PauseRequested(Event, tag="pause_requested", frozen=True):
    """Somebody asked to stop before the next phase."""

    by: Actor
    reason: str = ""


class OperationPaused(Event, tag="operation_paused", frozen=True):
    """The operation stands before ``next_phase`` and does nothing until it is resumed."""

    next_phase: str


class OperationResumed(Event, tag="operation_resumed", frozen=True):
    """Somebody asked to go on."""

    by: Actor


class CancelRequested(Event, tag="cancel_requested", frozen=True):
    """Somebody asked to cancel, and the phase allows it now or when it is over."""

    by: Actor
    reason: str = ""


class DeadlinePassed(Event, tag="deadline_passed", frozen=True):
    """The operation's deadline is over; it takes effect as soon as the phase allows."""


class OperationFinished(Event, tag="operation_finished", frozen=True):
    """The terminal event: nothing comes after it."""

    status: EndStatus
    failure: Failure | None = None


AnyEvent = (
    OperationAccepted
    | OperationStarted
    | TransitionTaken
    | AuthorizationChecked
    | PhaseStarted
    | PhaseProgressed
    | PhaseRetryScheduled
    | PhaseHeld
    | PhaseResumed
    | PhaseRecovering
    | PhaseOutcomeUnknown
    | PhaseReconciled
    | ApprovalRequested
    | ApprovalDecided
    | ApprovalRevoked
    | WaitStarted
    | ParallelStarted
    | PhaseFinished
    | PauseRequested
    | OperationPaused
    | OperationResumed
    | CancelRequested
    | DeadlinePassed
    | OperationFinished
)

TERMINAL_EVENT = "operation_finished"
"""The ``type`` of the last event of every operation."""


def event_type(event: AnyEvent) -> str:
    """The event's ``type`` on the wire."""
    return str(event.__struct_config__.tag)
