"""The tracks on which nets run sideways, between two rows.

A net has one track in a channel. Tracks are ordered so that few lines cross; nets that do not meet
share one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .nets import Key, Nets
from .pins import Pins

_CLOSE = 8.0
_CONFLICT = 1_000  # two nets on one line: far worse than crossing
_MEET = 12.0


@dataclass(frozen=True)
class Wire:
    """A net in one channel: where lines come to its track from above, and from below."""

    key: Key
    ups: tuple[float, ...]
    downs: tuple[float, ...]

    @property
    def left(self) -> float:
        """Where the track begins."""
        return min(*self.ups, *self.downs)

    @property
    def right(self) -> float:
        """Where the track ends."""
        return max(*self.ups, *self.downs)

    @property
    def straight(self) -> bool:
        """Whether it needs no track."""
        return self.right - self.left < 0.5


def tracks(
    nets: Nets, pins: Pins, rails: Mapping[Key, float], channel: int
) -> tuple[dict[Key, int], int]:
    """For each net of a channel its track, from 0 downwards; and how many tracks there are."""
    wires = [*_wires(nets, pins, rails, channel)]
    bent = _ordered([wire for wire in wires if not wire.straight])
    found: dict[Key, int] = {}
    for place, wire in enumerate(bent):
        above = [found[w.key] + 1 for w in bent[:place] if _meet(w, wire)]
        found[wire.key] = max(above, default=0)
    number = max(found.values(), default=-1) + 1
    return {wire.key: 0 for wire in wires} | found, number


def _wires(nets: Nets, pins: Pins, rails: Mapping[Key, float], channel: int) -> Iterator[Wire]:
    for net in nets.all:
        ups = [pins.stubs[k.source, k.stub] for k in net.links if nets.leaves(k) == channel]
        downs = [pins.ports[net.key, t] for t in net.targets if nets.arrives(t) == channel]
        if ups or downs:
            rail = [rails[net.key]] if net.key in rails else []
            ups += rail if net.first < channel else []
            downs += rail if net.last > channel else []
            yield Wire(net.key, tuple(ups), tuple(downs))


def _meet(one: Wire, other: Wire) -> bool:
    return one.left - _MEET < other.right and other.left - _MEET < one.right


def _ordered(wires: Sequence[Wire]) -> list[Wire]:
    """Wires from top to bottom: each is put where it costs least, until nothing gets better."""
    order = sorted(wires, key=lambda wire: (wire.left, wire.key))
    for _ in range(len(order)):
        before = list(order)
        for wire in before:
            order.remove(wire)
            order.insert(_best_place(order, wire), wire)
        if order == before:
            break
    return order


def _best_place(order: Sequence[Wire], wire: Wire) -> int:
    costs = [
        sum(_cost(each, wire) for each in order[:place])
        + sum(_cost(wire, each) for each in order[place:])
        for place in range(len(order) + 1)
    ]
    return costs.index(min(costs))


def _cost(above: Wire, below: Wire) -> int:
    """How many lines cross where one track is above another one."""
    crossed = sum(1 for x in above.downs if below.left < x < below.right)
    crossed += sum(1 for x in below.ups if above.left < x < above.right)
    close = sum(1 for x in above.downs for y in below.ups if abs(x - y) < _CLOSE)
    return crossed + close * _CONFLICT
