"""Text that others wrote, made harmless: nothing in it is obeyed by a terminal or a reader."""

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SPACES = frozenset("\t\n\r\v\f\u0085\u2028\u2029")


def seen(text: str) -> str:
    """Text without control characters, and without those that turn its reading direction."""
    return "".join(map(_seen, text))


def _seen(letter: str) -> str:
    if letter in _SPACES:
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(letter) in _UNSEEN else letter


def columns(letter: str) -> int:
    """How many columns of a terminal a letter takes."""
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def columns_of(text: str) -> int:
    """How many columns a text takes."""
    return sum(map(columns, text))


def cut(text: str, room: int) -> str:
    """As much of a text as there is room for, in columns; what is cut off ends with ``…``."""
    if columns_of(text) <= room:
        return text
    while text and columns_of(text) >= room:
        text = text[:-1]
    return text.rstrip() + "…" if room > 0 else ""
