"""Operations, their events, and lanes."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from laneway.core.events import Actor, Failure
from laneway.core.instants import Instant
from laneway.core.model import CancelPolicy, Lane, Safety
from laneway.core.run import PhaseStatus, Status
from laneway_server.forms import OperationId

from .base import Answer, Count


class PlanRef(Answer, frozen=True, kw_only=True):
    """The plan that an operation was accepted under."""

    name: str
    version: int
    digest: str


class TitledPlanRef(PlanRef, frozen=True, kw_only=True):
    """The plan that an operation was accepted under, with its title."""

    title: str


class WaitingFor(Answer, frozen=True, kw_only=True):
    """What an operation waits for: an approval, a wait, the next attempt, or its lane.

    ``operation`` and ``position`` (from 1) are there for a lane only.
    """

    kind: Literal["approval", "wait", "retry", "lane"]
    phase: str | None = None
    until: Instant | None = None
    operation: str | UnsetType | None = UNSET
    position: int | UnsetType = UNSET


class Decision(Answer, frozen=True, kw_only=True):
    """One person's decision, and when it was made."""

    decision: Literal["approve", "reject"]
    comment: str
    digest: str
    by: Actor
    at: Instant


class ApprovalView(Answer, frozen=True, kw_only=True):
    """What an approval asks, of whom, and what was decided."""

    digest: str
    covers: dict[str, Any]
    role: str
    quorum: int
    allow_requester: Annotated[
        bool, Meta(description="Whether who asked for the operation may approve it.")
    ]
    expires_at: Instant
    decisions: list[Decision]
    used: Annotated[
        bool,
        Meta(description="Something was done because of it: it cannot be taken back any more."),
    ]


class ArtifactView(Answer, frozen=True, kw_only=True):
    """An artifact that a phase left behind; ``link`` gives the bytes of this phase's one."""

    name: str
    media_type: str
    size: Annotated[int, Meta(description="In bytes.")]
    digest: str
    link: str


class PhaseView(Answer, frozen=True, kw_only=True):
    """A phase, or a branch of the parallel phase ``parent``.

    ``action`` and ``safety`` are there for phases that perform one, ``approval`` once it was asked,
    ``artifacts`` where there are any.
    """

    name: str
    title: str
    kind: Literal["action", "approval", "wait", "parallel"]
    parent: str | UnsetType = UNSET
    status: PhaseStatus
    attempt: Count
    started_at: Instant | None
    finished_at: Instant | None
    outcome: str | None
    evidence: dict[str, Any]
    failure: Failure | None
    message: Annotated[str | None, Meta(description="The latest progress.")]
    until: Instant | None
    action: str | UnsetType = UNSET
    safety: Safety | UnsetType = UNSET
    approval: ApprovalView | UnsetType = UNSET
    artifacts: list[ArtifactView] | UnsetType = UNSET


class Links(Answer, frozen=True, kw_only=True, rename={"this": "self"}):
    """Where to go on from an operation."""

    this: str
    events: str
    evidence: str
    diagram: str
    cancel: str
    pause: str
    resume: str
    approvals: str
    reconcile: str
    retry: str
    lane: str
    plan: str


class RetryView(Answer, frozen=True, kw_only=True):
    """How a retry would begin, if one were asked for now."""

    phase: Annotated[str, Meta(description="It goes on from here; proofs are made anew.")]
    destructive: Annotated[
        bool, Meta(description="A destructive action can be reached from there.")
    ]
    approvals: Annotated[
        list[str], Meta(description="Phases that are asked for again before it changes anything.")
    ]


class PossibleView(Answer, frozen=True, kw_only=True):
    """What would come of what only the server can tell, if it were asked for now."""

    cancel: Annotated[
        CancelPolicy | None,
        Meta(
            description=(
                "`immediate`: it takes effect at once; `defer`: as soon as what is under way is"
                " over; `refuse`: it is answered `not_cancellable`; null: the operation has ended."
            )
        ),
    ]
    retry: Annotated[RetryView | None, Meta(description="Null: it cannot be retried.")]


class OperationView(Answer, frozen=True, kw_only=True):
    """An operation as it is."""

    id: OperationId
    seq: Count
    status: Status
    plan: TitledPlanRef
    lane: Lane
    phase: str | None
    phases: list[PhaseView]
    waiting_for: WaitingFor | None
    request: dict[str, Any]
    requested_by: Actor
    reason: str
    dry_run: bool
    supersedes: str | None
    retry_of: str | None
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    deadline_at: Instant | None
    failure: Failure | None
    pause_requested: bool
    cancel_requested: bool
    possible: PossibleView
    links: Links


class Subject(Answer, frozen=True, kw_only=True):
    """Who asked."""

    subject: str


class OperationEntry(Answer, frozen=True, kw_only=True):
    """An operation in a list."""

    id: OperationId
    seq: Count
    status: Status
    plan: PlanRef
    lane: Lane
    phase: str | None
    waiting_for: WaitingFor | None
    requested_by: Subject
    dry_run: bool
    supersedes: str | None
    retry_of: str | None
    created_at: Instant
    updated_at: Instant
    finished_at: Instant | None
    links: Links


class OperationList(Answer, frozen=True, kw_only=True):
    """A page of a list, newest first; ``next_cursor`` is null on the last."""

    operations: list[OperationEntry]
    next_cursor: str | None


class EventPage(Answer, frozen=True, kw_only=True):
    """Events of an operation; go on with ``after=next_after`` until ``end``."""

    events: list[msgspec.Raw]
    next_after: Count
    end: Annotated[bool, Meta(description="The operation has ended, and this is its last event.")]


class FreezeView(Answer, frozen=True, kw_only=True):
    """Who froze a lane, and why."""

    by: Actor
    reason: str
    at: Instant


class LaneView(Answer, frozen=True, kw_only=True):
    """A lane as it is."""

    lane: Lane
    busy: Annotated[bool, Meta(description="Whether it is held, also by what you may not see.")]
    holder: OperationEntry | None
    queue: list[OperationEntry]
    queued: Annotated[int, Meta(description="How many wait, also those that you may not see.")]
    running_shared: list[OperationEntry]
    last_pass: OperationEntry | None
    last_destructive: Annotated[
        dict[str, OperationEntry],
        Meta(description="By plan: the operation that began a destructive action last."),
    ]
    frozen: bool
    freeze: FreezeView | None
