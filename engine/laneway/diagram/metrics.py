"""How wide text is, about. Nobody knows which font a picture will be seen in: rather too wide.

The widths are those of the widest of the common fonts (DejaVu Sans, Verdana), in parts of the
font's size.
"""

import unicodedata

_NARROW = frozenset("ijlI|!.,:;'`")
_SLIM = frozenset('ftr()[]{}/\\-" ')
_BROAD = frozenset("mwMW@%&—…→")
_MONO = 0.61
_WIDE = frozenset("WF")
"""East Asian widths that take a whole square."""


def width(text: str, size: float, *, mono: bool = False, bold: bool = False) -> float:
    """The width of a line of text.

    Args:
        size: of the font.
        mono: all its letters have one width.
    """
    if mono:
        return size * sum(max(_MONO, _square(letter)) for letter in text)
    return size * sum(map(_letter, text)) * (1.08 if bold else 1.0)


def fitted(text: str, size: float, room: float, *, mono: bool = False, bold: bool = False) -> str:
    """As much of a text as there is room for; what is cut off ends with ``…``."""
    if width(text, size, mono=mono, bold=bold) <= room:
        return text
    while text and width(text + "…", size, mono=mono, bold=bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def _square(letter: str) -> float:
    return 1.05 if unicodedata.east_asian_width(letter) in _WIDE else 0.0


def _letter(letter: str) -> float:
    if letter in _NARROW:
        return 0.34
    if letter in _SLIM:
        return 0.43
    if letter in _BROAD:
        return 1.0
    if letter.isupper():
        return 0.74
    return max(0.63, _square(letter))
