"""The keys of an issuer: when they are asked for, and what holds while the issuer is away."""

import asyncio

import pytest

from laneway_server.access.refusals import Reason
from tests.integration.access.support import Guard, refused
from tests.support.issuer import KEYS, METADATA, Issuer, rsa_key


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
