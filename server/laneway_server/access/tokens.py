"""Static tokens, for machines that no issuer vouches for.

A token is ``laneway_`` and 256 random bits. The access file has its digest only; and because it is
random, and nothing that a person thought up, a plain SHA-256 is enough (nobody can try them all).
"""

import hashlib
import hmac
import secrets
import string
from collections.abc import Iterable

from laneway.core.instants import Instant

from .document import TokenEntry
from .refusals import CredentialRefused, Reason

PREFIX = "laneway_"

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 43
"""Characters of 62 kinds that hold 256 bits."""


def new_token() -> str:
    """A token that nobody has."""
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def token_digest(token: str) -> str:
    """``sha256:…``, as it stands in the access file."""
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"


def is_static(token: str) -> bool:
    """Whether it has the form of a static token."""
    return token.startswith(PREFIX)


def entry_of(token: str, entries: Iterable[TokenEntry], now: Instant) -> TokenEntry:
    """The entry that a token proves. How long it takes does not depend on which it is.

    Raises:
        CredentialRefused: there is none, or it is not valid any more.
    """
    given = token_digest(token)
    found = [entry for entry in entries if hmac.compare_digest(entry.digest, given)]
    if not found:
        raise CredentialRefused(Reason.UNKNOWN_TOKEN, "the token is not one of this server's")
    check_entry(found[0], now)
    return found[0]


def check_entry(entry: TokenEntry, now: Instant) -> None:
    """Hold that a token is still valid.

    Raises:
        CredentialRefused: it was revoked, or has expired.
    """
    if entry.revoked:
        raise CredentialRefused(Reason.REVOKED, f"the token {entry.name} has been revoked")
    if entry.expires is not None and entry.expires <= now:
        raise CredentialRefused(Reason.EXPIRED, f"the token {entry.name} has expired")
