"""`http.check`: what passes, what does not and why, and where it may not go at all."""

import socket
from typing import Any

import pytest
from aiohttp import web

from tests.integration.drivers.web import SECRET, TOKEN, serving

STATUS = {"status": "ok", "ready": True, "count": 1, "parts": [{"a/b": None}], "api_key": "hunter2"}


async def told(request: web.Request) -> web.Response:
    match request.path:
        case "/page":
            answer = web.Response(text="<h1>Welcome</h1>", content_type="text/html")
            answer.headers.extend({"X-Frame-Options": "DENY", "Set-Cookie": "a=planted"})
            answer.headers.add("Set-Cookie", "b=2; Secure")
            return answer
        case "/leads":
            raise web.HTTPFound("/page?session=planted")
        case "/leads-away":
            raise web.HTTPFound("http://elsewhere.example.invalid/page")
        case "/loops":
            raise web.HTTPFound("/loops")
        case "/large":
            return web.Response(body=b"x" * 100_000)
        case path if path[1:].isdecimal():
            return web.Response(status=int(path[1:]))
    return web.json_response(STATUS)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


PASSING: dict[str, dict[str, Any]] = {
    "a status alone": {"path": "/status"},
    "one of several": {"path": "/204", "expect": {"status": [200, 204]}},
    "a status that is meant to be an error": {"path": "/503", "expect": {"status": 503}},
    "HEAD": {"path": "/page", "method": "HEAD", "expect": {"content_type": "text/html"}},
    "a text": {"path": "/page", "expect": {"contains": ["Wel", "come"], "content_type": "TEXT/"}},
    "JSON": {
        "path": "/status",
        "expect": {"json": {"/status": "ok", "/ready": True, "/count": 1.0, "/parts/0/a~1b": None}},
    },
    "headers": {
        "path": "/page",
        "expect": {
            "headers": {"x-frame-options": "deny", "Set-Cookie": "secure", "Server-X": None}
        },
    },
    "a redirect": {"path": "/leads", "redirects": 1, "expect": {"contains": "Welcome"}},
    "a redirect asked by HEAD": {"path": "/leads", "method": "HEAD", "redirects": 1},
    "a redirect that is meant": {"path": "/leads", "expect": {"status": 302}},
    "a query": {"path": "/status", "query": {"db_server_status": "1"}},
}


@pytest.mark.parametrize("name", PASSING)
async def test_what_is_expected_passes(name: str):
    async with serving(told) as b:
        result = await b.check(PASSING[name])
        (probe,) = result.evidence["probes"]
        assert (result.outcome, probe["status"], probe["failure_class"]) == ("pass", "pass", "")


FAILING: dict[str, tuple[dict[str, Any], str, str]] = {
    "another status": ({"path": "/400"}, "http_wrong_status", ""),
    "not there (yet)": ({"path": "/404"}, "http_unavailable", "unavailable"),
    "a proxy's 502": ({"path": "/502"}, "http_unavailable", "unavailable"),
    "a proxy's 504": ({"path": "/504"}, "http_timeout", "timeout"),
    "too many": ({"path": "/429"}, "http_rate_limited", "rate_limited"),
    "a success that is not meant": (
        {"path": "/page", "expect": {"status": 401}},
        "http_wrong_status",
        "",
    ),
    "another type": (
        {"path": "/status", "expect": {"content_type": "text/html"}},
        "http_wrong_content_type",
        "",
    ),
    "no such text": ({"path": "/page", "expect": {"contains": "Farewell"}}, "http_wrong_body", ""),
    "HEAD has no body": (
        {"path": "/page", "method": "HEAD", "expect": {"contains": "Welcome"}},
        "http_wrong_body",
        "",
    ),
    "no JSON": ({"path": "/page", "expect": {"json": {"/a": 1}}}, "http_malformed", ""),
    "no such field": ({"path": "/status", "expect": {"json": {"/a": 1}}}, "http_wrong_json", ""),
    "no such element": (
        {"path": "/status", "expect": {"json": {"/parts/1": 1}}},
        "http_wrong_json",
        "",
    ),
    "a truth value is no number": (
        {"path": "/status", "expect": {"json": {"/ready": 1}}},
        "http_wrong_json",
        "",
    ),
    "a number is no truth value": (
        {"path": "/status", "expect": {"json": {"/count": True}}},
        "http_wrong_json",
        "",
    ),
    "another header": (
        {"path": "/page", "expect": {"headers": {"Set-Cookie": "HttpOnly"}}},
        "http_wrong_header",
        "",
    ),
    "no such header": (
        {"path": "/page", "expect": {"headers": {"Strict-Transport-Security": "max-age"}}},
        "http_missing_header",
        "",
    ),
    "a header that is not to be there": (
        {"path": "/page", "expect": {"headers": {"Set-Cookie": None}}},
        "http_wrong_header",
        "",
    ),
    "a redirect": ({"path": "/leads"}, "http_redirected", ""),
    "a redirect to elsewhere": (
        {"path": "/leads-away", "redirects": 5},
        "http_redirected",
        "",
    ),
    "a redirect without end": ({"path": "/loops", "redirects": 5}, "http_redirected", ""),
    "too much": ({"path": "/large", "max_bytes": 99_999}, "http_response_too_large", ""),
    "a path that leads upwards": ({"path": "/a/%2e%2e/b"}, "http_invalid_url", ""),
    "a path with a backslash": ({"path": "/\\evil.example"}, "http_invalid_url", ""),
    "a path of two lines": ({"path": "/a\r\nHost: evil"}, "http_invalid_url", ""),
}


