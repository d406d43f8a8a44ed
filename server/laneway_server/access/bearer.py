"""The ``Authorization`` header, and what is answered where it proves nothing (RFC 6750)."""

import re

from aiohttp import hdrs, web

from laneway_server.problems import Problem

from .refusals import CredentialRefused, Reason

LONGEST = 16 * 1024
"""Characters of a token."""

CHALLENGE = "WWW-Authenticate"
REALM = 'Bearer realm="laneway"'

_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)
# Of a JSON Web Token the middle is looked for: looking for its beginning takes a text that is made
# for it very long.
_OURS = re.compile(r"laneway_[A-Za-z0-9]{16}|[A-Za-z0-9_-]\.eyJ[A-Za-z0-9_-]*+\.")
_NAMES = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "authorization",
        "bearer",
        "client_secret",
        "id_token",
        "jwt",
        "password",
        "refresh_token",
        "secret",
        "token",
    }
)
"""Names of query parameters that only a credential would have."""

_CODES = {
    Reason.IN_URL: "credentials_in_url",
    Reason.REPLAYED: "token_replayed",
    Reason.FORGED_REQUEST: "csrf_failed",
    Reason.SIGN_IN: "sign_in_failed",
}
_WITHOUT_CHALLENGE = frozenset({Reason.FORGED_REQUEST, Reason.SIGN_IN})
_INVALID_REQUEST = frozenset({Reason.MALFORMED, Reason.IN_URL})


def bearer_token(request: web.Request) -> str | None:
    """The token that a request carries, or None where it carries none.

    Raises:
        CredentialRefused: the header is not one `Bearer TOKEN`.
    """
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    if not given:
        return None
    if len(given) > 1:
        raise CredentialRefused(Reason.MALFORMED, "there is more than one Authorization header")
    found = _BEARER.fullmatch(given[0].strip())
    if found is None or len(found[1]) > LONGEST:
        raise CredentialRefused(Reason.MALFORMED, "Authorization is not `Bearer TOKEN`")
    return found[1]


def check_url(request: web.Request) -> None:
    """Hold that no credentials are in the address: it ends up in logs and in histories.

    Raises:
        CredentialRefused: there are; whether they would have been right is not looked at.
    """
    url = request.rel_url
    named = any(name.lower() in _NAMES for name in url.query)
    if named or _has_user(request) or _OURS.search(url.query_string):
        raise CredentialRefused(
            Reason.IN_URL,
            "credentials do not belong into an address, which is logged on its way: replace those"
            " that were in this one, and send the new ones as `Authorization: Bearer TOKEN`",
        )


def _has_user(request: web.Request) -> bool:
    """Whether somebody is named before the host, in the address or in ``Host``."""
    # Not by `request.url`, which looks for a meaning in whatever Host says, and takes its time.
    target = request.raw_path
    authority = "" if target.startswith("/") else target.partition("://")[2].partition("/")[0]
    return "@" in authority or "@" in request.host


def problem(refused: CredentialRefused) -> Problem:
    """What a refusal is answered with."""
    code = _CODES.get(refused.reason, "authentication_required")
    if refused.reason in _WITHOUT_CHALLENGE:
        return Problem(code, refused.detail)
    error = "invalid_request" if refused.reason in _INVALID_REQUEST else "invalid_token"
    said = refused.detail.replace("`", "'")
    challenge = f'{REALM}, error="{error}", error_description="{said}"'
    return Problem(code, refused.detail, {CHALLENGE: challenge})


def nobody(detail: str, sign_in: list[str]) -> Problem:
    """What a request without credentials is answered with; RFC 6750 wants no error code there.

    Args:
        sign_in: where a browser can be sent to sign in.
    """
    headers = {CHALLENGE: REALM}
    return Problem("authentication_required", detail, headers, sign_in=sign_in)
