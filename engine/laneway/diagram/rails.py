"""Where the rails of nets run, and the boxes of the last row that stand below theirs.

A rail is moved outwards until nothing is in its way: no box of a row that it passes, no other
rail, and no stub or port of another net.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .columns import BESIDE
from .graph import Box
from .nets import Key, Net, Nets
from .pins import Pins

Interval = tuple[float, float]

_PAST_BOX = 18.0
_PAST_RAIL = 13.0
_PAST_PIN = 9.0


@dataclass
class Rails:
    """The rails as far as they are placed."""

    nets: Nets
    pins: Pins
    middles: dict[str, float]
    at: dict[Key, float] = field(default_factory=dict)

    def place(self) -> None:
        """Place all rails, the inner ones first, and the boxes that lean to a side."""
        leaning = {box.name for box in self.nets.graph.boxes if box.lean}
        for net in self.nets.all:
            if net.span and not leaning & {*net.targets}:
                self.at[net.key] = self._free(net, self._wished(net))
        for side in (-1, 1):
            boxes = [b for b in self.nets.graph.boxes if b.lean * side > 0]
            for box in sorted(boxes, key=lambda box: abs(box.lean)):
                self._place_leaning(box, side)

    def _wished(self, net: Net) -> float:
        ports = [self.pins.ports[net.key, name] for name in net.targets]
        return min(ports) if net.side < 0 else max(ports)

    def _place_leaning(self, box: Box, side: int) -> None:
        nets = [net for net in self.nets.all if box.name in net.targets]
        x = self._beside(box, side)
        for net in nets:
            x = self._free(net, x) if net.span and net is nets[-1] else x
        self.middles[box.name] = x
        self.pins.place_ports_of(box.name, x)
        for net in nets:
            if net.span:
                self.at[net.key] = self._free(net, self.pins.ports[net.key, box.name])

    def _beside(self, box: Box, side: int) -> float:
        """Beside everything of the last row that is placed already."""
        placed = [b for b in map(self.nets.graph.box.get, self.nets.rows[-1]) if b is not None]
        edges = [
            side * self.middles[each.name] + each.width / 2
            for each in placed
            if each.name in self.middles and each.lean * side >= 0
        ]
        return side * (max(edges, default=-box.width / 2 - BESIDE) + BESIDE + box.width / 2)

    def _free(self, net: Net, start: float) -> float:
        """The place nearest to a start, outwards, where a net's rail meets nothing."""
        x = start
        taken = [*self._taken(net)]
        while hit := [each for each in taken if each[0] < x < each[1]]:
            x = max(b for _, b in hit) if net.side > 0 else min(a for a, _ in hit)
        return x

    def _taken(self, net: Net) -> Iterator[Interval]:
        for row in self.nets.rows[net.first + 1 : net.last + 1]:
            for name in row:
                if name in self.middles:
                    half = self.nets.graph.box[name].width / 2 + _PAST_BOX
                    yield self.middles[name] - half, self.middles[name] + half
        for key, x in self.at.items():
            other = self.nets.by_key[key]
            if other is not net and other.first <= net.last and net.first <= other.last:
                yield x - _PAST_RAIL, x + _PAST_RAIL
        for x in self._foreign_pins(net):
            yield x - _PAST_PIN, x + _PAST_PIN

    def _foreign_pins(self, net: Net) -> Iterator[float]:
        for channel in range(net.first, net.last + 1):
            yield from self.pins.from_above(channel, net)
        for (key, target), x in self.pins.ports.items():
            if key != net.key and net.first <= self.nets.arrives(target) <= net.last:
                yield x
