"""Restate: a service of eight durable steps by its Python SDK, and its own server beside it."""

import asyncio
import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import restate as library  # type: ignore[import-not-found]  # is in the peers' environment only
from hypercorn.asyncio import serve  # type: ignore[import-not-found]  # as above
from hypercorn.config import Config  # type: ignore[import-not-found]  # as above

from tests.benchmarks.load.wire import Answer, Connection
from tests.benchmarks.peers.measure import STEPS, asked, measure

peer = library.Service("peer")


async def step() -> str:
    return "pass"


@peer.handler()
async def run(context: Any) -> str:
    for number in range(STEPS):
        await context.run_typed(f"step_{number}", step)
    return "pass"


class Ingress:
    """Calls the server over HTTP, on connections that are kept alive."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Connection] = []

    async def ask(self, what: str, body: Any = None) -> Answer:
        """``what``: method and path. A handler that takes nothing is to be sent no body at all."""
        lines = [f"{what} HTTP/1.1", "Host: localhost"]
        content = b""
        if body is not None:
            content = json.dumps(body).encode()
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        head = "\r\n".join([*lines, "", ""])
        http = self._free.pop() if self._free else await self._connected()
        answer = await http.request(head.encode() + content)
        self._free.append(http)
        if answer.status >= 300:
            raise RuntimeError(f"{what}: {answer.status} {answer.body!r}")
        return answer

    async def _connected(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(Connection, "127.0.0.1", self._port)
        return made


async def main() -> None:
    how, binary = asked(), sys.argv[4]
    ports = [_free_port() for _ in range(4)]
    service = asyncio.create_task(_serve(ports[0]))
    async with _server(binary, how.folder, ports[1:]):
        admin, ingress = Ingress(ports[2]), Ingress(ports[1])
        await _insisted(admin, "/deployments", {"uri": f"http://127.0.0.1:{ports[0]}"})

        async def operate() -> float:
            begin = time.perf_counter()
            sent = await ingress.ask("POST /peer/run/send")
            submitted = time.perf_counter() - begin
            invocation = json.loads(sent.body)["invocationId"]
            await ingress.ask(f"GET /restate/invocation/{invocation}/attach")
            return submitted

        await measure(operate, how, _release(Path(binary)))
    service.cancel()
    await asyncio.gather(service, return_exceptions=True)


async def _serve(port: int) -> None:
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    await serve(library.app(services=[peer]), config)


@asynccontextmanager
async def _server(binary: str, folder: Path, ports: list[int]) -> AsyncIterator[None]:
    ingress, admin, node = ports
    own = {
        "RESTATE_BASE_DIR": str(folder / "restate"),
        "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{ingress}",
        "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}",
        "RESTATE_BIND_ADDRESS": f"127.0.0.1:{node}",
        "RESTATE_ADVERTISED_ADDRESS": f"http://127.0.0.1:{node}",
        "RESTATE_DISABLE_TELEMETRY": "true",
        "RESTATE_LOG_FILTER": "error",
    }
    with (folder / "restate.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            binary, stdout=log, stderr=log, env=os.environ | own
        )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def _insisted(admin: Ingress, path: str, body: Any) -> None:
    """Ask until the server is there and answers well."""
    for _ in range(300):
        with contextlib.suppress(OSError, RuntimeError):
            await admin.ask(f"POST {path}", body)
            return
        await asyncio.sleep(0.1)
    raise RuntimeError("the server did not take the service")


def _release(binary: Path) -> str:
    """Of the server, and of the library that the service is written with."""
    package = json.loads((binary.parents[1] / "package.json").read_text())
    return f"server {package['version']}, SDK {version('restate-sdk')}"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    asyncio.run(main())
