"""That a plan's deadline leaves time for what the plan does."""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

from laneway.core.findings import Finding, Step, Witness
from laneway.core.instants import format_duration

from .durations import deadline, in_words, wait
from .graph import Graph
from .longest import longest_way
from .rules import found


def deadline_findings(graph: Graph) -> Iterator[Finding]:
    """Where the deadline passes before the plan can be, or may be, over."""
    limit = deadline(graph)
    if graph.start is None or limit <= 0:
        return
    quickest = _quickest_pass(graph, graph.start)
    longest = longest_way(graph, graph.start)
    if quickest is not None and quickest[0] > limit:
        yield _too_late(graph, "deadline_impossible", *quickest)
    elif longest.milliseconds > limit:
        yield _too_late(graph, "deadline_short", longest.milliseconds, longest.witness)


def _too_late(graph: Graph, code: str, takes: int, witness: Witness) -> Finding:
    given = "deadline" in graph.document
    passes = f"the deadline ({format_duration(deadline(graph))}) passes before"
    impossible = f"{passes} an operation can pass: the waits alone take {in_words(takes)}"
    short = f"{passes} an operation must be over: it can take {in_words(takes)}"
    return found(
        code,
        impossible if code == "deadline_impossible" else short,
        ("deadline",) if given else ("phases", witness.steps[0].phase),
        f"give it a deadline of {in_words(takes)} or more, or shorten what takes so long",
        about_key=not given,
        witness=witness,
    )


def _quickest_pass(graph: Graph, start: str) -> tuple[int, Witness] | None:
    """The least time to an ``end: pass``, where everything but waiting takes none, and the way."""
    number = count()  # what takes as long comes in the order in which it was found
    ahead: list[tuple[int, int, Witness]] = [(0, next(number), Witness((), start))]
    seen: set[str] = set()
    while ahead:
        length, _, way = heappop(ahead)
        node = graph.nodes[way.last]
        if node.document.get("end") == "pass":
            return length, way
        for edge in () if node.name in seen else node.edges:
            if edge.target in graph.nodes:
                onwards = Witness((*way.steps, Step(node.name, edge.outcome)), edge.target)
                heappush(ahead, (length + wait(node), next(number), onwards))
        seen.add(node.name)
    return None
