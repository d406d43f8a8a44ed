"""Signing in by way of an issuer: what the browser brings back is believed only if it asked."""

import base64
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from joserfc.jwk import RSAKey

from laneway_server.access.code_flow import LIFETIME
from laneway_server.access.document import SignIn
from laneway_server.access.refusals import Reason
from tests.integration.access.support import COMPANY, TOKEN, Guard, entry
from tests.integration.server.support import Answer
from tests.support.issuer import (
    AUTHORIZE,
    CLIENT,
    METADATA,
    SECRET,
    Issuer,
    rsa_key,
    unsigned,
)
from tests.support.issuer import (
    TOKEN as EXCHANGE,
)

CALLBACK = f"/signin/{COMPANY}/callback"


def failed(guard: Guard, answer: Answer) -> str:
    """Hold that nobody was signed in; why."""
    assert (answer.status, answer.code) == (403, "sign_in_failed"), answer
    assert "laneway-session" not in str(answer.headers.getall("Set-Cookie", []))  # type: ignore[attr-defined]
    assert guard.failures == [Reason.SIGN_IN]
    return str(answer.json["detail"])


async def test_signing_in_all_the_way(guard: Guard):
    async with guard.browser() as browser:
        answer = await browser.sign_in_with_issuer("/lanes?instance=prod%26x%23y")
        assert answer.status == 303
        assert answer.headers["Location"] == "/lanes?instance=prod&x#y"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        shown = (await browser.call("GET", "/v1/session")).json
        assert (shown["subject"], shown["name"]) == ("company:ann", "Ann")
        assert (shown["groups"], shown["signed_in"]) == (["release"], True)
        assert [*browser.cookies] == ["laneway-session"]
        assert (await browser.call("DELETE", "/v1/session")).status == 204


async def test_the_session_lasts_eight_hours_however_short_the_token(guard: Guard):
    async with guard.browser() as browser:
        await browser.sign_in_with_issuer()
        guard.clock.move(8 * 3_600_000 - 1)
        held = f"laneway-session={browser.cookies['laneway-session']}"
    assert (await guard.api.get("/v1/session", Cookie=held)).status == 200


async def test_the_issuer_is_asked_as_the_standards_say(guard: Guard, company: Issuer):
    async with guard.browser() as browser:
        begun = await browser.call("GET", f"/signin/{COMPANY}")
        place = urlsplit(begun.headers["Location"])
        assert f"{place.scheme}://{place.netloc}{place.path}" == company.url + AUTHORIZE
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        assert query["redirect_uri"] == f"{guard.api.url}{CALLBACK}"
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
        assert query["code_challenge_method"] == "S256"
        secrets = {query["state"], query["nonce"], query["code_challenge"]}
        assert len(secrets) == 3
        assert all(len(secret) == 43 for secret in secrets)
        cookie = begun.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Max-Age=600" in cookie
        assert not any(secret in cookie for secret in secrets)


async def test_each_sign_in_has_secrets_of_its_own(guard: Guard):
    async with guard.browser() as browser:
        places = {
            (await browser.call("GET", f"/signin/{COMPANY}")).headers["Location"] for _ in range(5)
        }
        assert len(places) == 5


async def test_behind_a_public_name_everything_is_https(guard: Guard):
    answer = await guard.api.call(
        "GET",
        f"/signin/{COMPANY}",
        headers={"Host": "laneway.example.org"},
        allow_redirects=False,
    )
    expected = f"https://laneway.example.org{CALLBACK}"
    assert quote(expected, safe="/:") in answer.headers["Location"].replace("%3A", ":").replace(
        "%2F", "/"
    )
    assert answer.headers["Set-Cookie"].startswith("__Host-laneway-sign-in=")
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_the_client_proves_itself_in_the_header(guard: Guard, company: Issuer):
    async with guard.browser() as browser:
        await browser.sign_in_with_issuer()
    ((form, header),) = company.exchanges
    told = base64.b64decode(header.removeprefix("Basic ")).decode()
    assert told == f"{CLIENT}:the%2Bclient%27s+secret%2F"
    assert not {"client_id", "client_secret"} & set(form)


async def test_the_client_proves_itself_in_the_form_where_the_issuer_wants_that(
    guard: Guard, company: Issuer
):
    company.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    async with guard.browser() as browser:
        await browser.sign_in_with_issuer()
    ((form, header),) = company.exchanges
    assert (form["client_id"], form["client_secret"], header) == (CLIENT, SECRET, "")


async def test_a_public_client_has_no_secret(guard: Guard, company: Issuer):
    guard.document(issuers=(entry(company, sign_in=SignIn(client_id=CLIENT)),))
    async with guard.browser() as browser:
        assert (await browser.sign_in_with_issuer()).status == 303
    ((form, header),) = company.exchanges
    assert (form["client_id"], "client_secret" in form, header) == (CLIENT, False, "")


