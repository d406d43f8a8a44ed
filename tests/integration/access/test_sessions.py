"""Browsers that have signed in: their cookie, what protects it, and when it ends."""

import asyncio
import hashlib
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from laneway.core.instants import Instant
from laneway_server.access.refusals import Reason
from tests.integration.access.support import (
    LATER,
    OTHER_TOKEN,
    TOKEN,
    Guard,
    entry,
    token_entry,
)
from tests.integration.server.support import SUBMISSION, Answer
from tests.support.issuer import Issuer

HOURS = 3_600_000
PUBLIC = {"Host": "laneway.example.org", "Origin": "https://laneway.example.org"}


def cookie(answer: Answer) -> "Morsel[str]":
    """The only cookie that an answer sets."""
    found: SimpleCookie = SimpleCookie(answer.headers["Set-Cookie"])
    (morsel,) = found.values()
    return morsel


async def ended(guard: Guard, answer: Answer) -> None:
    assert (answer.status, answer.code) == (401, "authentication_required")
    assert answer.json["sign_in"] == ["/signin/company"]
    assert (cookie(answer).value, cookie(answer)["max-age"]) == ("", "0")


async def test_signing_in_with_a_static_token(guard: Guard):
    async with guard.browser() as browser:
        answer = await browser.sign_in(TOKEN)
        assert answer.status == 200
        assert answer.json["subject"] == "token:monitoring"
        assert answer.json["signed_in"] is True
        assert answer.headers["Cache-Control"] == "no-store"
        assert TOKEN not in answer.content.decode()
        again = await browser.call("GET", "/v1/session")
        assert again.json == answer.json
        submitted = await browser.call("POST", "/v1/operations", SUBMISSION, Idempotency_Key="k")
        assert submitted.status == 202
        assert submitted.json["requested_by"]["claims"]["proof"]["session"] is True


async def test_signing_in_with_a_token_of_an_issuer(guard: Guard, company: Issuer):
    async with guard.browser() as browser:
        answer = await browser.sign_in(company.mint(sub="ann", name="Ann", groups=["release"]))
        shown = answer.json
        assert (shown["subject"], shown["name"], shown["groups"]) == (
            "company:ann",
            "Ann",
            ["release"],
        )


async def test_the_session_of_a_token_ends_with_the_token(guard: Guard, company: Issuer):
    async with guard.browser() as browser:
        answer = await browser.sign_in(company.mint())
        assert cookie(answer)["max-age"] == "300"
        guard.clock.move(299_999)
        assert (await browser.call("GET", "/v1/session")).status == 200
        guard.clock.move(1)
        await ended(guard, await browser.call("GET", "/v1/session"))


async def test_a_token_gives_one_session_and_no_second(guard: Guard, company: Issuer):
    token = company.mint()
    async with guard.browser() as browser, guard.browser() as thief:
        assert (await browser.sign_in(token)).status == 200
        assert (await thief.sign_in(token)).code == "token_replayed"
        assert thief.cookies == {}
    used = company.mint()
    assert (await guard.api.submit(who=used)).status == 202
    async with guard.browser() as thief:
        assert (await thief.sign_in(used)).code == "token_replayed"


@pytest.mark.parametrize("token", [OTHER_TOKEN, "", "x", "a.b.c", "ä", "x" * 20_000])
async def test_what_proves_nothing_begins_no_session(guard: Guard, token: str):
    async with guard.browser() as browser:
        answer = await browser.sign_in(token)
        assert (answer.status, answer.code) == (401, "authentication_required")
        assert browser.cookies == {}
        assert not token or token not in answer.json["detail"]


async def test_a_body_that_is_not_as_it_must_be_is_not_told_again(guard: Guard):
    for body in ({"token": [TOKEN]}, {"token": 5, "more": TOKEN}, {"tokn": TOKEN}):
        answer = await guard.api.post("/v1/session", body)
        assert answer.code == "request_invalid"
        assert TOKEN not in answer.content.decode()


# --- the cookie ----------------------------------------------------------------------------------


async def test_the_cookie_on_loopback(guard: Guard):
    morsel = cookie(await guard.api.post("/v1/session", {"token": TOKEN}))
    assert morsel.key == "laneway-session"
    assert len(morsel.value) == 43
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Strict", "/")
    assert (morsel["secure"], morsel["domain"], morsel["max-age"]) == ("", "", str(8 * 3_600))


async def test_the_cookie_everywhere_else(guard: Guard):
    answer = await guard.api.post("/v1/session", {"token": TOKEN}, **PUBLIC)
    morsel = cookie(answer)
    assert morsel.key == "__Host-laneway-session"
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"]) == (True, True, "Strict")
    assert (morsel["path"], morsel["domain"]) == ("/", "")
    name = {**PUBLIC, "Cookie": f"{morsel.key}={morsel.value}"}
    assert (await guard.api.get("/v1/session", **name)).status == 200
    # A cookie without the prefix may have been set by another host of the domain.
    other = {**PUBLIC, "Cookie": f"laneway-session={morsel.value}"}
    assert (await guard.api.get("/v1/session", **other)).status == 401


