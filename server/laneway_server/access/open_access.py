"""Open access, for the demo and for programs on the same machine: callers say who they are.

Nobody is kept out, so the server must be out of reach of everybody else. It listens on loopback
only; and because a web page in the user's own browser can reach loopback, a request must name a
loopback host (a page of another site that had its name resolved to 127.0.0.1 still sends that name)
and must not come from a page of another site.
"""

import re
from functools import lru_cache
from typing import Any

from aiohttp import hdrs, web

from laneway.core.events import Actor
from laneway_server.config import is_loopback
from laneway_server.problems import Problem
from laneway_server.redaction import without_credentials

from .identity import Caller
from .ruling import Question, Scope, Verdict

ANONYMOUS = "anonymous"

_BEARER = re.compile(r"Bearer +([A-Za-z0-9._@+-]{1,100})", re.IGNORECASE)
_CROSS_SITE = frozenset({"cross-site", "same-site"})


class OpenAccess:
    """``Authorization: Bearer NAME`` names the caller; without it, it is `ANONYMOUS`."""

    async def identify(self, request: web.Request) -> Caller:
        """See `Access`."""
        _check_origin(request)
        subject = _subject(request.headers.getall(hdrs.AUTHORIZATION, []))
        return Caller(actor=Actor(kind="caller", subject=subject), key_scope=subject)

    def judge(self, actor: Actor, question: Question) -> Verdict:
        """See `Judge`: everybody may do everything, by no rule and no policy."""
        return Verdict(allowed=True, reason="access is open: no policy is in force")

    def visible(self, actor: Actor) -> tuple[Scope, ...] | None:
        """See `Judge`: everything."""
        return None

    def standing(self) -> dict[str, Any] | None:
        """See `Access`: there is no access file."""
        return None


def _host(header: str) -> str:
    """The name in a ``Host`` header, without the port."""
    return header.partition("]")[0] if header.startswith("[") else header.partition(":")[0]


def _subject(given: list[str]) -> str:
    if not given:
        return ANONYMOUS
    return _named("" if len(given) > 1 else given[0].strip())


@lru_cache(1_024)
def _named(given: str) -> str:
    found = _BEARER.fullmatch(given)
    if found is None:
        raise Problem(
            "authentication_required",
            "Authorization is not `Bearer NAME`, with a name of letters, digits and ._@+-",
            {hdrs.WWW_AUTHENTICATE: 'Bearer realm="laneway"'},
        )
    if without_credentials(found[1]) != found[1]:
        # It would be kept as a name: in events, and in the log.
        raise Problem(
            "authentication_required",
            "Authorization carries a credential, and access is open: say a name instead",
            {hdrs.WWW_AUTHENTICATE: 'Bearer realm="laneway"'},
        )
    return found[1]


@lru_cache(64)
def _check_host(header: str) -> None:
    host = _host(header)
    if not is_loopback(host):
        raise Problem("authorization_denied", f"open access does not answer as {host!r}")


def _check_origin(request: web.Request) -> None:
    _check_host(request.host)
    if request.headers.get("Sec-Fetch-Site", "") in _CROSS_SITE and request.method != "GET":
        raise Problem("authorization_denied", "the request comes from a page of another site")
