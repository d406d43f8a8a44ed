"""A plan as an SVG picture that needs nothing but itself: no script, no font, no other file."""

from collections.abc import Iterator

from laneway.core.model import Plan
from laneway.core.run import Status

from . import contents, icons, metrics, notes
from .cards import card, icon
from .layout import Place
from .lines import lines
from .markup import box, element, group, number, path, text, titled, words
from .notes import Sign
from .overlay import Overlay
from .scene import DEADLINE, LABEL_HEIGHT, MARK_FONT, START, Label, Scene, deadline_words, scene
from .style import STYLE

_MARGIN = 28.0
_HEADER = 84.0
_FOOTER = 46.0
_MOST_LINE = 640.0
_OF_STATUS = {status: status.value for status in Status} | {Status.PAUSED: "waiting"}
_LEGEND = {
    "read": "reads",
    "safe_write": "writes safely",
    "mutation": "changes",
    "destructive": "destroys",
}


def svg(plan: Plan, path: Overlay | None = None) -> str:
    """The picture of a plan, with an operation's path drawn over it where there is one."""
    return _Picture(scene(plan, path)).text()


class _Picture:
    def __init__(self, shown: Scene) -> None:
        self._scene = shown
        self._plan = shown.plan
        self._lines = [*_header(shown)]
        widest = max(
            metrics.width(self._plan.title, 20, bold=True),
            *(metrics.width(line, contents.WORD) for line in self._lines),
            _legend_width(shown),
        )
        self._width = max(shown.layout.width, widest) + 2 * _MARGIN
        self._top = 44 + 18 * len(self._lines) + 10
        self._left = (self._width - shown.layout.width) / 2

    def text(self) -> str:
        """The whole document."""
        height = self._top + self._scene.layout.height + _FOOTER + _MARGIN / 2
        inner = [
            titled(f"{self._plan.title}: phases and transitions"),
            element("desc", inner=words(_described(self._scene))),
            element("style", inner=STYLE),
            box(0, 0, self._width, height, 14, "paper"),
            *self._header(),
            group(*self._drawing(), transform=self._moved()),
            *self._footer(height),
        ]
        return element(
            "svg",
            inner="".join(inner),
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {number(self._width)} {number(height)}",
            role="img",
            width=self._width,
            height=height,
        )

    def _moved(self) -> str:
        return f"translate({number(self._left)} {number(self._top)})"

    def _header(self) -> Iterator[str]:
        yield text(_MARGIN, 40, self._plan.title, "name ink")
        hue = "" if self._scene.path is None else _OF_STATUS[self._scene.path.status]
        for place, line in enumerate(self._lines):
            css = f"strong f-{hue}" if place else "dim"
            yield text(_MARGIN, 62 + 18 * place, line, css)

    def _drawing(self) -> Iterator[str]:
        shown = self._scene
        yield from _mark(shown, -self._left + _MARGIN, self._width - self._left - _MARGIN)
        yield from lines(shown)
        yield from _start(shown)
        for name, content in shown.contents.items():
            yield card(content, shown.body(name), away=_away(shown, name))
        for key, label in shown.labels.items():
            yield _label(label, shown.layout.stubs[key], away=_away(shown, key[0]))

    def _footer(self, height: float) -> Iterator[str]:
        y = height - _FOOTER + 8
        yield path(f"M{_MARGIN:g} {number(y - 12)}h{number(self._width - 2 * _MARGIN)}", "rule")
        x = _MARGIN
        for drawn, told in _legend(self._scene):
            yield group(drawn, transform=f"translate({number(x)} {number(y)})")
            yield text(x + 24, y + 12, told, "dim")
            x += _legend_part(told)


def _header(shown: Scene) -> Iterator[str]:
    yield notes.headline(shown.plan)
    if shown.path is not None:
        yield notes.path_line(shown.plan, shown.path)
        if shown.path.failure:
            yield metrics.fitted(shown.path.failure, contents.WORD, _MOST_LINE)


