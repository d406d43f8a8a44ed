"""Which boxes stand in one row, and in which order there.

A box's rank is the length of the longest way to it that goes in no circle. Within a rank boxes are
ordered by where their neighbours are (the barycentre), as long as that lessens crossings.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from .graph import Graph, Link

_SWEEPS = 6

Rows = tuple[tuple[str, ...], ...]


def rows(graph: Graph) -> Rows:
    """The boxes by rank, each rank from left to right."""
    ranks = _ranks(graph)
    found: list[list[str]] = [[] for _ in range(max(ranks.values()) + 1)]
    for name in _visited(graph):
        found[ranks[name]].append(name)
    ordered = _uncrossed(graph, tuple(map(tuple, found)), ranks)
    return tuple(_leaning(graph, row) for row in ordered)


def ranks_of(found: Rows) -> dict[str, int]:
    """The rank of each box."""
    return {name: rank for rank, row in enumerate(found) for name in row}


# --- ranks ---------------------------------------------------------------------------------------


def _visited(graph: Graph) -> list[str]:
    """The boxes in the order in which they are come to, depth first."""
    return list(dict.fromkeys(name for name, _ in _walk(graph)))


def _walk(graph: Graph) -> Iterator[tuple[str, bool]]:
    """Each box as it is come to (True) and as it is left (False); without recursion."""
    seen: set[str] = set()
    ahead = [(box.name, True) for box in reversed(graph.boxes)]
    while ahead:
        name, coming = ahead.pop()
        if not coming:
            yield name, False
        elif name not in seen:
            seen.add(name)
            yield name, True
            ahead.append((name, False))
            ahead += [(link.target, True) for link in reversed(graph.leaving[name])]


def _ranks(graph: Graph) -> dict[str, int]:
    left = [name for name, coming in _walk(graph) if not coming]
    order = {name: place for place, name in enumerate(reversed(left))}
    ranks = dict.fromkeys(order, 0)
    for name, place in order.items():
        for link in graph.leaving[name]:
            if order[link.target] > place:  # else it leads back, and says nothing
                ranks[link.target] = max(ranks[link.target], ranks[name] + 1)
    ranks = {name: rank for name, rank in ranks.items() if not graph.box[name].last}
    _pull_down(graph, ranks)
    end = max(ranks.values(), default=-1) + 1
    return ranks | {box.name: end for box in graph.boxes if box.last}


def _pull_down(graph: Graph, ranks: dict[str, int]) -> None:
    """What nothing leads to (but the start) stands right above where it leads."""
    for box in graph.boxes[1:]:
        below = [ranks[k.target] for k in graph.leaving[box.name] if k.target in ranks]
        if box.name in ranks and not graph.arriving[box.name] and below:
            ranks[box.name] = max(0, min(below) - 1)


# --- order ---------------------------------------------------------------------------------------


def _leaning(graph: Graph, row: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(row, key=lambda name: graph.box[name].lean if graph.box[name].last else 0))


def _uncrossed(graph: Graph, first: Rows, ranks: Mapping[str, int]) -> Rows:
    best, crossed = first, _crossings(graph, first, ranks)
    found = first
    for sweep in range(_SWEEPS):
        if not crossed:
            break
        found = _swept(graph, found, down=sweep % 2 == 0)
        now = _crossings(graph, found, ranks)
        if now < crossed:
            best, crossed = found, now
    return best


def _swept(graph: Graph, found: Rows, *, down: bool) -> Rows:
    done = [list(row) for row in found]
    for rank in range(len(done)) if down else reversed(range(len(done))):
        places = _places(done)
        near = {name: _barycentre(graph, name, places, down=down) for name in done[rank]}
        done[rank].sort(key=lambda name: near[name])
    return tuple(map(tuple, done))


def _places(found: Sequence[Sequence[str]]) -> dict[str, float]:
    """Where in its row each box is: from 0, the left, to 1."""
    return {name: (i + 0.5) / len(row) for row in found for i, name in enumerate(row)}


def _barycentre(graph: Graph, name: str, places: Mapping[str, float], *, down: bool) -> float:
    links = graph.arriving[name] if down else graph.leaving[name]
    near = [(link.weight, places[link.source if down else link.target]) for link in links]
    total = sum(weight for weight, _ in near)
    return sum(w * place for w, place in near) / total if total else places[name]


def _crossings(graph: Graph, found: Rows, ranks: Mapping[str, int]) -> int:
    """How many links between the same two ranks cross, or would if they were straight."""
    places = _places(found)
    between: dict[tuple[int, int], list[Link]] = {}
    for link in graph.links:
        between.setdefault((ranks[link.source], ranks[link.target]), []).append(link)
    pairs = (pair for links in between.values() for pair in combinations(links, 2))
    return sum(_cross(places, *pair) for pair in pairs)


def _cross(places: Mapping[str, float], one: Link, other: Link) -> bool:
    above = places[one.source] - places[other.source]
    below = places[one.target] - places[other.target]
    return above * below < 0
