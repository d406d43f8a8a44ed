"""What stands in the boxes of a picture, and how large that is."""

from collections.abc import Iterator
from dataclasses import dataclass

from laneway.core.model import ActionPhase, EndPhase, ParallelPhase, Phase, Plan

from . import metrics, notes
from .notes import Note, Sign
from .overlay import Overlay

PAD = 14.0
ICON = 22.0
ROW = 18.0
STATUS = 26.0
"""The height of the line that says what became of a phase."""

MARK = 26.0
"""The height of the point of no return, above its phase."""

MARK_WORDS = "POINT OF NO RETURN"

TEXT = ICON + PAD + 10.0
"""Where text begins in a box."""

TITLE, WORD, CODE, TAG = 14.0, 11.5, 11.0, 10.5
"""Sizes of fonts."""

SIGN = 15.0
BETWEEN = 12.0
_MOST_TITLE, _MOST_ROW = 320.0, 340.0
_HEAD = 46.0
_CELL_HEAD = 32.0
CELL_GAP = 10.0
_CELL_TITLE, _CELL_ROW = 12.5, 16.0


@dataclass(frozen=True)
class Content:
    """What stands in a box.

    Attributes:
        tag: what kind of phase it is.
        rows: notes, line by line.
        cells: the branches of a parallel phase; columns: how many stand side by side.
        status: what became of it, and how that is coloured; empty where it was not come to.
        now: the operation is here.
        whole: everything, for who points at it.
    """

    name: str
    title: str
    hue: str
    tag: str
    rows: tuple[tuple[Note, ...], ...]
    whole: str
    cells: tuple["Content", ...] = ()
    columns: int = 0
    status: str = ""
    status_hue: str = ""
    now: bool = False
    end: bool = False

    @property
    def width(self) -> float:
        """How much it needs from left to right."""
        tag = metrics.width(self.tag, TAG, bold=True) + 20
        title = TEXT + metrics.width(self.title, TITLE, bold=True) + 12 + tag + PAD
        rows = (TEXT + row_width(row) + PAD for row in self.rows)
        status = TEXT + metrics.width(self.status, WORD) + PAD
        return max(title, *rows, status, self._cells_width + 2 * PAD)

    @property
    def height(self) -> float:
        """How much it needs from top to bottom."""
        rows = len(self.rows) * ROW + (4 if self.rows else -2)
        status = STATUS - 4 if self.status else 0.0
        return _HEAD + rows + self._cells_height + status

    @property
    def cells_top(self) -> float:
        """Where the branches begin."""
        return _HEAD + len(self.rows) * ROW - 2

    @property
    def cell_width(self) -> float:
        """Each branch has the width that the widest needs."""
        return max((cell.own_cell_width for cell in self.cells), default=0.0)

    @property
    def cell_height(self) -> float:
        """Each branch has the height that the highest needs."""
        return max((cell.own_cell_height for cell in self.cells), default=0.0)

    @property
    def own_cell_width(self) -> float:
        """What it needs as a branch."""
        tag = metrics.width(self.tag, TAG, bold=True)
        title = 38 + metrics.width(self.title, _CELL_TITLE, bold=True) + 14 + tag
        lines = [title, *(38 + row_width(row) for row in self.rows)]
        return max(*lines, 38 + metrics.width(self.status, TAG)) + 12

    @property
    def own_cell_height(self) -> float:
        """What it needs as a branch."""
        return _CELL_HEAD + _CELL_ROW * (len(self.rows) + bool(self.status)) + 2

    @property
    def _cells_width(self) -> float:
        return self.columns * (self.cell_width + CELL_GAP) - CELL_GAP if self.cells else 0.0

    @property
    def _cells_height(self) -> float:
        lines = -(-len(self.cells) // self.columns) if self.cells else 0
        return lines * (self.cell_height + CELL_GAP) + 2 if lines else 0.0


def row_width(row: tuple[Note, ...]) -> float:
    """The width of a line of notes."""
    return sum(map(note_width, row)) + BETWEEN * (len(row) - 1)


def note_width(note: Note) -> float:
    """The width of a note with its sign."""
    size = CODE if note.code else WORD
    sign = SIGN if note.sign is not Sign.NONE else 0.0
    return sign + metrics.width(note.words, size, mono=note.code)


def content(plan: Plan, phase: Phase, path: Overlay | None, *, committed: bool) -> Content:
    """What stands in a phase's box.

    Args:
        committed: the point of no return is behind it.
    """
    branches = phase.branches if isinstance(phase, ParallelPhase) else ()
    cells = tuple(content(plan, branch, path, committed=committed) for branch in branches)
    status, hue = _became(phase, path)
    end = isinstance(phase, EndPhase)
    return Content(
        name=phase.name,
        title=metrics.fitted(phase.title, TITLE, _MOST_TITLE, bold=True),
        hue=notes.hue(phase),
        tag=notes.tag(phase),
        rows=() if end else tuple(_rows(plan, phase, committed=committed)),
        whole=_whole(plan, phase, path),
        cells=cells,
        columns=_columns(len(cells)),
        status=status,
        status_hue=hue,
        now=path is not None and phase.name == path.current and not end,
        end=end,
    )


def _columns(cells: int) -> int:
    """Up to three side by side, and the lines about equally long."""
    lines = -(-cells // 3)
    return -(-cells // lines) if lines else 0


def _rows(plan: Plan, phase: Phase, *, committed: bool) -> Iterator[tuple[Note, ...]]:
    yield (_fitted(notes.subject(phase)),)
    told = notes.notes(phase, committed=committed)
    if told:
        yield told
    needed = notes.needs(plan, phase)
    if needed:
        yield (_fitted(Note(Sign.NEEDS, needed)),)


def _fitted(note: Note) -> Note:
    size = CODE if note.code else WORD
    words = metrics.fitted(note.words, size, _MOST_ROW, mono=note.code)
    return Note(note.sign, words, note.code)


def _became(phase: Phase, path: Overlay | None) -> tuple[str, str]:
    """What became of a phase, and the hue of that; empty where it was not come to."""
    trace = None if path is None else path.traces.get(phase.name)
    if trace is None:
        return "", ""
    return metrics.fitted(notes.traced(phase, trace), WORD, _MOST_ROW), trace.status.value


def _whole(plan: Plan, phase: Phase, path: Overlay | None) -> str:
    told = [f"{phase.title} ({phase.name}): {notes.subject(phase).words}, {notes.tag(phase)}"]
    if isinstance(phase, ActionPhase):
        told.append(notes.retries(phase.retry))
    needed = notes.needs(plan, phase)
    told += [f"needs {needed}"] if needed else []
    trace = None if path is None else path.traces.get(phase.name)
    if trace is not None:
        told += [notes.traced(phase, trace), *([trace.told] if trace.told else [])]
    return "; ".join(told)
