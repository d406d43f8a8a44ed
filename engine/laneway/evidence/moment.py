"""One event at its moment: what the rules of a replay look at, and what they may complain of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from laneway.core.compile import CompiledPlan
from laneway.core.envelope import Recorded
from laneway.core.events import Actor, Event
from laneway.core.instants import Instant
from laneway.core.model import Phase, Plan
from laneway.core.run import PhaseRun, Run
from laneway.core.step import Step

E_co = TypeVar("E_co", bound=Event, covariant=True)


class Complaint(NamedTuple):
    """Why an event cannot be, given those before it; ``field`` is what to look at in its data."""

    message: str
    field: str = ""


Complaints = Iterator[Complaint]


@dataclass(frozen=True)
class Moment(Generic[E_co]):
    """An event, and all that was so before it.

    Attributes:
        run: the operation before the event.
        before: the event before it.
    """

    compiled: CompiledPlan
    run: Run
    recorded: Recorded
    event: E_co
    before: Event

    @property
    def plan(self) -> Plan:
        """The plan that the operation is pinned to."""
        return self.compiled.plan

    @property
    def at(self) -> Instant:
        """When the event happened."""
        return self.recorded.at

    @property
    def actor(self) -> Actor:
        """Who caused it."""
        return self.recorded.actor

    @property
    def step(self) -> Step:
        """A step of the core that begins here; the core's own rules are asked with it."""
        return Step(self.compiled, self.run, self.recorded.at)

    def phase(self, name: str) -> Phase:
        """A phase of the plan."""
        return self.plan.phase(name)

    def state(self, name: str) -> PhaseRun:
        """The state of a phase."""
        return self.run.phase(name)


def is_so(right: bool, message: str, field: str = "") -> Complaints:
    """Complain unless something is so."""
    if not right:
        yield Complaint(message, field)
