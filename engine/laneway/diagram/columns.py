"""Where the boxes stand from left to right: below one another where they belong together.

Every row in turn is moved to where its neighbours are, by least squares under the condition that
its boxes keep their order and their distance (solved by pooling neighbours that would overlap).
"""

from collections.abc import Mapping, Sequence
from math import floor

from .graph import Graph
from .ranks import Rows

BESIDE = 40.0
"""Between boxes of one row."""

_SWEEPS = 8


def columns(graph: Graph, found: Rows) -> dict[str, float]:
    """The middle of each box; those of the last row that lean to a side are not placed."""
    rows = [[name for name in row if not graph.box[name].lean] for row in found]
    at = {name: x for row in rows for name, x in zip(row, _packed(graph, row), strict=True)}
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            wished = [_wished(graph, name, at, down=down) for name in row]
            at |= zip(row, _placed(graph, row, wished), strict=True)
    return at


def _distances(graph: Graph, row: Sequence[str]) -> list[float]:
    """How far from the first one's middle each one's is at least."""
    found, at = [], 0.0
    for place, name in enumerate(row):
        if place:
            at += (graph.box[row[place - 1]].width + graph.box[name].width) / 2 + BESIDE
        found.append(at)
    return found


def _packed(graph: Graph, row: Sequence[str]) -> list[float]:
    far = _distances(graph, row)
    return [at - (far[-1] - far[0]) / 2 for at in far]


def _wished(graph: Graph, name: str, at: Mapping[str, float], *, down: bool) -> tuple[float, float]:
    """Where a box would stand by its neighbours above (or below), and how much that matters."""
    links = graph.arriving[name] if down else graph.leaving[name]
    ends = ((link.weight, link.source if down else link.target) for link in links)
    near = [(weight, at[end]) for weight, end in ends if end in at and end != name]
    total = sum(weight for weight, _ in near)
    if not total:
        return at[name], 0.1
    return sum(weight * x for weight, x in near) / total, total


def _placed(graph: Graph, row: Sequence[str], wished: Sequence[tuple[float, float]]) -> list[float]:
    far = _distances(graph, row)
    pools: list[tuple[float, float, int]] = []  # where, how much that matters, how many boxes
    for (wish, weight), distance in zip(wished, far, strict=True):
        pools.append((wish - distance, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (x, w, n), (other, v, m) = pools.pop(), pools.pop()
            pools.append(((x * w + other * v) / (w + v), w + v, n + m))
    # Whole numbers: what is level or upright is so exactly, and neighbours stay apart.
    shifts = [floor(x + 0.5) for x, _, number in pools for _ in range(number)]
    return [shift + distance for shift, distance in zip(shifts, far, strict=True)]
