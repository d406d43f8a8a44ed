"""The trace id of a request: its caller's, or one that is made for it."""

import re
import secrets

from aiohttp import web

TRACE_HEADER = "X-Trace-Id"

_TRACE = web.RequestKey("trace", str)

# https://www.w3.org/TR/trace-context/: version, trace id, parent id, flags; zeros are no id.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


def trace_id(request: web.Request) -> str:
    """The trace id of a request; the same each time."""
    if _TRACE not in request:
        found = _TRACEPARENT.fullmatch(request.headers.get("traceparent", "").strip())
        request[_TRACE] = found[1] if found else secrets.token_hex(16)
    return request[_TRACE]
