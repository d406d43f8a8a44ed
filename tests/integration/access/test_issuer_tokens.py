"""Tokens of an issuer: which are taken, which are not, and what is said of those."""

import asyncio
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from laneway_server.access.oidc import LEEWAY, MAX_AGE
from laneway_server.access.refusals import Reason
from tests.integration.access.support import Guard, entry
from tests.integration.server.support import SUBMISSION, Answer
from tests.support.issuer import AUDIENCE, KEYS, METADATA, Issuer, rsa_key, unsigned


def refused(guard: Guard, answer: Answer, token: str, reason: Reason) -> None:
    """Hold that a token was refused as the contract says, and that nothing of it is told."""
    assert (answer.status, answer.code) == (401, "authentication_required"), answer
    challenge = answer.headers["WWW-Authenticate"]
    error = "invalid_request" if reason is Reason.MALFORMED else "invalid_token"
    assert challenge.startswith(f'Bearer realm="laneway", error="{error}", error_description="')
    assert guard.failures == [reason]
    told = answer.content.decode() + challenge
    assert not any(part in told for part in token.split(".") if part)


async def test_a_token_that_is_right_names_its_caller(guard: Guard, company: Issuer):
    token = company.github(jti="j1")
    answer = await guard.api.submit(who=token)
    assert answer.status == 202
    actor = answer.json["requested_by"]
    assert actor["subject"] == "company:repo:acme/odoo:ref:refs/heads/main"
    assert actor["claims"]["repository"] == "acme/odoo"
    assert actor["claims"]["person"] == "github:12345"
    proof = actor["claims"]["proof"]
    assert (proof["kind"], proof["iss"], proof["kid"], proof["jti"]) == (
        "oidc",
        company.url,
        "first",
        "j1",
    )
    assert guard.failures == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": "another"}, Reason.WRONG_AUDIENCE),
        ({"aud": [AUDIENCE, "another"]}, Reason.WRONG_AUDIENCE),
        ({"aud": []}, Reason.WRONG_AUDIENCE),
        ({"aud": AUDIENCE.upper()}, Reason.WRONG_AUDIENCE),
        ({"aud": 7}, Reason.WRONG_AUDIENCE),
        ({"aud": None}, Reason.WRONG_CLAIM),
        ({"iss": "https://elsewhere.example"}, Reason.WRONG_ISSUER),
        ({"iss": None}, Reason.WRONG_ISSUER),
        ({"iss": ""}, Reason.WRONG_ISSUER),
        ({"iss": 7}, Reason.MALFORMED),
        ({"sub": None}, Reason.WRONG_CLAIM),
        ({"sub": ""}, Reason.WRONG_CLAIM),
        ({"sub": 7}, Reason.WRONG_CLAIM),
        ({"sub": "a\nb"}, Reason.WRONG_CLAIM),
        ({"jti": 7}, Reason.WRONG_CLAIM),
        ({"jti": ""}, Reason.WRONG_CLAIM),
        ({"exp": None}, Reason.WRONG_CLAIM),
        ({"exp": "tomorrow"}, Reason.WRONG_CLAIM),
        ({"exp": True}, Reason.WRONG_CLAIM),
        ({"exp": float("nan")}, Reason.MALFORMED),
        ({"exp": 10**300}, Reason.WRONG_CLAIM),
        ({"iat": None}, Reason.WRONG_CLAIM),
        ({"iat": -(10**300)}, Reason.WRONG_CLAIM),
    ],
)
async def test_a_claim_that_is_not_as_it_must_be(
    guard: Guard, company: Issuer, changes: dict[str, Any], reason: Reason
):
    token = company.mint(**changes)
    refused(guard, await guard.asked(token), token, reason)


async def test_an_audience_in_a_list_by_itself_is_the_same(guard: Guard, company: Issuer):
    assert (await guard.asked(company.mint(aud=[AUDIENCE]))).status == 200


