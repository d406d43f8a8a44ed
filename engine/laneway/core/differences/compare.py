"""The difference between two plans."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from laneway.core.model import Plan

from .change import Bearing, Change
from .frame import frame_changes
from .matching import Pair
from .phases import phase_changes
from .proved import proof_changes
from .transitions import transition_changes


class Version(StrEnum):
    """Whether the version says that the content has changed."""

    RAISED = "raised"
    NOT_RAISED = "not_raised"
    SAME_CONTENT = "same_content"
    OTHER_PLAN = "other_plan"


@dataclass(frozen=True)
class Difference:
    """The difference between two plans.

    Attributes:
        changes: the most serious first; within that the plan's own before those of its phases.
        version: ``same_content`` where the digests are equal; what reads differently then, such as
            comments and order, is nothing to an operation.
    """

    old: Plan
    new: Plan
    changes: tuple[Change, ...]
    version: Version

    @property
    def worst(self) -> Bearing | None:
        """The most serious of the changes; None where there are none."""
        return self.changes[0].bearing if self.changes else None

    @property
    def in_flight(self) -> str:
        """What the change means for operations that were accepted before, for people."""
        return (
            f"operations that were accepted under version {self.old.version} stay on it, and so "
            "do their retries; the changes are for new ones"
        )

    def of(self, bearing: Bearing) -> tuple[Change, ...]:
        """The changes of one bearing."""
        return tuple(change for change in self.changes if change.bearing is bearing)


def difference(old: Plan, new: Plan) -> Difference:
    """Compare two plans that were compiled, so neither has errors."""
    changes = () if old.digest == new.digest else tuple(_changes(Pair(old, new)))
    ordered = sorted(changes, key=lambda change: [*Bearing].index(change.bearing))
    return Difference(old, new, tuple(ordered), _version(old, new))


def _changes(pair: Pair) -> Iterator[Change]:
    yield from frame_changes(pair)
    yield from proof_changes(pair)
    yield from phase_changes(pair)
    yield from transition_changes(pair)


def _version(old: Plan, new: Plan) -> Version:
    if old.name != new.name:
        return Version.OTHER_PLAN
    if old.digest == new.digest:
        return Version.SAME_CONTENT
    return Version.RAISED if new.version > old.version else Version.NOT_RAISED
