"""What the server answered when it did not do what was asked, and what to do about it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from .text import clean


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
        return clean(self.problem.get("code"))

    @property
    def transient(self) -> bool:
        """Whether the same request may be answered differently in a while."""
        return self.status in (429, 500, 502, 503, 504)

    def __str__(self) -> str:
        title = clean(self.problem.get("title")) or f"HTTP {self.status}"
        detail = clean(self.problem.get("detail"))
        told = f"{title}: {detail}" if detail else title
        return f"{told} ({self.code})" if self.code else told


_REMEDIES = {
    "authentication_required": "give a token: set LANEWAY_TOKEN or name a file with --token-file",
    "authorization_denied": "use an identity that may do this; operators can look the trace id up",
    "not_found": "see what there is: laneway list",
    "plan_not_found": "GET /v1/plans says which plans there are, and why others did not load",
    "target_not_found": "check the lane's spelling (product/context/instance); the server has no "
    "target record for it",
    "lane_busy": "follow the operation that has it: laneway watch {operation}\n"
    "or wait in line: --when-busy queue",
    "repeat_not_accepted": "look at what was done: laneway status {operation}\n"
    "and to do it again: --supersedes {operation}",
    "lane_frozen": "see since when: laneway lane show LANE\n"
    "and once it may go on: laneway lane unfreeze LANE",
    "illegal_transition": "see where the operation stands: laneway status {operation}",
    "not_cancellable": "follow it to its end: laneway watch {operation}",
    "digest_mismatch": "what is to be approved has changed; look again: laneway status {operation}",
    "self_approval": "somebody else has to decide: the plan does not let the requester approve",
    "idempotency_key_reused": "the key belongs to another submission: name another --key, or none",
    "body_too_large": "make the request document smaller",
    "draining": "the server is about to stop: ask again once it is back",
    "store_unavailable": "nothing was written; the server's log says what is wrong",
}


def remedy(refused: Refused, operation: str = "") -> list[str]:
    """What to do about a refusal, a line each; ``operation`` is the one that was asked about."""
    text = _REMEDIES.get(refused.code, "")
    if not refused.code:
        text = "this does not look like a Laneway server: check --server"
    named = clean(refused.problem.get("operation")) or operation or "OPERATION"
    return text.format(operation=named).splitlines()


def mistakes(refused: Refused) -> list[str]:
    """What is wrong with the request, ``path: message`` each."""
    errors = refused.problem.get("errors")
    if not isinstance(errors, list):
        return []
    return [_mistake(error) for error in errors]


def _mistake(error: object) -> str:
    if not isinstance(error, dict):
        return clean(error)
    path, message = clean(error.get("path")), clean(error.get("message"))
    return f"{path}: {message}" if path else message


def refused_by(
    status: int, reason: str, body: bytes, content_type: str, retry_after: str | None
) -> Refused | NoContact:
    """What an answer that is not a success means."""
    problem = _document(body) if "json" in content_type else None
    if problem is not None and ("code" in problem or "title" in problem):
        return Refused(status, problem, _seconds(retry_after))
    told = f"HTTP {status} {clean(reason)}".rstrip()
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
