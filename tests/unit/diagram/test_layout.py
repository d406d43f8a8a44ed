"""The layout, for plans of any shape: nothing lies on anything, lines end where they should."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

from hypothesis import given, settings

from laneway.core.compile import compile_plan
from laneway.core.model import Plan
from laneway.diagram.graph import Box, Graph, Kind, Link, Stub
from laneway.diagram.layout import Layout, Place, Point, layout
from laneway.diagram.scene import scene
from tests.support.random_plans import ACTIONS, plans

Segment = tuple[Point, Point]
TINY = 0.01


def plan_of(document: dict[str, Any]) -> Plan:
    return compile_plan(document, ACTIONS).plan


def solid(placed: Layout) -> list[Place]:
    """Everything that nothing may lie on: boxes, and the labels below them."""
    return [*placed.boxes.values(), *(s for s in placed.stubs.values() if s.width)]


def overlap(one: Place, other: Place) -> bool:
    across = min(one.right, other.right) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.y, other.y)
    return across > TINY and down > TINY


def segments(points: tuple[Point, ...]) -> Iterator[Segment]:
    yield from pairwise(points)


def runs_through(segment: Segment, place: Place) -> bool:
    (x1, y1), (x2, y2) = segment
    across = min(max(x1, x2), place.right) - max(min(x1, x2), place.x)
    down = min(max(y1, y2), place.bottom) - max(min(y1, y2), place.y)
    inside_x = place.x + TINY < x1 < place.right - TINY
    inside_y = place.y + TINY < y1 < place.bottom - TINY
    return (inside_x and down > TINY) if x1 == x2 else (inside_y and across > TINY)


def lie_on_each_other(one: Segment, other: Segment) -> bool:
    """Whether two straight lines share more than a point."""
    for along, across in ((0, 1), (1, 0)):
        level = {point[across] for point in (*one, *other)}
        if max(level) - min(level) < 1:
            ends = sorted(point[along] for point in one), sorted(point[along] for point in other)
            return min(ends[0][1], ends[1][1]) - max(ends[0][0], ends[1][0]) > 1
    return False


def check(placed: Layout, graph_links: int) -> None:
    for one, other in combinations(solid(placed), 2):
        assert not overlap(one, other), f"{one} lies on {other}"
    assert len(placed.routes) == graph_links
    for route in placed.routes:
        check_ends(placed, route.points, route.link)
        for segment in segments(route.points):
            check_segment(placed, segment)


def check_ends(placed: Layout, points: tuple[Point, ...], link: Link) -> None:
    stub, target = placed.stubs[link.source, link.stub], placed.boxes[link.target]
    assert points[0] == (stub.middle, stub.bottom)
    assert points[-1][1] == target.y
    assert target.x < points[-1][0] < target.right
    assert points[-2][1] < points[-1][1], "it arrives from above"


def check_segment(placed: Layout, segment: Segment) -> None:
    (x1, y1), (x2, y2) = segment
    assert (x1 == x2) != (y1 == y2), "lines are upright or level"
    assert min(x1, x2) >= -TINY
    assert max(x1, x2) <= placed.width + TINY
    for place in solid(placed):
        assert not runs_through(segment, place), f"{segment} runs through {place}"


@given(plans())
@settings(deadline=None)
def test_nothing_lies_on_anything_and_lines_lead_from_labels_to_boxes(document: dict[str, Any]):
    shown = scene(plan_of(document))
    check(shown.layout, len(shown.layout.routes))


@given(plans())
@settings(deadline=None)
def test_lines_of_different_nets_never_run_on_each_other(document: dict[str, Any]):
    routes = scene(plan_of(document)).layout.routes
    for one, other in combinations(routes, 2):
        if one.net != other.net:
            pairs = ((a, b) for a in segments(one.points) for b in segments(other.points))
            for a, b in pairs:
                assert not lie_on_each_other(a, b), f"{one} runs on {other}"


@given(plans())
@settings(deadline=None)
def test_the_same_plan_is_always_laid_out_the_same(document: dict[str, Any]):
    assert scene(plan_of(document)).layout == scene(plan_of(document)).layout


@given(plans())
@settings(deadline=None)
def test_every_transition_and_every_requirement_has_its_line(document: dict[str, Any]):
    plan = plan_of(document)
    shown = scene(plan)
    drawn = {(r.link.source, r.link.target) for r in shown.layout.routes}
    for phase in plan.phases.values():
        targets = {target.to for targets in phase.on.values() for target in targets}
        assert {(phase.name, target) for target in targets} <= drawn
        assert {(each.phase, phase.name) for each in phase.requires} <= drawn
    assert ("@start", plan.start) in drawn
    assert (("@deadline", plan.on_deadline) in drawn) == (plan.on_deadline is not None)


# --- what it looks like --------------------------------------------------------------------------


def boxes(*names: str, **last: int) -> tuple[Box, ...]:
    usual = (Stub(40, 20), Stub(40, 20))
    plain = tuple(Box(name, 120, 60, usual) for name in names)
    return plain + tuple(Box(n, 100, 40, last=True, lean=lean) for n, lean in last.items())


def test_what_leads_on_stands_below_and_in_a_straight_line():
    links = (Link("a", 0, "b"), Link("b", 0, "c"))
    placed = layout(Graph(boxes("a", "b", "c"), links))
    tops = [placed.boxes[name].y for name in "abc"]
    assert tops == sorted(tops)
    assert len({place.middle for place in placed.boxes.values()}) == 1
    assert all(len(route.points) == 2 for route in placed.routes)


def test_ends_stand_in_the_last_row_on_their_side():
    graph = Graph(
        boxes("a", "b", refused=-1, done=0, failed=1),
        (Link("a", 0, "b"), Link("a", 1, "failed"), Link("b", 0, "done"), Link("b", 1, "refused")),
    )
    placed = layout(graph)
    refused, done, failed = (placed.boxes[name] for name in ("refused", "done", "failed"))
    assert refused.right < done.x
    assert done.right < failed.x
    assert refused.y == done.y == failed.y > placed.boxes["b"].bottom


def test_a_loop_leads_back_along_the_left():
    back = (Link("b", 0, "b"), Link("b", 1, "a"))
    graph = Graph(boxes("start", "a", "b"), (Link("start", 0, "a"), Link("a", 0, "b"), *back))
    placed = layout(graph)
    for route in placed.routes[2:]:
        assert min(x for x, _ in route.points) < placed.boxes[route.link.target].x


def test_rows_are_ordered_so_that_lines_do_not_cross():
    graph = Graph(
        boxes("start", "a", "b", "c", "d"),
        (
            Link("start", 0, "a"),
            Link("start", 1, "b"),
            Link("a", 0, "d"),
            Link("b", 0, "c"),
            Link("a", 1, "d"),
            Link("b", 1, "c"),
        ),
    )
    placed = layout(graph)
    assert [*placed.rows[1:]] in ([("a", "b"), ("d", "c")], [("b", "a"), ("c", "d")])


def test_what_several_proofs_are_needed_for_is_told_by_lines_of_their_own():
    needs = tuple(Link(name, 1, "c", Kind.NEED) for name in "ab")
    graph = Graph(boxes("a", "b", "c"), (Link("a", 0, "b"), Link("b", 0, "c"), *needs))
    ends = [route.points[-1] for route in layout(graph).routes[1:]]
    assert len({*ends}) == 3
