"""What the server answered when it did not do what was asked.

Texts are as they came: who shows them to people makes them harmless first.
"""

from collections.abc import Mapping
from typing import Any

import msgspec


class NoContact(Exception):
    """The server was not reached, or what answered was not it (a proxy's 502, say)."""


class Refused(Exception):
    """The server's answer is a problem.

    Attributes:
        status: of the HTTP answer.
        problem: the problem document (RFC 9457), or what can be said in its place.
        retry_after: seconds after which to ask again, or None.
    """

    def __init__(
        self, status: int, problem: Mapping[str, Any], retry_after: float | None = None
    ) -> None:
        super().__init__(status, problem)
        self.status = status
        self.problem = dict(problem)
        self.retry_after = retry_after

    @property
    def code(self) -> str:
        """The stable code; empty where the answer is not Laneway's."""
        return self._text("code")

    @property
    def transient(self) -> bool:
        """Whether the same request may be answered differently in a while."""
        return self.status in (429, 500, 502, 503, 504)

    def __str__(self) -> str:
        title = self._text("title") or f"HTTP {self.status}"
        detail = self._text("detail")
        told = f"{title}: {detail}" if detail else title
        return f"{told} ({self.code})" if self.code else told

    def _text(self, name: str) -> str:
        found = self.problem.get(name)
        return "" if found is None else str(found)


def refused_by(
    status: int, reason: str, body: bytes, content_type: str, retry_after: str | None
) -> Refused | NoContact:
    """What an answer that is not a success means."""
    problem = _document(body) if "json" in content_type else None
    if problem is not None and ("code" in problem or "title" in problem):
        return Refused(status, problem, _seconds(retry_after))
    told = f"HTTP {status} {reason}".rstrip()
    if status >= 500:
        return NoContact(f"{told}, from something in between")
    return Refused(status, {"title": told, "status": status}, _seconds(retry_after))


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return None


def _seconds(value: str | None) -> float | None:
    """Of a ``Retry-After``; one that gives a date is not followed."""
    return float(value) if value and value.isascii() and value.isdigit() else None
