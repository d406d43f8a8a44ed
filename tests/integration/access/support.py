"""A server that goes by an access file, the issuer that it believes, and browsers before it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from msgspec.structs import replace as changed

from laneway.core.events import Actor
from laneway.core.instants import Instant
from laneway.testing.clock import ManualClock
from laneway_server.access.document import (
    AccessDocument,
    IssuerEntry,
    PersonClaim,
    Rule,
    SignIn,
    TokenEntry,
    Who,
)
from laneway_server.access.identities import Identities, SignIns
from laneway_server.access.identity import Caller
from laneway_server.access.policy import Policy
from laneway_server.access.refusals import Reason
from laneway_server.access.ruling import Act, Question, Scope, Verdict
from laneway_server.access.tokens import token_digest
from laneway_server.services import Limits, Services
from tests.integration.server.support import Answer, Api, Laneway, laneway
from tests.support.issuer import AUDIENCE, CLIENT, Issuer

TOKEN = "laneway_" + "a" * 43
OTHER_TOKEN = "laneway_" + "b" * 43
LATER = Instant("2026-01-01T01:00:00.000Z")
"""An hour after the tests' clock begins."""

COMPANY = "company"
EVERYBODY = Rule(name="everybody", who=Who(anyone=True), may=tuple(Act))


def entry(of: Issuer, **changes: Any) -> IssuerEntry:
    """The issuer, as an access file has it."""
    usual: dict[str, Any] = {
        "name": COMPANY,
        "issuer": of.url,
        "audience": AUDIENCE,
        "single_use": True,
        "person": PersonClaim(claim="actor_id", prefix="github:"),
        "sign_in": SignIn(client_id=CLIENT, client_secret="env:TEST_CLIENT_SECRET"),
    }
    return IssuerEntry(**(usual | changes))


def token_entry(token: str = TOKEN, **changes: Any) -> TokenEntry:
    """A static token, as an access file has it."""
    usual: dict[str, Any] = {"name": "monitoring", "digest": token_digest(token)}
    return TokenEntry(**(usual | changes))


class Guarded:
    """Access by a document that a test can change."""

    def __init__(self, identities: Identities, document: AccessDocument) -> None:
        self.identities = identities
        self.document = document

    async def identify(self, request: web.Request) -> Caller:
        return await self.identities.caller(request, self.document)

    def judge(self, actor: Actor, question: Question) -> Verdict:
        return Policy(self.document).judge(actor, question)

    def visible(self, actor: Actor) -> tuple[Scope, ...] | None:
        return Policy(self.document).visible(actor)

    def standing(self) -> dict[str, Any] | None:
        return None


class Guard:
    """A guarded server, and what is behind it.

    Attributes:
        failures: every refusal that was counted.
    """

    def __init__(self, server: Laneway, of: Issuer, clock: ManualClock, access: Guarded) -> None:
        self.server = server
        self.issuer = of
        self.clock = clock
        self.access = access
        self.failures: list[Reason] = []

    @property
    def api(self) -> Api:
        return self.server.api

    def document(self, **changes: Any) -> None:
        """Change the access file."""
        self.access.document = changed(self.access.document, **changes)

    async def asked(self, token: str, path: str = "/v1/operations") -> Answer:
        """Ask for something with a token."""
        return await self.api.get(path, Authorization=f"Bearer {token}")

    @asynccontextmanager
    async def browser(self) -> AsyncIterator["Browser"]:
        jar = aiohttp.CookieJar(unsafe=True)  # unsafe: also for hosts that are addresses
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            yield Browser(Api(session, self.api.url), jar)


class Browser:
    """What the page does in a browser: it keeps cookies, and says where its requests come from."""

    def __init__(self, api: Api, jar: aiohttp.CookieJar) -> None:
        self.api = api
        self.jar = jar
        self.csrf = ""

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.jar}

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A call as the page makes it."""
        said = {"Origin": self.api.url, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": self.csrf}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in said.items() if value}
        how = {} if body is None else {"json": body}
        return await self.api.call(method, path, headers=sent, allow_redirects=False, **how)

    async def sign_in(self, token: str) -> Answer:
        """Sign in with a token, and remember the CSRF token."""
        answer = await self.call("POST", "/v1/session", {"token": token})
        if answer.status == 200:
            self.csrf = answer.json["csrf"]
        return answer

    async def go_to_issuer(self, return_to: str = "/", name: str = COMPANY) -> str:
        """Begin to sign in with an issuer, and let it sign one in; where it sends one back to."""
        begun = await self.call("GET", f"/signin/{name}?return_to={return_to}")
        assert begun.status == 303, begun
        place = begun.headers["Location"]
        async with self.api.session.get(place, allow_redirects=False) as response:
            assert response.status == 302, await response.text()
            return response.headers["Location"].removeprefix(self.api.url)

    async def sign_in_with_issuer(self, return_to: str = "/") -> Answer:
        """Sign in with an issuer, all the way."""
        answer = await self.call("GET", await self.go_to_issuer(return_to), **_FROM_ISSUER)
        if answer.status == 303:
            self.csrf = (await self.call("GET", "/v1/session")).json["csrf"]
        return answer


_FROM_ISSUER = {"Origin": "", "Sec_Fetch_Site": "cross-site"}
"""What a browser says that follows the issuer's redirect."""


@asynccontextmanager
async def guarded(
    folder: Path, clock: ManualClock, of: Issuer, limits: Limits | None = None
) -> AsyncIterator[Guard]:
    """A server that believes an issuer and one static token, and lets everybody do everything."""
    found: list[Guard] = []
    document = AccessDocument(issuers=(entry(of),), tokens=(token_entry(),), rules=(EVERYBODY,))
    accesses: list[Guarded] = []

    def failed(address: str, reason: Reason) -> None:
        assert address == "127.0.0.1"
        found[0].failures.append(reason)

    def adapt(services: Services) -> Services:
        identities = Identities(services.engine.store.sessions, clock, on_failure=failed)
        accesses.append(Guarded(identities, document))
        sign_ins = SignIns(identities, lambda: accesses[0].document)
        return replace(services, access=accesses[0], sign_ins=sign_ins, clock=clock)

    async with laneway(folder, limits, adapt) as server:
        found.append(Guard(server, of, clock, accesses[0]))
        await accesses[0].identities.start()
        yield found[0]
        await accesses[0].identities.stop()


def refused(guard: Guard, answer: Answer, token: str, reason: Reason) -> None:
    """Hold that a token was refused as the contract says, and that nothing of it is told."""
    assert (answer.status, answer.code) == (401, "authentication_required"), answer
    challenge = answer.headers["WWW-Authenticate"]
    error = "invalid_request" if reason is Reason.MALFORMED else "invalid_token"
    assert challenge.startswith(f'Bearer realm="laneway", error="{error}", error_description="')
    assert guard.failures == [reason]
    told = answer.content.decode() + challenge
    assert not any(part in told for part in token.split(".") if part)