def written(folder: Path) -> bytes:
    """Everything that is in a folder's database."""
    return b"".join(file.read_bytes() for file in folder.glob("laneway.db*"))


async def test_only_the_digest_of_a_session_is_kept(guard: Guard, tmp_path: Path):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        session_id = browser.cookies["laneway-session"]
    kept = written(tmp_path)
    digest = hashlib.sha256(session_id.encode()).hexdigest()
    assert (session_id.encode() in kept, digest.encode() in kept) == (False, True)


async def test_each_sign_in_has_an_id_of_its_own_and_ends_the_one_before(guard: Guard):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        first = browser.cookies["laneway-session"]
        await browser.sign_in(TOKEN)
        assert browser.cookies["laneway-session"] != first
    answer = await guard.api.get("/v1/session", Cookie=f"laneway-session={first}")
    await ended(guard, answer)


@pytest.mark.parametrize("value", ["x", "a" * 43, "a" * 10_000, "sha256:" + "0" * 64])
async def test_an_id_that_nobody_was_given(guard: Guard, value: str):
    await ended(guard, await guard.api.get("/v1/session", Cookie=f"laneway-session={value[:4000]}"))
    assert guard.failures == [Reason.SESSION_ENDED]


async def test_a_token_in_the_header_counts_before_the_cookie(guard: Guard, company: Issuer):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        headers = {"Authorization": f"Bearer {company.mint()}"}
        assert (await browser.call("GET", "/v1/session", **headers)).json[
            "subject"
        ] == "company:ann"
        headers = {"Authorization": f"Bearer {OTHER_TOKEN}"}
        assert (await browser.call("GET", "/v1/session", **headers)).status == 401


# --- requests from elsewhere ---------------------------------------------------------------------

FORGED: list[dict[str, str]] = [
    {"X_CSRF_Token": ""},
    {"X_CSRF_Token": "wrong"},
    {"X_CSRF_Token": "\udcff"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "none"},
]


@pytest.mark.parametrize("how", FORGED)
async def test_what_changes_something_must_come_from_the_page(guard: Guard, how: dict[str, str]):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        answer = await browser.call(
            "POST", "/v1/operations", SUBMISSION, Idempotency_Key="k", **how
        )
        assert (answer.status, answer.code) == (403, "csrf_failed")
        assert guard.failures == [Reason.FORGED_REQUEST]
        assert "WWW-Authenticate" not in answer.headers
        assert (await browser.call("DELETE", "/v1/session", **how)).code == "csrf_failed"
        assert (await browser.call("GET", "/v1/operations")).json["operations"] == []


async def test_the_csrf_token_is_that_of_the_session(guard: Guard):
    async with guard.browser() as one, guard.browser() as other:
        await one.sign_in(TOKEN)
        await other.sign_in(TOKEN)
        assert one.csrf != other.csrf
        other.csrf = one.csrf
        assert (await other.call("DELETE", "/v1/session")).code == "csrf_failed"


async def test_a_browser_that_does_not_say_where_a_request_comes_from_needs_the_token(guard: Guard):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        silent = {"Origin": "", "Sec_Fetch_Site": ""}
        assert (
            await browser.call("DELETE", "/v1/session", X_CSRF_Token="", **silent)
        ).status == 403
        assert (await browser.call("DELETE", "/v1/session", **silent)).status == 204


async def test_reading_needs_no_csrf_token(guard: Guard):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        answer = await browser.call("GET", "/v1/operations", X_CSRF_Token="", Origin="")
        assert answer.status == 200
        head = await browser.call("HEAD", "/v1/operations", X_CSRF_Token="")
        assert head.status == 200


async def test_a_token_in_the_header_needs_no_csrf_token(guard: Guard):
    assert (await guard.api.submit(who=TOKEN)).status == 202


async def test_a_page_of_another_site_signs_nobody_in(guard: Guard):
    for how in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        answer = await guard.api.post("/v1/session", {"token": TOKEN}, **how)
        assert (answer.status, answer.code) == (403, "csrf_failed")
        assert "Set-Cookie" not in answer.headers


# --- its end -------------------------------------------------------------------------------------


async def test_signing_out(guard: Guard):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        stolen = browser.cookies["laneway-session"]
        answer = await browser.call("DELETE", "/v1/session")
        assert answer.status == 204
        assert (cookie(answer).value, cookie(answer)["max-age"]) == ("", "0")
        assert browser.cookies == {}
    await ended(guard, await guard.api.get("/v1/session", Cookie=f"laneway-session={stolen}"))


async def test_signing_out_without_a_session_is_nothing(guard: Guard):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert (await guard.api.call("DELETE", "/v1/session", headers=headers)).status == 204


