"""Keeps secrets out of what drivers give back: by value, and by what secrets look like."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

REDACTED = "[redacted]"
_SHORTEST = 6  # a shorter value would blank out ordinary words
_SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|PRIVATE|DSN|AUTH", re.IGNORECASE)
_ASSIGNMENT = re.compile(
    r"(?i)\b([\w.-]*(?:passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key)[\w.-]*"
    r"[\"']?\s*[=:]\s*[\"']?)([^\s\"',;&]{3,})"
)
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(@)")


class Redactor:
    """Replaces secrets in text and in JSON values.

    Args:
        values: the secrets that are known; one shorter than six characters is left alone.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = sorted({value for value in values if len(value) >= _SHORTEST}, key=len)[::-1]

    def with_environment(self, text: str | None) -> "Redactor":
        """This redactor, which also knows the secrets of a ``NAME=value`` text."""
        return Redactor([*self._values, *secrets_of(text or "")])

    def text(self, text: str) -> str:
        """A text without secrets."""
        for value in self._values:
            text = text.replace(value, REDACTED)
        text = _USERINFO.sub(rf"\1{REDACTED}\2", text)
        return _ASSIGNMENT.sub(rf"\1{REDACTED}", text)

    def value(self, value: Any) -> Any:
        """A JSON value without secrets in any of its texts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value


def environment(text: str) -> dict[str, str]:
    """The variables of a ``NAME=value`` text such as Dokploy's ``env``; quotes are taken off."""
    assigned = (_assigned(line) for line in text.splitlines())
    return {name: value.strip().strip("'\"") for name, value in assigned if name}


def with_variables(text: str, changes: Mapping[str, str]) -> str:
    """A ``NAME=value`` text in which variables that it has are set to other values.

    Every other line stays as it is, to the letter. A variable that it does not have is not added.
    """
    lines = text.split("\n")
    return "\n".join(_set(line, changes) for line in lines)


def _set(line: str, changes: Mapping[str, str]) -> str:
    name, _ = _assigned(line)
    if name not in changes:
        return line
    return line[: line.index("=") + 1] + changes[name] + ("\r" if line.endswith("\r") else "")


def _assigned(line: str) -> tuple[str, str]:
    """The name and the rest of an assignment; an empty name where a line is none."""
    name, separator, value = line.strip().partition("=")
    if not separator or name.startswith("#"):
        return "", ""
    return name.strip().removeprefix("export "), value


def secrets_of(text: str) -> list[str]:
    """The values of the variables whose names say that they are secret."""
    return [value for name, value in environment(text).items() if _SECRET_NAME.search(name)]
