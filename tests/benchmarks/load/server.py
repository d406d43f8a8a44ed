"""A Laneway server as its own process, as its operators start it, with a driver that does nothing.

The driver is found as any third party's: by the metadata of a package, made for the run.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.frame.machine import ROOT
from tests.support.ports import kept_port

from . import plans
from .actions import TASKS_FILE
from .wire import Connection

ENTRY_POINT = "[laneway.drivers]\nx = tests.benchmarks.load.actions:XDriver\n"
METADATA = "Metadata-Version: 2.1\nName: laneway-benchmark\nVersion: 1\n"
PLACES = 20_000
"""Streams and waiting requests that it takes: more than any benchmark makes."""


class Server:
    """One server.

    Attributes:
        database: its file.
        port: where it answers, on 127.0.0.1.
        pid: of its process, once it is started.
        began: when it was started (seconds of `time.perf_counter`).
        ready_after: seconds from then until it said that it is ready.
    """

    began: float
    ready_after: float

    def __init__(
        self, folder: Path, *, lanes: int, documents: Sequence[Any], database: Path | None = None
    ) -> None:
        self.folder = folder
        self.database = database or folder / "laneway.db"
        self._kept = kept_port()
        self.port = int(self._kept.getsockname()[1])
        self._prepare(lanes, documents)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        """Where it writes its log."""
        return self.folder / "server.log"

    def _prepare(self, lanes: int, documents: Sequence[Any]) -> None:
        info = self.folder / "package" / "laneway_benchmark-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(METADATA)
        (info / "entry_points.txt").write_text(ENTRY_POINT)
        (self.folder / "plans").mkdir()
        for document in documents:
            (self.folder / "plans" / f"{document['plan']}.yaml").write_text(json.dumps(document))
        records = [lane(number) for number in range(lanes)]
        (self.folder / "targets.json").write_text(json.dumps({"targets": records}))

    async def start(self, *options: str) -> None:
        """Start it, and wait until it is ready."""
        self.began = time.perf_counter()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "laneway_server.cli", "serve", "--open-access"),
                f"--database={self.database}",
                f"--plans={self.folder / 'plans'}",
                f"--targets={self.folder / 'targets.json'}",
                f"--listen=127.0.0.1:{self.port}",
                *(f"--max-streams={PLACES}", f"--max-waiters={PLACES}"),
                *options,
                stdout=log,
                stderr=log,
                env=self._environment(),
            )
        await self._ready()
        self.ready_after = time.perf_counter() - self.began

    def _environment(self) -> dict[str, str]:
        known = [str(self.folder / "package"), str(ROOT), os.environ.get("PYTHONPATH", "")]
        own = {
            "PYTHONPATH": os.pathsep.join(filter(None, known)),
            TASKS_FILE: str(self.folder / "tasks"),
        }
        return os.environ | own

    async def _ready(self) -> None:
        asked = get("/v1/ready")
        while True:
            assert self._process is not None
            if self._process.returncode is not None:
                raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-4_000:]}")
            with contextlib.suppress(OSError):
                async with connection(self.port) as http:
                    if (await http.request(asked)).status == 200:
                        return
            await asyncio.sleep(0.005)

    def release(self) -> None:
        """Let go every action that waits to be released."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)

    async def tasks(self) -> int:
        """How many tasks it has now."""
        assert self._process is not None
        file = self.folder / "tasks"
        file.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR2)
        while not file.exists():
            assert self._process.returncode is None, "the server is gone"
            await asyncio.sleep(0.01)
        return int(file.read_text())

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def close(self) -> None:
        """Let go of the port."""
        self._kept.close()


def lane(number: int) -> dict[str, str]:
    """The lane of that number, as a request names it and as a target record begins."""
    return {"product": "bench", "context": "load", "instance": f"lane-{number}"}


def get(path: str, *headers: str) -> bytes:
    """A GET request, as bytes."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def post(path: str, body: Any, *headers: str) -> bytes:
    """A POST request with a JSON body, as bytes."""
    content = json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def submission(key: str, number: int, plan: str = "eight", **request: Any) -> bytes:
    """A request that submits an operation on the lane of that number."""
    body = {"plan": plan, "lane": lane(number), "request": request}
    return post("/v1/operations", body, f"Idempotency-Key: {key}")


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[Connection]:
    """A connection that is closed again."""
    loop = asyncio.get_running_loop()
    _, made = await loop.create_connection(Connection, "127.0.0.1", port)
    try:
        yield made
    finally:
        made.close()


@asynccontextmanager
async def serving(
    folder: Path,
    *options: str,
    lanes: int = 500,
    documents: Sequence[Any] = (),
    database: Path | None = None,
) -> AsyncIterator[Server]:
    """A server that is ready, in a folder of its own inside another; killed at the end."""
    folder = Path(tempfile.mkdtemp(dir=folder, prefix="server-"))
    given = [plans.eight(), plans.hold(), plans.talk(), plans.wait(), *documents]
    server = Server(folder, lanes=lanes, documents=given, database=database)
    try:
        await server.start(*options)
        yield server
    finally:
        await server.kill()
        server.close()
        shutil.rmtree(folder)
