"""Starts and calls `bare`."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.benchmarks.frame.machine import ROOT
from tests.support.ports import kept_port

from .server import connection


class BareServer:
    """A process of `bare`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.pid = process.pid
        self.port = port

    async def answers(self, body: bytes, request: bytes, total: int, at_once: int) -> float:
        """Requests a second, each with a body and answered with another."""
        async with contextlib.AsyncExitStack() as stack:
            opened = [
                await stack.enter_async_context(connection(self.port)) for _ in range(at_once)
            ]
            await opened[0].request(_sent("PUT /answer", body))
            begin = time.perf_counter()

            async def ask(number: int) -> None:
                for _ in range(total // at_once):
                    await opened[number].request(request)

            await asyncio.gather(*(ask(number) for number in range(at_once)))
            return total // at_once * at_once / (time.perf_counter() - begin)

    async def send(self, content: bytes, times: int, pause: float = 0) -> None:
        """Send bytes to everybody who streams; returns when all of it was written.

        Args:
            pause: seconds from one time to the next.
        """
        async with connection(self.port) as http:
            await http.request(_sent(f"POST /stream?times={times}&pause={pause}", content))


def _sent(what: str, body: bytes) -> bytes:
    head = f"{what} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@asynccontextmanager
async def bare_server() -> AsyncIterator[BareServer]:
    """A bare server that answers."""
    with kept_port() as kept:
        port = int(kept.getsockname()[1])
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.load.bare", str(port)), cwd=ROOT
        )
        try:
            while True:
                with contextlib.suppress(OSError):
                    async with connection(port):
                        break
                await asyncio.sleep(0.01)
            yield BareServer(process, port)
        finally:
            process.kill()
            await process.wait()
