"""How credentials are sent: one header, and never in the address."""

import asyncio

import pytest

from laneway_server.access.refusals import Reason
from tests.integration.access.support import LATER, OTHER_TOKEN, TOKEN, Guard, token_entry

PATH = "/v1/operations"


async def test_who_says_nothing_is_asked_to_and_told_where_to_sign_in(guard: Guard):
    answer = await guard.api.get(PATH)
    assert (answer.status, answer.code) == (401, "authentication_required")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="laneway"'
    assert answer.json["sign_in"] == ["/signin/company"]
    assert guard.failures == []


@pytest.mark.parametrize(
    "given",
    [
        "Basic YTpi",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN} x",
        "Bearer ü",
        TOKEN,
        f"Token {TOKEN}",
        "",
    ],
)
async def test_what_is_no_bearer_token_is_refused(guard: Guard, given: str):
    answer = await guard.api.get(PATH, Authorization=given)
    assert (answer.status, answer.code) == (401, "authentication_required")
    assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]
    assert guard.failures == [Reason.MALFORMED]
    assert TOKEN not in answer.content.decode()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
async def test_the_scheme_may_be_written_in_any_case(guard: Guard, scheme: str):
    answer = await guard.api.get(PATH, Authorization=f"{scheme} {TOKEN}")
    assert answer.status == 200


async def test_two_headers_are_refused_even_if_both_are_right(guard: Guard):
    headers = [("Authorization", f"Bearer {TOKEN}")] * 2
    async with guard.api.session.get(guard.api.url + PATH, headers=headers) as response:
        assert response.status == 401
        assert "more than one" in (await response.json())["detail"]


@pytest.mark.parametrize(
    "query",
    [
        f"access_token={TOKEN}",
        "token=whatever",
        "ACCESS_TOKEN=",
        "id_token=a",
        "api_key=a",
        "password=a",
        f"plan={TOKEN}",
        f"plan=x{TOKEN}x",
        "cursor=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
    ],
)
@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", ""])
async def test_credentials_in_the_query_are_refused(guard: Guard, query: str, header: str):
    headers = {"Authorization": header} if header else {}
    answer = await guard.api.get(f"{PATH}?{query}", **headers)
    assert (answer.status, answer.code) == (400, "credentials_in_url")
    assert guard.failures == [Reason.IN_URL]
    told = answer.content.decode() + str(answer.headers)
    assert TOKEN not in told
    assert "eyJ" not in told


async def test_credentials_before_the_host_are_refused(guard: Guard):
    bare = guard.api.url.removeprefix("http://")
    request = (
        f"GET http://ann:{TOKEN}@{bare}{PATH} HTTP/1.1\r\nHost: {bare}\r\nConnection: close\r\n\r\n"
    )
    answer = await _raw(bare, request)
    assert b" 400 " in answer.splitlines()[0]
    assert b"credentials_in_url" in answer
    assert TOKEN.encode() not in answer


async def _raw(place: str, request: str) -> bytes:
    host, port = place.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request.encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_an_ordinary_query_is_none(guard: Guard):
    for query in ("plan=token", "limit=2", "product=access_token"):
        assert (await guard.asked(TOKEN, f"{PATH}?{query}")).status == 200


# --- static tokens -------------------------------------------------------------------------------


async def test_a_static_token_names_its_caller(guard: Guard):
    answer = await guard.api.submit(who=TOKEN)
    assert answer.json["requested_by"]["subject"] == "token:monitoring"
    assert TOKEN not in answer.content.decode()


async def test_a_static_token_may_be_used_as_often_as_one_likes(guard: Guard):
    assert (await guard.api.submit(key="k1", who=TOKEN)).status == 202
    assert (await guard.api.submit(key="k2", who=TOKEN)).code == "lane_busy"


async def test_a_token_that_is_not_in_the_file(guard: Guard):
    answer = await guard.asked(OTHER_TOKEN)
    assert (answer.status, answer.code) == (401, "authentication_required")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert guard.failures == [Reason.UNKNOWN_TOKEN]
    assert OTHER_TOKEN not in answer.content.decode()


async def test_a_static_token_is_refused_from_when_it_expires(guard: Guard):
    guard.document(tokens=(token_entry(expires=LATER),))
    guard.clock.move(3_599_999)
    assert (await guard.asked(TOKEN)).status == 200
    guard.clock.move(1)
    assert (await guard.asked(TOKEN)).json["detail"] == "the token monitoring has expired"
    assert guard.failures == [Reason.EXPIRED]


async def test_a_static_token_is_refused_from_when_it_is_revoked(guard: Guard):
    assert (await guard.asked(TOKEN)).status == 200
    guard.document(tokens=(token_entry(revoked=True),))
    assert (await guard.asked(TOKEN)).status == 401
    guard.document(tokens=())
    assert (await guard.asked(TOKEN)).status == 401
    assert guard.failures == [Reason.REVOKED, Reason.UNKNOWN_TOKEN]


async def test_an_address_that_guesses_is_not_listened_to_for_a_while(guard: Guard):
    for _ in range(guard.server.services.limits.failures):
        assert (await guard.asked(OTHER_TOKEN)).status == 401
    assert (await guard.asked(TOKEN)).code == "rate_limited"
    answer = await guard.api.post("/v1/session", {"token": TOKEN})
    assert answer.code == "rate_limited"


@pytest.mark.parametrize("host", ["[::bad", "a:b:c", "x@y", "ä", "a b", ""])
async def test_a_host_that_is_none_gives_no_more_than_a_refusal(guard: Guard, host: str):
    headers = f"Host: {host}\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close"
    request = f"GET {PATH} HTTP/1.1\r\n{headers}\r\n\r\n"
    answer = await _raw(guard.api.url.removeprefix("http://"), request)
    assert b" 500 " not in answer.splitlines()[0]
