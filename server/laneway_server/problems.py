"""Everything the server may answer instead of what was asked: one table, RFC 9457 on the wire.

The pages under ``/problems/`` and the OpenAPI document are made from the same table.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from laneway.runtime import submissions
from laneway.runtime.operations import OperationExpired

from .problem_table import TABLE, ProblemKind
from .pruned import pruned

MEDIA_TYPE = "application/problem+json"


PROBLEMS: Mapping[str, ProblemKind] = {kind.code: kind for kind in TABLE}
"""Every problem that the server answers with, by code."""

_BY_ERROR: Mapping[type, ProblemKind] = {error: kind for kind in TABLE for error in kind.stands_for}
_BY_STATUS: Mapping[int, str] = {
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}


class FieldError(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request.

    Attributes:
        path: a JSON pointer into the body, or ``?name`` for a query parameter.
    """

    path: str
    message: str


class Problem(Exception):
    """A request that is answered with a problem.

    Args:
        code: of the table.
        detail: what is so in this case, for people.
        headers: to answer with.
        extensions: what the code needs: ``operation``, ``errors`` …
    """

    def __init__(
        self, code: str, detail: str, headers: Mapping[str, str] | None = None, **extensions: Any
    ) -> None:
        super().__init__(detail)
        self.kind = PROBLEMS[code]
        self.detail = detail
        self.headers = dict(headers or {})
        self.extensions = extensions


def invalid(detail: str, *errors: FieldError) -> Problem:
    """A request that does not have its form."""
    return Problem("request_invalid", detail, errors=list(errors))


def problem_of(error: Exception) -> Problem | None:
    """The problem that an error is answered with; None for an error that nobody expected."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, web.HTTPException):
        return _http_problem(error)
    if isinstance(error, web.RequestPayloadError):
        return Problem("bad_request", "the body is not encoded as its headers say")
    kind = next((_BY_ERROR[base] for base in type(error).__mro__ if base in _BY_ERROR), None)
    if kind is None:
        return None
    detail = error.detail if isinstance(error, submissions.SubmissionRefused) else {}
    if isinstance(error, OperationExpired):
        detail = {"operation": pruned(error.tombstone)}
    return Problem(kind.code, str(error), **_with_errors(kind, str(error), detail))


def _with_errors(kind: ProblemKind, message: str, detail: dict[str, Any]) -> dict[str, Any]:
    """An invalid request always says what is wrong with it, if only in one sentence."""
    if kind.code == "request_invalid" and "errors" not in detail:
        return {**detail, "errors": [FieldError("", message)]}
    return detail


def _http_problem(error: web.HTTPException) -> Problem:
    code = _BY_STATUS.get(error.status, "bad_request" if error.status < 500 else "internal_error")
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return Problem(code, PROBLEMS[code].meaning, headers)


def document(problem: Problem, trace_id: str) -> dict[str, Any]:
    """The problem as JSON shows it."""
    return {
        "type": problem.kind.path,
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "code": problem.kind.code,
        "trace_id": trace_id,
        **problem.extensions,
    }


def response(problem: Problem, trace_id: str) -> web.Response:
    """The answer."""
    headers = dict(problem.headers)
    if problem.kind.retry_after is not None:
        headers.setdefault("Retry-After", str(problem.kind.retry_after))
    return web.Response(
        status=problem.kind.status,
        body=msgspec.json.encode(document(problem, trace_id)),
        content_type=MEDIA_TYPE,
        headers=headers,
    )
