"""A Laneway server as its own process, beside a simulated world that lives on when it is killed."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol, Self

import aiohttp

from laneway.testing.simulators.timing import Durations
from laneway.testing.simulators.world import DemoWorld
from tests.support.ports import kept_port

LANEWAY = Path(sys.executable).with_name("laneway")
CRASHING = Path(__file__).with_name("crashing_server.py")
PATIENCE = 60.0
"""Seconds after which something that must happen is taken not to."""


def quick_world(**options: Any) -> DemoWorld:
    """A world whose commands take hardly any time."""
    return DemoWorld(
        durations=Durations(bootstrap=0.05, post_deploy=0.05, deploy=0.05, slow=0.3), **options
    )


Event = dict[str, Any]
Stop = Callable[[Event], bool]


class Process(Protocol):
    """What is needed of a child process; `asyncio.subprocess.Process` is one."""

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...

    def send_signal(self, signal: int, /) -> None: ...


class Server:
    """`laneway serve` on a database, restarted as often as a test wants on the same port.

    Args:
        folder: for the database, the target records and the log.
        world: whose target records it gets.
        options: more words for its command line.
    """

    def __init__(self, folder: Path, world: DemoWorld, *options: str) -> None:
        self.database = folder / "laneway.db"
        self.targets = folder / "targets.json"
        self.log = folder / "server.log"
        self.targets.write_text(json.dumps(world.targets()))
        kept = kept_port()
        weakref.finalize(self, kept.close)
        self.port = int(kept.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: Process | None = None
        self._arguments = [
            "serve",
            f"--database={self.database}",
            f"--targets={self.targets}",
            f"--listen=127.0.0.1:{self.port}",
            "--open-access",
            *options,
        ]

    async def start(self, *crash: str) -> Self:
        """Start the process; with ``before|after N`` it kills itself at its Nth commit."""
        launch = [sys.executable, str(CRASHING), *crash] if crash else [str(LANEWAY)]
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *launch,
                *self._arguments,
                stdout=log,
                stderr=log,
                env=os.environ | {"NO_COLOR": "1"},
            )
        return self

    async def ready(self) -> bool:
        """Return when it answers, or has died before it did."""
        assert self.process is not None
        async with aiohttp.ClientSession() as http:
            while self.process.returncode is None:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{self.url}/v1/ready") as answer:
                        if answer.status == 200:
                            return True
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.process.wait(), 0.02)
        return False

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def terminate(self) -> int:
        """SIGTERM, and its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    async def dead(self) -> None:
        """Return when it has died by itself."""
        assert self.process is not None
        await self.process.wait()

    def said(self) -> str:
        """What it has logged, in all its lives."""
        return self.log.read_text()


@contextlib.asynccontextmanager
async def laneway(folder: Path, **options: Any) -> AsyncIterator[tuple[Server, DemoWorld]]:
    """A world and a server that is not started yet; whatever runs is killed at the end."""
    async with quick_world(**options) as world:
        server = Server(folder, world)
        try:
            yield server, world
        finally:
            if server.process is not None and server.process.returncode is None:
                await server.kill()


class Client:
    """A plain HTTP caller that keeps at it through restarts, as `curl` in a loop would."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.seen: dict[str, list[Event]] = {}

    async def submit(self, key: str, instance: str = "testing", **more: Any) -> tuple[int, Any]:
        """Submit a bootstrap once; raises aiohttp.ClientError where the server is gone."""
        body = {
            "plan": "odoo-stable-bootstrap",
            "lane": {"product": "odoo", "context": "cm", "instance": instance},
            "request": {"confirmation": f"bootstrap cm {instance}"},
            **more,
        }
        return await self.post("/v1/operations", body, {"Idempotency-Key": key})

    async def post(
        self, path: str, body: Any, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """POST JSON; the status and the JSON that came back."""
        async with (
            aiohttp.ClientSession() as http,
            http.post(self._server.url + path, json=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str) -> Any:
        """GET JSON."""
        async with aiohttp.ClientSession() as http, http.get(self._server.url + path) as answer:
            return await answer.json(content_type=None)

    async def follow(
        self, operation_id: str, stop_after: int | None = None, stop_at: Stop | None = None
    ) -> bool:
        """Read the stream from where this client is; True once the end was announced.

        Returns False when the stream was cut, ``stop_after`` events have been read by it, or one
        was read for which ``stop_at`` holds.
        """

        def enough(read: int) -> bool:
            return read == stop_after or (stop_at is not None and stop_at(seen[-1]))

        seen = self.seen.setdefault(operation_id, [])
        headers = {"Accept": "text/event-stream"}
        if seen:
            headers["Last-Event-ID"] = str(seen[-1]["seq"])
        path = f"{self._server.url}/v1/operations/{operation_id}/events"
        try:
            async with aiohttp.ClientSession() as http, http.get(path, headers=headers) as answer:
                if answer.status == 204:
                    return True
                answer.raise_for_status()
                return await _read(answer, seen, enough)
        except (aiohttp.ClientError, ConnectionError):
            return False


async def _read(
    answer: aiohttp.ClientResponse, seen: list[Event], enough: Callable[[int], bool]
) -> bool:
    kind, read = "", 0
    async for raw in answer.content:
        name, _, value = raw.decode().rstrip("\n").partition(": ")
        if name == "event":
            kind = value
        elif name == "data" and kind != "end":
            seen.append(json.loads(value))
            read += 1
            if enough(read):
                return False
        if kind == "end":
            return True
    return False
