"""What every request must be, whatever it asks for."""

import json
import re

import pytest

from tests.integration.server.support import SUBMISSION, Api, Laneway

JSON = {"Content-Type": "application/json", "Idempotency-Key": "k"}
SUBMIT = ("POST", "/v1/operations")


async def sent(api: Api, content: bytes, **headers: str):
    said = {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await api.call(*SUBMIT, headers=said, data=content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "line 1"),
        (b'{"plan": "work",}', "line 1"),
        (b'{"plan": "work", "plan": "work"}', "'plan' is there twice"),
        (b'{"request": {"a": {"b": 1, "b": 2}}}', "'b' is there twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e400}', "1e400"),
        (b'{"a": 9007199254740992}', "9007199254740992"),
        (b'{"a": ' + b"9" * 5000 + b"}", "99999"),
        (b'{"a": "\xff"}', "UTF-8 at byte 7"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\ud800": 1}', "surrogate"),
        (b'{"a":' * 64 + b"[]" + b"}" * 64, "deeper than 64"),
        (b"[" * 200_000, "deeper than 64"),
        (b"\xef\xbb\xbf{}", "BOM"),
    ],
)
async def test_what_is_no_json_is_refused(api: Api, content: bytes, said: str):
    answer = await sent(api, content)
    assert (answer.status, answer.code) == (400, "invalid_json")
    assert said in answer.json["detail"]


async def test_nesting_up_to_the_limit_is_taken(api: Api):
    deep = {**SUBMISSION, "request": json.loads('{"a":' * 62 + "1" + "}" * 62)}
    answer = await sent(api, json.dumps(deep).encode())
    assert answer.code == "request_invalid"  # by the plan's schema: it was read


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]
)
async def test_a_body_must_be_declared_as_json(api: Api, media: str):
    answer = await sent(api, json.dumps(SUBMISSION).encode(), Content_Type=media)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


async def test_a_charset_that_is_utf_8_is_taken(api: Api):
    media = 'application/json; charset="UTF-8"'
    answer = await sent(api, json.dumps(SUBMISSION).encode(), Content_Type=media)
    assert answer.status == 202


async def test_a_body_that_says_it_is_too_large(server: Laneway, api: Api):
    answer = await sent(api, b" " * (server.services.limits.body + 1))
    assert (answer.status, answer.code) == (413, "body_too_large")


async def test_a_body_that_turns_out_too_large(server: Laneway, api: Api):
    async def chunks():
        for _ in range(server.services.limits.body // 1024 + 1):
            yield b" " * 1024

    answer = await api.call(*SUBMIT, headers=JSON, data=chunks())
    assert (answer.status, answer.code) == (413, "body_too_large")


async def test_a_body_of_exactly_the_limit_is_read(server: Laneway, api: Api):
    content = json.dumps(SUBMISSION).encode()
    answer = await sent(api, content + b" " * (server.services.limits.body - len(content)))
    assert answer.status == 202


async def test_every_mistake_is_named_at_its_place(api: Api):
    wrong = {
        "plan": 5,
        "lane": {"product": "shop", "context": "e u"},
        "dryrun": True,
        "when_busy": "wait",
        "supersedes": "op_1",
    }
    answer = await api.submit(wrong)
    assert (answer.status, answer.code) == (422, "request_invalid")
    said = {error["path"]: error["message"] for error in answer.json["errors"]}
    assert set(said) == {"/plan", "/lane", "/lane/context", "/dryrun", "/when_busy", "/supersedes"}
    assert "did you mean 'dry_run'?" in said["/dryrun"]
    assert "instance" in said["/lane"]


@pytest.mark.parametrize("body", [[], "text", 1, None])
async def test_a_body_must_be_an_object(api: Api, body):
    answer = await sent(api, json.dumps(body).encode())
    assert (answer.status, answer.code) == (422, "request_invalid")


async def test_no_body_stands_for_an_empty_object(server: Laneway, api: Api):
    operation_id = await server.submitted()
    assert (await api.post(f"/v1/operations/{operation_id}/pause")).status == 202
    missing = await api.post("/v1/operations", key="k2")
    assert {error["path"] for error in missing.json["errors"]} == {""}
    assert len(missing.json["errors"]) == 2


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=0", "?limit"),
        ("limit=201", "?limit"),
        ("limit=ten", "?limit"),
        ("stat=pass", "?stat"),
        ("status=done", "?status"),
        ("plan=a&plan=b", "?plan"),
        ("cursor=op_1", "?cursor"),
        ("created_after=yesterday", "?created_after"),
        ("created_before=2026-01-01T00:00:00", "?created_before"),
    ],
)
async def test_a_query_is_as_strict_as_a_body(api: Api, query: str, path: str):
    answer = await api.get(f"/v1/operations?{query}")
    assert (answer.status, answer.code) == (422, "request_invalid")
    assert [error["path"] for error in answer.json["errors"]] == [path]


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=1&wait=61s", "after=1&wait=1"])
async def test_waiting_has_its_limits(server: Laneway, api: Api, query: str):
    operation_id = await server.submitted()
    answer = await api.get(f"/v1/operations/{operation_id}?{query}")
    assert (answer.status, answer.code) == (422, "request_invalid")


