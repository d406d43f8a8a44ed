"""What OIDC issuers publish: their metadata and key sets, asked for over HTTPS, in bounds.

An answer is read up to a limit, redirects are not followed, and nothing but loopback may be asked
without TLS. The rules of the metadata are those of OpenID Connect Discovery 1.0, section 4.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from laneway.drivers.http import HttpClient, HttpFailed, HttpResponse
from laneway_server.config import is_loopback

from .remote import Unavailable

MOST_BYTES = 256 * 1024
"""Bytes of an issuer's answer."""

_WELL_KNOWN = "/.well-known/openid-configuration"


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer says of itself, as far as it is used here."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


async def metadata(http: HttpClient, issuer: str) -> Metadata:
    """An issuer's metadata.

    Raises:
        Unavailable: there is none, or it is not that issuer's.
    """
    answer = await _get(http, issuer.removesuffix("/") + _WELL_KNOWN)
    try:
        found = msgspec.json.decode(answer, type=Metadata)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise Unavailable(f"{_WELL_KNOWN} is not the metadata of an issuer") from None
    if found.issuer != issuer:
        # Section 4.3: or another issuer's keys would prove this one's tokens.
        raise Unavailable(f"{_WELL_KNOWN} is that of another issuer")
    return found


async def key_set(http: HttpClient, url: str) -> Any:
    """The JSON of a key set.

    Raises:
        Unavailable: there is none.
    """
    try:
        return msgspec.json.decode(await _get(http, url))
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise Unavailable("the key set is not JSON") from None


async def post(
    http: HttpClient, url: str, form: Mapping[str, str], headers: Mapping[str, str]
) -> HttpResponse:
    """Send a form.

    Raises:
        Unavailable: no whole answer came.
    """
    return await _call(http, "POST", url, form=form, headers=headers)


def check_url(url: str) -> None:
    """Hold that an address can be trusted on the way: TLS, or this machine.

    Raises:
        Unavailable: it is neither, or is no address.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise Unavailable("an address is none") from None
    if not host or parts.username is not None or parts.fragment:
        raise Unavailable("an address is none")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise Unavailable(f"{host} is not asked without TLS: the address must begin with https")


async def _get(http: HttpClient, url: str) -> bytes:
    answer = await _call(http, "GET", url)
    if answer.status != 200:
        raise Unavailable(f"{urlsplit(url).path} answered with HTTP status {answer.status}")
    return answer.body


async def _call(http: HttpClient, method: str, url: str, **how: Any) -> HttpResponse:
    check_url(url)
    try:
        return await http.request(method, url, max_bytes=MOST_BYTES, **how)
    except HttpFailed as failed:
        raise Unavailable(str(failed)) from failed