@pytest.mark.parametrize(
    ("claim", "offset", "reason"),
    [
        ("exp", -LEEWAY, Reason.EXPIRED),
        ("nbf", LEEWAY + 1, Reason.NOT_YET_VALID),
        ("iat", LEEWAY + 1, Reason.NOT_YET_VALID),
        ("iat", -MAX_AGE - LEEWAY - 1, Reason.TOO_OLD),
    ],
)
async def test_times_are_taken_with_some_leeway_and_not_with_more(
    guard: Guard, company: Issuer, claim: str, offset: int, reason: Reason
):
    now = company.claims()["iat"]
    nearer = offset + (1 if offset < 0 else -1)
    assert (await guard.asked(company.mint(**{claim: now + nearer}))).status == 200
    token = company.mint(**{claim: now + offset})
    refused(guard, await guard.asked(token), token, reason)


async def test_a_token_expires_as_time_passes(guard: Guard, company: Issuer):
    token = company.mint()
    assert (await guard.asked(token)).status == 200
    guard.clock.move((300 + LEEWAY) * 1_000)
    refused(guard, await guard.asked(token), token, Reason.EXPIRED)


async def test_a_token_of_another_key_with_the_same_kid(guard: Guard, company: Issuer):
    other = rsa_key("second")
    token = company.mint(key=other, header={"kid": "first"})
    refused(guard, await guard.asked(token), token, Reason.WRONG_SIGNATURE)


async def test_a_token_that_was_changed(guard: Guard, company: Issuer):
    header, _, signature = company.mint().split(".")
    _, claims, _ = company.mint(sub="root").split(".")
    token = f"{header}.{claims}.{signature}"
    refused(guard, await guard.asked(token), token, Reason.WRONG_SIGNATURE)


@pytest.mark.parametrize("alg", ["none", "None", "RS512", "PS256", "ES256", "rs256", ""])
async def test_another_algorithm(guard: Guard, company: Issuer, alg: str):
    token = unsigned({"alg": alg, "kid": "first"}, company.claims())
    refused(guard, await guard.asked(token), token, Reason.WRONG_ALGORITHM)
    assert company.asked == []


async def test_a_public_key_is_not_taken_for_a_secret(guard: Guard, company: Issuer):
    token = company.confused()
    refused(guard, await guard.asked(token), token, Reason.WRONG_ALGORITHM)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"kid": None}, Reason.WRONG_KEY),
        ({"kid": ""}, Reason.WRONG_KEY),
        ({"kid": "unknown"}, Reason.WRONG_KEY),
        ({"typ": "logout+jwt"}, Reason.MALFORMED),
    ],
)
async def test_a_header_that_is_not_as_it_must_be(
    guard: Guard, company: Issuer, header: dict[str, Any], reason: Reason
):
    token = company.mint(header=header)
    refused(guard, await guard.asked(token), token, reason)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "RS256", "kid": "first", "crit": ["exp"], "exp": 1},
        {"alg": "RS256", "kid": "first", "crit": []},
        {"alg": "RS256", "kid": "first", "b64": False},
        {"alg": "RS256", "kid": 7},
        {"alg": ["RS256"], "kid": "first"},
        {"kid": "first"},
        [],
        "RS256",
        None,
    ],
)
async def test_a_header_that_is_none(guard: Guard, company: Issuer, header: Any):
    token = unsigned(header, company.claims(), "c2ln")
    refused(guard, await guard.asked(token), token, Reason.MALFORMED)


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "at+jwt", "application/at+jwt"])
async def test_the_types_that_tokens_have(guard: Guard, company: Issuer, typ: str | None):
    assert (await guard.asked(company.mint(header={"typ": typ}))).status == 200


async def test_a_header_parameter_that_nobody_knows_is_passed_over(guard: Guard, company: Issuer):
    assert (await guard.asked(company.mint(header={"x5t": "a" * 600}))).status == 200


@pytest.mark.parametrize(
    "token",
    [
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        "e30.e30.e30",
        "eyJ.eyJ.eyJ",
        "~~~",
        "W10.W10.",
        "A.A.A",
    ],
)
async def test_what_is_no_token_at_all(guard: Guard, token: str):
    answer = await guard.asked(token)
    assert (answer.status, answer.code) == (401, "authentication_required")
    assert "error=" in answer.headers["WWW-Authenticate"]


