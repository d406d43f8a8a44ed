"""What an attempt at running a schedule writes down, to find its run again after a crash."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from laneway.drivers.dokploy.answers import Answer
from laneway.drivers.dokploy.models import Deployment
from laneway.ports.driver import ActionContext

PRUNE_LIMIT = 10
"""Dokploy keeps this many rows of a schedule when it inserts another one."""


class Stage(StrEnum):
    """How far the POST is known to have got."""

    POSTING = "posting"
    UNANSWERED = "unanswered"
    SEEN = "seen"
    ANSWERED = "answered"


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt must remember to find its run again.

    Attributes:
        known_deployments: the runs that were there before the POST.
        seen: new runs that were there after it.
        schedule_type: what kind of schedule it is.
    """

    schedule_id: str
    marker: str
    known_deployments: tuple[str, ...]
    panel_version: str = ""
    schedule_type: str = ""
    stage: Stage = Stage.POSTING
    seen: tuple[str, ...] = ()
    answer: Answer | None = None


def kept(context: ActionContext, marker: str) -> Checkpoint | None:
    """The checkpoint of this very attempt; that of another attempt says nothing about it."""
    if context.checkpoint is None:
        return None
    checkpoint = msgspec.convert(context.checkpoint, Checkpoint)
    return checkpoint if checkpoint.marker == marker else None


class Noted(Protocol):
    """What was there before a POST, and what is known to have come after it."""

    @property
    def known_deployments(self) -> tuple[str, ...]:
        """The rows that were there before."""
        ...

    @property
    def seen(self) -> tuple[str, ...]:
        """New rows that were there after it."""
        ...


def complete(checkpoint: Noted, listed: Sequence[Deployment]) -> bool:
    """Whether it is certain that no row newer than the noted ones was pruned.

    The panel prunes the oldest rows: as long as one that was noted is there, every newer one is.
    Where none had been noted, a list that is shorter than the limit was never pruned.
    """
    names = {row.deployment_id for row in listed}
    if not set(checkpoint.seen) <= names:
        return False
    if checkpoint.known_deployments:
        return not names.isdisjoint(checkpoint.known_deployments)
    return len(listed) < PRUNE_LIMIT
