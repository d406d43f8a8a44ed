"""A plan as a picture in characters, for terminals.

Phases stand below one another. What does not lead to the next one leads along a rail at the right;
where the terminal is too narrow for rails, the name of the phase stands there instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from laneway.core.model import EndPhase, Phase, Plan

from . import notes
from .canvas import Canvas, Line, Span, ascii_only, coloured, plain
from .contents import MARK_WORDS
from .exits import Exit, all_exits, exits
from .letters import columns_of, cut, seen
from .notes import Note, Sign
from .overlay import Overlay
from .scene import Scene, deadline_words, scene

WIDTH = 80
"""Columns, where nobody says how many there are."""

NARROWEST = 24

_STEM = 3
_WIDEST = 76
_LEAST = 44  # of a box, for which there would rather be no rails
_GLYPHS = {
    "read": "○",
    "safe_write": "□",
    "mutation": "◇",
    "destructive": "◆",
    "approval": "◎",
    "wait": "◷",
    "pass": "✓",
    "fail": "✗",
    "refused": "⊘",
    "cancelled": "⊘",
}
_STATUSES = {
    "pass": "✓",
    "fail": "✗",
    "refused": "⊘",
    "cancelled": "⊘",
    "skipped": "–",
    "waiting": "◷",
    "running": "▸",
    "pending": "▸",
    "reconciliation_required": "?",
}
_SIGNS = {
    Sign.NONE: "",
    Sign.TIME: "",
    Sign.AGAIN: "tries ",
    Sign.VISITS: "visits ",
    Sign.PEOPLE: "by ",
    Sign.NEEDS: "needs ",
    Sign.CANCEL: "",
}


def text(
    plan: Plan,
    path: Overlay | None = None,
    width: int = WIDTH,
    *,
    only_ascii: bool = False,
    colours: bool = False,
) -> str:
    """The picture of a plan, with an operation's path where there is one.

    Args:
        width: columns of the terminal; lines are no longer, as long as it is not below `NARROWEST`.
        only_ascii: for terminals that show nothing else.
        colours: with escape sequences.
    """
    lines = _Sheet(scene(plan, path), max(width, NARROWEST)).lines()
    shown = map(ascii_only, lines) if only_ascii else lines
    return "".join(f"{coloured(line) if colours else plain(line)}\n" for line in shown)


@dataclass(frozen=True)
class _Way:
    """A way out, in its row; ``on`` leads to the next phase."""

    exit: Exit
    row: int
    on: bool


class _Sheet:
    """The picture while it is drawn."""

    def __init__(self, shown: Scene, width: int) -> None:
        self._scene = shown
        self._plan, self._path = shown.plan, shown.path
        self._width = width
        self._canvas = Canvas()
        self._row = 0
        self._ways: list[_Way] = []
        self._tops: dict[str, int] = {}

    def lines(self) -> Iterator[Line]:
        for line in _head(self._scene):
            self._write(0, cut(seen(line), self._width), "dim" if self._row else "title")
            self._row += 1
        self._row += 1
        for place, phase in enumerate(self._order):
            following = self._order[place + 1 : place + 2]
            self._phase(phase, following[0].name if following else "")
        if self._rails:
            self._draw_rails()
        return self._canvas.lines()

    # --- what is where ---------------------------------------------------------------------------

    @cached_property
    def _order(self) -> Sequence[Phase]:
        """The phases: after each the one that it leads on to, once all that leads there is told."""
        ends = [phase for phase in self._plan.phases.values() if isinstance(phase, EndPhase)]
        open_ones = [name for row in self._scene.layout.rows for name in row]
        open_ones = [n for n in open_ones if n in self._plan.phases and not self._ends(n)]
        found: list[Phase] = []
        while open_ones:
            found.append(self._plan.phases[self._next(found[-1:], open_ones)])
            open_ones.remove(found[-1].name)
        return [*found, *sorted(ends, key=lambda phase: phase.end != "pass")]

    def _ends(self, name: str) -> bool:
        return isinstance(self._plan.phases[name], EndPhase)

    def _next(self, last: Sequence[Phase], open_ones: Sequence[str]) -> str:
        ready = [name for name in open_ones if not self._before[name] & {*open_ones}]
        onwards = [way.target for phase in last for way in exits(phase) if way.onwards]
        others = [way.target for phase in last for way in exits(phase) if not way.aside]
        return next(name for name in (*onwards, *others, *ready) if name in ready)

    @cached_property
    def _before(self) -> Mapping[str, set[str]]:
        """For each phase those that lead to it from higher up."""
        ranks = {n: rank for rank, row in enumerate(self._scene.layout.rows) for n in row}
        found: dict[str, set[str]] = {name: set() for name in self._plan.phases}
        for way in all_exits(self._plan):
            if ranks[way.source] < ranks[way.target]:
                found[way.target].add(way.source)
        return found

    @cached_property
    def _rails(self) -> bool:
        """Whether there is room for rails."""
        return self._room >= min(_LEAST, self._needed)

    @cached_property
    def _room(self) -> int:
        """What is left for the boxes beside the rails."""
        following = [phase.name for phase in self._order[1:]]
        aside = {
            way.target
            for phase, after in zip_longest(self._order, following)
            for way in exits(phase)
            if way.target != after
        }
        return self._width - 2 - 2 * len(aside)

    @cached_property
    def _needed(self) -> int:
        return min(max(self._needs(phase) for phase in self._order), _WIDEST)

    @cached_property
    def _box(self) -> int:
        """The width of the boxes: what they need, and what there is."""
        return min(self._needed, self._room if self._rails else self._width)

    def _needs(self, phase: Phase) -> int:
        title = columns_of(phase.title) + columns_of(notes.tag(phase)) + 8
        rows = (sum(columns_of(part) for part, _ in row) + 6 for row in self._rows(phase))
        return max(title, *rows, 30)

    # --- phases ----------------------------------------------------------------------------------

    def _phase(self, phase: Phase, following: str) -> None:
        if phase.name in self._scene.marked:
            words = f"━━ ⚑ {MARK_WORDS} "
            rule = words + "━" * (self._box - columns_of(words))
            self._write(0, cut(rule, self._box), "mark")
            self._row += 1
        self._frame(phase)
        ways = sorted(exits(phase), key=lambda way: way.target == following)
        for place, way in enumerate(ways):
            self._way(way, on=way.target == following, last=place == len(ways) - 1)
        if not ways or ways[-1].target != following:
            self._row += 1

    def _frame(self, phase: Phase) -> None:
        style = self._frame_style(phase)
        rows = [*self._rows(phase)]
        top, right = self._row, self._box - 1
        bottom = top + len(rows) + 2
        self._canvas.across(top, 0, right, style)
        self._canvas.across(bottom, 0, right, style)
        self._canvas.down(0, top, bottom, style)
        self._canvas.down(right, top, bottom, style)
        self._tops[phase.name] = top + 1
        self._title(phase, top + 1)
        for place, row in enumerate(rows):
            self._row = top + 2 + place
            self._parts(row, self._box - 2)
        self._row = bottom + 1
        if exits(phase):
            self._canvas.down(_STEM, bottom, bottom + 1, "")

    def _frame_style(self, phase: Phase) -> str:
        if self._path is None:
            return ""
        if phase.name == self._path.current and not isinstance(phase, EndPhase):
            return "taken"
        return "" if phase.name in self._path.traces else "dim"

    def _title(self, phase: Phase, row: int) -> None:
        hue, tag = notes.hue(phase), notes.tag(phase)
        room = self._box - columns_of(tag) - 7
        self._canvas.write(row, 2, _GLYPHS[hue], hue)
        self._canvas.write(row, 4, cut(seen(phase.title), room), "title")
        self._canvas.write(row, self._box - 2 - columns_of(tag), tag, hue)

    def _rows(self, phase: Phase) -> Iterator[list[tuple[str, str]]]:
        """The lines of a box below its title: texts with their styles."""
        if not isinstance(phase, EndPhase):
            both = (notes.subject(phase), *self._notes(phase, phase))
            yield [(" · ".join(map(_said, both)), "dim")]
        needed = notes.needs(self._plan, phase)
        if needed:
            yield [(_said(Note(Sign.NEEDS, needed)), "dim")]
        if phase.name == self._plan.on_deadline:
            yield [(f"the {deadline_words(self._plan)} leads here", "dim")]
        yield from self._branches(phase)
        yield from self._status(phase, "")

    def _notes(self, phase: Phase, top: Phase) -> tuple[Note, ...]:
        return notes.notes(phase, committed=top.name in self._scene.committed)

    def _branches(self, phase: Phase) -> Iterator[list[tuple[str, str]]]:
        for branch in getattr(phase, "branches", ()):
            hue = notes.hue(branch)
            told = (notes.subject(branch), *self._notes(branch, phase))
            details = " · ".join(map(_said, told))
            yield [
                (f"{_GLYPHS[hue]} ", hue),
                (seen(branch.title), ""),
                (f" {notes.tag(branch)}", hue),
                (f"  {details}", "dim"),
            ]
            yield from self._status(branch, "  ")

    def _status(self, phase: Phase, indent: str) -> Iterator[list[tuple[str, str]]]:
        trace = None if self._path is None else self._path.traces.get(phase.name)
        if trace is not None:
            status = trace.status.value
            words = f"{indent}{_STATUSES[status]} {notes.traced(phase, trace)}"
            yield [(words, status)]

    def _parts(self, row: Sequence[tuple[str, str]], end: int) -> None:
        column = 4
        for words, style in row:
            column = self._write(column, cut(words, end - column), style)

    def _write(self, column: int, words: str, style: str) -> int:
        return self._canvas.write(self._row, column, words, style)

    # --- ways out --------------------------------------------------------------------------------

    def _way(self, way: Exit, *, on: bool, last: bool) -> None:
        taken = self._took(way)
        style = "taken" if taken else ""
        label = seen(way.words) + (f" [{seen(way.condition)}]" if way.condition else "")
        label = f"● {label}" if taken else label
        self._ways.append(_Way(way, self._row, on))
        if on:
            self._canvas.down(_STEM, self._row - 1, self._row + 1, style)
            self._write(_STEM + 2, cut(label, self._width - _STEM - 2), style)
            self._row += 1
            self._write(_STEM, "▼", style)
        else:
            self._canvas.down(_STEM, self._row - 1, self._row if last else self._row + 1)
            self._aside(way, label, style)
        self._row += 1

    def _aside(self, way: Exit, label: str, style: str) -> None:
        self._canvas.across(self._row, _STEM, _STEM + 1, style)
        self._write(_STEM + 1, "─", style)
        if self._rails:
            end = self._write(_STEM + 3, cut(label, self._box - _STEM - 4), style)
            self._canvas.across(self._row, end + 1, self._box, style)
            return
        to = f" ─▶ {seen(self._plan.phase(way.target).title)}"
        room = self._width - _STEM - 3
        self._write(_STEM + 3, cut(cut(label, max(room - columns_of(to), 12)) + to, room), style)

    def _took(self, way: Exit) -> bool:
        path = self._path
        return path is not None and path.took_way(way.source, way.outcomes, way.target)

    # --- rails -----------------------------------------------------------------------------------

    def _draw_rails(self) -> None:
        aside = [way for way in self._ways if not way.on]
        columns = self._columns(aside)
        for target, column in columns.items():
            ways = [way for way in aside if way.exit.target == target]
            # What was taken comes last, so that it lies on top.
            for way in sorted(ways, key=lambda way: self._took(way.exit)):
                self._draw_rail(way, column, "taken" if self._took(way.exit) else "")

    def _draw_rail(self, way: _Way, column: int, style: str) -> None:
        entry = self._tops[way.exit.target]
        self._canvas.across(way.row, self._box, column, style)
        self._canvas.down(column, min(way.row, entry), max(way.row, entry), style)
        self._canvas.across(entry, self._box + 1, column, style)
        self._canvas.write(entry, self._box, "◀", style)

    def _columns(self, aside: Sequence[_Way]) -> Mapping[str, int]:
        """For each target the column of its rail; short rails are nearer than long ones."""
        rows: dict[str, list[int]] = {}
        for way in aside:
            rows.setdefault(way.exit.target, [self._tops[way.exit.target]]).append(way.row)
        found: dict[str, int] = {}
        for target in sorted(rows, key=lambda name: max(rows[name]) - min(rows[name])):
            column = self._box + 2
            while any(
                found[other] == column
                and min(rows[other]) <= max(rows[target])
                and min(rows[target]) <= max(rows[other])
                for other in found
            ):
                column += 2
            found[target] = column
        return found


def _said(note: Note) -> str:
    return _SIGNS[note.sign] + seen(note.words)


def _head(shown: Scene) -> Iterator[str]:
    yield shown.plan.title
    yield notes.headline(shown.plan)
    if shown.path is not None:
        yield notes.path_line(shown.plan, shown.path)
        if shown.path.failure:
            yield shown.path.failure


__all__ = ["NARROWEST", "WIDTH", "Span", "text"]
