"""Which links share lines: all that lead to one box, and all that one proof is needed for.

A net has its pins (the stubs that it leaves, the ports where it arrives) in the channels between
the rows, and where those are several, a rail that runs past the rows in between.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from .graph import Graph, Kind, Link
from .ranks import Rows, ranks_of

Key = tuple[str, ...]


@dataclass(frozen=True)
class Net:
    """Links that share lines.

    Attributes:
        first, last: the channels that it is in; channel n is below row n.
        side: on which side of what it passes its rail is: left (-1) or right (1).
    """

    key: Key
    kind: Kind
    links: tuple[Link, ...]
    back: bool
    first: int
    last: int
    side: int

    @property
    def span(self) -> int:
        """How many rows its rail passes."""
        return self.last - self.first

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """The boxes where it arrives, each once."""
        return tuple(dict.fromkeys(link.target for link in self.links))


@dataclass(frozen=True)
class Nets:
    """All nets of a graph whose boxes stand in rows."""

    graph: Graph
    rows: Rows

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """The row of each box."""
        return ranks_of(self.rows)

    @cached_property
    def all(self) -> tuple[Net, ...]:
        """The nets; the shortest first, as they are nearest to what they pass."""
        found: dict[Key, list[Link]] = {}
        for link in self.graph.links:
            found.setdefault(self.key(link), []).append(link)
        nets = [self._net(key, tuple(links)) for key, links in found.items()]
        return tuple(sorted(nets, key=lambda net: net.span))

    @cached_property
    def by_key(self) -> Mapping[Key, Net]:
        """The nets by their keys."""
        return {net.key: net for net in self.all}

    def key(self, link: Link) -> Key:
        """The net of a link."""
        if link.kind is Kind.NEED:
            return (link.kind, link.source)
        return (link.kind, link.target, "back" if self.back(link) else "")

    def back(self, link: Link) -> bool:
        """Whether a link leads back, or to where it comes from."""
        return self.ranks[link.target] <= self.ranks[link.source]

    def leaves(self, link: Link) -> int:
        """The channel that a link begins in."""
        return self.ranks[link.source]

    def arrives(self, target: str) -> int:
        """The channel above a box."""
        return self.ranks[target] - 1

    def of_target(self, name: str) -> Iterator[Net]:
        """The nets that arrive at a box: what leads on comes first, as its port is chosen first."""
        yield from (net for net in self.all if name in net.targets and net.kind is Kind.ON)
        yield from (net for net in self.all if name in net.targets and net.kind is not Kind.ON)

    def _net(self, key: Key, links: tuple[Link, ...]) -> Net:
        channels = [self.leaves(k) for k in links] + [self.arrives(k.target) for k in links]
        back = self.back(links[0])
        return Net(
            key, links[0].kind, links, back, min(channels), max(channels), self._side(links[0])
        )

    def _side(self, link: Link) -> int:
        lean = self.graph.box[link.target].lean
        if link.kind is Kind.NEED or self.back(link):
            return -1
        return -1 if lean < 0 else 1
