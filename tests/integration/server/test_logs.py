"""What a server logs: its form, the trace id, and no credential, wherever somebody has put one.

The server is a process of its own, as it runs in earnest: what its libraries log is looked at too.
"""

import asyncio
import io
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import structlog

from laneway_server import logs
from laneway_server.access.tokens import token_digest
from laneway_server.redaction import HIDDEN, shown_path, without_credentials
from tests.integration.server.support import Laneway

PATIENCE = 60.0
TRACE = "0af7651916cd43dd8448eb211c80319c"

KNOWN, UNKNOWN = "laneway_" + "k" * 43, "laneway_" + "u" * 43
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
GITHUB = "ghp_" + "A1b2" * 9
SESSION = "Zm9yZ2VkLXNlc3Npb24taWQtdGhhdC1pcy1yYW5kb20tZW5vdWdo"
PASSWORD = "YWRhOmh1bnRlcjItaXMtbm90LWEtcGFzc3dvcmQ="
SECRETS = (KNOWN, UNKNOWN, JWT, GITHUB, SESSION, PASSWORD)

ACCESS = """
version: 1
tokens:
  - {{name: monitoring, digest: "{digest}"}}
rules:
  - name: all
    who: {{subjects: ["token:monitoring"]}}
    may: [submit, read, cancel, freeze]
"""
TARGETS = "targets:\n  - {product: odoo, context: cm, instance: testing}\n"


