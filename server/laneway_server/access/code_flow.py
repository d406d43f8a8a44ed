"""Signing in with an issuer: the authorization code flow with PKCE (RFC 6749, 7636, 9207).

What a sign-in must remember until the browser comes back is in a cookie of that browser, for ten
minutes, and nowhere else: a secret, from which the ``state``, the ``nonce`` and the code verifier
are made, and where to go afterwards. So an answer is taken only by the browser that asked.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

import msgspec
from aiohttp import web
from yarl import URL

from laneway.core.instants import elapsed, parse_instant
from laneway.drivers.http import HttpClient
from laneway.ports.driver import ActionFailed
from laneway.ports.environment import Clock
from laneway.runtime.context import read_secret
from laneway_server.forms import RETURN_TO, SignInAnswer
from laneway_server.problems import FieldError, invalid

from . import cookies, provider
from .document import IssuerEntry, SignIn
from .jwks import KeySets
from .oidc import Proof, Verifier
from .provider import Metadata
from .refusals import CredentialRefused, Reason
from .remote import Unavailable

LIFETIME = 600_000
"""Milliseconds that somebody may take to sign in."""

_NOT_BEGUN = "this browser has not begun to sign in with this issuer, or not lately"
_OUTCOME = re.compile(r"[a-z_]{1,50}")


_ELSEWHERE = FieldError("?return_to", "must be an address of this server, such as /lanes")


class Pending(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A sign-in that a browser has begun; its cookie."""

    issuer: str
    secret: str
    return_to: str
    began: str

    def derived(self, what: str) -> str:
        """The ``state``, the ``nonce`` or the ``verifier``: each tells nothing of the others."""
        label = f"laneway/sign-in/v1/{self.issuer}/{what}".encode()
        return _base64url(hmac.digest(self.secret.encode(), label, "sha256"))

    def cookie(self) -> str:
        """As the browser keeps it."""
        return _base64url(msgspec.json.encode(self))


class CodeFlow:
    """Sends browsers to issuers, and believes what they bring back."""

    def __init__(self, http: HttpClient, keys: KeySets, verifier: Verifier, clock: Clock) -> None:
        self._http = http
        self._keys = keys
        self._verifier = verifier
        self._clock = clock

    async def begin(
        self, request: web.Request, entry: IssuerEntry, return_to: str
    ) -> tuple[str, Pending]:
        """Where to send a browser, and what it must remember.

        Raises:
            Problem: ``request_invalid``: ``return_to`` may lead to another server.
            Unavailable: the issuer does not say where people sign in.
        """
        sign_in = _sign_in(entry)
        place = (await self._keys.metadata(entry)).authorization_endpoint
        provider.check_url(place)
        pending = Pending(
            issuer=entry.name,
            secret=secrets.token_urlsafe(32),
            return_to=return_to,
            began=self._clock.now(),
        )
        if not is_local(pending):
            raise invalid("the query does not have its form", _ELSEWHERE)
        query = {
            "response_type": "code",
            "client_id": sign_in.client_id,
            "redirect_uri": callback(request, entry),
            "scope": " ".join(dict.fromkeys(("openid", *sign_in.scopes))),
            "state": pending.derived("state"),
            "nonce": pending.derived("nonce"),
            "code_challenge": _challenge(pending.derived("verifier")),
            "code_challenge_method": "S256",
        }
        return str(URL(place).update_query(query)), pending

    async def finish(
        self, request: web.Request, entry: IssuerEntry, answer: SignInAnswer
    ) -> tuple[Proof, str]:
        """Whom the issuer has signed in, and where they want to go.

        Raises:
            CredentialRefused: it is not the answer to what this browser asked, or not one that
                proves anything.
            Unavailable: the issuer does not say.
        """
        pending = self._pending(request, entry)
        if not hmac.compare_digest(pending.derived("state").encode(), answer.state.encode()):
            raise _failed("the answer belongs to another sign-in: begin again")
        metadata = await self._keys.metadata(entry)
        _check_answer(answer, metadata)
        token = await self._exchanged(request, entry, metadata, answer.code, pending)
        try:
            proof = await self._verifier.id_token(token, entry, pending.derived("nonce"))
        except CredentialRefused as refused:
            raise _failed(f"{entry.name}: {refused.detail}") from refused
        return proof, pending.return_to

    def _pending(self, request: web.Request, entry: IssuerEntry) -> Pending:
        try:
            told = base64.urlsafe_b64decode(cookies.read(request, cookies.SIGN_IN) + "==")
            pending = msgspec.json.decode(told, type=Pending)
            age = elapsed(parse_instant(pending.began), self._clock.now())
        except (msgspec.MsgspecError, ValueError, OverflowError):
            raise _failed(_NOT_BEGUN) from None
        if pending.issuer != entry.name or not 0 <= age < LIFETIME or not is_local(pending):
            raise _failed(_NOT_BEGUN)
        return pending

    async def _exchanged(
        self,
        request: web.Request,
        entry: IssuerEntry,
        metadata: Metadata,
        code: str,
        pending: Pending,
    ) -> str:
        """The ID token that the code stands for."""
        client, headers = _client(_sign_in(entry), metadata)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback(request, entry),
            "code_verifier": pending.derived("verifier"),
            **client,
        }
        answer = await provider.post(self._http, metadata.token_endpoint, form, headers)
        if answer.status >= 500:
            raise Unavailable(f"the exchange of the code ended with HTTP status {answer.status}")
        if answer.status != 200:
            raise _failed(f"{entry.name} did not take the code")
        return _id_token(entry, answer.body)