async def test_a_secret_that_is_not_there(
    guard: Guard, company: Issuer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("TEST_CLIENT_SECRET")
    async with guard.browser() as browser:
        answer = await browser.sign_in_with_issuer()
        assert answer.code == "issuer_unavailable"
        assert "TEST_CLIENT_SECRET" not in answer.content.decode()


# --- where it leads ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "return_to",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=y",
        "/a\n",
        "/ä",
        "/a b",
        '/"',
        "/" + "a" * 2_000,
    ],
)
async def test_a_sign_in_leads_to_no_other_server(guard: Guard, return_to: str):
    answer = await guard.api.get(f"/signin/{COMPANY}?return_to={quote(return_to, safe='')}")
    assert (answer.status, answer.code) == (422, "request_invalid")
    assert [error["path"] for error in answer.json["errors"]] == ["?return_to"]


@pytest.mark.parametrize("return_to", ["/", "/lanes/a/b", "/?a=//b", "/a/../b", "/.//x", "/#/op_1"])
async def test_a_sign_in_leads_anywhere_on_this_server(guard: Guard, return_to: str):
    async with guard.browser() as browser:
        answer = await browser.sign_in_with_issuer(quote(return_to, safe=""))
        assert (answer.status, answer.headers["Location"]) == (303, return_to)


# --- what is not believed ------------------------------------------------------------------------


async def test_an_answer_without_a_question(guard: Guard, company: Issuer):
    answer = await guard.api.get(f"{CALLBACK}?code=x&state=y")
    assert "not begun" in failed(guard, answer)
    assert company.asked == []


async def test_another_browser_cannot_bring_the_answer_back(guard: Guard, company: Issuer):
    async with guard.browser() as attacker, guard.browser() as victim:
        place = await attacker.go_to_issuer()
        await victim.go_to_issuer()
        assert "another sign-in" in failed(guard, await victim.call("GET", place))
        assert company.exchanges == []


@pytest.mark.parametrize("state", ["", "wrong", None, "\xff"])
async def test_the_state_must_be_that_of_the_question(
    guard: Guard, company: Issuer, state: str | None
):
    company.answers["state"] = state
    async with guard.browser() as browser:
        failed(guard, await browser.call("GET", await browser.go_to_issuer()))
        assert company.exchanges == []


async def test_a_sign_in_may_take_ten_minutes(guard: Guard):
    async with guard.browser() as browser:
        place = await browser.go_to_issuer()
        guard.clock.move(LIFETIME - 1)
        held = browser.cookies["laneway-sign-in"]
        answer = await guard.api.call(
            "GET", place, headers={"Cookie": f"laneway-sign-in={held}"}, allow_redirects=False
        )
        assert answer.status == 303
        place = await browser.go_to_issuer()
        held = browser.cookies["laneway-sign-in"]
        guard.clock.move(LIFETIME)
        answer = await guard.api.get(place, Cookie=f"laneway-sign-in={held}")
        assert "not lately" in failed(guard, answer)


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "e30",
        "W10",
        "ä",
        base64.urlsafe_b64encode(b'["company","s","/","never"]').decode().rstrip("="),
        base64.urlsafe_b64encode(b'["company","s","/","0001-01-01T00:00:00+14:00"]').decode(),
        base64.urlsafe_b64encode(b'["company","\\ud800","/","2026-01-01T00:00:00Z"]').decode(),
        base64.urlsafe_b64encode(b'["company","s","//x","2026-01-01T00:00:00Z"]').decode(),
        base64.urlsafe_b64encode(b'["other","s","/","2026-01-01T00:00:00Z"]').decode(),
    ],
)
async def test_a_cookie_that_this_server_did_not_make(guard: Guard, value: str):
    headers = {"Cookie": f"laneway-sign-in={value}"}
    failed(guard, await guard.api.get(f"{CALLBACK}?code=x&state=y", **headers))


async def test_a_code_serves_once(guard: Guard):
    async with guard.browser() as browser:
        place = await browser.go_to_issuer()
        cookie = f"laneway-sign-in={browser.cookies['laneway-sign-in']}"
        assert (await browser.call("GET", place)).status == 303
        assert "did not take" in failed(guard, await guard.api.get(place, Cookie=cookie))


@pytest.mark.parametrize(
    ("error", "told"), [("access_denied", "access_denied"), ("<b>&x", "no code")]
)
async def test_the_issuer_says_no(guard: Guard, company: Issuer, error: str, told: str):
    company.answers |= {"code": None, "error": error}
    async with guard.browser() as browser:
        detail = failed(guard, await browser.call("GET", await browser.go_to_issuer()))
        assert told in detail
        assert "<b>" not in detail


