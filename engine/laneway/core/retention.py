"""Retention: which operations may go, and why the others stay. Pure.

An operation goes when it is past *both* limits of the plan that it is pinned to: it ended more than
``keep_days`` ago, and at least ``keep_last`` newer operations of its plan are on its lane. Dry
runs are counted among dry runs, so that trying something out pushes no real operation away.
Whatever the limits say, some stay: see `Stay`.
"""

from enum import StrEnum

from .instants import Instant, elapsed
from .model import Frozen, Lane, Retention

DAY = 86_400_000
"""Milliseconds."""


class Stay(StrEnum):
    """Why an operation stays; where several reasons hold, the first of them is given.

    ``named`` says that one which has not ended names it in ``retry_of`` or ``supersedes``.
    ``last_pass`` and ``last_destructive`` are of its plan on its lane: the lane shows them, and the
    rule on repeats goes by the latter.
    """

    NOT_ENDED = "not_ended"
    HOLDS_LANE = "holds_lane"
    ON_HOLD = "on_hold"
    NAMED = "named"
    LAST_PASS = "last_pass"
    LAST_DESTRUCTIVE = "last_destructive"
    KEEP_DAYS = "keep_days"
    KEEP_LAST = "keep_last"


class Candidate(Frozen, frozen=True, kw_only=True):
    """What retention must know of an operation.

    Attributes:
        retention: the limits of the plan that it is pinned to.
        finished_at: when it ended; None where it has not.
        newer: how many newer operations of its plan are on its lane, dry runs or not as it is
            itself; counted up to ``keep_last``.
        named_by: one that has not ended and names it, or None.
    """

    id: str
    plan: str
    plan_digest: str
    lane: Lane
    status: str
    finished_at: Instant | None
    retention: Retention
    newer: int
    holds_lane: bool = False
    on_hold: bool = False
    named_by: str | None = None
    last_pass: bool = False
    last_destructive: bool = False


def stays(candidate: Candidate, now: Instant) -> Stay | None:
    """Why the operation stays, or None where it may go."""
    if candidate.finished_at is None:
        return Stay.NOT_ENDED
    if (kept := _whatever_the_limits(candidate)) is not None:
        return kept
    limits = candidate.retention
    if elapsed(candidate.finished_at, now) <= limits.keep_days * DAY:
        return Stay.KEEP_DAYS
    return Stay.KEEP_LAST if candidate.newer < limits.keep_last else None


def _whatever_the_limits(candidate: Candidate) -> Stay | None:
    reasons = {
        Stay.HOLDS_LANE: candidate.holds_lane,
        Stay.ON_HOLD: candidate.on_hold,
        Stay.NAMED: candidate.named_by is not None,
        Stay.LAST_PASS: candidate.last_pass,
        Stay.LAST_DESTRUCTIVE: candidate.last_destructive,
    }
    return next((stay for stay, holds in reasons.items() if holds), None)


def rule(limits: Retention) -> str:
    """The rule by which an operation went, in words."""
    return f"keep_days {limits.keep_days}, keep_last {limits.keep_last}"
