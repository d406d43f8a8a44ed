"""Whether a request comes from the server's own page, and not from a page of another site.

A browser sends a session's cookie along whoever makes it call. Three things tell: the browser says
itself where a request comes from (``Sec-Fetch-Site``, ``Origin``), and only the page knows the
session's CSRF token. Reading needs none of them: other sites' pages are not shown the answer.
"""

import hmac

from aiohttp import hdrs, web

from . import cookies
from .refusals import CredentialRefused, Reason
from .replay import UNCHANGING

HEADER = "X-CSRF-Token"


def check_origin(request: web.Request) -> None:
    """Hold that a request does not come from a page of another site.

    Raises:
        CredentialRefused: the browser says that it does.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get(hdrs.ORIGIN, cookies.origin(request))
    if site != "same-origin" or origin.lower() != cookies.origin(request).lower():
        said = "the request comes from a page of another site"
        raise CredentialRefused(Reason.FORGED_REQUEST, said)


def check(request: web.Request, csrf: str) -> None:
    """Hold that a request with a session's cookie comes from the page, if it may change something.

    Args:
        csrf: the session's CSRF token.

    Raises:
        CredentialRefused: it may come from somewhere else.
    """
    if request.method in UNCHANGING:
        return
    check_origin(request)
    given = request.headers.get(HEADER, "")
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), csrf.encode()):
        said = f"with a session's cookie, the header {HEADER} must hold the session's CSRF token"
        raise CredentialRefused(Reason.FORGED_REQUEST, said)
