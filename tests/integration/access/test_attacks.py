"""Attacks by people who have read the source: those that once worked, and those that never did.

Three kinds of people attack. Nobody: who sends bytes and proves nothing. A stranger: who proves who
they are, as every workflow on GitHub can, and whom no rule is for. A guest: whom rules let do
something, and who tries to do or to see more.
"""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from laneway.core.audit import AuditHead, verify
from laneway.testing.clock import ManualClock
from laneway_server.access.document import Rule, Who
from laneway_server.access.ruling import Act
from laneway_server.redaction import without_credentials
from laneway_server.services import Limits
from tests.integration.access.support import OTHER_TOKEN, TOKEN, Guard, guarded, token_entry
from tests.integration.access.yard import EVERYTHING, LANE_PATH, TOKENS, get, post, rule, submit
from tests.integration.server.support import TOO_LONG
from tests.support.issuer import Issuer

MINUTE = 60_000


async def entries(guard: Guard) -> list[Any]:
    """The audit log, whose chain holds."""
    found = await guard.server.engine.store.audit.entries()
    verify(found, AuditHead())
    return list(found)


# --- by nobody -----------------------------------------------------------------------------------


async def sent(guard: Guard, head: bytes, body: bytes = b"") -> tuple[int, bytes]:
    """The status and the body of what bytes are answered with."""
    async with asyncio.timeout(TOO_LONG):
        reader, writer = await asyncio.open_connection("127.0.0.1", _port(guard))
        closing = b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        writer.write(head + b"\r\n" + closing + body)
        answer = await reader.read()
        writer.close()
    _, _, content = answer.partition(b"\r\n\r\n")
    return int(answer.split()[1]), content


def _port(guard: Guard) -> int:
    return int(guard.api.url.rpartition(":")[2])


HOST = b"Host: 127.0.0.1"
JSON = b"Content-Type: application/json"


@pytest.mark.parametrize(
    "host",
    [b"a:b:c", b"", b"[::bad", b"\xff", b"x:99999", b"<script>", b"a b", "ä.example".encode()],
)
@pytest.mark.parametrize("path", [b"/", b"/v1/operations", b"/v1/session", b"/signin/company"])
async def test_a_host_that_is_none_is_no_error_of_the_server(yard: Guard, host: bytes, path: bytes):
    status, content = await sent(yard, b"GET %s HTTP/1.1\r\nHost: %s" % (path, host))
    assert status < 500, content
    assert b"<script>" not in content


async def test_a_body_that_is_not_compressed_as_it_says_is_the_callers_mistake(yard: Guard):
    head = b"POST /v1/session HTTP/1.1\r\n%s\r\n%s\r\nContent-Encoding: gzip" % (HOST, JSON)
    status, content = await sent(yard, head, b"no gzip")
    assert (status, json.loads(content)["code"]) == (400, "bad_request")


async def test_a_small_body_that_becomes_a_large_one_is_not_read_to_its_end(yard: Guard):
    head = b"POST /v1/session HTTP/1.1\r\n%s\r\n%s\r\nContent-Encoding: gzip" % (HOST, JSON)
    status, _ = await sent(yard, head, gzip.compress(b" " * 50_000_000))
    assert status == 413


@pytest.mark.parametrize(
    "media", [b"\xff", b"application/json; charset=\xff", b"application/json" + b";" * 7_000]
)
async def test_a_media_type_that_is_none_is_not_looked_into(yard: Guard, media: bytes):
    """Python's parser of such headers takes seconds for a few thousand semicolons."""
    head = b"POST /v1/session HTTP/1.1\r\n%s\r\nContent-Type: %s" % (HOST, media)
    status, content = await sent(yard, head, b"{}")
    assert (status, json.loads(content)["code"]) == (415, "unsupported_media_type")
    assert len(content) < 1_000


