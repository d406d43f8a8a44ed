"""The lines between boxes: with round corners, and an arrow's head where they end."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import hypot

from .exits import Exit
from .graph import Kind, Link
from .layout import Point, Route
from .markup import element, group, number, path
from .overlay import Overlay
from .scene import DEADLINE, START, Scene

_RADIUS = 9.0
_HEAD = 7.0


def lines(scene: Scene) -> Iterator[str]:
    """All lines; those that an operation took lie on top."""
    routes = scene.layout.routes
    others = _nets(scene, [r for r in routes if not _taken(scene, r.link)], "head")
    yield group(*others, css="" if scene.path is None else "not-taken")
    yield from _nets(scene, [r for r in routes if _taken(scene, r.link)], "taken-head")


def _nets(scene: Scene, routes: Sequence[Route], head: str) -> Iterator[str]:
    """What shares a way is one path: drawn over one another, lines would grow fat at the edges."""
    ordered = sorted(routes, key=lambda route: route.net)
    for _, shared in groupby(ordered, key=lambda route: route.net):
        net = [*shared]
        css = "taken" if head == "taken-head" else _css(net[0].link)
        ways = [_points(scene, route) for route in net]
        from_end = net[0].link.kind is not Kind.NEED
        yield path("".join(curve(way, from_end=from_end) for way in ways), css)
        for x, y in dict.fromkeys(way[-1] for way in ways):
            yield _arrow(x, y, head)


def _arrow(x: float, y: float, css: str) -> str:
    half = _HEAD * (0.72 if css == "taken-head" else 0.55)
    tip = f"M{number(x)} {number(y)}l{number(-half)} {number(-_HEAD)}h{number(2 * half)}z"
    return element("path", css, d=tip)


def _points(scene: Scene, route: Route) -> tuple[Point, ...]:
    """A route to the phase itself, past the mark above it."""
    *rest, (x, y) = route.points
    target = route.link.target
    return (*rest, (x, max(y, scene.body(target).y)))


def _css(link: Link) -> str:
    return {Kind.ON: "line", Kind.ASIDE: "line aside", Kind.NEED: "line need"}[link.kind]


def _taken(scene: Scene, link: Link) -> bool:
    run = scene.path
    if run is None or link.kind is Kind.NEED:
        return False
    if link.source == START:
        return run.traces.get(scene.plan.start) is not None
    if link.source == DEADLINE:
        return run.late
    return _took(run, scene.labels[link.source, link.stub].exit)


def _took(run: Overlay, way: Exit) -> bool:
    return run.took_way(way.source, way.outcomes, way.target)


def curve(points: Sequence[Point], *, from_end: bool = False) -> str:
    """The path along points, its corners rounded; it ends a little before the arrow's tip.

    Args:
        from_end: draw it from there, so that the dashes of lines that meet there lie on each other.
    """
    *rest, (x, y) = points
    ends = [*rest, (x, y - _HEAD + 1)]
    if from_end:
        ends.reverse()
    told = [f"M{_point(ends[0])}"]
    for before, corner, after in zip(ends, ends[1:], ends[2:], strict=False):
        radius = min(_RADIUS, _length(before, corner) / 2, _length(corner, after) / 2)
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        told.append(f"L{_point(start)}Q{_point(corner)} {_point(end)}")
    return "".join([*told, f"L{_point(ends[-1])}"])


def _length(one: Point, other: Point) -> float:
    return hypot(other[0] - one[0], other[1] - one[1])


def _towards(start: Point, end: Point, far: float) -> Point:
    length = _length(start, end) or 1.0
    part = far / length
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


def _point(at: Point) -> str:
    return f"{number(at[0])} {number(at[1])}"
