"""Markdown made of what others wrote: it shows as they wrote it, and does nothing else.

Every character that Markdown or HTML could take for itself is escaped: no link, image, mention or
heading comes out of an operation's texts.
"""

from collections.abc import Sequence
from pathlib import Path

from laneway_server.cli.text import clean

MOST = 1024 * 1024
"""Bytes that GitHub takes of a step's summary; of one that is longer it shows nothing."""

_SPECIAL = frozenset("\\`*_{}[]()<>#+-.!|~&:/\"'=$^")
_CUT = "\n\n… the rest is in the log.\n"


def md(text: object, limit: int = 500) -> str:
    """Somebody's text, on one line.

    Args:
        text: what somebody wrote.
        limit: characters of it that are kept.
    """
    return "".join(_shown(character) for character in clean(text, limit))


def _shown(character: str) -> str:
    if character == "@":
        return "&#64;&#8203;"  # a mention is found in what Markdown has made of it
    return f"\\{character}" if character in _SPECIAL else character


def code(text: object, limit: int = 500) -> str:
    """Somebody's text, to be copied as it is."""
    shown = clean(text, limit).replace("`", "'")
    return f"`` {shown} ``"


def link(text: str, url: str) -> str:
    """A link; the address is ours."""
    return f"[{md(text)}](<{url}>)"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


class SummaryFile:
    """The step's summary (``$GITHUB_STEP_SUMMARY``): what was there stays, ours is written anew."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._start = file.stat().st_size if file is not None and file.exists() else 0

    def write(self, text: str) -> None:
        """Let the summary be this, so far."""
        if self._file is None:
            return
        room = MOST - self._start
        with self._file.open("r+b" if self._file.exists() else "w+b") as file:
            file.truncate(self._start)
            file.seek(self._start)
            file.write(_fitting(text, room))


def _fitting(text: str, room: int) -> bytes:
    whole, cut = text.encode("utf-8", "replace"), _CUT.encode()
    if len(whole) <= room:
        return whole
    kept = whole[: max(room - len(cut), 0)].decode("utf-8", "ignore").encode()
    # A line that is cut in two could be half an escape.
    kept = kept[: kept.rfind(b"\n")] if b"\n" in kept else b""
    return (kept + cut)[:room]
