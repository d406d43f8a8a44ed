"""The globs of access rules: text with two wildcards.

``*`` stands for any number of characters other than ``/``, also for none. ``**`` stands for any
number of characters, ``/`` among them. Everything else stands for itself, and upper and lower case
differ. A glob matches the whole text or nothing.

They are matched by following every way through a glob at once. What is matched was chosen by a
caller (a branch's name, say), and no text makes that slow, as it would a regular expression.
"""

import re
from collections.abc import Iterable, Sequence

WILDCARDS = ("*", "**")

_TOKEN = re.compile(r"\*+|[^*]", re.DOTALL)
_MISTAKEN = re.compile(r"[?\[\]{}\\]")


def matches(glob: str, text: str) -> bool:
    """Whether a glob is for a text."""
    return _accepts(_tokens(glob), text)


def covers(wide: str, narrow: str) -> bool:
    """Whether a glob is for every text that another one is for; where that is hard to tell, no."""
    return _accepts(_tokens(wide), _tokens(narrow))


def mistake(glob: str) -> tuple[str, str] | None:
    """What is wrong with a glob and what to do about it, or None."""
    if "***" in glob:
        return "three asterisks mean nothing", "write * within a part, or ** across /"
    mistaken = _MISTAKEN.search(glob)
    if mistaken is not None:
        return (
            f"{mistaken[0]} has no meaning in a glob: only * and ** have",
            "write a glob for each",
        )
    if glob.startswith("!"):
        return "a glob cannot say what it is not for", "say what it is for"
    if glob != glob.strip() or not glob.isprintable():
        return f"{glob!r} has spaces around it, or characters that nobody sees", "remove them"
    return None


def literal_start(glob: str) -> str:
    """What every text begins with that a glob is for."""
    return glob.partition("*")[0]


def _tokens(glob: str) -> Sequence[str]:
    return _TOKEN.findall(glob)


def _accepts(tokens: Sequence[str], symbols: Iterable[str]) -> bool:
    """Whether there is a way through; a wildcard among the symbols is all that it stands for."""
    places = _reached(tokens, {0})
    for symbol in symbols:
        places = _reached(tokens, {step for at in places for step in _steps(tokens, at, symbol)})
    return len(tokens) in places


def _steps(tokens: Sequence[str], at: int, symbol: str) -> tuple[int, ...]:
    """Where a symbol leads to: a wildcard takes it and stays, a character is passed."""
    if at == len(tokens):
        return ()
    if tokens[at] in WILDCARDS:
        takes = tokens[at] == "**" or symbol not in ("/", "**")
        return (at,) if takes else ()
    return (at + 1,) if tokens[at] == symbol else ()


def _reached(tokens: Sequence[str], places: set[int]) -> set[int]:
    """The places with those that lie behind wildcards that stand for nothing."""
    found = set(places)
    for at in places:
        while at < len(tokens) and tokens[at] in WILDCARDS:
            at += 1  # noqa: PLW2901 (it walks on from there)
            found.add(at)
    return found
