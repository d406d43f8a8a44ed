"""A token of an issuer that is ``single_use`` serves for one change only.

Whoever sees a token on its way could otherwise use it for something else while it lasts. So its
``jti`` is taken by the first call that would change something, whatever becomes of that call; and a
second one is refused, unless it is the very same request: the same method, address,
Idempotency-Key and body. That is what a client sends when it does not know whether it was heard,
and it can bring about nothing that was not asked for before.

What is taken is forgotten when the token has expired, and when the server starts anew: what a token
could do before a restart it can do once more after it, within the minutes that it still lasts.
Tokens without a ``jti`` cannot be told apart, and are not held to this; static tokens neither.
"""

import hashlib
import heapq

from aiohttp import web

from laneway_server.problems import Problem
from laneway_server.reading import IDEMPOTENCY_KEY

from .refusals import CredentialRefused, Reason

CAPACITY = 100_000
"""How many tokens are remembered at once."""

UNCHANGING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods of calls that change nothing."""


class Replays:
    """The tokens that have been used, each with what for, until they expire."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._uses: dict[tuple[str, str], str | None] = {}
        self._expiries: list[tuple[int, tuple[str, str]]] = []

    def __len__(self) -> int:
        return len(self._uses)

    def take(self, token: tuple[str, str], use: str | None, until: int, now: int) -> None:
        """Use a token.

        Args:
            token: its issuer and ``jti``.
            use: what for, as `fingerprint` says it; None for what must not be repeated.
            until: when it expires, in seconds since 1970.
            now: the time, likewise.

        Raises:
            CredentialRefused: it has been used for something else.
            Problem: ``rate_limited``: no more can be remembered.
        """
        self._forget(now)
        if token in self._uses:
            if use is None or self._uses[token] != use:
                raise CredentialRefused(
                    Reason.REPLAYED,
                    "the token has been used for another call: get a new one for each call that"
                    " changes something",
                )
            return
        if len(self._uses) >= self._capacity:
            # To forget one that is still valid would let it be used again.
            raise Problem("rate_limited", "more tokens are in use than can be remembered")
        self._uses[token] = use
        heapq.heappush(self._expiries, (until, token))

    def _forget(self, now: int) -> None:
        while self._expiries and self._expiries[0][0] < now:
            _, token = heapq.heappop(self._expiries)
            del self._uses[token]


async def fingerprint(request: web.Request) -> str:
    """Digest of what a request asks for."""
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    asked = f"{request.method}\n{request.raw_path}\n{key}\n".encode("utf-8", "surrogateescape")
    return hashlib.sha256(asked + await request.read()).hexdigest()