async def test_a_session_ends_after_eight_hours(guard: Guard):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        held = f"laneway-session={browser.cookies['laneway-session']}"
    guard.clock.move(8 * HOURS - 1)
    assert (await guard.api.get("/v1/session", Cookie=held)).status == 200
    guard.clock.move(1)
    await ended(guard, await guard.api.get("/v1/session", Cookie=held))


async def test_a_session_does_not_outlive_a_token_that_expires(guard: Guard):
    guard.document(tokens=(token_entry(expires=LATER),))
    async with guard.browser() as browser:
        answer = await browser.sign_in(TOKEN)
        assert cookie(answer)["max-age"] == "3600"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"revoked": True}, Reason.REVOKED),
        ({"expires": Instant("2025-12-31T23:59:59.999Z")}, Reason.EXPIRED),
        ({"name": "another"}, Reason.SESSION_ENDED),
        ({"token": OTHER_TOKEN}, Reason.SESSION_ENDED),
    ],
)
async def test_what_becomes_of_a_token_becomes_of_its_sessions(
    guard: Guard, changes: dict[str, Any], reason: Reason
):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        guard.document(tokens=(token_entry(**changes),))
        assert (await browser.call("GET", "/v1/session")).status == 401
        assert guard.failures == [reason]


async def test_a_session_says_what_the_file_says_of_the_token_now(guard: Guard):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        guard.document(tokens=(token_entry(groups=("readers",), person="github:1"),))
        shown = (await browser.call("GET", "/v1/session")).json
        assert (shown["groups"], shown["person"]) == (["readers"], "github:1")


async def test_a_session_ends_when_its_issuer_is_not_believed_any_more(
    guard: Guard, company: Issuer
):
    async with guard.browser() as browser:
        await browser.sign_in(company.mint())
        held = f"laneway-session={browser.cookies['laneway-session']}"
    for issuers, status in (
        ((entry(company, issuer="https://other.example"),), 401),
        ((entry(company),), 200),
        ((entry(company, name="renamed"),), 401),
        ((), 401),
    ):
        guard.document(issuers=issuers)
        assert (await guard.api.get("/v1/session", Cookie=held)).status == status


async def test_sessions_that_have_expired_are_forgotten(guard: Guard):
    sessions = guard.server.services.engine.store.sessions
    await guard.api.post("/v1/session", {"token": TOKEN})
    guard.clock.move(9 * HOURS)
    await guard.api.post("/v1/session", {"token": TOKEN})
    assert await sessions.drop_expired(guard.clock.now()) == 0


async def test_signing_in_and_out_is_in_the_audit_log(guard: Guard):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        await browser.call("DELETE", "/v1/session")
    entries = await guard.server.services.engine.store.audit.entries()
    assert [(each.act, each.actor.subject) for each in entries] == [
        ("signIn", "token:monitoring"),
        ("signOut", "token:monitoring"),
    ]
    assert TOKEN not in repr(entries)


# --- who am I ------------------------------------------------------------------------------------


async def test_a_caller_with_a_token_may_ask_too(guard: Guard, company: Issuer):
    shown = (await guard.asked(company.github(), "/v1/session")).json
    assert shown["name"] == "ada"
    assert (shown["issuer"], shown["person"]) == ("company", "github:12345")
    assert (shown["signed_in"], shown["csrf"]) == (False, None)
    assert "submit" in shown["may"]


async def test_without_an_identity_there_is_nobody(guard: Guard):
    assert (await guard.api.get("/v1/session")).status == 401


async def test_what_the_caller_may_do_is_about_what_the_query_names(guard: Guard):
    from laneway_server.access.document import Rule, Who
    from laneway_server.access.ruling import Act

    guard.document(
        rules=(
            Rule(name="r", who=Who(anyone=True), may=(Act.READ,)),
            Rule(
                name="a",
                who=Who(anyone=True),
                may=(Act.APPROVE, Act.SUBMIT),
                plans=("work",),
                instances=("testing",),
                roles=("release-manager",),
                actions=("test.prove",),
            ),
        )
    )
    lane = "product=shop&context=eu&instance=testing"
    for query, may in (
        ("", ["read"]),
        (f"?plan=work&{lane}", ["read"]),
        (f"?plan=work&{lane}&role=release-manager", ["read", "approve"]),
        (f"?plan=other&{lane}&role=release-manager", ["read"]),
    ):
        assert (await guard.asked(TOKEN, f"/v1/session{query}")).json["may"] == may
    partly = await guard.asked(TOKEN, "/v1/session?product=shop")
    assert partly.code == "request_invalid"


async def test_many_sessions_at_once(guard: Guard):
    async def one() -> str:
        async with guard.browser() as browser:
            await browser.sign_in(TOKEN)
            return str((await browser.call("GET", "/v1/session")).json["csrf"])

    assert len(set(await asyncio.gather(*(one() for _ in range(10))))) == 10
