"""What came of rehearsals, line by line, for people."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.text import Text

from .text import clean, span

if TYPE_CHECKING:
    from laneway.rehearsal.judge import Mismatch

_DIFFERENCE = {"- ": "red", "+ ": "green"}


def length(milliseconds: int) -> str:
    """``12.4s``, ``4m 05s``, ``2h 10m``."""
    return span(timedelta(milliseconds=milliseconds))


def large(number: int) -> str:
    """``1,234`` or, where nobody would read the digits, ``3.7 × 10^21``."""
    if number < 10**9:
        return f"{number:,}"
    digits = str(number)
    return f"{digits[0]}.{digits[1]} × 10^{len(digits) - 1}"


def mismatch_lines(mismatches: Iterable["Mismatch"]) -> Iterator[Text]:
    """What is not as expected; paths as a difference, phase by phase."""
    for each in mismatches:
        if isinstance(each.expected, list) and isinstance(each.found, list):
            yield Text(f"      {clean(each.what)} (- expected, + found)")
            yield from _difference(each.expected, each.found)
        else:
            told = f"      {clean(each.what)}: expected {_shown(each.expected)}"
            yield Text(f"{told}, found {_shown(each.found)}")


def _difference(expected: Sequence[str], found: Sequence[str]) -> Iterator[Text]:
    for line in difflib.ndiff([*map(clean, expected)], [*map(clean, found)]):
        if not line.startswith("?"):
            yield Text(f"        {line}", style=_DIFFERENCE.get(line[:2], "dim"))


def _shown(value: Any) -> str:
    return clean(value, 300)
