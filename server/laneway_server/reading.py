"""Requests from bytes: strict, limited, and with every mistake named at its place.

What a parser of JSON lets pass and RFC 8259 or 8785 do not like is refused here: keys that are
there twice, numbers that JSON cannot carry exactly, text that is no Unicode. A submission is
hashed, so it must mean one thing.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec
from aiohttp import hdrs, web
from multidict import MultiDict, MultiMapping

from laneway.core.cel import LARGEST_INTEGER
from laneway.core.instants import Instant, parse_duration, parse_instant
from laneway.core.schemas import mistakes
from laneway.ports.audit import AuditFilter
from laneway.ports.store import OperationFilter

from . import forms
from .problems import FieldError, Problem, invalid

IDEMPOTENCY_KEY = "Idempotency-Key"

LONGEST_MEDIA_TYPE = 200
"""Characters of a ``Content-Type`` that is looked into."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_PATH = re.compile(r"\.([^.\[]+)|\[([^\]]*)\]")

_NO_QUERY: MultiMapping[str] = MultiDict()

Parsed = TypeVar("Parsed", bound=msgspec.Struct)


# --- the body ------------------------------------------------------------------------------------


async def read_body(request: web.Request, form: type[Parsed], max_body: int, depth: int) -> Parsed:
    """The request's body; no body at all stands for an empty object.

    Args:
        max_body: bytes that it may have.
        depth: how deep it may be nested.

    Raises:
        Problem: ``body_too_large``, ``unsupported_media_type``, ``invalid_json`` or
            ``request_invalid``.
    """
    content = await _content(request, max_body)
    if not content:
        return _converted({}, form)
    _check_media_type(request)
    return _converted(parse_json(content, depth), form)


async def _content(request: web.Request, max_body: int) -> bytes:
    too_large = Problem("body_too_large", f"the body may have {max_body} bytes")
    if (request.content_length or 0) > max_body:
        raise too_large
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise too_large from None


def _check_media_type(request: web.Request) -> None:
    declared = request.headers.get(hdrs.CONTENT_TYPE, "nothing")
    # The length first: the parser takes seconds for a header that is made for it.
    if len(declared) > LONGEST_MEDIA_TYPE or not _is_json(request):
        shown = ascii(declared[:LONGEST_MEDIA_TYPE])
        raise Problem("unsupported_media_type", f"the body is declared as {shown}")


def _is_json(request: web.Request) -> bool:
    charset = (request.charset or "utf-8").lower()
    return request.content_type == "application/json" and charset in ("utf-8", "utf8")


