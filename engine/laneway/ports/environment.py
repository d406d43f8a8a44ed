"""What the engine takes from its surroundings: time, ids, plans, target records, the policy."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from laneway.core.compile import CompiledPlan
from laneway.core.events import OperationAccepted, Ruling
from laneway.core.instants import Instant
from laneway.core.model import ActionSpec, Lane, Plan


class Clock(Protocol):
    """The time, and letting it pass. Tests give one that stands until it is moved."""

    def now(self) -> Instant:
        """The time."""
        ...

    async def sleep(self, milliseconds: int) -> None:
        """Return after that many milliseconds (at once where not positive)."""
        ...


class Ids(Protocol):
    """New ids."""

    def operation_id(self) -> str:
        """``op_<ULID>``: unique, and sorting in the order of creation."""
        ...


class Targets(Protocol):
    """The lanes' target records: what the server knows of each lane and callers may not say."""

    def target(self, lane: Lane) -> dict[str, Any] | None:
        """The lane's record, or None where the server has none."""
        ...


class Authority(Protocol):
    """What the policy says, now, of who asks for an operation."""

    def ruling(self, plan: Plan, asked: OperationAccepted) -> Ruling | None:
        """The answer for every action that the plan can reach; None where no policy is in force.

        It is asked at each decision until the operation has changed something, so it must be quick.
        """
        ...


class OfferedPlan(Protocol):
    """A plan that submissions may name now.

    Attributes:
        actions: the actions it uses, as their drivers declare them.
    """

    @property
    def compiled(self) -> CompiledPlan:
        """The plan, ready to run."""
        ...

    @property
    def actions(self) -> Mapping[str, ActionSpec]:
        """The actions it uses, as their drivers declare them."""
        ...

    def check_request(self, request: dict[str, Any]) -> Sequence[tuple[str, str]]:
        """What is wrong with a request: JSON pointers into it, each with a message."""
        ...


class Plans(Protocol):
    """The plans that submissions may name."""

    def offered(self, name: str) -> OfferedPlan | None:
        """The plan of that name, or None."""
        ...
