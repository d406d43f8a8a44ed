"""The drivers' HTTP client against servers that behave as servers sometimes do."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from laneway.drivers.addresses import AddressRefusedError, CheckedResolver
from laneway.drivers.dokploy.answers import read_answer
from laneway.drivers.dokploy.client import DokployClient
from laneway.drivers.http import (
    HttpClient,
    HttpFailed,
    HttpProblem,
    HttpResponse,
    HttpSettings,
    same_origin,
    status_retry_class,
)
from laneway.ports.driver import ActionFailed

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
UNTRUSTED = Path(__file__).parents[2] / "data" / "tls" / "untrusted.pem"
"""A key and a certificate for this machine that was signed by nobody; made for this test alone."""


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def client(**settings: object) -> AsyncIterator[HttpClient]:
    http = HttpClient(HttpSettings(**settings))  # type: ignore[arg-type]
    await http.start()
    yield http
    await http.stop()


async def problem(call: Awaitable[HttpResponse]) -> HttpFailed:
    with pytest.raises(HttpFailed) as raised:
        await call
    return raised.value


async def hello(_request: web.Request) -> web.Response:
    return web.json_response({"hello": "world"})


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_an_answer_is_read_whole():
    async with serving(hello) as url, client() as http:
        response = await http.request("GET", f"{url}/there")
        assert (response.status, response.json()) == (200, {"hello": "world"})
        assert response.content_type.startswith("application/json")


async def test_a_port_where_nobody_listens_means_that_nothing_was_sent():
    async with client() as http:
        url = f"http://127.0.0.1:{closed_port()}/api"
        for call in (
            http.request("GET", url),
            http.request_once("POST", url, headers={}, json={}, total_ms=0),
        ):
            failed = await problem(call)
            assert (failed.problem, failed.sent) == (HttpProblem.UNREACHABLE, False)
            assert failed.retry_class == "unavailable"


async def test_a_connection_that_is_closed_may_have_carried_the_request():
    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async with serving(hang_up) as url, client() as http:
        failed = await problem(http.request_once("POST", url, headers={}, json={}, total_ms=0))
        assert (failed.problem, failed.sent) == (HttpProblem.CONNECTION_LOST, True)


async def test_an_answer_that_does_not_come_ends_with_the_time_limit():
    never = asyncio.Event()

    async def wait(_request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    async with serving(wait) as url, client(total_ms=1) as http:
        failed = await problem(http.request("GET", url))
        assert (failed.problem, failed.sent) == (HttpProblem.TIMEOUT, True)
        assert failed.as_action_failed().failure.retry_class == "timeout"


async def test_an_answer_that_is_too_large_is_not_read_to_its_end():
    async def flood(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 100_000)

    async with serving(flood) as url, client(max_bytes=50_000) as http:
        failed = await problem(http.request("GET", url))
        assert failed.problem is HttpProblem.RESPONSE_TOO_LARGE
        assert failed.as_action_failed().failure.retry_class == "invalid"


async def test_an_answer_that_unpacks_to_too_much_is_not_read_either():
    async def bomb(_request: web.Request) -> web.Response:
        response = web.Response(body=b"x" * 5_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with serving(bomb) as url, client(max_bytes=50_000) as http:
        assert (await problem(http.request("GET", url))).problem is HttpProblem.RESPONSE_TOO_LARGE


async def test_redirects_are_followed_within_the_origin_where_allowed():
    async def redirect(request: web.Request) -> web.Response:
        if request.path == "/end":
            return web.Response(text="here")
        away = "https://elsewhere.example/end"
        target = {"/away": away, "/odd": "http://[odd"}.get(request.path, "/end")
        return web.Response(status=302, headers={"Location": target})

    async with serving(redirect) as url, client() as http:
        assert (await http.request("GET", f"{url}/start")).status == 302
        followed = await http.request("GET", f"{url}/start", redirects=1)
        assert (followed.status, followed.url) == (200, f"{url}/end")
        for path in ("/away", "/odd"):
            assert (await http.request("GET", f"{url}{path}", redirects=3)).status == 302


async def test_a_redirect_that_leads_in_a_circle_ends():
    seen: list[str] = []

    async def circle(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=302, headers={"Location": request.path})

    async with serving(circle) as url, client() as http:
        assert (await http.request("GET", f"{url}/x", redirects=3)).status == 302
        assert len(seen) == 4


async def test_cookies_are_not_kept():
    async def count(request: web.Request) -> web.Response:
        response = web.json_response(dict(request.cookies))
        response.set_cookie("session", "one")
        return response

    async with serving(count) as url, client() as http:
        assert [(await http.request("GET", url)).json() for _ in range(2)] == [{}, {}]


async def test_private_addresses_are_refused_where_that_is_set():
    async with serving(hello) as url, client(allow_private_addresses=False) as http:
        named = url.replace("127.0.0.1", "localhost")
        for place in (url, named):
            failed = await problem(http.request("GET", place))
            assert (failed.problem, failed.sent) == (HttpProblem.ADDRESS_NOT_ALLOWED, False)


async def test_metadata_addresses_are_always_refused():
    async with client() as http:
        for host in ("169.254.169.254", "[fe80::1]", "0.0.0.0", "[::ffff:169.254.169.254]"):
            failed = await problem(http.request("GET", f"http://{host}/latest"))
            assert failed.problem is HttpProblem.ADDRESS_NOT_ALLOWED


async def test_a_name_that_leads_to_a_metadata_address_is_refused():
    class Rebinding(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            place = {"hostname": host, "host": "169.254.169.254", "port": port}
            return [ResolveResult(**place, family=family, proto=0, flags=0)]  # type: ignore[typeddict-item]

        async def close(self) -> None:
            """Nothing is open."""

    with pytest.raises(AddressRefusedError):
        await CheckedResolver(allow_private=True, inner=Rebinding()).resolve("panel.example")


async def test_what_is_not_an_http_url_is_not_tried():
    async with client() as http:
        for url in ("ftp://panel.example/", "http://", "http://panel.example:99999/"):
            failed = await problem(http.request("GET", url))
            assert (failed.problem, failed.sent) == (HttpProblem.INVALID_REQUEST, False)


async def test_a_server_without_tls_is_sent_nothing_over_https():
    async with serving(hello) as url, client() as http:
        failed = await problem(http.request("GET", url.replace("http://", "https://")))
        assert (failed.problem, failed.sent) == (HttpProblem.TLS_FAILED, False)


async def test_a_certificate_that_nobody_vouches_for_is_sent_nothing():
    asked: list[str] = []

    async def told(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(UNTRUSTED)
    async with serving(told, context) as url, client() as http:
        failed = await problem(http.request("GET", url))
    assert (failed.problem, failed.sent) == (HttpProblem.TLS_FAILED, False)
    assert asked == []


async def test_failures_name_the_place_and_nothing_that_was_sent():
    async with client() as http:
        url = f"http://user:hidden-password@127.0.0.1:{closed_port()}/api"
        failed = await problem(http.request("GET", url, query={"key": "hidden-key"}))
        assert "hidden" not in str(failed)
        assert "/api" in str(failed)


async def test_a_client_that_was_not_started_says_so():
    with pytest.raises(RuntimeError):
        await HttpClient().request("GET", "http://127.0.0.1/")


@pytest.mark.parametrize(
    ("status", "retry_class"),
    [
        (408, "timeout"),
        (504, "timeout"),
        (524, "timeout"),
        (429, "rate_limited"),
        (500, "unavailable"),
        (503, "unavailable"),
        (400, "invalid"),
        (404, "invalid"),
    ],
)
def test_statuses_have_their_retry_class(status: int, retry_class: str):
    assert status_retry_class(status) == retry_class


def test_an_origin_is_scheme_host_and_port():
    assert same_origin("https://a.example/x", "https://A.example:443/y")
    assert not same_origin("https://a.example", "http://a.example")
    assert not same_origin("https://a.example", "https://a.example:8443")


def answer(status: int, body: bytes) -> HttpResponse:
    return HttpResponse(url="", status=status, content_type="", location="", body=body)


@pytest.mark.parametrize(
    ("status", "body", "meaning", "named"),
    [
        (200, b"true", "succeeded", None),
        (200, b'{"status": "done", "deploymentId": "d1"}', "succeeded", "d1"),
        (200, b'{"status": "error", "deploymentId": "d1"}', "failed", "d1"),
        (200, b'{"status": "", "deploymentId": "d1"}', "unknown", "d1"),
        (200, b"", "unknown", None),
        (200, b"false", "unknown", None),
        (200, b"<html>maintenance</html>", "unknown", None),
        (202, b"true", "unknown", None),
        (500, b'{"message": "Error running schedule"}', "unknown", None),
        (524, b"<html></html>", "unknown", None),
    ],
)
def test_answers_are_read_for_what_they_are_worth(
    status: int, body: bytes, meaning: str, named: str | None
):
    read = read_answer(DokployClient(HttpClient(), "http://panel", "key"), answer(status, body))
    assert (read.meaning, read.deployment_id) == (meaning, named)


@pytest.mark.parametrize(
    ("status", "retry_class"),
    [(401, "rate_limited"), (429, "rate_limited"), (404, "invalid"), (301, "invalid")],
)
def test_answers_that_refuse_the_call_say_that_nothing_was_begun(status: int, retry_class: str):
    with pytest.raises(ActionFailed) as raised:
        read_answer(
            DokployClient(HttpClient(), "http://panel", "secret-key"),
            answer(status, b'{"message": "no: secret-key"}'),
        )
    assert raised.value.failure.retry_class == retry_class
    assert "secret-key" not in repr(raised.value.failure)
