"""Pages of docs/ that show a session on a terminal: it is run, and its answers are compared.

A ``console`` block is commands (``$ …``) and what they answer; a ``bash`` block is only run. What a
page shows of an answer is its text, but for white space, and for what is never the same twice:

- ``…`` stands for anything;
- an instant stands for any instant;
- ``op_01J7…`` and ``sha256:3f2a…`` stand for one id or digest each: the same wherever they are on
  the page, in commands too, and another one than every other of them.
"""

import asyncio
import os
import re
import shlex
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

BIN = Path(sys.executable).parent
"""Where ``laneway`` is."""
PATIENCE = 60.0
"""Seconds after which a command that has not ended is taken not to."""

_PART = re.compile(r"^## (?P<heading>[^\n]+)$|^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
_NAME = re.compile(r"(op_|sha256:)[0-9A-Za-z]+…")
_FORMS = {"op_": r"op_[0-9A-Z]{26}", "sha256:": r"sha256:[0-9a-f]{64}"}
_INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
_TOKEN = re.compile(rf"(?P<name>{_NAME.pattern})|(?P<instant>{_INSTANT})|(?P<any>…)")


@dataclass(frozen=True)
class Step:
    """A command, and the answer that the page shows; None where it shows none."""

    command: str
    shown: str | None
    line: int


@dataclass(frozen=True)
class Block:
    """The commands of one fenced block, which stands under a heading."""

    heading: str
    steps: tuple[Step, ...]


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page that are to be run, in order."""
    heading = ""
    for part in _PART.finditer(page):
        heading = part["heading"] or heading
        line = page.count("\n", 0, part.start()) + 2
        if part["kind"] == "bash":
            yield Block(heading, (Step(part["text"], None, line),))
        elif part["kind"] == "console":
            yield Block(heading, tuple(_steps(part["text"], line)))


def _steps(text: str, line: int) -> Iterator[Step]:
    command, shown, begun = "", "", line
    for number, each in enumerate(text.splitlines(), start=line):
        if each.startswith("$ "):
            if command:
                yield Step(command, shown, begun)
            command, shown, begun = each[2:], "", number
        elif _open(command):
            command += f"\n{each}"
        else:
            shown += f"{each}\n"
    yield Step(command, shown, begun)


def _open(command: str) -> bool:
    """Whether a command goes on in the next line."""
    if command.endswith(("\\", "|")):
        return True
    try:
        shlex.split(command)
    except ValueError:  # of a quotation that is not closed
        return True
    return False


class Names:
    """What the ids and digests of a page stand for, as far as that is known."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def given(self, command: str) -> str:
        """A command, with what its names stand for."""
        return _NAME.sub(lambda found: self.known[found[0]], command)

    def answers(self, shown: str, said: str) -> bool:
        """Whether that is what the page shows; what is new in it is known from now on."""
        new: dict[str, str] = {}
        pattern = "".join(self._patterns(_squeezed(shown), new))
        found = re.fullmatch(pattern, _squeezed(said), re.DOTALL)
        if found is None:
            return False
        known = self.known | {name: found[group] for name, group in new.items()}
        if len({*known.values()}) < len(known):
            return False
        self.known = known
        return True

    def _patterns(self, shown: str, new: dict[str, str]) -> Iterator[str]:
        end = 0
        for token in _TOKEN.finditer(shown):
            yield re.escape(shown[end : token.start()])
            end = token.end()
            if token["name"]:
                yield self._name(token[0], new)
            else:
                yield _INSTANT if token["instant"] else ".*?"
        yield re.escape(shown[end:])

    def _name(self, name: str, new: dict[str, str]) -> str:
        if name in self.known:
            return re.escape(self.known[name])
        if name in new:
            return f"(?P={new[name]})"
        new[name] = f"name{len(new)}"
        form = next(form for begin, form in _FORMS.items() if name.startswith(begin))
        return f"(?P<{new[name]}>{form})"


def _squeezed(text: str) -> str:
    return "".join(text.split())


class Session:
    """A page's session: one bash, in which what it sets stays.

    Args:
        page: its text.
        folder: where its commands run.
        environment: of the commands, besides ``PATH``, where ``curl`` and ``jq`` are.

    Attributes:
        left: the blocks that have not been run.
    """

    def __init__(self, page: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.left = deque(blocks(page))
        self._folder = folder
        self._environment = {"HOME": str(folder), "NO_COLOR": "1", "TZ": "UTC", **environment}
        self._names = Names()
        self._bash: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._bash = await asyncio.create_subprocess_exec(
            "bash",
            "--norc",
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": f"{BIN}:{os.environ['PATH']}", **self._environment},
            limit=2**22,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._bash is not None
        self._bash.kill()
        await self._bash.communicate()

    def knows(self, name: str, value: str) -> None:
        """What a name of the page stands for, where no answer shows it first."""
        assert self._names.answers(name, value), f"{name} is not {value}"

    def skip(self, heading: str) -> None:
        """Leave out the blocks of the next heading."""
        assert self.left[0].heading.startswith(heading), self.left[0].heading
        while self.left and self.left[0].heading.startswith(heading):
            self.left.popleft()

    async def read(self, *headings: str, most: int = 1_000) -> None:
        """Run the blocks of the next headings, whose beginnings are given; of each so many."""
        for heading in headings:
            assert self.left, f"there is nothing left under {heading}"
            assert self.left[0].heading.startswith(heading), self.left[0].heading
            count = 0
            while self.left and self.left[0].heading.startswith(heading) and count < most:
                await self._run(self.left.popleft())
                count += 1

    async def _run(self, block: Block) -> None:
        for step in block.steps:
            code, said = await self.do(self._names.given(step.command))
            if step.shown is None:
                assert code == 0, f"line {step.line} ends with {code}:\n{said}"
            else:
                right = self._names.answers(step.shown, said)
                assert right, f"line {step.line} shows\n{step.shown}\nand the answer is\n{said}"

    async def do(self, command: str) -> tuple[int, str]:
        """Run a command; its exit code, and what it printed."""
        assert self._bash is not None
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        (self._folder / ".command").write_text(f"{command}\n", encoding="utf-8")
        self._bash.stdin.write(b". ./.command </dev/null 2>&1; printf '\\0%s\\0' $?\n")
        async with asyncio.timeout(PATIENCE):
            said = await self._bash.stdout.readuntil(b"\0")
            code = await self._bash.stdout.readuntil(b"\0")
        return int(code[:-1]), said[:-1].decode()