def _away(shown: Scene, name: str) -> bool:
    return shown.path is not None and name not in shown.path.traces


def _described(shown: Scene) -> str:
    """For who hears the picture instead of seeing it."""
    told = [*_header(shown)]
    for name in (name for row in shown.layout.rows for name in row if name in shown.contents):
        ways = [
            f"on {label.words}{f' if {label.exit.condition}' if label.condition else ''} to "
            f"{shown.plan.phase(label.exit.target).title}"
            for (source, _), label in shown.labels.items()
            if source == name
        ]
        mark = "Point of no return. " if name in shown.marked else ""
        told.append(f"{mark}{shown.contents[name].whole}. {'; '.join(ways)}".rstrip(". "))
    return ". ".join(told) + "."


# --- the point of no return, the start, labels -------------------------------------------------


def _mark(shown: Scene, left: float, right: float) -> Iterator[str]:
    for name in shown.marked:
        place = shown.layout.boxes[name]
        y = place.y + 12
        begin, end = (left, right) if shown.divides else (place.x - 10, place.right + 10)
        yield path(f"M{number(begin)} {number(y)}H{number(end)}", "mark")
        width = metrics.width(contents.MARK_WORDS, MARK_FONT, bold=True) + len(contents.MARK_WORDS)
        x = place.right - width - 24
        yield box(x - 8, y - 9, width + 32, 18, 9, "t-destructive")
        yield path(icons.FLAG, "s-destructive f-destructive", x, y - 6)
        yield text(x + 15, y + 3.5, contents.MARK_WORDS, "mark-words")


def _start(shown: Scene) -> Iterator[str]:
    at = shown.layout.boxes[START]
    yield element("circle", "dot", cx=at.middle, cy=at.y + at.height / 2, r=at.height / 2)
    late = shown.layout.boxes.get(DEADLINE)
    if late is not None:
        yield box(late.x, late.y, late.width, late.height, late.height / 2, "cell aside")
        yield from _deadline(shown, late)


def _deadline(shown: Scene, at: Place) -> Iterator[str]:
    yield path(icons.SIGNS[Sign.TIME], "sign", at.x + 12, at.y + 7.5)
    yield text(at.x + 30, at.y + 17, deadline_words(shown.plan), "small dim")


def _label(label: Label, place: Place, *, away: bool) -> str:
    """A tab that hangs from a box."""
    down = place.height - 8
    across = place.width - 16
    d = (
        f"M{number(place.x)} {number(place.y)}v{number(down)}a8 8 0 0 0 8 8h{number(across)}"
        f"a8 8 0 0 0 8-8v-{number(down)}z"
    )
    aside = " aside" if label.exit.aside else ""
    told = [
        titled(f"{label.words}{f' if {label.exit.condition}' if label.condition else ''}"),
        path(d, f"t-{label.hue}"),
        text(place.middle, place.y + 13.5, label.words, f"label f-{label.hue}{aside}"),
    ]
    if label.condition:
        below = place.y + LABEL_HEIGHT + 8
        told.append(text(place.middle, below, label.condition, f"if f-{label.hue}"))
    return group(*told, css="away" if away else "")


# --- the legend ----------------------------------------------------------------------------------


def _legend(shown: Scene) -> Iterator[tuple[str, str]]:
    used = {phase.action.safety.value for phase in shown.plan.action_phases()}
    for hue, told in _LEGEND.items():
        if hue in used:
            yield icon(hue, 0, 0, 16 / 22), told
    if any(phase.requires for phase in shown.plan.phases.values()):
        yield path("M0 8h18", "line need"), "needs"
    if shown.plan.on_deadline or any(label.exit.aside for label in shown.labels.values()):
        yield path("M0 8h18", "line aside"), "cancelled, late"
    if shown.path is not None:
        yield path("M0 8h18", "taken"), "taken"


def _legend_part(told: str) -> float:
    return metrics.width(told, contents.WORD) + 46


def _legend_width(shown: Scene) -> float:
    return sum(_legend_part(told) for _, told in _legend(shown))