async def test_the_answer_of_another_issuer(guard: Guard, company: Issuer):
    company.answers["iss"] = "https://other.example"
    async with guard.browser() as browser:
        detail = failed(guard, await browser.call("GET", await browser.go_to_issuer()))
        assert "another issuer" in detail
        assert company.exchanges == []


async def test_an_issuer_that_says_who_it_is_must_do_so_each_time(guard: Guard, company: Issuer):
    company.metadata["authorization_response_iss_parameter_supported"] = True
    async with guard.browser() as browser:
        company.answers["iss"] = company.url
        assert (await browser.sign_in_with_issuer()).status == 303
        company.answers["iss"] = None
        failed(guard, await browser.call("GET", await browser.go_to_issuer()))


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "laneway"},
        {"aud": [CLIENT, "other"]},
        {"iss": "https://other.example"},
        {"azp": "other"},
        {"exp": 0},
        {"sub": None},
    ],
)
async def test_an_id_token_that_is_for_something_else(
    guard: Guard, company: Issuer, claims: dict[str, object]
):
    company.user |= claims
    async with guard.browser() as browser:
        failed(guard, await browser.call("GET", await browser.go_to_issuer()))


async def test_an_id_token_of_another_key(guard: Guard, company: Issuer):
    async with guard.browser() as browser:
        place = await browser.go_to_issuer()
        other: RSAKey = rsa_key("second")
        company.key = other
        assert "kid" in failed(guard, await browser.call("GET", place))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"id_token": 5}', b"\xff", b"[" * 9_000, b'{"id_token": "a.b.c"}']
)
async def test_an_exchange_that_gives_no_id_token(guard: Guard, company: Issuer, body: bytes):
    company.fail(EXCHANGE, 200, body)
    async with guard.browser() as browser:
        failed(guard, await browser.call("GET", await browser.go_to_issuer()))


async def test_an_id_token_that_nobody_signed(guard: Guard, company: Issuer):
    token = unsigned({"alg": "none"}, company.claims(aud=CLIENT))
    company.fail(EXCHANGE, 200, b'{"id_token": "%s"}' % token.encode())
    async with guard.browser() as browser:
        detail = failed(guard, await browser.call("GET", await browser.go_to_issuer()))
        assert "RS256" in detail


async def test_an_exchange_that_fails(guard: Guard, company: Issuer):
    company.fail(EXCHANGE, 503)
    async with guard.browser() as browser:
        answer = await browser.call("GET", await browser.go_to_issuer())
        assert (answer.status, answer.code) == (503, "issuer_unavailable")
    assert guard.failures == []


@pytest.mark.parametrize("field", ["authorization_endpoint", "token_endpoint"])
@pytest.mark.parametrize("url", ["http://login.example/x", "javascript:alert(1)", "", "//x"])
async def test_an_issuer_whose_endpoints_are_not_to_be_trusted(
    guard: Guard, company: Issuer, field: str, url: str
):
    company.metadata[field] = url
    async with guard.browser() as browser:
        answer = await browser.call("GET", f"/signin/{COMPANY}")
        if field == "token_endpoint":
            place = await browser.go_to_issuer()
            answer = await browser.call("GET", place)
        assert answer.code == "issuer_unavailable"


async def test_an_issuer_that_is_away(guard: Guard, company: Issuer):
    company.fail(METADATA)
    answer = await guard.api.get(f"/signin/{COMPANY}")
    assert (answer.status, answer.code) == (503, "issuer_unavailable")


@pytest.mark.parametrize("path", ["/signin/nobody", "/signin/nobody/callback", "/signin/token"])
async def test_an_issuer_that_there_is_not(guard: Guard, path: str):
    answer = await guard.api.get(path)
    assert (answer.status, answer.code) == (404, "not_found")


async def test_an_issuer_that_signs_nobody_in(guard: Guard, company: Issuer):
    guard.document(issuers=(entry(company, sign_in=None),))
    assert (await guard.api.get(f"/signin/{COMPANY}")).code == "not_found"
    assert (await guard.api.get("/v1/session")).json["sign_in"] == []


async def test_signing_in_again_ends_the_session_before(guard: Guard):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        first = browser.cookies["laneway-session"]
        await browser.sign_in_with_issuer()
    answer = await guard.api.get("/v1/session", Cookie=f"laneway-session={first}")
    assert answer.status == 401


async def test_signing_in_is_in_the_audit_log_without_secrets(guard: Guard, company: Issuer):
    async with guard.browser() as browser:
        await browser.sign_in_with_issuer()
    (entry,) = await guard.server.services.engine.store.audit.entries()
    assert (entry.act, entry.actor.subject) == ("finishSignIn", "company:ann")
    assert company.exchanges[0][0]["code"] not in repr(entry)
