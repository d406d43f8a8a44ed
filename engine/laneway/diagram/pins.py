"""Where links leave their boxes, and where they arrive: the same place, if that can be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .graph import Box, Kind, Link
from .nets import Key, Net, Nets

STUB_GAP = 6.0
"""Between stubs."""

_APART = 14.0  # between the ports of a box
_CLEAR = 9.0  # between a port and what comes from above and belongs to another net
_CORNER = 16.0  # of a box, where nothing arrives
_GIVE = 5.0
_FAR = 1e6


@dataclass
class Pins:
    """Where stubs and ports are, from left to right."""

    nets: Nets
    middles: Mapping[str, float]
    stubs: dict[tuple[str, int], float] = field(default_factory=dict)
    ports: dict[tuple[Key, str], float] = field(default_factory=dict)

    def place_stubs(self) -> None:
        """Order the stubs of every box by where they lead, and place them below its middle."""
        for row in self.nets.rows:
            for name in row:
                if name in self.middles:
                    self.stubs |= self._stubs(self.nets.graph.box[name])

    def place_ports(self) -> None:
        """Choose, for each net, where it arrives at its boxes."""
        for row in self.nets.rows:
            for name in row:
                if name in self.middles:
                    self.place_ports_of(name, self.middles[name])

    def place_ports_of(self, name: str, middle: float) -> None:
        """Choose where nets arrive at a box."""
        for net in self.nets.of_target(name):
            wished = self._wished(net, name, middle)
            self.ports[net.key, name] = self._free(net, name, middle, wished)

    def from_above(self, channel: int, but: Net) -> Iterable[float]:
        """Where stubs of other nets come into a channel."""
        for net in self.nets.all:
            if net.key != but.key:
                for link in net.links:
                    if self.nets.leaves(link) == channel and (link.source, link.stub) in self.stubs:
                        yield self.stubs[link.source, link.stub]

    # --- stubs -----------------------------------------------------------------------------------

    def _stubs(self, box: Box) -> dict[tuple[str, int], float]:
        order = sorted(range(len(box.stubs)), key=lambda i: self._heads_for(box.name, i))
        found: dict[tuple[str, int], float] = {}
        at = self.middles[box.name] - row_width(box) / 2
        for i in order:
            found[box.name, i] = at + box.stubs[i].width / 2
            at += box.stubs[i].width + STUB_GAP
        return found

    def _heads_for(self, name: str, stub: int) -> float:
        """Where a stub leads, seen from its box: far to the left (negative), or to the right."""
        link = next((k for k in self.nets.graph.leaving[name] if k.stub == stub), None)
        if link is None:  # what is needed of a proof goes down at its left
            return -2 * _FAR
        net = self.nets.by_key[self.nets.key(link)]
        beyond = link.target not in self.middles
        if beyond or self._takes_rail(net, link):
            return net.side * (_FAR + net.span + abs(self.nets.graph.box[link.target].lean))
        return self.middles[link.target] - self.middles[name]

    def _takes_rail(self, net: Net, link: Link) -> bool:
        return self.nets.leaves(link) != self.nets.arrives(link.target)

    # --- ports -----------------------------------------------------------------------------------

    def _wished(self, net: Net, name: str, middle: float) -> float:
        """Right below the stub that matters most, where there is one right above."""
        if self.nets.graph.box[name].lean:
            return middle
        above = [k for k in net.links if k.target == name and not self._takes_rail(net, k)]
        above = [k for k in above if (k.source, k.stub) in self.stubs]
        if above and net.kind is not Kind.NEED:
            best = max(above, key=lambda link: link.weight)
            return self.stubs[best.source, best.stub]
        aside = net.kind is Kind.NEED or net.back
        quarter = self.nets.graph.box[name].width / 4
        return middle - quarter if aside else middle

    def _free(self, net: Net, name: str, middle: float, wished: float) -> float:
        """The place nearest to a wished one that is apart from other lines, if there is one."""
        box = self.nets.graph.box[name]
        left = middle - box.width / 2 + _CORNER
        right = middle + box.width / 2 - _CORNER - box.taken
        if left - _GIVE <= wished < left:  # rather that than a line with a little step
            left = wished
        start = min(max(wished, left), right)
        steps = (start + step * sign for step in range(int(box.width)) for sign in (1, -1))
        within = [x for x in steps if left <= x <= right]
        own = [x for (_, target), x in self.ports.items() if target == name]
        above = [*self.from_above(self.nets.arrives(name), net)]
        apart = [x for x in within if all(abs(x - other) >= _APART for other in own)]
        clear = (x for x in apart if all(abs(x - each) >= _CLEAR for each in above))
        return next(clear, next(iter(apart), start))


def row_width(box: Box) -> float:
    """The width of a box's row of stubs."""
    gaps = STUB_GAP * (len(box.stubs) - 1)
    return sum(stub.width for stub in box.stubs) + max(gaps, 0.0)


def narrowest(arriving: int, taken: float) -> float:
    """How wide a box must be for its ports."""
    return 2 * _CORNER + taken + _APART * arriving
