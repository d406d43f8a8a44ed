"""A real OIDC issuer over HTTP: it signs with RSA, signs people in, and misbehaves when told to."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import weakref
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey
from yarl import URL

from laneway.core.instants import as_datetime
from laneway.ports.environment import Clock
from tests.support.ports import kept_port

AUDIENCE = "laneway"
CLIENT = "laneway-page"
SECRET = "the+client's secret/"
METADATA = "/.well-known/openid-configuration"
KEYS = "/keys"
AUTHORIZE = "/authorize"
TOKEN = "/token"

GITHUB_CLAIMS: dict[str, Any] = {
    "sub": "repo:acme/odoo:ref:refs/heads/main",
    "repository": "acme/odoo",
    "repository_id": "4711",
    "repository_owner_id": "42",
    "ref": "refs/heads/main",
    "workflow_ref": "acme/odoo/.github/workflows/bootstrap.yml@refs/heads/main",
    "job_workflow_ref": "acme/odoo/.github/workflows/bootstrap.yml@refs/heads/main",
    "environment": "testing",
    "event_name": "workflow_dispatch",
    "run_id": "1001",
    "run_attempt": "1",
    "actor": "ada",
    "actor_id": "12345",
}
"""What a token of GitHub Actions says, as far as it is used."""


@cache
def rsa_key(kid: str, bits: int = 2048) -> RSAKey:
    """A private key; made once for all tests, because that takes a while."""
    return RSAKey.generate_key(bits, {"kid": kid, "use": "sig", "alg": "RS256"}, private=True)


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any], signature: str = "") -> str:
    """A token with any header, signed by nobody."""
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join([*map(_base64url, parts), signature])


class Issuer:
    """An issuer that is up.

    Attributes:
        url: its ``iss``; without a slash at the end.
        key: the one it signs with.
        published: the JWKs of its key set.
        metadata: fields of its metadata that are other than usual.
        faults: by path, what is answered instead: a response, or an event to wait for first.
        asked: the path of every request, in order.
        user: the claims of who signs in.
        answers: parameters of the answer to a sign-in that are other than usual; None leaves one
            out.
        exchanges: the forms with which codes were exchanged, and the header of each.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[str, dict[str, str]] = {}
        self._runner: web.AppRunner | None = None
        self._kept = kept_port()
        weakref.finalize(self, self._kept.close)
        self._port = int(self._kept.getsockname()[1])
        self.key = rsa_key("first")
        self.published: list[Any] = [self.key.as_dict(private=False)]
        self.metadata: dict[str, Any] = {}
        self.faults: dict[str, web.Response | asyncio.Event] = {}
        self.asked: list[str] = []
        self.user: dict[str, Any] = {"sub": "ann", "name": "Ann", "groups": ["release"]}
        self.answers: dict[str, str | None] = {}
        self.exchanges: list[tuple[dict[str, str], str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    # --- its life --------------------------------------------------------------------------------

    async def come(self) -> None:
        """Answer; where it was before, after the first time."""
        app = web.Application()
        app.router.add_get(METADATA, self._metadata)
        app.router.add_get(KEYS, self._keys)
        app.router.add_get(AUTHORIZE, self._authorize)
        app.router.add_post(TOKEN, self._token)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()

    async def go(self) -> None:
        """Refuse every connection, and close those that are open."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def rotate(self, kid: str = "second") -> None:
        """Sign with a new key, and publish no other."""
        self.key = rsa_key(kid)
        self.published = [self.key.as_dict(private=False)]

    def fail(self, path: str, status: int = 500, body: bytes = b"") -> None:
        """Answer a path so, until `heal`."""
        self.faults[path] = web.Response(status=status, body=body)

    def stall(self, path: str) -> asyncio.Event:
        """Answer a path when the event is set, until `heal`."""
        released = self.faults[path] = asyncio.Event()
        return released

    def heal(self) -> None:
        """Answer well again."""
        self.faults.clear()

    # --- its tokens ------------------------------------------------------------------------------

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a token that is good now; a change to None leaves a claim out."""
        now = int(as_datetime(self._clock.now()).timestamp())
        usual = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ann",
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": secrets.token_hex(8),
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def mint(
        self, *, key: RSAKey | None = None, header: Mapping[str, Any] | None = None, **changes: Any
    ) -> str:
        """A token that it has signed.

        Args:
            key: in place of its own.
            header: changes to the header; None leaves a parameter out.
            changes: to the claims, as in `claims`.
        """
        signing = key or self.key
        usual = {"alg": "RS256", "kid": signing.kid, "typ": "JWT", **(header or {})}
        named = {name: value for name, value in usual.items() if value is not None}
        default = None if "typ" not in named else "JWT"
        return jwt.encode(
            named, self.claims(**changes), signing, algorithms=["RS256"], default_type=default
        )

    def github(self, **changes: Any) -> str:
        """A token such as GitHub Actions gives to a workflow."""
        return self.mint(**(GITHUB_CLAIMS | changes))

    def confused(self, **changes: Any) -> str:
        """A token that is signed with HS256, and the public key as the secret."""
        header = {"alg": "HS256", "kid": self.key.kid}
        signed = unsigned(header, self.claims(**changes)).removesuffix(".")
        public = self.key.as_pem(private=False)
        return f"{signed}.{_base64url(hmac.digest(public, signed.encode(), 'sha256'))}"

    # --- its endpoints ---------------------------------------------------------------------------

    async def _metadata(self, request: web.Request) -> web.Response:
        usual = {
            "issuer": self.url,
            "jwks_uri": self.url + KEYS,
            "authorization_endpoint": self.url + AUTHORIZE,
            "token_endpoint": self.url + TOKEN,
            "response_types_supported": ["code"],
        }
        return await self._answer(request, {**usual, **self.metadata})

    async def _keys(self, request: web.Request) -> web.Response:
        return await self._answer(request, {"keys": self.published})

    async def _answer(self, request: web.Request, body: object) -> web.Response:
        self.asked.append(request.path)
        fault = self.faults.get(request.path)
        if isinstance(fault, asyncio.Event):
            await fault.wait()
        elif fault is not None:
            return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
        return web.json_response(body)

    async def _authorize(self, request: web.Request) -> web.Response:
        """Sign the user in without asking, and send the browser back."""
        self.asked.append(request.path)
        asked = dict(request.query)
        wanted = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256"}
        assert wanted.items() <= asked.items(), asked
        assert "openid" in asked["scope"].split(), asked
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        usual = {"code": code, "state": asked["state"], "session_state": "its own affair"}
        told = {name: value for name, value in (usual | self.answers).items() if value is not None}
        raise web.HTTPFound(URL(asked["redirect_uri"]).with_query(told))

    async def _token(self, request: web.Request) -> web.Response:
        """Give the tokens that a code stands for, once, to who asked for it."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.exchanges.append((form, request.headers.get("Authorization", "")))
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or _base64url(challenge) != asked["code_challenge"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims = {"aud": CLIENT, "nonce": asked["nonce"], "jti": None, **self.user}
        told = {"access_token": "for others", "token_type": "Bearer", "id_token": None}
        return await self._answer(request, told | {"id_token": self.mint(**claims)})


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@asynccontextmanager
async def issuer(clock: Clock) -> AsyncIterator[Issuer]:
    """An issuer on a free port."""
    running = Issuer(clock)
    await running.come()
    try:
        yield running
    finally:
        await running.go()