def parse_json(content: bytes, depth: int) -> Any:
    """Read JSON.

    Raises:
        Problem: ``invalid_json``; the detail says what is wrong, and where as far as it is known.
    """
    try:
        value = json.loads(
            content.decode(),
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_constant,
            parse_int=_exact,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise Problem("invalid_json", f"no UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem("invalid_json", f"{error.msg} at {where}") from None
    except RecursionError:
        raise _too_deep(depth) from None
    except ValueError as error:
        raise Problem("invalid_json", str(error)) from None
    if not _is_plain(content, depth):
        _check_values(value, depth)
    return value


def _is_plain(content: bytes, depth: int) -> bool:
    """Whether JSON cannot be nested too deep, nor have half a character, by its bytes alone."""
    return content.count(b"{") + content.count(b"[") <= depth and b"\\u" not in content


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"the key {_first_again(pairs)!r} is there twice")
    return found


def _first_again(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return name
        seen.add(name)
    raise AssertionError("one is there twice")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _exact(text: str) -> int:
    # The length first: Python refuses to read very long integers, in words of its own.
    if len(text) > 20 or abs(int(text)) > LARGEST_INTEGER:
        raise ValueError(
            f"{text[:20]} is an integer that JSON cannot carry exactly: write it as text"
        )
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is a number that JSON cannot carry: write it as text")
    return number


def _check_values(value: Any, depth: int) -> None:
    """Look at each value once, without recursion."""
    ahead = [(value, 1)]
    while ahead:
        found, level = ahead.pop()
        if level > depth and isinstance(found, dict | list):
            raise _too_deep(depth)
        ahead += [(inner, level + 1) for inner in _inner(found)]
        if isinstance(found, str) and not _is_unicode(found):
            raise Problem("invalid_json", "a text has half a character (a lone surrogate)")


def _inner(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _too_deep(depth: int) -> Problem:
    return Problem("invalid_json", f"the body is nested deeper than {depth} levels")


# --- its form ------------------------------------------------------------------------------------


def _converted(value: Any, form: type[Parsed]) -> Parsed:
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        raise invalid("the body does not have its form", *_errors(value, form, error)) from None


def _errors(
    value: Any, form: type[msgspec.Struct], error: msgspec.ValidationError
) -> Sequence[FieldError]:
    """Everything that is wrong; msgspec stops at the first, JSON Schema does not."""
    found = mistakes(_schema(form), value)
    named = [FieldError(pointer(m.path), _hinted(m.message, m.hint)) for m in found]
    return named or [_first_error(error)]


@cache
def _schema(form: type[msgspec.Struct]) -> Mapping[str, Any]:
    return msgspec.json.schema(form)


def _hinted(message: str, hint: str) -> str:
    return f"{message}; {hint}" if hint else message


def _first_error(error: msgspec.ValidationError) -> FieldError:
    message, _, path = str(error).partition(" - at `$")
    return FieldError(pointer(_steps(path)), message)


def _steps(path: str) -> Sequence[str]:
    return [name or index for name, index in _PATH.findall(path.rstrip("`"))]


def pointer(path: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


# --- query and headers ---------------------------------------------------------------------------


def read_query(request: web.Request, form: type[Parsed]) -> Parsed:
    """The query's parameters; one that is unknown, or there twice, is an error.

    Raises:
        Problem: ``request_invalid``.
    """
    given = request.query if request.query_string else _NO_QUERY
    twice = sorted({name for name in given if len(given.getall(name)) > 1})
    if twice:
        raise _query_error(*(FieldError(f"?{name}", "is there twice") for name in twice))
    try:
        return msgspec.convert(dict(given), form, strict=False)
    except msgspec.ValidationError as error:
        first = _first_error(error)
        name = first.path.removeprefix("/") or _unknown_field(first.message)
        raise _query_error(FieldError(f"?{name}" if name else "", first.message)) from None


def _unknown_field(message: str) -> str:
    found = re.search(r"unknown field `(.*)`", message)
    return found[1] if found else ""


def _query_error(*errors: FieldError) -> Problem:
    return invalid("the query does not have its form", *errors)


def milliseconds(wait: str | None) -> int:
    """How long to wait, in milliseconds; 0 where nothing was said.

    Raises:
        Problem: ``request_invalid``: it is longer than may be waited, or no duration.
    """
    try:
        asked = 0 if wait is None else parse_duration(wait)
    except ValueError as error:  # the form lets a line break pass behind it
        raise _query_error(FieldError("?wait", str(error))) from None
    if asked > forms.LONGEST_WAIT:
        most = forms.LONGEST_WAIT // 1000
        raise _query_error(FieldError("?wait", f"may be {most}s at most"))
    return asked


def whose_artifact(query: forms.ArtifactQuery) -> tuple[str | None, int | None]:
    """The phase and the attempt that an artifact is asked for of.

    Raises:
        Problem: ``request_invalid``: an attempt is named, and its phase is not.
    """
    if query.attempt is not None and query.phase is None:
        raise _query_error(FieldError("?attempt", "may only be there with `phase`"))
    return query.phase, query.attempt


def operation_filter(query: forms.ListQuery) -> OperationFilter:
    """What a list asks for, in the store's words.

    Raises:
        Problem: ``request_invalid``: a time is none.
    """
    times = _times(query, "created_after", "created_before")
    return OperationFilter(
        plan=query.plan,
        status=query.status.value if query.status else None,
        product=query.product,
        context=query.context,
        instance=query.instance,
        requested_by=query.requested_by,
        created_after=times["created_after"],
        created_before=times["created_before"],
    )


def audit_filter(query: forms.AuditQuery) -> AuditFilter:
    """What is looked for in the audit log, in the store's words.

    Raises:
        Problem: ``request_invalid``: a time is none.
    """
    names = ("after", "before", "actor", "act", "allowed", "code", "product", "context", "instance")
    times = _times(query, "since", "until")
    return AuditFilter(
        **{name: getattr(query, name) for name in (*names, "plan")},
        operation_id=query.operation,
        since=times["since"],
        until=times["until"],
    )


def _times(query: msgspec.Struct, *names: str) -> dict[str, Instant | None]:
    times: dict[str, Instant | None] = {}
    wrong = []
    for name in names:
        text = getattr(query, name)
        try:
            times[name] = None if text is None else parse_instant(text)
        except ValueError:
            message = "must be an RFC 3339 time with an offset, such as 2026-01-31T09:30:00Z"
            wrong.append(FieldError(f"?{name}", message))
    if wrong:
        raise _query_error(*wrong)
    return times


def idempotency_key(request: web.Request) -> str:
    """The request's Idempotency-Key.

    Raises:
        Problem: ``idempotency_key_required``: it is not there, or is not 1 to 255 visible ASCII
            characters.
    """
    given = request.headers.getall(IDEMPOTENCY_KEY, [])
    if len(given) != 1 or not _KEY.fullmatch(given[0]):
        said = "there is none" if not given else "it is not 1 to 255 visible ASCII characters"
        raise Problem("idempotency_key_required", f"send one {IDEMPOTENCY_KEY} header: {said}")
    return given[0]


def event_cursor(request: web.Request, after: int | None) -> int | None:
    """After which event a stream begins: ``Last-Event-ID`` where there is one, else ``after``.

    A browser that reconnects repeats the address it was given first, so the header is newer.

    Raises:
        Problem: ``request_invalid``: the header is no number.
    """
    last = request.headers.get("Last-Event-ID", "")
    if not last:
        return after
    if not re.fullmatch(r"[0-9]{1,15}", last):
        raise invalid("Last-Event-ID is not an id of this stream")
    return int(last)


def entity_tags(request: web.Request) -> Sequence[str]:
    """What ``If-None-Match`` names, weak or strong; an asterisk stands for everything."""
    given = ",".join(request.headers.getall(hdrs.IF_NONE_MATCH, []))
    return [tag.strip().removeprefix("W/") for tag in given.split(",") if tag.strip()]
