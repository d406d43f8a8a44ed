"""Sessions of browsers: who has signed in with the page.

A session's id is 256 random bits, which only the browser has. A session says who somebody was when
they signed in; what has changed in the access file since is seen at every request: a token that was
revoked, has expired or was replaced, and an issuer that is not believed any more, end it.
"""

import hashlib
import re
import secrets

import msgspec
from aiohttp import web

from laneway.core.instants import Instant, elapsed, later
from laneway.ports.environment import Clock
from laneway.ports.sessions import Session, Sessions

from . import cookies, tokens
from .callers import key_id, token_caller
from .document import AccessDocument
from .identity import Caller
from .limits import MINUTE, Rate
from .refusals import CredentialRefused, Reason

LIFETIME = 8 * 3_600_000
"""Milliseconds for which somebody stays signed in."""

MOST = 60
"""How many sessions one caller begins at once, and then in each minute: each stays for hours."""

_ID = re.compile(r"[A-Za-z0-9_-]{43}")


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session that has begun.

    Attributes:
        id: for the browser's cookie, and for nothing else.
    """

    id: str
    session: Session
    caller: Caller

    @property
    def lifetime(self) -> int:
        """How long it lasts, in milliseconds."""
        return elapsed(self.session.created_at, self.session.expires_at)


class BrowserSessions:
    """Begins, finds and ends sessions."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock
        self._rate = Rate(clock, burst=MOST, window=MINUTE)

    async def begin(self, caller: Caller, until: Instant | None) -> SignedIn:
        """Sign somebody in.

        Args:
            until: how long at most, where that is known.

        Raises:
            Problem: ``rate_limited``: they have signed in too often.
        """
        self._rate.admit(caller.key_scope, "you sign in more often than one needs to")
        now = self._clock.now()
        latest = later(now, LIFETIME)
        session_id = secrets.token_urlsafe(32)
        session = Session(
            digest=_digest(session_id),
            actor=caller.actor,
            key_scope=caller.key_scope,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            expires_at=latest if until is None else min(latest, until),
        )
        await self._sessions.drop_expired(now)
        await self._sessions.save(session)
        who = msgspec.structs.replace(caller, csrf=session.csrf)
        return SignedIn(id=session_id, session=session, caller=who)

    async def find(self, request: web.Request) -> Session | None:
        """The session of a request's cookie; None where there is no cookie.

        Raises:
            CredentialRefused: there is a cookie, and no such session.
        """
        session_id = cookies.read(request, cookies.SESSION)
        if not session_id:
            return None
        known = _ID.fullmatch(session_id)
        found = known and await self._sessions.find(_digest(session_id), self._clock.now())
        if not found:
            raise _ended()
        return found

    async def end(self, request: web.Request) -> None:
        """Sign a browser out, if it was signed in."""
        session_id = cookies.read(request, cookies.SESSION)
        if _ID.fullmatch(session_id):
            await self._sessions.drop(_digest(session_id))


def session_caller(session: Session, document: AccessDocument, now: Instant) -> Caller:
    """Whoever a session stands for, by the access file as it is now.

    Raises:
        CredentialRefused: what was proved when it began is not believed any more.
    """
    claims = session.actor.claims
    proof = claims["proof"]
    if proof["kind"] == "oidc":
        entry = document.issuer(claims["issuer"])
        if entry is None or entry.issuer != proof["iss"]:
            raise _ended()
        caller = Caller(actor=session.actor, key_scope=session.key_scope)
    else:
        token = document.token(proof["token"])
        if token is None or key_id(token) != proof["kid"]:
            raise _ended()
        tokens.check_entry(token, now)
        caller = token_caller(token, session=True)
    return msgspec.structs.replace(caller, csrf=session.csrf)


def _ended() -> CredentialRefused:
    return CredentialRefused(Reason.SESSION_ENDED, "the session has ended: sign in again")


def _digest(session_id: str) -> str:
    return f"sha256:{hashlib.sha256(session_id.encode()).hexdigest()}"
