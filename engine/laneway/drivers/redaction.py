"""Keeps secrets out of what drivers give back: by value, and by what secrets look like."""

import re
from collections.abc import Iterable
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
    found = {}
    for line in text.splitlines():
        name, separator, value = line.strip().partition("=")
        if separator and name and not name.startswith("#"):
            found[name.strip().removeprefix("export ")] = value.strip().strip("'\"")
    return found


def secrets_of(text: str) -> list[str]:
    """The values of the variables whose names say that they are secret."""
    return [value for name, value in environment(text).items() if _SECRET_NAME.search(name)]