async def test_of_a_thousand_mistakes_only_some_are_told(yard: Guard):
    """Telling all of them took longer than anything else that a request can ask for."""
    many = {f"field{number}": 1 for number in range(1_000)}
    unproved = await yard.api.post("/v1/session", many)
    proved = await post(yard, "/v1/operations", many, who="owner", key="k")
    for answer in (unproved, proved):
        assert answer.code == "request_invalid"
        assert 0 < len(answer.json["errors"]) <= 100


async def test_a_sign_in_has_no_more_to_say_than_a_token(yard: Guard):
    answer = await yard.api.post("/v1/session", {"token": "x" * 60_000})
    assert answer.code == "body_too_large"


def test_no_text_makes_it_slow_to_look_for_credentials():
    """Each of these took hours: whatever is at fault shows by this test's not ending."""
    for part in ("-eyJ", "-eyJ.", ".eyJ", "eyJ_", "bearer ", "ghp_", "basic "):
        without_credentials(part * (2_000_000 // len(part)))


@pytest.mark.parametrize("text", ["a-{}", "a={}&b", "'{}'", "x.{}", "eyJ.{}", "{}.eyJ", "eyJ-{}."])
def test_a_token_is_found_whatever_stands_around_it(text: str):
    assert "c2VjcmV0" not in without_credentials(text.format("eyJhbGciOiJ9.eyJzdWIiOiJ9.c2VjcmV0"))


async def test_a_line_break_behind_a_duration_is_the_callers_mistake(yard: Guard):
    """Python's `$` also stands before a last line break."""
    operation = (await submit(yard)).json["id"]
    for part in ("", "/events"):
        answer = await get(yard, f"/v1/operations/{operation}{part}?after=1&wait=30s%0A", "owner")
        assert answer.code == "request_invalid", part


async def test_a_time_outside_of_the_calendar_is_the_callers_mistake(yard: Guard):
    for time in ("0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"):
        answer = await get(yard, f"/v1/operations?created_after={time}", "owner")
        assert answer.code == "request_invalid", time


@pytest.mark.parametrize(
    "target",
    [b"/v1/audit/", b"//v1/audit", b"/v1/x/../audit", b"/v1/%2e%2e/v1/audit", b"/V1/audit"],
)
async def test_another_way_to_write_an_address_is_no_way_in(yard: Guard, target: bytes):
    authorization = b"Authorization: Bearer %s" % TOKENS["guest"].encode()
    status, _ = await sent(yard, b"GET %s HTTP/1.1\r\n%s\r\n%s" % (target, HOST, authorization))
    assert status == 404


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("path", ["/v1/audit", "/v1/%61udit", "/v1/audit?after=0&limit=1"])
async def test_every_way_to_read_asks_the_same(yard: Guard, method: str, path: str):
    headers = {"Authorization": f"Bearer {TOKENS['guest']}"}
    async with yard.api.session.request(method, yard.api.url + path, headers=headers) as response:
        assert response.status == 403


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
async def test_a_method_cannot_be_changed_by_a_header(yard: Guard, header: str):
    headers = {"Authorization": f"Bearer {TOKENS['owner']}", header: "DELETE"}
    answer = await yard.api.call("POST", "/v1/audit", headers=headers)
    assert answer.code == "method_not_allowed"


async def test_who_guesses_is_not_forgotten_by_saying_to_come_from_elsewhere(yard: Guard):
    for number in range(yard.server.services.limits.failures):
        elsewhere = f"192.0.2.{number}, 2001:db8::{number}"
        headers = {"X-Forwarded-For": elsewhere, "Forwarded": f"for={elsewhere}"}
        await yard.api.get("/v1/operations", Authorization=f"Bearer {OTHER_TOKEN}", **headers)
    refused = await yard.api.get("/v1/operations", Authorization=f"Bearer {OTHER_TOKEN}")
    assert refused.code == "rate_limited"


# --- by a stranger -------------------------------------------------------------------------------


@pytest.fixture
async def gate(guard: Guard, company: Issuer) -> Guard:
    """A server whose only rule is for the owner; every workflow can prove who it is."""
    owner = token_entry(TOKENS["owner"], name="owner")
    guard.document(tokens=(owner,), rules=(rule("owner", *EVERYTHING),))
    return guard


def stranger(company: Issuer, number: int = 1) -> str:
    """A token of some workflow in the world."""
    return company.github(repository_id=str(number), repository=f"evil/{number}")


async def test_a_stranger_cannot_fill_the_audit_log(
    tmp_path: Path, clock: ManualClock, company: Issuer
):
    """Each refusal is an entry for ever, and a token serves for the same call again and again."""
    limits = Limits(refusals=30, refusal_burst=10)
    async with guarded(tmp_path, clock, company, limits) as gate:
        gate.document(rules=())
        token, codes = stranger(company), []
        for _ in range(20):
            said = await gate.api.post(f"{LANE_PATH}/freeze", {"reason": "x"}, who=token)
            codes.append(said.code)
        assert codes == ["authorization_denied"] * 10 + ["rate_limited"] * 10
        assert len(await entries(gate)) == 10
        other = await gate.api.post(
            f"{LANE_PATH}/freeze", {"reason": "x"}, who=stranger(company, 2)
        )
        assert other.code == "authorization_denied"
        clock.move(2_000)
        again = await gate.api.post(f"{LANE_PATH}/freeze", {"reason": "x"}, who=token)
        assert again.code == "authorization_denied"


async def test_signing_out_for_ever_fills_nothing_either(
    tmp_path: Path, clock: ManualClock, company: Issuer
):
    async with guarded(tmp_path, clock, company, Limits(refusals=30, refusal_burst=3)) as gate:
        gate.document(rules=())
        headers = {"Authorization": f"Bearer {stranger(company)}"}
        statuses = [
            (await gate.api.call("DELETE", "/v1/session", headers=headers)).status for _ in range(5)
        ]
        assert statuses == [204, 204, 204, 429, 429]


async def test_what_rules_allow_is_done_however_often(
    tmp_path: Path, clock: ManualClock, company: Issuer
):
    """In an emergency nobody wants to hear that they have frozen enough."""
    async with guarded(tmp_path, clock, company, Limits(refusals=30, refusal_burst=1)) as gate:
        for number in range(5):
            path = f"/v1/lanes/shop/eu/{number}/freeze"
            assert (await gate.api.post(path, {"reason": "fire"}, who=TOKEN)).status == 200


async def test_a_stranger_is_given_no_stream(gate: Guard, company: Issuer):
    """Ten repositories had all the places there are, and each read the whole history in vain."""
    answer = await gate.api.get("/v1/events", Authorization=f"Bearer {stranger(company)}")
    assert (answer.status, answer.code) == (403, "authorization_denied")
    assert gate.server.services.streams.taken == 0


async def test_tokens_of_strangers_take_up_no_place(gate: Guard, company: Issuer):
    """Enough of them shut everybody else out, as none may be forgotten while it lasts."""
    replays = gate.access.identities._replays
    for number in range(5):
        await gate.api.post(f"{LANE_PATH}/freeze", {"reason": "x"}, who=stranger(company, number))
    assert len(replays) == 0
    workers = Rule(name="workers", who=Who(repository_ids=("7",)), may=(Act.FREEZE,))
    gate.document(rules=(workers,))
    once = stranger(company, 7)
    assert (await gate.api.post(f"{LANE_PATH}/freeze", {"reason": "x"}, who=once)).status == 200
    assert len(replays) == 1
    again = await gate.api.post(f"{LANE_PATH}/unfreeze", {"reason": "x"}, who=once)
    assert again.code == "token_replayed"


async def test_a_token_begins_only_so_many_sessions(gate: Guard):
    """Each is a row that stays for hours."""
    codes = set()
    for _ in range(100):
        answer = await gate.api.post("/v1/session", {"token": TOKENS["owner"]})
        gate.api.session.cookie_jar.clear()
        codes.add(answer.code)
    assert codes == {"", "rate_limited"}
    gate.clock.move(MINUTE)
    assert (await gate.api.post("/v1/session", {"token": TOKENS["owner"]})).status == 200
