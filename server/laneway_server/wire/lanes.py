"""Lanes in a list: what an overview shows of each."""

from typing import Annotated

from msgspec import Meta

from laneway.core.instants import Instant
from laneway.core.model import Lane
from laneway.core.run import Status
from laneway_server.forms import OperationId

from .base import Answer, Count
from .operations import FreezeView, Subject, TitledPlanRef, WaitingFor


class LaneHolder(Answer, frozen=True, kw_only=True):
    """The operation that holds a lane."""

    id: OperationId
    plan: TitledPlanRef
    status: Status
    phase: str | None
    phase_title: str | None
    since: Annotated[
        Instant,
        Meta(
            description="When it came to that phase; or, if later, was paused or resumed, or what"
            " became of an action was lost or said."
        ),
    ]
    waiting_for: WaitingFor | None
    requested_by: Subject
    dry_run: bool
    created_at: Instant


class LanePast(Answer, frozen=True, kw_only=True):
    """An operation that was on a lane, and when: it ended, or began to be destructive."""

    id: OperationId
    plan: str
    status: Status
    at: Instant


class LaneSummary(Answer, frozen=True, kw_only=True):
    """A lane in a list."""

    lane: Lane
    declared: Annotated[bool, Meta(description="Whether the server has a target record for it.")]
    busy: Annotated[bool, Meta(description="Whether it is held, also by what you may not see.")]
    holder: LaneHolder | None
    queued: Annotated[Count, Meta(description="How many wait, also those that you may not see.")]
    running_shared: Annotated[Count, Meta(description="How many run beside each other on it.")]
    frozen: bool
    freeze: FreezeView | None
    last_pass: LanePast | None
    last_destructive: LanePast | None


class LaneList(Answer, frozen=True, kw_only=True):
    """A page of the lanes, by their names; ``next_cursor`` is null on the last."""

    lanes: list[LaneSummary]
    next_cursor: str | None