@pytest.mark.parametrize("name", FAILING)
async def test_what_is_not_expected_fails_by_its_class(name: str):
    probe, code, retry_class = FAILING[name]
    async with serving(told) as b:
        found, retried, shown = await b.failing_check(probe)
        assert (found, retried) == (code, retry_class)
        assert shown["status"] == "fail"
        assert shown["detail"]
        assert "planted" not in repr(shown)


async def test_a_redirect_to_elsewhere_is_never_followed():
    async with serving(told, ["elsewhere.example.invalid"]) as b:
        _, _, shown = await b.failing_check({"path": "/leads-away", "redirects": 5})
        assert shown["detail"] == "it leads to http://elsewhere.example.invalid/page"
        assert len(b.requests) == 1
        await b.failing_check({"path": "/loops", "redirects": 5})
        assert len(b.requests) == 1 + 6


async def test_a_limit_of_the_driver_cannot_be_raised():
    async with serving(told, max_bytes=50_000) as b:
        code, _, _ = await b.failing_check({"path": "/large", "max_bytes": 200_000})
        assert code == "http_response_too_large"


async def test_nobody_there_is_worth_another_attempt():
    place = f"127.0.0.1:{closed_port()}"
    async with serving(told, [place]) as b:
        code, retry_class, _ = await b.failing_check({"url": f"http://{place}/"})
        assert (code, retry_class) == ("http_unavailable", "unavailable")


async def test_every_probe_is_kept_and_the_lasting_one_counts():
    async with serving(told) as b:
        result = await b.check({"path": "/503"}, {"path": "/page"}, {"path": "/400"})
        assert [probe["status"] for probe in result.evidence["probes"]] == ["fail", "pass", "fail"]
        assert [probe["status_code"] for probe in result.evidence["probes"]] == [503, 200, 400]
        assert result.failure is not None
        assert result.failure.code == "http_wrong_status"


async def test_a_header_carries_the_secret_and_nothing_tells_it():
    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"seen": request.headers["Authorization"]})

    async with serving(echo) as b:
        expect = {"json": {"/seen": "nothing"}}
        _, _, shown = await b.failing_check({"path": "/", "headers": SECRET, "expect": expect})
        assert b.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
        assert shown["detail"] == "/seen is 'Bearer [redacted]', not 'nothing'"


async def test_evidence_shows_no_query_and_no_field_that_is_secret_by_its_name():
    async with serving(told) as b:
        result = await b.check(
            {"path": "/leads", "query": {"token": "planted"}, "redirects": 1},
            {"path": "/status?token=planted", "expect": {"json": {"/api_key": "x"}}},
        )
        assert b.requests[0].query == {"token": "planted"}
        assert "planted" not in repr(result.evidence)
        assert "hunter2" not in repr(result.evidence)
        assert result.evidence["probes"][0]["url"] == f"{b.url}/page"


async def test_a_secret_that_is_not_there_is_told_by_its_name():
    async with serving(told) as b:
        headers = {"X-Key": {"secret": "other"}}
        parameters = {"probes": [{"name": "one", "path": "/", "headers": headers}]}
        assert await b.failed("http.check", parameters) == "secret_missing"
        assert b.requests == []


async def test_what_expressions_gave_is_checked():
    async with serving(told) as b:
        for probe in (
            {"name": "none"},
            {"name": "both", "path": "/", "url": f"{b.url}/"},
            {"name": "number", "path": 7},
            {"name": "unknown", "path": "/", "follow": True},
        ):
            code = await b.failed("http.check", {"probes": [probe]})
            assert code == "parameters_invalid", probe


async def test_a_record_of_another_lane_is_refused():
    async with serving(told) as b:
        parameters = {"probes": [{"name": "one", "path": "/"}]}
        for target in ({"instance": "prod"}, {"odoo": "somewhere"}):
            assert await b.failed("http.check", parameters, **target) == "target_invalid"


async def test_a_lane_without_an_address_has_no_paths():
    async with serving(told) as b:
        result = await b.run("http.check", {"probes": [{"name": "one", "path": "/"}]}, odoo=None)
        assert result.failure is not None
        assert result.failure.code == "http_no_base_url"