async def test_an_unknown_address(api: Api):
    for path in ("/v2/operations", "/v1/operations/op_1/evidence", "/problems/no_such"):
        answer = await api.get(path)
        assert (answer.status, answer.code) == (404, "not_found")


async def test_an_unknown_operation(api: Api):
    known = ("", "/events", "?after=1&wait=10s")
    for path in known:
        answer = await api.get(f"/v1/operations/op_00000000000000000000000000{path}")
        assert (answer.status, answer.code) == (404, "not_found")
    for verb, body in (
        ("cancel", {}),
        ("resume", {}),
        ("reconcile", {"outcome": "pass", "note": "n"}),
    ):
        answer = await api.post(f"/v1/operations/op_00000000000000000000000000/{verb}", body)
        assert (answer.status, answer.code) == (404, "not_found")
    retried = await api.post("/v1/operations/op_00000000000000000000000000/retry", {}, key="k")
    assert (retried.status, retried.code) == (404, "not_found")


async def test_a_method_that_an_address_does_not_take(api: Api):
    answer = await api.call("DELETE", "/v1/operations")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}


async def test_head_is_get_without_the_body(server: Laneway, api: Api):
    operation_id = await server.submitted()
    for path in ("/v1/health", f"/v1/operations/{operation_id}"):
        got, head = await api.get(path), await api.call("HEAD", path)
        assert (head.status, head.content) == (200, b"")
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
    said = {"Accept": "text/event-stream"}
    stream = await api.call("HEAD", f"/v1/operations/{operation_id}/events", headers=said)
    assert (stream.status, stream.content) == (200, b"")


async def test_a_trace_id_is_taken_over_or_made(api: Api):
    trace = "0af7651916cd43dd8448eb211c80319c"
    given = await api.get("/v1/nothing", traceparent=f"00-{trace}-b7ad6b7169203331-01")
    assert given.headers["X-Trace-Id"] == given.json["trace_id"] == trace


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"ff-{'a' * 32}-b7ad6b7169203331-01",
        f"00-{'A' * 32}-b7ad6b7169203331-01",
    ],
)
async def test_a_trace_id_that_is_none_is_not_taken_over(api: Api, given: str):
    answer = await api.get("/v1/health", traceparent=given)
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Trace-Id"])
    assert answer.headers["X-Trace-Id"] not in (given, "a" * 32, "0" * 32)


async def test_an_unexpected_error_shows_nothing_of_itself(server: Laneway, api: Api, monkeypatch):
    async def broken(*_: object):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(server.engine.store, "operations", broken)
    answer = await api.get("/v1/operations")
    assert (answer.status, answer.code) == (500, "internal_error")
    assert b"secret" not in answer.content
    assert b"Traceback" not in answer.content
