"""Tokens of OIDC issuers: what a token says is believed only once all of it has been verified.

The rules are those of OpenID Connect Core 1.0 (section 3.1.3.7) and RFC 8725, and narrower where
they leave a choice: RS256 and nothing else, a ``kid``, one audience, an expiry and an issue time.
"""

import binascii
from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError, MissingClaimError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from laneway.core.instants import as_datetime
from laneway.ports.environment import Clock

from .bearer import LONGEST
from .document import AccessDocument, IssuerEntry
from .jwks import KeySets
from .refusals import CredentialRefused, Reason

LEEWAY = 60
"""Seconds by which the clocks of an issuer and of this server may differ."""

MAX_AGE = 24 * 3_600
"""Seconds after which a token is refused, however long its issuer would have it live."""

_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999: what is later is no time."""


class _Rs256(JWSRegistry):
    max_header_length = LONGEST

    def __init__(self) -> None:
        # RFC 7515, section 4: header parameters that are not understood are ignored.
        super().__init__(algorithms=["RS256"], strict_check_header=False)


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str = ""
    typ: str = "JWT"
    crit: msgspec.Raw | None = None
    b64: bool = True


class _Claims(msgspec.Struct, frozen=True):
    iss: str = ""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A token that was verified.

    Attributes:
        claims: all of the token's, among them a ``sub`` of visible characters.
    """

    entry: IssuerEntry
    kid: str
    claims: Mapping[str, Any]

    @property
    def until(self) -> int:
        """Until when the token is taken, in seconds since 1970."""
        return int(self.claims["exp"]) + LEEWAY

    @property
    def jti(self) -> str | None:
        """What the issuer calls the token, where it does."""
        return self.claims.get("jti")


class Verifier:
    """Verifies tokens by the keys of their issuers."""

    def __init__(self, keys: KeySets, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def bearer(self, token: str, document: AccessDocument) -> Proof:
        """What a token proves that was sent to this server.

        Raises:
            CredentialRefused: nothing.
            Unavailable: its issuer does not say with which keys it signs.
        """
        entry = document.issuer_of(_claimed_issuer(token))
        if entry is None:
            said = "the token comes from an issuer that this server does not know"
            raise CredentialRefused(Reason.WRONG_ISSUER, said)
        return await self._verified(token, entry, entry.audience)

    async def id_token(self, token: str, entry: IssuerEntry, nonce: str) -> Proof:
        """What the issuer's answer to a sign-in proves; ``nonce`` binds it to that sign-in.

        Raises:
            CredentialRefused: nothing.
            Unavailable: the issuer does not say with which keys it signs.
        """
        assert entry.sign_in is not None, "only who signs people in gives id tokens"
        client_id = entry.sign_in.client_id
        proof = await self._verified(token, entry, client_id)
        if proof.claims.get("nonce") != nonce or proof.claims.get("azp", client_id) != client_id:
            raise CredentialRefused(Reason.WRONG_CLAIM, "the token is for another sign-in")
        return proof

    async def _verified(self, token: str, entry: IssuerEntry, audience: str) -> Proof:
        header = _header(token)
        key = await self._keys.key(entry, header.kid)
        try:
            claims = jwt.decode(token, key, registry=_Rs256()).claims
        except (JoseError, ValueError, TypeError, RecursionError):
            said = "the token's signature is not that of its issuer"
            raise CredentialRefused(Reason.WRONG_SIGNATURE, said) from None
        now = int(as_datetime(self._clock.now()).timestamp())
        _check_claims(claims, entry.issuer, now)
        _check_audience(claims, audience)
        _check_identity(claims)
        return Proof(entry=entry, kid=header.kid, claims=claims)


# --- before the signature ------------------------------------------------------------------------


def _parts(token: str) -> list[str]:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > LONGEST:
        said = "the token is neither one of this server's nor a signed JWT"
        raise CredentialRefused(Reason.MALFORMED, said)
    return parts


def _decoded(part: str, form: type[Any]) -> Any:
    try:
        return msgspec.json.decode(urlsafe_b64decode(part.encode()), type=form)
    except (msgspec.MsgspecError, binascii.Error, ValueError, IndexError, RecursionError):
        raise CredentialRefused(Reason.MALFORMED, "the token is not a signed JWT") from None


def _claimed_issuer(token: str) -> str:
    """Whose keys are to be asked for; nothing else is believed of what is not verified yet."""
    claims: _Claims = _decoded(_parts(token)[1], _Claims)
    return claims.iss


def _header(token: str) -> _Header:
    header: _Header = _decoded(_parts(token)[0], _Header)
    if header.alg != "RS256":
        raise CredentialRefused(Reason.WRONG_ALGORITHM, "the token is not signed with RS256")
    if not header.kid:
        raise CredentialRefused(Reason.WRONG_KEY, "the token does not name its key (kid)")
    if header.crit is not None or not header.b64 or header.typ.lower() not in _TYPES:
        raise CredentialRefused(Reason.MALFORMED, "the token is no access or identity token")
    return header


# --- after the signature -------------------------------------------------------------------------


def _check_claims(claims: dict[str, Any], issuer: str, now: int) -> None:
    rules = JWTClaimsRegistry(
        now=now,
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        sub={"essential": True},
        aud={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        rules.validate(claims)
    except ExpiredTokenError:
        raise CredentialRefused(Reason.EXPIRED, "the token has expired") from None
    except MissingClaimError:
        said = "the token lacks one of iss, sub, aud, exp and iat"
        raise CredentialRefused(Reason.WRONG_CLAIM, said) from None
    except ClaimError as error:
        raise _wrong(error.claim) from None
    if any(not 0 <= claims.get(name, 0) <= _LAST_SECOND for name in ("exp", "iat", "nbf")):
        raise _wrong("exp")
    if now - claims["iat"] > MAX_AGE + LEEWAY:
        raise CredentialRefused(Reason.TOO_OLD, "the token was issued more than a day ago")


def _wrong(claim: str) -> CredentialRefused:
    match claim:
        case "nbf" | "iat":
            return CredentialRefused(Reason.NOT_YET_VALID, "the token is not valid yet")
        case "iss":
            return CredentialRefused(Reason.WRONG_ISSUER, "the token's issuer is another one")
        case "aud":
            return CredentialRefused(Reason.WRONG_AUDIENCE, "the token's aud is none")
    return CredentialRefused(Reason.WRONG_CLAIM, f"the token's {claim} is not as it must be")


def _check_audience(claims: Mapping[str, Any], audience: str) -> None:
    # A token that is good elsewhere too could be used here by whoever it was sent to there.
    if claims["aud"] not in (audience, [audience]):
        said = "the token was made for another audience, or for several"
        raise CredentialRefused(Reason.WRONG_AUDIENCE, said)


def _check_identity(claims: Mapping[str, Any]) -> None:
    for name in ("sub", "jti"):
        value = claims.get(name, "-")
        if not is_plain(value):
            raise CredentialRefused(Reason.WRONG_CLAIM, f"the token's {name} is not as it must be")


def is_plain(value: object) -> bool:
    """Whether a claim's value is text of 1 to 1,000 characters that can be shown."""
    return isinstance(value, str) and 0 < len(value) <= 1_000 and value.isprintable()
