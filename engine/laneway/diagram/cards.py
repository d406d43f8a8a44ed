"""The boxes of a picture, with what stands in them."""

from collections.abc import Iterator, Sequence

from . import contents, icons, metrics
from .contents import Content
from .layout import Place
from .markup import box, element, group, number, path, text, titled
from .notes import Note, Sign

_ROUND = 10.0


def card(content: Content, place: Place, *, away: bool) -> str:
    """A phase's box.

    Args:
        away: an operation's path is shown, and does not lead here.
    """
    inner = _end(content, place) if content.end else _phase(content, place)
    return group(titled(content.whole), *inner, css="away" if away else "")


def _phase(content: Content, place: Place) -> Iterator[str]:
    if content.now:
        yield box(place.x - 4, place.y - 4, place.width + 8, place.height + 8, 13, "halo")
    yield box(place.x, place.y, place.width, place.height, _ROUND, "card")
    if content.status:
        yield _strip(content, place)
    yield _band(content, place)
    if content.status_hue not in ("", "pass"):
        edge = f"edge s-{content.status_hue}"
        yield box(place.x, place.y, place.width, place.height, _ROUND, edge)
    yield icon(content.hue, place.x + 13, place.y + 12)
    yield text(place.x + contents.TEXT, place.y + 27, content.title, "title ink")
    yield from _tag(content, place)
    y = place.y + 47
    for row in content.rows:
        yield from _row(row, place.x + contents.TEXT, y)
        y += contents.ROW
    yield from _cells(content, place)
    if content.status:
        yield from _status(content, place)


def _band(content: Content, place: Place) -> str:
    """A band of the hue along the left edge, inside the round corners."""
    x, y = number(place.x + _ROUND), number(place.y)
    inside = number(place.height - 2 * _ROUND)
    outer = f"h-4a6 10 0 0 0-6 10v{inside}a6 10 0 0 0 6 10h4"
    inner = f"a5 10 0 0 1-5-10v-{inside}a5 10 0 0 1 5-10z"
    return path(f"M{x} {y}{outer}{inner}", f"f-{content.hue}")


def _tag(content: Content, place: Place) -> Iterator[str]:
    width = metrics.width(content.tag, contents.TAG, bold=True) + 14
    x = place.right - contents.PAD + 2 - width
    strong = content.hue == "destructive"
    yield box(x, place.y + 14, width, 17, 8.5, f"{'f' if strong else 't'}-{content.hue}")
    css = "tag middle on-hue-fill" if strong else f"tag middle f-{content.hue}"
    yield text(x + width / 2, place.y + 26, content.tag, css)


def _row(row: Sequence[Note], x: float, y: float) -> Iterator[str]:
    for note in row:
        if note.sign is not Sign.NONE:
            yield path(icons.SIGNS[note.sign], "sign", x, y - 9.5)
        begins = x + (contents.SIGN if note.sign is not Sign.NONE else 0)
        yield text(begins, y, note.words, "code dim" if note.code else "dim")
        x += contents.note_width(note) + contents.BETWEEN


def _strip(content: Content, place: Place) -> str:
    """What stands behind the status, at the foot of the box."""
    x, y = number(place.x + 1), number(place.bottom - contents.STATUS)
    down, across = number(contents.STATUS - _ROUND), number(place.width - 20)
    d = f"M{x} {y}h{number(place.width - 2)}v{down}a9 9 0 0 1-9 9h-{across}a9 9 0 0 1-9-9z"
    return path(d, f"t-{content.status_hue}")


def _status(content: Content, place: Place) -> Iterator[str]:
    y = place.bottom - contents.STATUS
    yield status_icon(content.status_hue, place.x + 17, y + 6, 14 / 22)
    yield text(place.x + contents.TEXT, y + 17, content.status, f"f-{content.status_hue}")


def icon(hue: str, x: float, y: float, scale: float = 1.0) -> str:
    """The shape of a hue."""
    shape, drawn = icons.SHAPES[hue]
    return path(shape, f"f-{hue}", x, y, scale) + path(drawn, "on-hue", x, y, scale)


def status_icon(hue: str, x: float, y: float, scale: float) -> str:
    """The sign of a status."""
    disc, _ = icons.SHAPES["wait"]
    drawn = icons.MARKS[icons.STATUSES[hue]]
    return path(disc, f"f-{hue}", x, y, scale) + path(drawn, "on-hue", x, y, scale)


# --- branches ------------------------------------------------------------------------------------


def _cells(content: Content, place: Place) -> Iterator[str]:
    if not content.cells:
        return
    room = place.width - 2 * contents.PAD + contents.CELL_GAP
    width = room / content.columns - contents.CELL_GAP
    for number_, cell in enumerate(content.cells):
        line, column = divmod(number_, content.columns)
        x = place.x + contents.PAD + column * (width + contents.CELL_GAP)
        y = place.y + content.cells_top + line * (content.cell_height + contents.CELL_GAP)
        yield _cell(cell, Place(x, y, width, content.cell_height))


def _cell(cell: Content, place: Place) -> str:
    border = f"cell s-{cell.status_hue}" if cell.status_hue else "cell"
    told = [
        titled(cell.whole),
        box(place.x, place.y, place.width, place.height, 7, border),
        icon(cell.hue, place.x + 10, place.y + 9, 17 / 22),
        text(place.x + 36, place.y + 22, cell.title, "cell-title ink"),
        text(place.right - 10, place.y + 22, cell.tag, f"tag end f-{cell.hue}"),
    ]
    y = place.y + 40
    for row in cell.rows:
        told += _row(row, place.x + 36, y)
        y += 16
    if cell.status:
        told.append(status_icon(cell.status_hue, place.x + 12, y - 11, 13 / 22))
        told.append(text(place.x + 36, y, cell.status, f"small f-{cell.status_hue}"))
    return group(*told)


# --- ends ----------------------------------------------------------------------------------------


def _end(content: Content, place: Place) -> Iterator[str]:
    here = bool(content.status)
    width = 2.5 if here else 1.5
    yield element(
        "rect",
        f"t-{content.hue} s-{content.hue}",
        x=place.x,
        y=place.y,
        width=place.width,
        height=place.height,
        rx=22,
        stroke_width=width,
    )
    yield icon(content.hue, place.x + 13, place.y + 11)
    yield text(place.x + contents.TEXT, place.y + 27, content.title, "title ink")
    right = place.right - contents.PAD - 2
    if not content.title.casefold().startswith(content.tag):
        yield text(right, place.y + 27, content.tag, f"tag end f-{content.hue}")
    if here:
        yield text(place.x + contents.TEXT, place.y + 46, content.status, f"f-{content.hue}")
