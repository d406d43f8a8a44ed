"""A layered layout: boxes in rows, lines between them that bend at right angles.

In the order in which it is made: boxes get their ``ranks`` and their order there, and ``columns``.
Links that may share lines become ``nets``; their ``pins`` say where boxes are left and come to.
What leads past rows gets ``rails`` beside them, and between rows every net has a track of its own
(``channels``). So no line ever runs through a box, and no label lies on anything: that holds by
how it is made, not by luck. The same graph gives the same layout.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .channels import tracks
from .columns import columns
from .graph import Box, Graph, Link
from .nets import Key, Net, Nets
from .pins import Pins
from .rails import Rails
from .ranks import rows

Point = tuple[float, float]

_ABOVE_TRACKS = 14.0
_BETWEEN_TRACKS = 12.0
_BELOW_TRACKS = 22.0


@dataclass(frozen=True)
class Place:
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Half way from left to right."""
        return self.x + self.width / 2

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height


@dataclass(frozen=True)
class Route:
    """A link's line, from its stub to its box; it bends at its points.

    Attributes:
        net: routes of one net may share a part of their way.
    """

    link: Link
    points: tuple[Point, ...]
    net: Key


@dataclass(frozen=True)
class Layout:
    """Where everything is; the upper left corner of the whole is at (0, 0).

    Attributes:
        stubs: by box and number.
        rows: names of boxes, from top to bottom and from left to right.
    """

    boxes: dict[str, Place]
    stubs: dict[tuple[str, int], Place]
    routes: tuple[Route, ...]
    rows: tuple[tuple[str, ...], ...]
    width: float
    height: float


def layout(graph: Graph) -> Layout:
    """Lay a graph out; it has at least one box."""
    return _Making(graph).layout()


class _Making:
    """What is known of a layout while it is made."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._nets = Nets(graph, rows(graph))
        self._middles = columns(graph, self._nets.rows)
        self._pins = Pins(self._nets, self._middles)
        self._rails = Rails(self._nets, self._pins, self._middles)

    def layout(self) -> Layout:
        self._pins.place_stubs()
        self._pins.place_ports()
        self._rails.place()
        boxes = {box.name: self._place(box) for box in self._graph.boxes}
        stubs = {key: self._stub(boxes[key[0]], *key) for key in sorted(self._pins.stubs)}
        routes = tuple(self._route(link, boxes, stubs) for link in self._graph.links)
        return self._shifted(boxes, stubs, routes)

    # --- from top to bottom ----------------------------------------------------------------------

    @cached_property
    def _tracks(self) -> list[tuple[dict[Key, int], int]]:
        channels = range(len(self._nets.rows))
        return [tracks(self._nets, self._pins, self._rails.at, each) for each in channels]

    @cached_property
    def _tops(self) -> list[float]:
        """The top of each row."""
        found = [0.0]
        for rank in range(len(self._nets.rows) - 1):
            found.append(found[-1] + self._tall(rank) + self._wide(rank))
        return found

    def _tall(self, rank: int) -> float:
        boxes = (self._graph.box[name] for name in self._nets.rows[rank])
        return max(box.height + box.skirt for box in boxes)

    def _wide(self, channel: int) -> float:
        number = self._tracks[channel][1]
        return _ABOVE_TRACKS + max(number - 1, 0) * _BETWEEN_TRACKS + _BELOW_TRACKS

    def _track(self, channel: int, key: Key) -> float:
        begins = self._tops[channel] + self._tall(channel) + _ABOVE_TRACKS
        return begins + self._tracks[channel][0].get(key, 0) * _BETWEEN_TRACKS

    def _place(self, box: Box) -> Place:
        left = self._middles[box.name] - box.width / 2
        return Place(left, self._tops[self._nets.ranks[box.name]], box.width, box.height)

    def _stub(self, place: Place, name: str, number: int) -> Place:
        stub = self._graph.box[name].stubs[number]
        x = self._pins.stubs[name, number]
        return Place(x - stub.width / 2, place.bottom, stub.width, stub.height)

    # --- lines -----------------------------------------------------------------------------------

    def _route(
        self, link: Link, boxes: dict[str, Place], stubs: dict[tuple[str, int], Place]
    ) -> Route:
        net = self._nets.by_key[self._nets.key(link)]
        stub = stubs[link.source, link.stub]
        port = self._pins.ports[net.key, link.target]
        between = self._between(link, net, stub.middle, port)
        points = [(stub.middle, stub.bottom), *between, (port, boxes[link.target].y)]
        return Route(link, tuple(_bends(points)), net.key)

    def _between(self, link: Link, net: Net, start: float, end: float) -> Iterator[Point]:
        leaves, arrives = self._nets.leaves(link), self._nets.arrives(link.target)
        yield start, self._track(leaves, net.key)
        if leaves != arrives:
            rail = self._rails.at[net.key]
            yield rail, self._track(leaves, net.key)
            yield rail, self._track(arrives, net.key)
        yield end, self._track(arrives, net.key)

    # --- the whole -------------------------------------------------------------------------------

    def _shifted(
        self,
        boxes: dict[str, Place],
        stubs: dict[tuple[str, int], Place],
        routes: tuple[Route, ...],
    ) -> Layout:
        xs = [x for route in routes for x, _ in route.points]
        left = min([*xs, *(place.x for place in boxes.values())])
        right = max([*xs, *(place.right for place in boxes.values())])
        return Layout(
            {name: _moved(place, -left) for name, place in boxes.items()},
            {key: _moved(place, -left) for key, place in stubs.items()},
            tuple(_moved_route(route, -left) for route in routes),
            self._nets.rows,
            right - left,
            self._tops[-1] + self._tall(len(self._nets.rows) - 1),
        )


def _moved(place: Place, by: float) -> Place:
    return Place(place.x + by, place.y, place.width, place.height)


def _moved_route(route: Route, by: float) -> Route:
    return Route(route.link, tuple((x + by, y) for x, y in route.points), route.net)


def _bends(points: list[Point]) -> Iterator[Point]:
    """Points without those where the line only goes on."""
    for place, point in enumerate(points):
        before, after = points[max(place - 1, 0)], points[min(place + 1, len(points) - 1)]
        on_line = before[0] == point[0] == after[0] or before[1] == point[1] == after[1]
        if place in (0, len(points) - 1) or not on_line:
            yield point
