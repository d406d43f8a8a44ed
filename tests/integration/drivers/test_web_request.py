"""`http.request` and its kin: one request, and no guess about what became of it."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from laneway.core.model import Safety
from laneway.drivers.web.driver import DESCRIPTOR
from laneway.ports.driver import OutcomeUnknown
from tests.integration.drivers.web import SECRET, TOKEN, serving

WRITES = ("http.request_safe_write", "http.request", "http.request_destructive")
SEND: dict[str, Any] = {"method": "POST", "path": "/notify", "json": {"text": "hello"}}


def answering(status: int, **more: Any) -> Any:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, **more)

    return answer


def test_the_safety_of_a_request_is_the_plan_s_to_choose():
    chosen = {spec.action_id: (spec.safety, spec.repeatable) for spec in DESCRIPTOR.actions}
    assert chosen == {
        "http.check": (Safety.READ, True),
        "http.check_certificate": (Safety.READ, True),
        "http.request_read": (Safety.READ, True),
        "http.request_safe_write": (Safety.SAFE_WRITE, True),
        "http.request": (Safety.MUTATION, False),
        "http.request_destructive": (Safety.DESTRUCTIVE, False),
    }


@pytest.mark.parametrize("action", WRITES)
async def test_a_request_is_made_once_and_says_who_it_is(action: str):
    async def answer(request: web.Request) -> web.Response:
        assert await request.json() == SEND["json"]
        return web.json_response({"queued": True}, status=202)

    async with serving(answer) as b:
        expect = {"status": 202, "json": {"/queued": True}}
        done = await b.run(action, {**SEND, "headers": SECRET, "expect": expect})
        assert done.outcome == "pass"
        (request,) = b.requests
        assert request.headers["Idempotency-Key"] == b.context({}).token
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert done.evidence["request"] == {
            "method": "POST",
            "url": f"{b.url}/notify",
            "headers": {"Authorization": "[redacted]", "Idempotency-Key": b.context({}).token},
        }


async def test_the_token_cannot_be_replaced_by_a_header_of_the_plan():
    async with serving(answering(200)) as b:
        headers = {"idempotency-key": "always the same", "X-Request": "1"}
        await b.run("http.request", {**SEND, "headers": headers})
        assert b.requests[0].headers.getall("Idempotency-Key") == [b.context({}).token]
        await b.run("http.request", {**SEND, "idempotency_header": "X-Request", "headers": headers})
        assert b.requests[1].headers["X-Request"] == b.context({}).token


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 524])
async def test_what_a_proxy_may_have_said_is_unknown(action: str, status: int):
    async with serving(answering(status)) as b:
        unknown = await b.unknown(action, {**SEND, "headers": SECRET})
        assert unknown.failure.code == f"outcome_unknown_http_{status}"
        assert TOKEN not in repr(unknown.failure)
        assert len(b.requests) == 1


async def test_a_status_that_the_plan_expects_is_never_unknown():
    async with serving(answering(503)) as b:
        done = await b.run("http.request", {**SEND, "expect": {"status": [200, 503]}})
        assert done.outcome == "pass"


@pytest.mark.parametrize("action", WRITES)
async def test_a_connection_that_is_closed_leaves_the_outcome_unknown(action: str):
    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async with serving(hang_up) as b:
        for method in ("POST", "PUT", "DELETE"):
            unknown = await b.unknown(action, {**SEND, "method": method})
            assert unknown.failure.code == "outcome_unknown_connection_lost"
        assert len(b.requests) == 3, "nothing is sent again, whatever the method"


async def test_an_answer_that_does_not_come_or_end_leaves_the_outcome_unknown():
    never = asyncio.Event()

    async def wait(_request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    async with serving(wait, total_ms=1) as b:
        unknown = await b.unknown("http.request", SEND)
        assert unknown.failure.code == "outcome_unknown_timeout"
    async with serving(answering(200, body=b"x" * 1_000)) as b:
        unknown = await b.unknown("http.request", {**SEND, "max_bytes": 999})
        assert unknown.failure.code == "outcome_unknown_response_too_large"


@pytest.mark.parametrize(
    ("status", "code", "headers"),
    [
        (404, "http_unavailable", {}),
        (429, "http_rate_limited", {}),
    ],
)
async def test_a_refusal_that_time_may_mend_is_a_failure_with_its_class(
    status: int, code: str, headers: dict[str, str]
):
    async with serving(answering(status, headers=headers)) as b:
        assert await b.failed("http.request", SEND) == code


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "http_wrong_status"), (409, "http_wrong_status"), (307, "redirected")],
)
async def test_a_whole_answer_that_says_no_is_a_failure(status: int, code: str):
    async with serving(answering(status, headers={"Location": "/elsewhere"})) as b:
        done = await b.run("http.request", SEND)
        assert done.outcome == "fail"
        assert done.failure is not None
        assert done.failure.code.endswith(code)
        assert len(b.requests) == 1, "no redirect is followed"


async def test_an_error_inside_a_success_is_the_plan_s_to_see():
    async with serving(answering(200, text='{"error": {"code": 200}}')) as b:
        done = await b.run("http.request", {**SEND, "expect": {"json": {"/result": True}}})
        assert done.failure is not None
        assert done.failure.code == "http_wrong_json"


@pytest.mark.parametrize("action", WRITES)
async def test_what_was_certainly_not_sent_is_a_plain_failure(action: str):
    async with serving(answering(200)) as b:
        there = {**SEND, "path": None, "url": "https://elsewhere.example.org/"}
        assert await b.failed(action, there) == "http_host_not_allowed"
        assert await b.failed(action, {**SEND, "path": "/../up"}) == "http_invalid_url"
        headers = {"X-Key": {"secret": "other"}}
        assert await b.failed(action, {**SEND, "headers": headers}) == "secret_missing"
        torn = {"X-Note": "one\r\nX-Other: two"}
        assert await b.failed(action, {**SEND, "headers": torn}) == "invalid_request"
        nowhere = {"odoo": {"base_url": "http://127.0.0.1:1"}}
        assert await b.failed(action, SEND, **nowhere) == "unreachable"
        assert b.requests == []


@pytest.mark.parametrize("action", WRITES)
async def test_a_dry_run_shows_what_would_be_sent_without_what_is_secret(action: str):
    async with serving(answering(200)) as b:
        parameters = {
            **SEND,
            "headers": {**SECRET, "X-Api-Key": "written-into-the-plan", "X-Note": "shown"},
            "query": {"token": "planted"},
            "json": {"text": "hello", "user": {"password": "hunter2hunter2"}, "all": [{"x": 1}]},
        }
        shown = await b.dry_run(action, parameters)
        assert shown.evidence == {
            "dry_run": True,
            "would_send": [
                {
                    "method": "POST",
                    "url": f"{b.url}/notify",
                    "headers": {
                        "Authorization": "[redacted]",
                        "X-Api-Key": "[redacted]",
                        "X-Note": "shown",
                        "Idempotency-Key": b.context({}).token,
                    },
                    "json": {
                        "text": "hello",
                        "user": {"password": "[redacted]"},
                        "all": [{"x": 1}],
                    },
                }
            ],
        }
        assert b.requests == []


async def test_nobody_can_be_asked_about_a_lost_request():
    async with serving(answering(200)) as b:
        with pytest.raises(OutcomeUnknown):
            await b.recover("http.request")
        assert b.requests == []


async def test_a_reading_request_may_be_a_post_and_is_worth_another_attempt():
    async with serving(answering(502)) as b:
        code = await b.failed("http.request_read", SEND)
        assert code == "http_unavailable"
        assert b.requests[0].method == "POST"
        assert "Idempotency-Key" not in b.requests[0].headers


async def test_a_post_is_never_redirected_on():
    async with serving(answering(307, headers={"Location": "/again"})) as b:
        done = await b.run("http.request_read", {**SEND, "redirects": 5})
        assert done.failure is not None
        assert done.failure.code == "http_redirected"
        assert len(b.requests) == 1
