"""How Dokploy writes its answers and errors, and reads its input."""

from __future__ import annotations

from http import HTTPStatus
from typing import TypeVar

import msgspec
from aiohttp import web

T = TypeVar("T")

_CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    415: "UNSUPPORTED_MEDIA_TYPE",
    500: "INTERNAL_SERVER_ERROR",
}


class DokployError(Exception):
    """An error that a procedure answers with; `status` is the HTTP status."""

    def __init__(self, status: int, message: str, issues: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.issues = issues

    def answer(self, procedure: str) -> web.Response:
        """The error as Dokploy's OpenAPI layer writes it."""
        code = _CODES.get(self.status) or HTTPStatus(self.status).name
        data = {"code": code, "httpStatus": self.status, "path": procedure, "zodError": None}
        body: dict[str, object] = {"message": self.message, "code": code, "data": data}
        if self.issues:
            body["issues"] = [{"message": issue} for issue in self.issues]
        return web.json_response(body, status=self.status)


def answer(value: object) -> web.Response:
    """A procedure's result as JSON; nothing at all, with 200, for one that returns nothing."""
    if value is None:
        return web.Response(status=200)
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def read_query(request: web.Request, shape: type[T]) -> T:
    """The query string as a procedure's input.

    Raises:
        DokployError: 400, where the input does not have the shape.
    """
    return _convert(dict(request.query), shape, strict=False)


async def read_body(request: web.Request, shape: type[T]) -> T:
    """The JSON body as a procedure's input.

    Raises:
        DokployError: 415 without `application/json`, 400 where the input does not have the shape.
    """
    if request.content_type != "application/json":
        raise DokployError(415, f"Unsupported content-type {request.content_type!r}")
    try:
        content = msgspec.json.decode(await request.read())
    except msgspec.DecodeError as error:
        raise DokployError(400, "Failed to parse request body") from error
    return _convert(content, shape, strict=True)


def _convert(content: object, shape: type[T], *, strict: bool) -> T:
    try:
        return msgspec.convert(content, shape, strict=strict)
    except msgspec.ValidationError as error:
        raise DokployError(400, "Input validation failed", (str(error),)) from error
