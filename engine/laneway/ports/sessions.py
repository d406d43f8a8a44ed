"""Who is signed in with a browser.

A session's id is a secret that only the browser has; here is its digest, so that who reads the
database cannot take a session over.
"""

from typing import Protocol

import msgspec

from laneway.core.events import Actor
from laneway.core.instants import Instant


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signed in.

    Attributes:
        digest: ``sha256:<hex>`` of the session's id.
        actor: who it is, as events name them.
        key_scope: whose idempotency keys theirs are.
        csrf: what the browser must send back with everything that changes something.
        expires_at: the session is none from then on.
    """

    digest: str
    actor: Actor
    key_scope: str
    csrf: str
    created_at: Instant
    expires_at: Instant


class Sessions(Protocol):
    """Keeps sessions; every method raises `StoreUnavailable` where the database does not answer."""

    async def save(self, session: Session) -> None:
        """Keep a session, in place of one of the same digest. When it returns it is on disk."""
        ...

    async def find(self, digest: str, now: Instant) -> Session | None:
        """The session of that digest, where there is one that has not expired."""
        ...

    async def drop(self, digest: str) -> None:
        """Forget a session; one that is not there is forgotten already."""
        ...

    async def drop_expired(self, now: Instant) -> int:
        """Forget the sessions that have expired by then; returns how many."""
        ...
