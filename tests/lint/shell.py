"""Shellcheck for the shell that stands in other files: ``run:`` in YAML, and ``bash`` in Markdown.

    python -m tests.lint.shell FILE…

Exits with 1 where it finds anything; each finding is named with its file and line.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

SHELLCHECK = Path(sys.executable).with_name("shellcheck")
FENCE = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
HEAD = "#!/usr/bin/env bash\nset -e\n"  # as the runner does; in the docs it is no harm


class Script(NamedTuple):
    """Shell, and the number of the line before its first one."""

    text: str
    line: int


def scripts(file: Path) -> Iterator[Script]:
    """The shell in a file."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        for found in FENCE.finditer(text):
            yield Script(found[1], text.count("\n", 0, found.start(1)))
        return
    root = yaml.compose(text)
    if root is not None:
        yield from _of_node(root)


def _of_node(node: yaml.Node) -> Iterator[Script]:
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _of_node(each)
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        if key.value == "run" and isinstance(value, yaml.ScalarNode):
            block = value.style in ("|", ">")
            yield Script(value.value, value.start_mark.line + block)
        else:
            yield from _of_node(value)


def problems(file: Path) -> Iterator[str]:
    """What shellcheck has to say about a file."""
    for script in scripts(file):
        # An expression is text by the time that a shell reads it; actionlint says what it may be.
        text = HEAD + EXPRESSION.sub("expression", script.text)
        command = [str(SHELLCHECK), "--shell=bash", "--format=gcc", "-"]
        said = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        for line in (said.stdout + said.stderr).splitlines():
            yield _placed(line, file, script.line - HEAD.count("\n"))


def _placed(line: str, file: Path, offset: int) -> str:
    found = re.fullmatch(r"-:(\d+):(.*)", line)
    return f"{file}:{int(found[1]) + offset}:{found[2]}" if found else f"{file}: {line}"


def main() -> int:
    """Check the files that are named; the exit code."""
    found = [problem for name in sys.argv[1:] for problem in problems(Path(name))]
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
