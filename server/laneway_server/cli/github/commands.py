"""What a workflow's step says to GitHub: commands in the log, and outputs in a file.

The runner obeys lines that begin with ``::`` wherever they come from, and ``##[…]`` in the middle
of a line. What is only to be read is therefore written while it obeys nothing: between
``::stop-commands::TOKEN`` and ``::TOKEN::``, with another token each time.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

import io
import secrets
from collections.abc import Callable
from pathlib import Path

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def new_token() -> str:
    """A word that nobody can guess."""
    return f"laneway-{secrets.token_hex(16)}"


def escaped(text: str, *, inside: bool = False) -> str:
    """Text as a command's message, or (``inside``) as the value of one of its properties."""
    table = _PROPERTY if inside else _DATA
    shown = text.replace("##[", "## [")  # the older form of a command, which has a place anywhere
    return "".join(table.get(character, character) for character in shown)


class Log:
    """The step's log.

    Args:
        write: takes a line, without its end.
        token: gives the words that end a stop.
    """

    def __init__(self, write: Callable[[str], None], token: Callable[[], str] = new_token) -> None:
        self._write = write
        self._token = token
        self._stopped = ""

    def text(self, line: str) -> None:
        """Write a line that the runner does not obey, whatever it holds."""
        if not self._stopped:
            self._stopped = self._token()
            self._write(f"::stop-commands::{self._stopped}")
        # A line has one end only, and no command in its middle.
        self._write(" ".join(line.splitlines()).replace("##[", "## ["))

    def command(self, name: str, message: str = "", **properties: str) -> None:
        """Write a line that the runner obeys."""
        self.close()
        given = ",".join(f"{key}={escaped(properties[key], inside=True)}" for key in properties)
        self._write(f"::{name}{' ' if given else ''}{given}::{escaped(message)}")

    def close(self) -> None:
        """Let the runner obey again, for what is written by others after this."""
        if self._stopped:
            self._write(f"::{self._stopped}::")
            self._stopped = ""


class LogFile(io.TextIOBase):
    """The log as a file: for what writes to files."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log
        self._begun = ""

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str, /) -> int:
        """Write text; it is there once its line is whole."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._log.text(line)
        return len(text)


class Outputs:
    """The step's outputs (``$GITHUB_OUTPUT``); without a file they go nowhere."""

    def __init__(self, file: Path | None, token: Callable[[], str] = new_token) -> None:
        self._file = file
        self._token = token

    def set(self, **values: str) -> None:
        """Set outputs; the last value counts. A value cannot set others, whatever it holds."""
        if self._file is None:
            return
        with self._file.open("a", encoding="utf-8", errors="replace", newline="\n") as file:
            for name, value in values.items():
                end = self._token()
                file.write(f"{name}<<{end}\n{value}\n{end}\n")
