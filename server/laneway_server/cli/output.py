"""Where a command writes: documents and tables to standard output, errors to standard error."""

import os
import sys
from collections.abc import Iterable
from io import StringIO
from typing import IO, Any

import msgspec
from rich.console import Console, RenderableType
from rich.text import Text

from laneway_server.client.problems import Refused

from .problems import mistakes, remedy
from .text import clean

_WIDE = 400
"""Columns of a table that is not read on a terminal: nothing in it is cut off."""


class Output:
    """What a command prints to, and whether people or programs read it.

    Attributes:
        json: standard output carries JSON and nothing else.

    Args:
        log: takes what is for people, in place of both outputs.
    """

    def __init__(self, *, json: bool = False, log: IO[str] | None = None) -> None:
        self.json = json
        self.out = _console(stderr=False, file=log)
        self.err = _console(stderr=True, file=log)

    @property
    def live(self) -> bool:
        """Whether standard output is a terminal on which lines can be drawn over."""
        drawable = self.out.is_terminal and not self.out.is_dumb_terminal
        return drawable and sys.stdout.isatty() and not self.json

    @property
    def notes(self) -> Console:
        """Where lines for people go: beside the document, where there is one."""
        return self.err if self.json else self.out

    def document(self, document: object) -> None:
        """Print JSON: indented on a terminal, else on one line."""
        raw = msgspec.json.encode(document)
        shown = msgspec.json.format(raw, indent=2 if sys.stdout.isatty() else -1)
        self.raw(shown.decode())

    def raw(self, line: str) -> None:
        """Print a line as it is."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def say(self, text: Text | str = "") -> None:
        """Print a line for people, however long."""
        self.notes.print(text, soft_wrap=True)

    def lines(self, text: Text, *, err: bool = False) -> None:
        """Print lines for people, set in by two; each stays one line, to be copied."""
        console = self.err if err else self.notes
        for line in text.split("\n", allow_blank=True):
            console.print(Text("  ").append_text(line) if line.plain else "", soft_wrap=True)

    def warn(self, text: Text | str) -> None:
        """Print a line for people to standard error."""
        self.err.print(text, soft_wrap=True)

    def show(self, *tables: RenderableType) -> None:
        """Print tables: for a terminal, or as wide as they are and without padding."""
        for table in tables:
            if self.notes.is_terminal:
                self.notes.print(table)
            else:
                self.notes.file.write(plain(table))
        self.notes.file.flush()

    def error(self, message: str, hints: Iterable[str] = ()) -> None:
        """Say what went wrong, and what to do."""
        told = Text.assemble(("error", "bold red"), ": ", clean(message))
        self.warn(told)
        for hint in hints:
            self.warn(Text.assemble(("  → ", "cyan"), clean(hint)))

    def refused(self, refused: Refused, operation: str = "") -> None:
        """Say that the server would not, why, and what to do; programs get the problem document."""
        if self.json:
            self.document(refused.problem)
        self.error(str(refused))
        for mistake in mistakes(refused):
            self.warn(Text(f"  · {mistake}"))
        for hint in remedy(refused, operation):
            self.warn(Text.assemble(("  → ", "cyan"), clean(hint)))
        trace = clean(refused.problem.get("trace_id"))
        if trace:
            self.warn(Text(f"    trace id {trace}", style="dim"))


def plain(table: RenderableType) -> str:
    """A table as text, as wide as it needs to be."""
    console = Console(file=StringIO(), width=_WIDE, color_system=None, **_PLAIN)
    with console.capture() as captured:
        console.print(table)
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())


_PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False}


def _console(*, stderr: bool, file: IO[str] | None = None) -> Console:
    # A terminal that says it knows no colours is believed, whatever asks for them (no-color.org).
    no_color = True if os.environ.get("NO_COLOR") else None
    width = None if file is None else _WIDE
    return Console(stderr=stderr, file=file, width=width, no_color=no_color, **_PLAIN)
