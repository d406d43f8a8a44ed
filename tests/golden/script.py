"""The language of golden traces: what a script says, and how what came of it is written down.

A trace is a text file of blocks. A block is one or more commands, a line ``----``, and what came of
them; blocks are parted by an empty line. Lines that begin with ``#`` between blocks are comments.
"""

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path

REWRITE = "LANEWAY_REWRITE_GOLDEN"
"""The environment variable that has the traces written anew."""

DIVIDER = "----"


@dataclass(frozen=True)
class Command:
    """One line of a script: a word, and what it is about.

    Attributes:
        words: what stands without a name, in order.
        named: what stands as ``name=value``.
    """

    verb: str
    words: tuple[str, ...] = ()
    named: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, line: str) -> "Command":
        """Read a line; a value with blanks stands in quotes."""
        verb, *rest = shlex.split(line)
        words = tuple(part for part in rest if "=" not in part)
        named = dict(part.split("=", 1) for part in rest if "=" in part)
        return cls(verb, words, named)


@dataclass
class Block:
    """Comments, commands, and what came of them."""

    comments: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The block as it stands in a file."""
        lines = [*self.comments]
        if self.commands:
            lines += [*self.commands, DIVIDER, *self.output]
        return "\n".join(lines) + "\n"


def read_trace(path: Path) -> list[Block]:
    """The blocks of a file; a comment that stands alone is one too."""
    texts = path.read_text(encoding="utf-8").split("\n\n")
    return [_block(text.strip("\n").split("\n")) for text in texts if text.strip()]


def _block(lines: list[str]) -> Block:
    block = Block()
    said, _, output = "\n".join(lines).partition(f"\n{DIVIDER}")
    for line in said.split("\n"):
        (block.comments if line.startswith("#") else block.commands).append(line)
    block.output = output.lstrip("\n").split("\n") if output.strip("\n") else []
    return block


def write_trace(path: Path, blocks: list[Block]) -> None:
    """Write a file anew."""
    path.write_text("\n".join(block.text() for block in blocks), encoding="utf-8")


def rewriting() -> bool:
    """Whether the traces are to be written anew rather than compared."""
    return bool(os.environ.get(REWRITE))
