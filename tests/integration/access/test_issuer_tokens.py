"""Tokens of an issuer: which are taken, which are not, and what is said of those."""

from typing import Any

import pytest
from joserfc.jwk import RSAKey

from laneway_server.access.oidc import LEEWAY, MAX_AGE
from laneway_server.access.refusals import Reason
from tests.integration.access.support import Guard, entry, refused
from tests.integration.server.support import SUBMISSION
from tests.support.issuer import AUDIENCE, KEYS, Issuer, rsa_key, unsigned


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
