"""A plan as a graph to be laid out, and what stands where once it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from laneway.core.model import EndPhase, EndStatus, Phase, Plan
from laneway.core.proofs import facts, in_words

from . import metrics
from .contents import MARK, MARK_WORDS, Content, content
from .exits import Exit, exits
from .graph import Box, Graph, Kind, Link, Stub
from .layout import Layout, Place, layout
from .overlay import Overlay
from .pins import narrowest, row_width

START = "@start"
DEADLINE = "@deadline"
"""Boxes that are no phases: where operations begin, and where the deadline comes in."""

LABEL = 11.0
LABEL_HEIGHT = 19.0
CONDITION = 10.0
CONDITION_HEIGHT = 15.0
MARK_FONT = 9.5
MARK_ROOM = metrics.width(MARK_WORDS, MARK_FONT, bold=True) + len(MARK_WORDS) + 34

_MOST_CONDITION = 230.0
_START_SIZE = 16.0
_NARROWEST = 290.0
_DEADLINE_HEIGHT = 26.0
_LEANS = {EndStatus.REFUSED: -1, EndStatus.PASS: 0, EndStatus.FAIL: 1, EndStatus.CANCELLED: 2}
_HUES = {
    "pass": "pass",
    "approved": "pass",
    "fail": "fail",
    "refused": "refused",
    "rejected": "refused",
    "expired": "refused",
    "cancelled": "cancelled",
}


@dataclass(frozen=True)
class Label:
    """The label of a way out, which hangs below its box."""

    exit: Exit
    words: str
    condition: str

    @property
    def hue(self) -> str:
        """What it is coloured by."""
        return _HUES.get(self.exit.outcomes[0], "other")

    @property
    def stub(self) -> Stub:
        """Its size."""
        words = metrics.width(self.words, LABEL, bold=True) + 18
        condition = metrics.width(self.condition, CONDITION, mono=True) + 18
        if not self.condition:
            return Stub(_even(words), LABEL_HEIGHT)
        return Stub(_even(max(words, condition)), LABEL_HEIGHT + CONDITION_HEIGHT)


@dataclass(frozen=True)
class Scene:
    """Everything in a picture, and where it is.

    Attributes:
        labels: by phase and number of the stub.
        marked: the phases with which the point of no return is passed.
        committed: those that are behind one of them on every way.
        divides: nothing below them can be returned from, the ends apart.
    """

    plan: Plan
    path: Overlay | None
    contents: Mapping[str, Content]
    labels: Mapping[tuple[str, int], Label]
    layout: Layout
    marked: tuple[str, ...]
    committed: frozenset[str]
    divides: bool

    def body(self, name: str) -> Place:
        """The box of a phase itself, without the mark above it."""
        whole = self.layout.boxes[name]
        head = MARK if name in self.marked else 0.0
        return Place(whole.x, whole.y + head, whole.width, whole.height - head)


def scene(plan: Plan, path: Overlay | None = None) -> Scene:
    """Lay a plan out, with an operation's path where there is one."""
    known = facts(plan)
    contents = {
        name: content(plan, phase, path, committed=name in known.committed)
        for name, phase in plan.phases.items()
    }
    labels = dict(_labels(plan))
    graph = _graph(plan, contents, labels, known.point_of_no_return)
    placed = layout(graph)
    marked = known.point_of_no_return
    free = {*plan.phases} - known.committed - {*marked}
    divides = _divides(plan, placed, marked, free)
    return Scene(plan, path, contents, labels, placed, marked, known.committed, divides)


def _divides(plan: Plan, placed: Layout, marked: tuple[str, ...], free: set[str]) -> bool:
    """Whether one line can stand for the point of no return, all across the picture."""
    tops = {placed.boxes[name].y for name in marked}
    working = (name for name in free if not isinstance(plan.phases[name], EndPhase))
    return len(tops) == 1 and all(placed.boxes[name].y < min(tops) for name in working)


def _even(length: float) -> float:
    """At least as long, and even: then its middle is at a whole number, too."""
    return 2.0 * ceil(length / 2)


def _labels(plan: Plan) -> Iterator[tuple[tuple[str, int], Label]]:
    for name, phase in plan.phases.items():
        for number, each in enumerate(exits(phase)):
            condition = metrics.fitted(each.condition, CONDITION, _MOST_CONDITION, mono=True)
            yield (name, number), Label(each, each.words, condition)


# --- the graph -----------------------------------------------------------------------------------


def _graph(
    plan: Plan,
    contents: Mapping[str, Content],
    labels: Mapping[tuple[str, int], Label],
    marked: tuple[str, ...],
) -> Graph:
    links = tuple(_links(plan, labels))
    start = Box(START, _START_SIZE, _START_SIZE, (Stub(),))
    boxes = [start, *(_box(plan, p, contents, labels, links, marked) for p in plan.phases.values())]
    if plan.on_deadline is not None:
        width = metrics.width(deadline_words(plan), LABEL) + 44
        boxes.append(Box(DEADLINE, _even(width), _DEADLINE_HEIGHT, (Stub(),)))
    return Graph(tuple(boxes), links)


def deadline_words(plan: Plan) -> str:
    """What stands where the deadline comes in."""
    return f"deadline of {in_words(plan.deadline)}"


def _links(plan: Plan, labels: Mapping[tuple[str, int], Label]) -> Iterator[Link]:
    yield Link(START, 0, plan.start, weight=8.0)
    for (name, number), label in labels.items():
        kind = Kind.ASIDE if label.exit.aside else Kind.ON
        yield Link(name, number, label.exit.target, kind, _weight(label.exit))
    for phase in plan.phases.values():
        for each in phase.requires:
            yield Link(each.phase, len(exits(plan.phase(each.phase))), phase.name, Kind.NEED)
    if plan.on_deadline is not None:
        yield Link(DEADLINE, 0, plan.on_deadline, Kind.ASIDE, 0.5)


def _weight(way: Exit) -> float:
    if way.aside:
        return 0.3
    return 4.0 if way.onwards else 1.0


def _box(
    plan: Plan,
    phase: Phase,
    contents: Mapping[str, Content],
    labels: Mapping[tuple[str, int], Label],
    links: tuple[Link, ...],
    marked: tuple[str, ...],
) -> Box:
    name = phase.name
    stubs = [label.stub for (source, _), label in labels.items() if source == name]
    if any(link.source == name and link.kind is Kind.NEED for link in links):
        stubs.append(Stub())
    arriving = len({(k.kind, k.source) for k in links if k.target == name})
    taken = MARK_ROOM if name in marked else 0.0
    head = MARK if name in marked else 0.0
    own = contents[name]
    row = row_width(Box(name, 0, 0, tuple(stubs))) + 24
    end = isinstance(phase, EndPhase)
    least = 0.0 if end else max(_NARROWEST, 2 * taken + 20)
    width = max(own.width, row, narrowest(arriving, taken), least)
    lean = _LEANS[phase.end] if isinstance(phase, EndPhase) else 0
    return Box(name, _even(width), own.height + head, tuple(stubs), taken, end, lean)
