"""What is laid out: boxes, the stubs on which links leave them, and the links. Sizes are given.

Nothing here knows what a plan is. Lengths are in the picture's units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Kind(StrEnum):
    """What a link says; links of different kinds never share a line."""

    ON = "on"
    ASIDE = "aside"
    NEED = "need"


@dataclass(frozen=True)
class Stub:
    """Where a link leaves its box: a label below the box, or a point (of no size)."""

    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Box:
    """A box with its stubs below it.

    Attributes:
        height: without the stubs.
        taken: length at the right end of its top where no link may arrive.
        last: it belongs to the last rank; there it is to the left (``lean`` < 0), in the middle, or
            to the right (> 0).
    """

    name: str
    width: float
    height: float
    stubs: tuple[Stub, ...] = ()
    taken: float = 0.0
    last: bool = False
    lean: int = 0

    @property
    def skirt(self) -> float:
        """The height of its row of stubs."""
        return max((stub.height for stub in self.stubs), default=0.0)


@dataclass(frozen=True)
class Link:
    """From a stub of a box to a box.

    Attributes:
        weight: how much it is to be straight and short.
    """

    source: str
    stub: int
    target: str
    kind: Kind = Kind.ON
    weight: float = 1.0


@dataclass(frozen=True)
class Graph:
    """All boxes, in their order, and all links. The first box is where it starts."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]

    @cached_property
    def box(self) -> Mapping[str, Box]:
        """The boxes by name."""
        return {box.name: box for box in self.boxes}

    @cached_property
    def leaving(self) -> Mapping[str, tuple[Link, ...]]:
        """For each box the links that lead on from it; what is needed leads nowhere."""
        return {b.name: tuple(k for k in self._leading if k.source == b.name) for b in self.boxes}

    @cached_property
    def arriving(self) -> Mapping[str, tuple[Link, ...]]:
        """For each box the links that lead to it."""
        return {b.name: tuple(k for k in self._leading if k.target == b.name) for b in self.boxes}

    @property
    def _leading(self) -> tuple[Link, ...]:
        return tuple(link for link in self.links if link.kind is not Kind.NEED)
