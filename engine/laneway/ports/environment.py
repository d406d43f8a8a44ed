"""What the engine takes from its surroundings: the time, new ids, plans and target records."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from laneway.core.compile import CompiledPlan
from laneway.core.instants import Instant
from laneway.core.model import ActionSpec, Lane


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
