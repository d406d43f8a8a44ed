"""How GitHub's runner reads what a step leaves behind; as much of it as matters here.

The newer form of a command begins its line, the older one may stand anywhere in it. Source:
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

import re
from typing import NamedTuple

OLD = re.compile(r"##\[([^\]]+)\](.*)")
NEW = re.compile(r"\s*::([^ :]+)(?: ([^:]*(?:(?!::):[^:]*)*))?::(.*)", re.DOTALL)


class Command(NamedTuple):
    """A command that the runner obeyed."""

    name: str
    properties: dict[str, str]
    message: str


def obeyed(log: str) -> list[Command]:
    """The commands in a log that the runner obeys; those that stop and resume it are left out."""
    found: list[Command] = []
    stop = ""
    for line in re.split(r"\r\n|\r|\n", log):
        command = _command(line)
        if command is None:
            continue
        if stop:
            stop = "" if command.name == stop else stop
        elif command.name == "stop-commands":
            stop = command.message
        else:
            found.append(command)
    return found


def _command(line: str) -> Command | None:
    new = NEW.fullmatch(line)
    if new is not None:
        return Command(new[1], _properties(new[2] or ""), _data(new[3]))
    old = OLD.search(line)
    return None if old is None else Command(old[1].split(" ")[0], {}, old[2])


def _properties(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {name.strip(): _property(value) for name, _, value in pairs}


def _data(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def _property(text: str) -> str:
    return _data(text.replace("%3A", ":").replace("%2C", ","))


def outputs(text: str) -> dict[str, str]:
    """The outputs that a step has set."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        name, sign, end = line.partition("<<")
        equals = line.partition("=")
        if "=" in line and line.index("=") < (line.index("<<") if sign else len(line)):
            found[equals[0]] = equals[2]
        elif sign:
            found[name] = "\n".join(iter(lambda: next(lines), end))
    return found
