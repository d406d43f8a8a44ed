"""Who a request is from: by a token in its header, or by the session of its browser.

What is wrong with credentials is told to whoever sent them, in words that hold nothing of what was
sent; and it is counted by address, so that guessing can be slowed down.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from aiohttp import hdrs, web

from laneway.core.instants import Instant, as_datetime, instant
from laneway.drivers.http import HttpClient
from laneway.ports.environment import Clock
from laneway.ports.sessions import Sessions
from laneway_server.forms import SignInAnswer
from laneway_server.problems import Problem

from . import bearer, cookies, forgery, tokens
from .addresses import Front
from .browser import BrowserSessions, SignedIn, session_caller
from .callers import oidc_caller, token_caller
from .code_flow import CodeFlow, Pending
from .conditions import is_somebody
from .document import AccessDocument, IssuerEntry
from .identity import Caller
from .jwks import KeySets
from .oidc import Proof, Verifier
from .refusals import CredentialRefused, Reason
from .remote import Pace, Unavailable
from .replay import UNCHANGING, Replays, fingerprint

OnFailure = Callable[[str, Reason], None]
"""Told of every refusal: the address that it came from, and why."""

_log = structlog.get_logger("laneway.access")


def _log_failure(address: str, reason: Reason) -> None:
    _log.warning("credentials_refused", address=address, reason=reason.value)


class Identities:
    """See the module; `start` it before use and `stop` it after.

    Args:
        front: tells which address a request comes from.
        on_failure: told of every request with credentials that prove nothing; else it is logged.
        pace: how often issuers are asked.
    """

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        *,
        front: Front | None = None,
        on_failure: OnFailure = _log_failure,
        pace: Pace | None = None,
    ) -> None:
        self._clock = clock
        self._front = front or Front()
        self._on_failure = on_failure
        self._http = HttpClient()
        self._keys = KeySets(self._http, clock, pace)
        self._verifier = Verifier(self._keys, clock)
        self._replays = Replays()
        self._browsers = BrowserSessions(sessions, clock)
        self._flow = CodeFlow(self._http, self._keys, self._verifier, clock)

    async def start(self) -> None:
        """Be ready to ask issuers; none is asked before it is needed."""
        await self._http.start()

    async def stop(self) -> None:
        """Ask no issuer any more, and close every connection."""
        await self._keys.stop()
        await self._http.stop()

    async def caller(self, request: web.Request, document: AccessDocument) -> Caller:
        """Who a request is from.

        Raises:
            Problem: ``authentication_required``, ``credentials_in_url``, ``token_replayed``,
                ``csrf_failed``, ``issuer_unavailable``, ``rate_limited``.
        """
        with self._told(request, document):
            bearer.check_url(request)
            token = bearer.bearer_token(request)
            if token is not None:
                return await self._bearer(request, token, document)
            session = await self._browsers.find(request)
            if session is not None:
                caller = session_caller(session, document, self._clock.now())
                forgery.check(request, caller.csrf)
                return caller
        raise bearer.nobody("the request does not say who it is from", _ways(document))

    async def sign_in(self, request: web.Request, token: str, document: AccessDocument) -> SignedIn:
        """Begin a session for whoever has a token; it does not outlive the token.

        Raises:
            Problem: as for `caller`.
        """
        with self._told(request, document):
            bearer.check_url(request)
            forgery.check_origin(request)
            now = self._clock.now()
            if tokens.is_static(token):
                entry = tokens.entry_of(token, document.tokens, now)
                begun = await self._begin(request, token_caller(entry, session=True), entry.expires)
            else:
                proof = await self._verifier.bearer(token, document)
                # Once and never again: whoever finds the token must not get a session for it.
                self._take(proof, None)
                begun = await self._begin(request, oidc_caller(proof, session=True), _expiry(proof))
        return begun

    async def sign_out(self, request: web.Request) -> None:
        """End the session of a request's browser, if there is one."""
        await self._browsers.end(request)

    async def begin_sign_in(
        self, request: web.Request, issuer: str, return_to: str, document: AccessDocument
    ) -> tuple[str, Pending]:
        """Where to send a browser that is to sign in with an issuer, and what it must remember.

        Raises:
            Problem: ``not_found``, ``issuer_unavailable``, ``request_invalid``.
        """
        entry = _signing_in(issuer, document)
        with self._told(request, document):
            return await self._flow.begin(request, entry, return_to)

    async def finish_sign_in(
        self, request: web.Request, issuer: str, answer: SignInAnswer, document: AccessDocument
    ) -> tuple[SignedIn, str]:
        """Begin a session for whom the issuer has signed in; and where they want to go.

        Raises:
            Problem: ``not_found``, ``sign_in_failed``, ``issuer_unavailable``.
        """
        entry = _signing_in(issuer, document)
        with self._told(request, document):
            proof, return_to = await self._flow.finish(request, entry, answer)
            return await self._begin(request, oidc_caller(proof, session=True), None), return_to

    async def _bearer(self, request: web.Request, token: str, document: AccessDocument) -> Caller:
        if tokens.is_static(token):
            return token_caller(tokens.entry_of(token, document.tokens, self._clock.now()))
        proof = await self._verifier.bearer(token, document)
        caller = oidc_caller(proof)
        once = request.method not in UNCHANGING and proof.entry.one_change_each
        # Who may do nothing cannot do it twice: strangers take up no place among what is taken.
        if once and is_somebody(caller.actor, document):
            self._take(proof, await fingerprint(request))
        return caller

    def _take(self, proof: Proof, use: str | None) -> None:
        if proof.jti is not None:
            now = int(as_datetime(self._clock.now()).timestamp())
            self._replays.take((proof.entry.issuer, proof.jti), use, proof.until, now)

    async def _begin(self, request: web.Request, caller: Caller, until: Instant | None) -> SignedIn:
        begun = await self._browsers.begin(caller, until)
        await self._browsers.end(request)  # the one before, which the request still names
        return begun

    @contextmanager
    def _told(self, request: web.Request, document: AccessDocument) -> Iterator[None]:
        """Tell what is refused: the caller as a problem, and whoever counts."""
        try:
            yield
        except CredentialRefused as refused:
            self._on_failure(self._front.address(request), refused.reason)
            problem = bearer.problem(refused)
            if refused.reason is Reason.SESSION_ENDED:
                problem.headers[hdrs.SET_COOKIE] = cookies.removal(request, cookies.SESSION)
                problem.extensions["sign_in"] = _ways(document)
            raise problem from None
        except Unavailable as error:
            # Why is for the log: it may name addresses that are nobody else's business.
            _log.warning("issuer_unavailable", why=str(error))
            raise Problem("issuer_unavailable", "the issuer of these credentials is away") from None


@dataclass(frozen=True)
class SignIns:
    """What signs browsers in, where there is an access file.

    Attributes:
        document: gives the access file as it is now.
    """

    identities: Identities
    document: Callable[[], AccessDocument]


def _ways(document: AccessDocument) -> list[str]:
    """Where browsers can be sent to sign in."""
    return [f"/signin/{entry.name}" for entry in document.issuers if entry.sign_in is not None]


def _signing_in(issuer: str, document: AccessDocument) -> IssuerEntry:
    entry = document.issuer(issuer)
    if entry is None or entry.sign_in is None:
        raise Problem("not_found", "nobody signs in with an issuer of that name")
    return entry


def _expiry(proof: Proof) -> Instant:
    return instant(datetime.fromtimestamp(int(proof.claims["exp"]), UTC))