class Served:
    """A server process, and what it has logged."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.url = ""

    async def started(self) -> None:
        """Return when it answers; it logs where."""
        while not self.url:
            line = await self.next()
            if "serving" in line:
                found = re.search(r"http://127\.0\.0\.1:[0-9]+", line)
                self.url = found[0] if found else ""

    async def next(self) -> str:
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            line = (await self.process.stderr.readline()).decode()
        assert line, f"the server has ended: {self.lines}"
        self.lines.append(line.rstrip("\n"))
        return line

    async def stopped(self) -> None:
        """Ask it to stop, and read its log to the end."""
        self.process.terminate()
        async with asyncio.timeout(PATIENCE):
            _, rest = await self.process.communicate()
        self.lines += rest.decode().splitlines()


@asynccontextmanager
async def serving(folder: Path, form: str) -> AsyncIterator[Served]:
    (folder / "access.yaml").write_text(ACCESS.format(digest=token_digest(KNOWN)))
    (folder / "targets.yaml").write_text(TARGETS)
    options = {
        "listen": "127.0.0.1:0",
        "database": folder / "laneway.db",
        "access": folder / "access.yaml",
        "targets": folder / "targets.yaml",
        "log-format": form,
        "log-level": "debug",
        "max-auth-failures": 100_000,  # or most requests would not be read
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "laneway_server.cli", "serve", *words),
        stderr=asyncio.subprocess.PIPE,
    )
    served = Served(process)
    try:
        await served.started()
        yield served
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def spread(url: str) -> None:
    """Send the secrets everywhere that one can send something."""
    async with aiohttp.ClientSession(url) as http:
        for secret in SECRETS:
            await in_headers(http, secret)
            await in_addresses(http, secret)
            await in_bodies(http, secret)
            await malformed(url, secret)


async def in_headers(http: aiohttp.ClientSession, secret: str) -> None:
    for headers in (
        {"Authorization": f"Bearer {secret}"},
        {"Authorization": f"Basic {secret}"},
        {"Authorization": secret},
        {"Cookie": f"laneway_session={secret}; __Host-laneway-session={secret}"},
        {"X-Api-Key": secret, "User-Agent": secret, "Referer": f"https://x.example/?t={secret}"},
        {"traceparent": secret, "X-CSRF-Token": secret, "Origin": f"https://{secret}.example"},
    ):
        async with http.get("/v1/operations", headers=headers):
            pass
        async with http.delete("/v1/session", headers=headers):
            pass


async def in_addresses(http: aiohttp.ClientSession, secret: str) -> None:
    known = {"Authorization": f"Bearer {KNOWN}"}
    for path in (
        f"/v1/operations?token={secret}",
        f"/v1/operations?plan={secret}",
        f"/v1/operations?{secret}",
        f"/v1/operations/{secret}",
        f"/v1/lanes/{secret}/cm/testing",
        f"/v1/plans/{secret}",
        f"/{secret}",
        f"/problems/{secret}",
        f"/signin/company/callback?code={secret}&state={secret}",
    ):
        for headers in ({}, known):
            async with http.get(path, headers=headers):
                pass
    async with http.post(f"/v1/operations/{secret}/cancel", headers=known, json={}):
        pass


async def in_bodies(http: aiohttp.ClientSession, secret: str) -> None:
    known = {"Authorization": f"Bearer {KNOWN}", "Content-Type": "application/json"}
    for body in (
        f'{{"token": "{secret}"',
        f'{{"{secret}": 1}}',
        f'{{"plan": "{secret}", "lane": {{"product": "a", "context": "b", "instance": "c"}}}}',
        f'"{secret}"',
        secret,
    ):
        keyed = {**known, "Idempotency-Key": "k"}
        async with http.post("/v1/operations", headers=keyed, data=body):
            pass
        async with http.post("/v1/session", headers=known, data=body):
            pass
    async with http.post("/v1/session", json={"token": secret}):
        pass


async def malformed(url: str, secret: str) -> None:
    """HTTP that is none: what the library says about it."""
    host, port = url.removeprefix("http://").split(":")
    for sent in (
        f"{secret}\r\n\r\n",
        f"GET /{secret} HTTP/9.9\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization Bearer {secret}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nAuthoriz@tion: {secret}\x00\r\n\r\n",
        f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {secret}\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent.encode())
        await writer.drain()
        writer.write_eof()
        await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()


@pytest.mark.parametrize("form", ["json", "text"])
async def test_no_credential_is_logged_wherever_it_was_sent(tmp_path: Path, form: str):
    async with serving(tmp_path, form) as served:
        await spread(served.url)
        async with aiohttp.ClientSession(served.url) as http:
            reason = {"reason": f"{KNOWN} and Bearer {JWT}"}
            known = {"Authorization": f"Bearer {KNOWN}", "traceparent": f"00-{TRACE}-{'1' * 16}-00"}
            path = "/v1/lanes/odoo/cm/testing/freeze"
            async with http.post(path, json=reason, headers=known) as answer:
                told = answer.status
        await served.stopped()
    log = "\n".join(served.lines)
    for secret in SECRETS:
        assert secret not in log
    # What was looked through is the log of all that: the requests, what went wrong, and the end.
    assert log.count("/v1/operations") > 100
    assert "malformed_request" in log
    assert "Traceback" not in log
    assert HIDDEN in log
    assert told == 200
    every = [line for line in served.lines if re.search(r"\brequest\b", line)]
    assert all(re.search(r'trace_id(": "|=)[0-9a-f]{32}', line) for line in every)
    assert sum(TRACE in line for line in every) == 1


@pytest.mark.parametrize("text", ["\x1b[2J\x1b[31mgone", "over\n2026-01-01 [info] all is well"])
def test_what_a_caller_says_does_nothing_to_a_terminal(
    capsys: pytest.CaptureFixture[str], text: str
):
    try:
        logs.configure("text", "info")
        structlog.get_logger("laneway.lanes").warning("lane_frozen", reason=text)
    finally:
        structlog.reset_defaults()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()


async def test_every_line_of_a_json_log_is_a_document(tmp_path: Path):
    async with serving(tmp_path, "json") as served:
        await malformed(served.url, "x")
        async with aiohttp.ClientSession(served.url) as http, http.get("/v1/health"):
            pass
        await served.stopped()
    documents = [json.loads(line) for line in served.lines]
    assert all({"event", "level", "timestamp"} <= set(document) for document in documents)
    events = [document["event"] for document in documents]
    assert "serving" in events
    assert events[-1] == "stopped"
    (request,) = [document for document in documents if document["event"] == "request"]
    assert (request["path"], request["status"]) == ("/v1/health", 200)


@pytest.fixture(params=["json", "text"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged in this process, as a server logs it."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure(request.param, "info")
    yield stream
    structlog.reset_defaults()


async def test_what_a_route_that_breaks_logs_has_the_trace_id_and_no_credential(
    server: Laneway, log: io.StringIO
):
    async def broken(*_: object) -> None:
        held = KNOWN
        raise RuntimeError(f"what it holds: {held}")

    server.engine.store.operations = broken  # type: ignore[method-assign,assignment]
    said = {"traceparent": f"00-{TRACE}-{'1' * 16}-00"}
    answer = await server.api.get("/v1/operations", **said)
    assert answer.json["trace_id"] == TRACE
    text = log.getvalue()
    assert KNOWN not in text
    assert f"RuntimeError: what it holds: {HIDDEN}" in text
    assert text.count(TRACE) == 2  # of the error, and of the request


async def test_a_log_that_cannot_be_written_fails_no_request(server: Laneway, log: io.StringIO):
    async def broken(*_: object) -> None:
        raise RuntimeError("which is logged, or would be")

    log.close()
    assert (await server.api.get("/v1/health")).status == 200
    server.engine.store.operations = broken  # type: ignore[method-assign,assignment]
    answer = await server.api.get("/v1/operations")
    assert (answer.status, answer.json["code"]) == (500, "internal_error")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/v1/operations/op_01JA2B3C4D5E6F7G8H9JKMNPQR/cancel", None),
        ("/v1/lanes/odoo/cm/testing", None),
        (f"/v1/operations/{JWT}", f"/v1/operations/{HIDDEN}"),
        (f"/v1/plans/{KNOWN}/diagram", f"/v1/plans/{HIDDEN}/diagram"),
        ("/v1/lanes/" + "x" * 36, None),
        ("/v1/lanes/" + "x" * 37, f"/v1/lanes/{HIDDEN}"),
        ("/v1/lanes/c2VjcmV0=", f"/v1/lanes/{HIDDEN}"),
    ],
)
def test_names_in_an_address_are_shown_and_what_may_be_a_secret_is_not(path, shown):
    assert shown_path(path) == (shown or path)


@pytest.mark.parametrize(
    "text",
    [
        "laneway_server.routes.operations",
        "the lane odoo/cm/testing is held by op_01JA2B3C4D5E6F7G8H9JKMNPQR",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_what_is_no_credential_stays(text: str):
    assert without_credentials(text) == text