def callback(request: web.Request, entry: IssuerEntry) -> str:
    """Where the issuer sends the browser back to; it is registered there."""
    return f"{cookies.origin(request)}/signin/{entry.name}/callback"


def is_local(pending: Pending) -> bool:
    """Whether a browser stays on this server where it is sent to."""
    return re.fullmatch(RETURN_TO, pending.return_to) is not None


def _check_answer(answer: SignInAnswer, metadata: Metadata) -> None:
    # RFC 9207: another issuer's answer must not be taken for this one's.
    told = answer.iss or not metadata.authorization_response_iss_parameter_supported
    if not told or answer.iss not in ("", metadata.issuer):
        raise _failed("the answer comes from another issuer")
    if answer.error or not answer.code:
        known = _OUTCOME.fullmatch(answer.error)
        raise _failed(f"the issuer signed nobody in ({answer.error if known else 'no code'})")


def _client(sign_in: SignIn, metadata: Metadata) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """How this server proves itself to the issuer: what of it is in the form, and in headers."""
    if sign_in.client_secret is None:
        return {"client_id": sign_in.client_id}, {}
    try:
        secret = read_secret(sign_in.client_secret)
    except ActionFailed as failed:
        raise Unavailable(str(failed)) from failed
    if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
        # RFC 6749, section 2.3.1: both are encoded as in a form first.
        pair = f"{quote_plus(sign_in.client_id)}:{quote_plus(secret)}".encode()
        return {}, {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {"client_id": sign_in.client_id, "client_secret": secret}, {}


def _id_token(entry: IssuerEntry, body: bytes) -> str:
    try:
        told = msgspec.json.decode(body, type=dict[str, Any]).get("id_token")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        told = None
    if not isinstance(told, str):
        raise _failed(f"{entry.name} did not say who signed in")
    return told


def _sign_in(entry: IssuerEntry) -> SignIn:
    assert entry.sign_in is not None, "only who signs people in is asked to"
    return entry.sign_in


def _failed(detail: str) -> CredentialRefused:
    return CredentialRefused(Reason.SIGN_IN, detail)


def _challenge(verifier: str) -> str:
    return _base64url(hashlib.sha256(verifier.encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
