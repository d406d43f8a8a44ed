"""The OpenAPI 3.1 document, made from the routes and the wire's types."""

import re
from collections.abc import Iterable, Iterator, Sequence
from inspect import cleandoc
from itertools import groupby
from typing import Any

import msgspec

import laneway

from . import problems, wire
from .access import cookies, forgery
from .event_schema import event_schema
from .openapi_links import links
from .problem_table import ProblemKind
from .reading import IDEMPOTENCY_KEY
from .routes.route import JSON, Answer, Route

REFERENCE = "#/components/schemas/{name}"

TAGS = {
    "operations": "Submit operations and see what becomes of them.",
    "decisions": "What people tell an operation.",
    "events": "What happened, event by event.",
    "lanes": "The places that operations work on, one at a time.",
    "plans": "What operations do, and who does it.",
    "retention": "What is kept, however old it is.",
    "session": "Who you are, and a browser's sign-in.",
    "server": "The server itself.",
    "pages": "Pages for people.",
}

_TRACE = {
    "X-Trace-Id": {
        "description": "The request's trace id: that of its `traceparent`, or a new one.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "required": True,
    }
}
_BARE = frozenset({204, 303, 304})
"""Statuses of answers without a body."""

_KEY = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": True,
    "description": "Names the request, so that sending it twice makes one operation.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def encoded(routes: Sequence[Route]) -> bytes:
    """The document's bytes."""
    return msgspec.json.encode(document(routes))


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Laneway",
            "version": laneway.__version__,
            "summary": "Durable operations, one at a time per lane.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": _paths(routes),
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A static token, or one of an OIDC issuer. With open access: the"
                    " caller's name; left out: `anonymous`.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": f"__Host-{cookies.SESSION}",
                    "description": "A browser's session, from `POST /v1/session` or a sign-in. On"
                    " loopback its name has no `__Host-`. What changes something needs its CSRF"
                    f" token in `{forgery.HEADER}` too.",
                },
            },
        },
    }


def _paths(routes: Sequence[Route]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(_told(route.path), {})[route.method.lower()] = _operation(route, routes)
    return paths


def _told(path: str) -> str:
    """A path without what its parameters must look like, which is the router's business."""
    return re.sub(r"\{(\w+):[^}]+\}", r"{\1}", path)


def _operation(route: Route, routes: Sequence[Route]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [*_parameters(route)],
        "responses": {**_answers(route.answers, routes), **_problems(route)},
        "security": [] if route.public else [{"bearer": []}, {"session": []}, {}],
    }
    if route.body is not None:
        said["requestBody"] = _request_body(route.body)
    return said


def _request_body(body: type[msgspec.Struct]) -> dict[str, Any]:
    required = any(field.required for field in msgspec.structs.fields(body))
    return {"required": required, "content": {JSON: {"schema": _reference(body)}}}


# --- parameters ----------------------------------------------------------------------------------


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for part in _told(route.path).split("/"):
        if part.startswith("{"):
            yield {
                "name": part[1:-1],
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
            }
    if route.keyed:
        yield _KEY
    for name, text in route.headers:
        yield {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
    yield from _query(route.query)


def _query(query: type[msgspec.Struct]) -> Iterator[dict[str, Any]]:
    _, components = msgspec.json.schema_components([query], ref_template=REFERENCE)
    for name, schema in components[query.__name__]["properties"].items():
        described = {"description": schema.pop("description")} if "description" in schema else {}
        yield {"name": name, "in": "query", **described, "schema": _not_null(schema)}


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out is not there; it is never null."""
    some = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(some) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**some[0], **rest}


# --- responses -----------------------------------------------------------------------------------


def _answers(answers: Iterable[Answer], routes: Sequence[Route]) -> dict[str, Any]:
    ordered = sorted(answers, key=lambda answer: answer.status)
    by_status = groupby(ordered, key=lambda answer: answer.status)
    return {str(status): _response(list(same), routes) for status, same in by_status}


def _response(same: Sequence[Answer], routes: Sequence[Route]) -> dict[str, Any]:
    """One status's response; where there are several, they differ by media type."""
    headers = {
        name: {"description": text, "schema": {"type": "string"}}
        for answer in same
        for name, text in answer.headers
    }
    content = {answer.media: _media(answer) for answer in same if answer.status not in _BARE}
    described = {
        "description": " ".join(answer.description for answer in same),
        "headers": {**_TRACE, **headers},
    }
    parts = {"content": content, "links": links(same[0], routes)}
    return described | {name: part for name, part in parts.items() if part}


def _media(answer: Answer) -> dict[str, Any]:
    if answer.body is not None:
        return {"schema": _reference(answer.body)}
    return {"schema": {"type": "string"}}


def codes(route: Route) -> set[str]:
    """Every problem code that a route may answer with."""
    found = {"internal_error", "request_invalid", *route.problems}
    if not route.public:
        found |= {"authentication_required", "authorization_denied", "rate_limited"}
        found |= {"credentials_in_url", "issuer_unavailable"}
    if not route.public and route.method != "GET":
        found |= {"token_replayed", "csrf_failed"}
    if route.body is not None:
        found |= {"invalid_json", "body_too_large", "unsupported_media_type"}
    if route.keyed:
        found.add("idempotency_key_required")
    if route.keyed or "{id}" in route.path:
        found.add("events_expired")
    if route.stored:
        found |= {"store_unavailable"}
    return found | ({"fenced"} if route.stored else set())


def _problems(route: Route) -> dict[str, Any]:
    kinds = [kind for kind in problems.PROBLEMS.values() if kind.code in codes(route)]
    ordered = sorted(kinds, key=lambda kind: kind.status)
    by_status = groupby(ordered, key=lambda kind: kind.status)
    return {str(status): _problem(list(same)) for status, same in by_status}


def _problem(same: Sequence[ProblemKind]) -> dict[str, Any]:
    retry = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    schema = {
        "allOf": [
            _reference(wire.ProblemView),
            {"properties": {"code": {"enum": [kind.code for kind in same]}}},
        ]
    }
    return {
        "description": " ".join(f"`{kind.code}`: {kind.title}." for kind in same),
        "headers": _TRACE | (retry if any(kind.retry_after for kind in same) else {}),
        "content": {problems.MEDIA_TYPE: {"schema": schema}},
    }


# --- schemas -------------------------------------------------------------------------------------


def _reference(body: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=body.__name__)}


def _schemas(routes: Sequence[Route]) -> dict[str, Any]:
    bodies = [route.body for route in routes if route.body is not None]
    answers = [each.body for route in routes for each in route.answers if each.body is not None]
    types = dict.fromkeys([*bodies, *answers, wire.ProblemView])
    _, schemas = msgspec.json.schema_components(types, ref_template=REFERENCE)
    schemas["EventPage"]["properties"]["events"]["items"] = {"$ref": REFERENCE.format(name="Event")}
    schemas["Event"] = event_schema(REFERENCE, schemas)
    for schema in schemas.values():
        schema["description"] = cleandoc(schema.get("description", ""))
    return schemas
