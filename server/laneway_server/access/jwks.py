"""The keys with which issuers sign, by ``kid``: asked for when they are needed, and remembered.

A ``kid`` that is not known may be that of a new key, so the key set is asked for again; but only
so often, because anybody can send a token with a ``kid`` of their own making. While an issuer
cannot be reached its keys go on serving, up to an hour.
"""

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from laneway.drivers.http import HttpClient
from laneway.ports.environment import Clock

from . import provider
from .document import IssuerEntry
from .provider import Metadata
from .refusals import CredentialRefused, Reason
from .remote import Pace, Remote, Unavailable

Keys = Mapping[str, RSAKey | None]
"""Keys by ``kid``; None where several keys have the same, so that none of them can be meant."""

MOST_KEYS = 200
_KEY_BITS = range(2_048, 8_193)
"""Bits of a modulus: as many as NIST SP 800-131A asks for, and not so many that it takes long."""


class KeySets:
    """The key sets and the metadata of issuers."""

    def __init__(self, http: HttpClient, clock: Clock, pace: Pace | None = None) -> None:
        self._http = http
        self._clock = clock
        self._pace = pace or Pace()
        self._keys: dict[tuple[str, str | None], Remote[Keys]] = {}
        self._metadata: dict[str, Remote[Metadata]] = {}

    async def key(self, entry: IssuerEntry, kid: str) -> RSAKey:
        """The issuer's key of that ``kid``.

        Raises:
            CredentialRefused: the issuer has no such key, or several.
            Unavailable: the issuer does not say.
        """
        keys = self._key_set(entry)
        found = await keys.get()
        if kid not in found:
            found = await keys.renewed()
        if kid not in found and keys.failing:
            raise Unavailable("it does not say what its keys are now")
        key = found.get(kid)
        if key is None:
            several = kid in found
            said = "several keys have its kid" if several else "its issuer has no key of its kid"
            raise CredentialRefused(Reason.WRONG_KEY, f"the token cannot be verified: {said}")
        return key

    async def metadata(self, entry: IssuerEntry) -> Metadata:
        """What an issuer says of itself.

        Raises:
            Unavailable: it says nothing.
        """
        if entry.issuer not in self._metadata:
            fetch = partial(provider.metadata, self._http, entry.issuer)
            self._metadata[entry.issuer] = Remote(entry.name, fetch, self._clock, self._pace)
        return await self._metadata[entry.issuer].get()

    async def stop(self) -> None:
        """Ask no issuer any more."""
        for keys in self._keys.values():
            await keys.stop()
        for metadata in self._metadata.values():
            await metadata.stop()

    def _key_set(self, entry: IssuerEntry) -> Remote[Keys]:
        place = (entry.issuer, entry.jwks_url)
        if place not in self._keys:
            fetch = partial(self._fetch, entry)
            self._keys[place] = Remote(entry.name, fetch, self._clock, self._pace)
        return self._keys[place]

    async def _fetch(self, entry: IssuerEntry) -> Keys:
        url = entry.jwks_url
        if url is None:
            # Not the remembered metadata: an issuer that moves its keys says so there.
            url = (await provider.metadata(self._http, entry.issuer)).jwks_uri
        return usable(await provider.key_set(self._http, url))


def usable(published: Any) -> Keys:
    """The keys of a key set (RFC 7517) that sign with RS256; others are passed over.

    Raises:
        Unavailable: it is no key set.
    """
    listed = published.get("keys") if isinstance(published, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise Unavailable("the key set is none")
    found: dict[str, RSAKey | None] = {}
    for kid, key in _signing(listed):
        known = found.setdefault(kid, key)
        if known is None or known.public_key != key.public_key:
            found[kid] = None
    return found


def _signing(listed: Iterable[Any]) -> Iterable[tuple[str, RSAKey]]:
    for each in listed:
        if isinstance(each, dict) and _is_for_rs256(each):
            try:
                yield each["kid"], RSAKey.import_key({name: each[name] for name in _PUBLIC})
            except (JoseError, ValueError, TypeError):
                continue  # what is no key proves nothing; the others do all the same


_PUBLIC = ("kty", "n", "e")


def _is_for_rs256(key: Mapping[str, Any]) -> bool:
    kid = key.get("kid")
    return (
        key.get("kty") == "RSA"
        and key.get("use", "sig") == "sig"
        and key.get("alg", "RS256") == "RS256"
        and isinstance(kid, str)
        and kid != ""
        and _bits(key.get("n")) in _KEY_BITS
        and _bits(key.get("e")) in range(2, 65)
    )


def _bits(number: Any) -> int:
    """Bits of a number in base64url; 0 for what is none, or is longer than any that is taken."""
    if not isinstance(number, str) or len(number) > 2_000:
        return 0
    try:
        return int.from_bytes(urlsafe_b64decode(number + "==")).bit_length()
    except ValueError:
        return 0
