"""A server that speaks the contract, and that fails when it is told to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner, Result

from laneway_server.cli.application import app
from laneway_server.client.surroundings import Surroundings

OPERATION = "op_01JA2B3C4D5E6F7G8H9JKMNPQR"
OTHER = "op_01JA2B3C4D5E6F7G8H9JKMNPQS"
LANE = {"product": "odoo", "context": "cm", "instance": "testing"}
TITLES = {
    "policy_proof": "Policy proof",
    "target_proof": "Target proof",
    "approval": "Approval",
    "bootstrap": "Bootstrap",
    "verify": "Verify",
    "health": "Health",
}
NOON = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


def at(second: float) -> str:
    """An instant that many seconds after noon."""
    moment = datetime.fromtimestamp(NOON.timestamp() + second, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def events(*told: tuple[str, str | None, dict[str, Any]]) -> list[dict[str, Any]]:
    """Events of an operation, a second apart; each is its type, its phase and its data."""
    return [_event(seq, *each) for seq, each in enumerate(told, start=1)]


def _event(seq: int, kind: str, phase: str | None, data: dict[str, Any]) -> dict[str, Any]:
    named = {"phase": phase} if phase else {}
    attempt = {"attempt": data["attempt"]} if "attempt" in data else {}
    return {
        "operation_id": OPERATION,
        "seq": seq,
        "at": at(seq - 1),
        "type": kind,
        **named,
        **attempt,
        "actor": {"kind": "engine", "subject": "laneway"},
        "data": {name: value for name, value in data.items() if name != "attempt"},
        "prev_hash": "0" * 64,
        "hash": "0" * 64,
    }


def passes(phase: str, **more: Any) -> list[tuple[str, str | None, dict[str, Any]]]:
    """The events of a phase that passes at its first attempt."""
    started = {"attempt": 1, "safety": "read", **more}
    finished = {"outcome": "pass", "status": "pass"}
    return [("phase_started", phase, started), ("phase_finished", phase, finished)]


ACCEPTED: tuple[str, str | None, dict[str, Any]] = ("operation_accepted", None, {"lane": LANE})
STARTED: tuple[str, str | None, dict[str, Any]] = ("operation_started", None, {})


def ended(status: str = "pass", failure: Any = None) -> tuple[str, str | None, dict[str, Any]]:
    """The terminal event."""
    return ("operation_finished", None, {"status": status, "failure": failure})


def happy() -> list[dict[str, Any]]:
    """The events of an operation that passes."""
    return events(
        ACCEPTED,
        STARTED,
        *passes("policy_proof"),
        *passes("bootstrap", safety="destructive"),
        ended(),
    )


def fold(
    told: list[dict[str, Any]], phases: tuple[str, ...] = ("policy_proof", "bootstrap")
) -> dict[str, Any]:
    """The snapshot that events amount to; as much of it as the command line reads."""
    rows = {name: _phase(name) for name in phases}
    now: dict[str, Any] = {
        "id": OPERATION,
        "seq": len(told),
        "status": "pending",
        "plan": {"name": "odoo-stable-bootstrap", "version": 1, "digest": "sha256:00"},
        "lane": LANE,
        "phase": None,
        "phases": list(rows.values()),
        "waiting_for": None,
        "request": {},
        "requested_by": {"kind": "caller", "subject": "ada"},
        "reason": "",
        "dry_run": False,
        "supersedes": None,
        "retry_of": None,
        "created_at": at(0),
        "updated_at": at(len(told)),
        "started_at": None,
        "finished_at": None,
        "deadline_at": None,
        "failure": None,
        "pause_requested": False,
        "cancel_requested": False,
        "links": {"self": f"/v1/operations/{OPERATION}"},
        "a_field_of_a_newer_server": {"is": "passed over"},
    }
    now["plan"]["title"] = "Odoo stable bootstrap"
    for event in told:
        _apply(now, rows, event)
    return now


def _phase(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": TITLES[name],
        "kind": "approval" if name == "approval" else "action",
        "status": "pending",
        "attempt": 0,
        "started_at": None,
        "finished_at": None,
        "outcome": None,
        "evidence": {},
        "failure": None,
        "message": None,
        "until": None,
    }


def _apply(now: dict[str, Any], rows: dict[str, Any], event: dict[str, Any]) -> None:
    row: Any = rows.get(event.get("phase", ""))
    data = event["data"]
    match event["type"]:
        case "operation_started":
            now.update(status="running", started_at=event["at"])
        case "phase_started":
            row.update(status="running", attempt=event["attempt"], started_at=event["at"])
        case "phase_progressed":
            row.update(message=data["message"])
        case "phase_finished":
            failure = data.get("failure")
            row.update(status=data["status"], finished_at=event["at"], failure=failure)
        case "phase_outcome_unknown":
            row.update(status="reconciliation_required", failure=data["failure"])
            now.update(status="reconciliation_required")
        case "approval_requested":
            row.update(status="waiting", until=data["expires_at"], approval={**data})
            now.update(status="waiting")
            now.update(waiting_for={"kind": "approval", "phase": event["phase"], "until": None})
        case "operation_finished":
            now.update(status=data["status"], failure=data["failure"], finished_at=event["at"])


@dataclass(frozen=True)
class Connection:
    """What becomes of one connection to the stream.

    Attributes:
        gives: how many events it sends, of those that the reader has not seen.
        then: ``end`` as the contract has it, ``close`` cleanly without a word, ``cut`` in mid-line,
            ``hold`` until the reader leaves.
        status: answered instead of a stream, where it is not 200.
        repeats: events that the reader has seen, and that are sent again.
        skips: events that are left out.
    """

    gives: int = 1_000
    then: str = "end"
    status: int = 200
    repeats: int = 0
    skips: int = 0


@dataclass
class Speaker:
    """The server's side: one operation, whose events happen as they are read from the stream.

    Attributes:
        connections: what becomes of the next connections to the stream; then all is well.
        answers: what other requests are answered first, by ``METHOD path``.
        heard: every request: method, path, body, and the headers that matter.
        resumed: the ``Last-Event-ID`` of each connection to the stream.
        polled: after which seq each long-poll asked for events; it gets one, which then happens.
    """

    log: list[dict[str, Any]] = field(default_factory=happy)
    phases: tuple[str, ...] = ("policy_proof", "bootstrap")
    connections: deque[Connection] = field(default_factory=deque)
    answers: dict[str, deque[web.Response]] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    polled: list[int] = field(default_factory=list)
    happened: int = 1
    listing: list[dict[str, Any]] = field(default_factory=list)
    lane: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def snapshot(self) -> dict[str, Any]:
        """The operation as it is now."""
        return fold(self.log[: self.happened], self.phases)

    def next(self, call: str, *answers: web.Response) -> None:
        """Answer a call so, before it is answered well."""
        self.answers.setdefault(call, deque()).extend(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        body = await request.read()
        self.heard.append(
            {
                "call": f"{request.method} {request.path}",
                "query": dict(request.query),
                "body": msgspec.json.decode(body) if body else None,
                "key": request.headers.get("Idempotency-Key"),
                "authorization": request.headers.get("Authorization"),
            }
        )
        waiting = self.answers.get(f"{request.method} {request.path}")
        if waiting:
            return waiting.popleft()
        return await self._answer(request)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/v1")
        if path == f"/operations/{OPERATION}/events":
            streaming = request.headers["Accept"] == "text/event-stream"
            return await self._stream(request) if streaming else self._page(request)
        if path.startswith("/lanes/"):
            return web.json_response(self.lane)
        if path == "/operations" and request.method == "GET":
            page = {"operations": self.listing, "next_cursor": OTHER if self.listing else None}
            return web.json_response(page)
        if path in ("/operations", f"/operations/{OPERATION}") or request.method == "POST":
            return web.json_response(self.snapshot, status=200 if request.method == "GET" else 202)
        return problem(404, "not_found", "There is no such thing", f"there is no {request.path}")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        after = request.headers["Last-Event-ID"]
        self.resumed.append(after)
        plan = self.connections.popleft() if self.connections else Connection()
        if plan.status == 204:
            return web.Response(status=204)
        if plan.status != 200:
            return web.Response(status=plan.status, text="<html>a proxy's words</html>")
        return await self._send(request, plan, int(after))

    def _page(self, request: web.Request) -> web.Response:
        after = int(request.query["after"])
        self.polled.append(after)
        self.happened = max(self.happened, min(after + 1, len(self.log)))
        page = self.log[after : after + 1]
        return web.json_response(
            {"events": page, "next_after": after + len(page), "end": after + 1 >= len(self.log)}
        )

    async def _send(self, request: web.Request, plan: Connection, after: int) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"retry: 2000\n\n: a comment\n\n")
        start = after - plan.repeats + plan.skips
        for event in self.log[start : after + plan.gives]:
            self.happened = max(self.happened, event["seq"])
            await response.write(sse(event))
        if plan.then == "cut":
            await response.write(b'id: 99\nevent: phase_started\ndata: {"seq": 99, "ty')
            assert request.transport is not None
            request.transport.close()
        if plan.then == "hold":
            await self.released.wait()
        if plan.then == "end" and self.happened == len(self.log):
            await response.write(b"event: end\ndata: {}\n\n")
        return response


def sse(event: dict[str, Any]) -> bytes:
    """An event as the stream has it."""
    body = msgspec.json.encode(event).decode()
    return f"id: {event['seq']}\nevent: {event['type']}\ndata: {body}\n\n".encode()


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> web.Response:
    """A problem document."""
    document = {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail}
    document |= {"code": code, "trace_id": "ab" * 16, **more}
    headers = {"Content-Type": "application/problem+json"}
    return web.Response(status=status, body=msgspec.json.encode(document), headers=headers)


@asynccontextmanager
async def speaking(**given: Any) -> AsyncIterator[Speaker]:
    """A server that speaks."""
    speaker = Speaker(**given)
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", speaker.handle)
    async with TestServer(application) as server:
        speaker.url = str(server.make_url("")).rstrip("/")
        yield speaker
        speaker.released.set()


class Clock:
    """Sleeps at once, and remembers for how long."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.slept: list[float] = []
        self._then = then

    async def sleep(self, seconds: float) -> None:
        """Let others run once."""
        self.slept.append(seconds)
        self._then()
        await asyncio.sleep(0)

    @property
    def surroundings(self) -> Surroundings:
        """What a command is run in."""
        return Surroundings(sleep=self.sleep, chance=lambda: 0.5, now=lambda: NOON)


async def run(
    speaker: Speaker | str, *arguments: str, clock: Clock | None = None, stdin: str = ""
) -> Result:
    """Run the command against a server, in a thread of its own, and wait for its end."""
    url = speaker if isinstance(speaker, str) else speaker.url
    environment = {"LANEWAY_SERVER": url, "TZ": "UTC"}
    around = (clock or Clock()).surroundings
    runner = CliRunner()
    return await asyncio.to_thread(
        runner.invoke, app, list(arguments), obj=around, env=environment, input=stdin
    )
