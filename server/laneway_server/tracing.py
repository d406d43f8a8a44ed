"""The trace id of a request: its caller's, or one that is made for it."""

import random
import re

from aiohttp import web
from multidict import istr

TRACE_HEADER = istr("X-Trace-Id")

_TRACE = web.RequestKey("trace", str)
_made = random.Random()  # noqa: S311 - it tells requests apart, and guards nothing

# https://www.w3.org/TR/trace-context/: version, trace id, parent id, flags; zeros are no id.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


def trace_id(request: web.Request) -> str:
    """The trace id of a request; the same each time."""
    known = request.get(_TRACE)
    if known is None:
        known = request[_TRACE] = _parent(request) or f"{_made.getrandbits(128):032x}"
    return known


def _parent(request: web.Request) -> str:
    given = request.headers.get("traceparent")
    found = _TRACEPARENT.fullmatch(given.strip()) if given else None
    return found[1] if found else ""