async def test_a_deep_token_is_none(guard: Guard):
    deep = unsigned({"alg": "RS256", "kid": "first"}, {})
    nested = "W1tb" * 1_000  # `[[[` in base64
    answer = await guard.asked(deep.split(".")[0] + f".{nested}.c2ln")
    assert (answer.status, guard.failures) == (401, [Reason.MALFORMED])


async def test_several_keys_with_one_kid_prove_nothing(guard: Guard, company: Issuer):
    other: RSAKey = rsa_key("second")
    company.published.append({**other.as_dict(private=False), "kid": "first"})
    token = company.mint()
    answer = await guard.asked(token)
    refused(guard, answer, token, Reason.WRONG_KEY)
    assert "several keys" in answer.json["detail"]


async def test_an_issuer_whose_keys_are_named_is_asked_for_nothing_else(
    guard: Guard, company: Issuer
):
    guard.document(issuers=(entry(company, jwks_url=company.url + KEYS),))
    assert (await guard.asked(company.mint())).status == 200
    assert company.asked == [KEYS]


async def test_an_issuer_that_was_taken_out_is_not_believed(guard: Guard, company: Issuer):
    token = company.mint()
    assert (await guard.asked(token)).status == 200
    guard.document(issuers=())
    refused(guard, await guard.asked(token), token, Reason.WRONG_ISSUER)


# --- its keys ------------------------------------------------------------------------------------


async def test_many_callers_at_once_make_one_question(guard: Guard, company: Issuer):
    answers = await asyncio.gather(*(guard.asked(company.mint()) for _ in range(10)))
    assert {answer.status for answer in answers} == {200}
    assert company.asked == [METADATA, KEYS]


async def test_a_new_key_is_taken_as_soon_as_a_token_names_it(guard: Guard, company: Issuer):
    old = company.mint()
    assert (await guard.asked(old)).status == 200
    guard.clock.move(10_000)
    company.rotate()
    assert (await guard.asked(company.mint())).status == 200
    refused(guard, await guard.asked(old), old, Reason.WRONG_KEY)


async def test_unknown_keys_do_not_make_a_question_each(guard: Guard, company: Issuer):
    assert (await guard.asked(company.mint())).status == 200
    guard.clock.move(10_000)
    for number in range(5):
        token = company.mint(header={"kid": f"made-up-{number}"})
        assert (await guard.asked(token)).status == 401
    assert company.asked.count(KEYS) == 2


@pytest.mark.parametrize("path", [METADATA, KEYS])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (404, b"{}"),
        (302, b""),
        (200, b"<html>"),
        (200, b"\xff\xfe"),
        (200, b"[" * 100_000),
        (200, b"{}"),
        (200, b'{"keys": []}' + b" " * 300_000),
    ],
)
async def test_an_issuer_that_gives_no_keys_is_away(
    guard: Guard, company: Issuer, path: str, status: int, body: bytes
):
    company.fail(path, status, body)
    await away_and_back(guard, company)


async def test_an_issuer_that_refuses_connections_is_away(guard: Guard, company: Issuer):
    await company.go()
    await away_and_back(guard, company)


async def away_and_back(guard: Guard, company: Issuer) -> None:
    """While the issuer is away its tokens cannot be told; as soon as it is back they can."""
    token = company.mint()
    answer = await guard.asked(token)
    assert (answer.status, answer.code) == (503, "issuer_unavailable")
    assert answer.headers["Retry-After"] == "10"
    assert company.url not in answer.content.decode()
    assert guard.failures == []
    company.heal()
    await company.go()
    await company.come()
    guard.clock.move(10_000)
    assert (await guard.asked(token)).status == 200


async def test_keys_go_on_serving_while_their_issuer_is_away(guard: Guard, company: Issuer):
    assert (await guard.asked(company.mint())).status == 200
    await company.go()
    guard.clock.move(3_599_999)
    assert (await guard.asked(company.mint())).status == 200
    guard.clock.move(1)
    assert (await guard.asked(company.mint())).code == "issuer_unavailable"


async def test_a_new_key_cannot_be_told_while_its_issuer_is_away(guard: Guard, company: Issuer):
    assert (await guard.asked(company.mint())).status == 200
    await company.go()
    guard.clock.move(10_000)
    unknown = await guard.asked(company.mint(key=rsa_key("second")))
    assert unknown.code == "issuer_unavailable"
    assert (await guard.asked(company.mint())).status == 200


