"""Templates: text that holds ``${{ … }}`` expressions."""

import re
from typing import NamedTuple

from .cel import ExpressionInvalid, Problem

OPEN, CLOSE = "${{", "}}"

_TOKEN = re.compile(
    r"""
    [rR]?(?P<quote>\"\"\"|'''|"|')   # a text begins, and with it what it ends with
    | (?P<brace>[{}])
    """,
    re.VERBOSE,
)


class Slot(NamedTuple):
    """An expression within a template, and where it starts in it."""

    source: str
    offset: int


Template = tuple[str | Slot, ...]
"""Text and expressions, as they follow each other."""


def split(text: str) -> Template:
    """Split a template into its text and its expressions.

    Raises:
        ExpressionInvalid: an expression does not end, or is empty.
    """
    parts: list[str | Slot] = []
    place = 0
    while (start := text.find(OPEN, place)) >= 0:
        end = _end(text, start)
        parts += [text[place:start], _slot(text, start, end)]
        place = end + len(CLOSE)
    parts.append(text[place:])
    return tuple(part for part in parts if part)


def _slot(text: str, start: int, end: int) -> Slot:
    inner = text[start + len(OPEN) : end]
    source = inner.strip()
    if not source:
        raise ExpressionInvalid(text, Problem("an empty expression", start))
    return Slot(source, start + len(OPEN) + inner.index(source))


def _end(text: str, start: int) -> int:
    """Where the expression's ``}}`` stands: not one within a text, or of CEL's own braces."""
    place, depth = start + len(OPEN), 0
    while found := _TOKEN.search(text, place):
        quote = found["quote"]
        if quote:
            place = _end_of_text(text, found)
        elif found["brace"] == "{":
            place, depth = found.end(), depth + 1
        elif depth:
            place, depth = found.end(), depth - 1
        elif text.startswith(CLOSE, found.start()):
            return found.start()
        else:
            place = found.end()
    raise ExpressionInvalid(text, Problem("`${{` without its `}}`", start))


def _end_of_text(text: str, begin: re.Match[str]) -> int:
    quote = begin["quote"]
    raw = begin.group()[0] in "rR"
    inner = r"[\s\S]*?" if raw else r"(?:\\[\s\S]|[^\\])*?"
    found = re.compile(inner + re.escape(quote)).match(text, begin.end())
    return found.end() if found else len(text)
