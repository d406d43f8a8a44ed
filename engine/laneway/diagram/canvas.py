"""A sheet of characters to draw on: text, and lines that join where they meet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from .letters import columns

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8

_JOINTS = " │││─╯╮┤─╰╭├─┴┬┼"
"""The line character for each set of directions."""

_ASCII = str.maketrans(
    {
        "│": "|",
        "─": "-",
        **dict.fromkeys("╯╮┤╰╭├┴┬┼", "+"),
        "━": "=",
        "▼": "v",
        "◀": "<",
        "▶": ">",
        "●": "*",
        "…": "~",
        "×": "x",
        "·": "-",
        "○": "o",
        "□": "+",
        "◇": "~",
        "◆": "!",
        "◎": "@",
        "◷": "@",
        "∥": "=",
        "⚑": "!",
        "✓": "+",
        "✗": "x",
        "⊘": "-",
        "▸": ">",
        "–": "-",
        "?": "?",
        "≤": "<",
        "—": "-",
    }
)
"""What stands for what is not ASCII; anything else becomes a question mark."""


@dataclass(frozen=True)
class Span:
    """Some text in one style; styles are hues (`notes.hue`), ``title``, ``dim``, ``taken``, …."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


@dataclass
class Canvas:
    """See the module. Rows and columns count from 0."""

    letters: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    joints: dict[tuple[int, int], tuple[int, str]] = field(default_factory=dict)

    def write(self, row: int, column: int, text: str, style: str = "") -> int:
        """Write text; returns the column after it."""
        for letter in text:
            wide = columns(letter)
            if wide == 0:  # it belongs to the letter before
                before, own = self.letters.get((row, column - 1), ("", style))
                self.letters[row, column - 1] = (before + letter, own)
                continue
            self.letters[row, column] = (letter, style)
            if wide == 2:
                self.letters[row, column + 1] = ("", style)
            column += wide
        return column

    def across(self, row: int, left: int, right: int, style: str = "") -> None:
        """A line from one column to another one; it joins what it ends at."""
        for column in range(left, right + 1):
            joint = (LEFT if column > left else 0) | (RIGHT if column < right else 0)
            self._join(row, column, joint, style)

    def down(self, column: int, top: int, bottom: int, style: str = "") -> None:
        """A line from one row to another one; it joins what it ends at."""
        for row in range(top, bottom + 1):
            joint = (UP if row > top else 0) | (DOWN if row < bottom else 0)
            self._join(row, column, joint, style)

    def _join(self, row: int, column: int, joint: int, style: str) -> None:
        known, before = self.joints.get((row, column), (0, ""))
        self.joints[row, column] = (known | joint, style or before)

    def lines(self) -> Iterator[Line]:
        """The sheet, line by line; text lies over lines."""
        rows: dict[int, dict[int, tuple[str, str]]] = {}
        for (row, column), cell in {**self._joined(), **self.letters}.items():
            rows.setdefault(row, {})[column] = cell
        for row in range(max(rows, default=-1) + 1):
            cells = rows.get(row, {})
            whole = [cells.get(column, (" ", "")) for column in range(max(cells, default=-1) + 1)]
            runs = groupby(whole, key=lambda cell: cell[1])
            yield tuple(Span("".join(text for text, _ in run), style) for style, run in runs)

    def _joined(self) -> dict[tuple[int, int], tuple[str, str]]:
        return {place: (_JOINTS[joint], style) for place, (joint, style) in self.joints.items()}


def ascii_only(line: Line) -> Line:
    """A line with nothing in it but ASCII."""
    return tuple(Span(_plain(span.text), span.style) for span in line)


def _plain(text: str) -> str:
    return text.translate(_ASCII).encode("ascii", "replace").decode()


_SGR = {
    "title": "1",
    "dim": "2",
    "taken": "1;34",
    "mark": "1;31",
    "read": "34",
    "safe_write": "36",
    "mutation": "33",
    "destructive": "1;31",
    "approval": "35",
    "wait": "36",
    "pass": "32",
    "fail": "31",
    "refused": "33",
    "cancelled": "2",
    "skipped": "2",
    "running": "1;34",
    "pending": "1;34",
    "waiting": "1;35",
    "reconciliation_required": "1;35",
}


def coloured(line: Line) -> str:
    """A line with the escape sequences of a terminal."""
    return "".join(_coloured(span) for span in line)


def _coloured(span: Span) -> str:
    code = _SGR.get(span.style)
    return span.text if code is None else f"\x1b[{code}m{span.text}\x1b[0m"


def plain(line: Line) -> str:
    """A line without colours."""
    return "".join(span.text for span in line).rstrip()