async def test_an_issuer_that_takes_too_long_is_away(guard: Guard, company: Issuer):
    company.stall(KEYS)
    asking = asyncio.create_task(guard.asked(company.mint()))
    await guard.clock.slept_for(5_000)
    guard.clock.move(5_000)
    assert (await asking).code == "issuer_unavailable"


async def test_a_slow_issuer_is_waited_for(guard: Guard, company: Issuer):
    released = company.stall(KEYS)
    asking = asyncio.create_task(guard.asked(company.mint()))
    await guard.clock.slept_for(5_000)
    released.set()
    assert (await asking).status == 200


async def test_metadata_of_another_issuer_is_not_taken(guard: Guard, company: Issuer):
    company.metadata["issuer"] = company.url + "/"
    assert (await guard.asked(company.mint())).code == "issuer_unavailable"
    assert KEYS not in company.asked


@pytest.mark.parametrize(
    "url", ["http://keys.example/", "http://127.0.0.1.evil.example/", "file:///etc/keys", "//x", ""]
)
async def test_keys_are_not_asked_for_without_tls(guard: Guard, company: Issuer, url: str):
    company.metadata["jwks_uri"] = url
    assert (await guard.asked(company.mint())).code == "issuer_unavailable"
    assert company.asked == [METADATA]


# --- replays -------------------------------------------------------------------------------------


async def test_a_token_is_taken_for_one_submission(guard: Guard, company: Issuer):
    token = company.mint(jti="once")
    first = await guard.api.submit(who=token)
    assert first.status == 202
    other = await guard.api.submit(key="k2", who=token)
    assert (other.status, other.code) == (401, "token_replayed")
    assert 'error="invalid_token"' in other.headers["WWW-Authenticate"]
    assert guard.failures == [Reason.REPLAYED]
    changed = await guard.api.submit({**SUBMISSION, "reason": "other"}, who=token)
    assert changed.code == "token_replayed"
    elsewhere = await guard.api.post(f"/v1/operations/{first.json['id']}/pause", who=token)
    assert elsewhere.code == "token_replayed"


async def test_the_same_submission_may_be_sent_again_with_its_token(guard: Guard, company: Issuer):
    token = company.mint()
    first, second = [await guard.api.submit(who=token) for _ in range(2)]
    assert (first.status, second.status) == (202, 200)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json["id"] == second.json["id"]


async def test_a_token_may_read_as_often_as_it_likes(guard: Guard, company: Issuer):
    token = company.mint()
    assert (await guard.asked(token)).status == 200
    assert (await guard.api.submit(who=token)).status == 202
    assert [(await guard.asked(token)).status for _ in range(3)] == [200] * 3


async def test_a_call_that_was_refused_has_used_the_token(guard: Guard, company: Issuer):
    token = company.mint()
    assert (await guard.api.submit({"plan": "work"}, who=token)).code == "request_invalid"
    assert (await guard.api.submit(who=token)).code == "token_replayed"


async def test_tokens_of_people_serve_for_as_long_as_they_last(guard: Guard, company: Issuer):
    guard.document(issuers=(entry(company, single_use=None),))
    token = company.mint()
    assert (await guard.api.submit(key="k1", who=token)).status == 202
    assert (await guard.api.submit(key="k2", who=token)).code == "lane_busy"


async def test_tokens_without_a_jti_cannot_be_told_apart(guard: Guard, company: Issuer):
    token = company.mint(jti=None)
    assert (await guard.api.submit(key="k1", who=token)).status == 202
    assert (await guard.api.submit(key="k2", who=token)).code == "lane_busy"


async def test_a_body_that_is_too_large_is_not_read_to_tell_a_replay(guard: Guard, company: Issuer):
    headers = {"Authorization": f"Bearer {company.mint()}", "Idempotency-Key": "k"}
    body = b" " * (guard.server.services.limits.body + 10)
    answer = await guard.api.call("POST", "/v1/operations", headers=headers, data=body)
    assert (answer.status, answer.code) == (413, "body_too_large")
