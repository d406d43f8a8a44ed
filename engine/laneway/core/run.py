"""The run: an operation's state. It is nothing but what its events say; see ``evolve``."""

from enum import StrEnum
from typing import Any

from . import events as ev
from .instants import Instant
from .machine import ACCEPTED
from .model import Frozen, Lane


class Status(StrEnum):
    """The statuses of an operation; the last four are terminal."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    RECONCILIATION_REQUIRED = "reconciliation_required"
    PASS = "pass"
    FAIL = "fail"
    REFUSED = "refused"
    CANCELLED = "cancelled"


TERMINAL = frozenset({Status.PASS, Status.FAIL, Status.REFUSED, Status.CANCELLED})


class PhaseStatus(StrEnum):
    """The statuses of a phase."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    PASS = "pass"
    FAIL = "fail"
    REFUSED = "refused"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    RECONCILIATION_REQUIRED = "reconciliation_required"


class Stage(StrEnum):
    """What an unfinished phase is doing; each stage has at most one timer."""

    NONE = ""
    ACTING = "acting"
    RECOVERING = "recovering"
    RETRY = "retry"
    APPROVAL = "approval"
    WAIT = "wait"
    BRANCHES = "branches"
    UNKNOWN = "unknown"


HELD = "held"
"""The ``reason`` of an attempt that was committed and then not begun, as the engine stopped."""

LOST = "lost"
"""The ``reason`` of a recovery because the engine stopped in mid-action."""


class Decision(Frozen, frozen=True):
    """What one person decided on an approval (``approve`` or ``reject``), and when."""

    decision: str
    digest: str
    comment: str
    by: ev.Actor
    at: Instant


class Approval(Frozen, frozen=True):
    """What an approval asks, and who has decided what.

    Attributes:
        decisions: those that stand; one that was taken back is not among them.
        used: something was changed on its strength, so it cannot be taken back any more.
    """

    digest: str
    covers: dict[str, Any]
    role: str
    quorum: int
    expires_at: Instant
    decisions: tuple[Decision, ...] = ()
    used: bool = False

    @property
    def approved_by(self) -> tuple[str, ...]:
        """The subjects who have approved."""
        return tuple(d.by.subject for d in self.decisions if d.decision == "approve")

    def decided_by(self, actor: ev.Actor) -> Decision | None:
        """What that person has decided, or None."""
        return next((d for d in self.decisions if d.by.same_person(actor)), None)


class PhaseRun(Frozen, frozen=True):
    """One phase (or branch) of a run.

    Attributes:
        attempt: number of the newest attempt, rising over the whole operation.
        tries: attempts since the phase was last entered, which a retry policy counts.
        visits: how often it was entered.
        until: when its stage's timer is due.
        reason: why it is recovering, or that it was held; it stays while what the phase requires is
            made again before an attempt that had not begun.
        digest: of what it proved.
    """

    status: PhaseStatus = PhaseStatus.PENDING
    stage: Stage = Stage.NONE
    attempt: int = 0
    tries: int = 0
    visits: int = 0
    token: str = ""
    dry_run: bool = False
    until: Instant | None = None
    reason: str = ""
    started_at: Instant | None = None
    finished_at: Instant | None = None
    outcome: str = ""
    evidence: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    checkpoint: dict[str, Any] | None = None
    message: str = ""
    digest: str = ""
    failure: ev.Failure | None = None
    artifacts: tuple[ev.ArtifactRef, ...] = ()
    approval: Approval | None = None

    @property
    def finished(self) -> bool:
        """Whether the phase is over (it may be entered again)."""
        return self.finished_at is not None


PENDING = PhaseRun()
"""A phase that nothing has happened to."""


class Run(Frozen, frozen=True, kw_only=True):
    """An operation's state.

    Attributes:
        seq: of the newest event; head: its hash (set by the runtime's envelope).
        place: the phase it is in, or one of the statechart's own states.
        begun: whether the work of ``place`` has begun (before that it may be paused).
        detours: phases to come back to once what they require stands again, innermost last.
        pending_stop: ``cancelled`` or ``deadline``, asked for and not yet in effect.
        answering: a phase did not pass while a stop was pending, and the plan answers that (it may
            have to clean up) before the stop takes effect.
        stopped_at: the phase that the operation was taken away from, not having passed it: by a
            stop, by ``broken``, or because something that it requires no longer stands.
        deadline_over: the deadline has passed.
        no_return: the point of no return is behind it.
        changed: it has begun an action that does more than read.
        destructive_at: when it first began a destructive action.
        last_failure: of the newest phase that did not pass, unless it passed after all.
        failed_in: that phase.
    """

    id: str
    accepted: ev.OperationAccepted
    created_at: Instant
    updated_at: Instant
    seq: int = 1
    head: str = ""
    status: Status = Status.PENDING
    place: str = ACCEPTED
    begun: bool = False
    phases: dict[str, PhaseRun] = {}
    detours: tuple[str, ...] = ()
    target: dict[str, Any] = {}
    started_at: Instant | None = None
    deadline_at: Instant | None = None
    finished_at: Instant | None = None
    paused: bool = False
    pause_requested: bool = False
    pending_stop: str = ""
    answering: bool = False
    stopped_at: str = ""
    deadline_over: bool = False
    no_return: bool = False
    changed: bool = False
    destructive_at: Instant | None = None
    last_failure: ev.Failure | None = None
    failed_in: str = ""
    failure: ev.Failure | None = None

    @property
    def lane(self) -> Lane:
        """The lane it works on."""
        return self.accepted.lane

    @property
    def terminal(self) -> bool:
        """Whether it has ended."""
        return self.status in TERMINAL

    def phase(self, name: str) -> PhaseRun:
        """The phase's state; one that nothing has happened to is pending."""
        return self.phases.get(name, PENDING)

    @property
    def unbegun(self) -> bool:
        """Whether it is not certain of an attempt that was written down that it has begun."""
        return any(phase.reason in (HELD, LOST) for phase in self.phases.values())

    def waiting_for(self) -> dict[str, Any] | None:
        """What it waits for, in which phase and until when; None where it does not wait."""
        for name, phase in self.phases.items():
            if phase.stage in _WAITING:
                return {"kind": phase.stage.value, "phase": name, "until": phase.until}
        return None

    def staged(self, *stages: Stage) -> list[str]:
        """Names of the phases that are in one of these stages."""
        return [name for name, phase in self.phases.items() if phase.stage in stages]


_WAITING = frozenset({Stage.APPROVAL, Stage.WAIT, Stage.RETRY})
