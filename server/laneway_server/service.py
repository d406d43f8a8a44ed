"""The server's life: it starts, serves, and drains when it is asked to stop."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType

import structlog
from aiohttp import web

from laneway.ports.store import StoreError

from . import app
from .services import Services
from .settings import Settings

BACKLOG = 1_024

Parts = Callable[[], AbstractAsyncContextManager[Services]]
"""Opens everything that the server works with, and closes it again."""

_log = structlog.get_logger("laneway.server")


class StartupFailed(Exception):
    """The server cannot start. The message says why and what to do, a line for each mistake."""


class Service:
    """One server. Use it as an asynchronous context manager, or `run` it until a signal ends it.

    Attributes:
        services: what it works with, once it is started.
        url: where it answers, once it is started.
    """

    services: Services
    url: str

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self.settings = settings
        self._parts = parts
        self._resources = AsyncExitStack()
        self._draining = False

    async def __aenter__(self) -> "Service":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.drain(0)

    async def start(self) -> None:
        """Open everything, take up what was under way, and answer.

        Raises:
            StartupFailed: nothing is left open.
        """
        async with AsyncExitStack() as stack:
            try:
                await self._start(stack)
            except StoreError as error:
                raise StartupFailed(str(error)) from error
            self._resources = stack.pop_all()

    async def _start(self, stack: AsyncExitStack) -> None:
        # The port first: who cannot answer must not begin to work. Callers wait until it accepts.
        listening = stack.enter_context(_listening(self.settings))
        self.services = await stack.enter_async_context(self._parts())
        feed, engine = self.services.feed, self.services.engine
        runner = app.runner(app.web_application(self.services))
        await runner.setup()
        feed.start()
        stack.push_async_callback(feed.stop)
        stack.push_async_callback(engine.stop)
        stack.push_async_callback(runner.cleanup)
        await engine.start(f"{socket.gethostname()}:{os.getpid()}")
        await web.SockSite(runner, listening, backlog=BACKLOG).start()
        self.url = _url(self.settings, listening)

    async def drain(self, grace: int) -> None:
        """Take no new operations, give actions ``grace`` ms, send streams away, and close.

        Streams stay until the actions are over, so that whoever watches sees them end. Then clients
        are told to come back later, and find the next server.
        """
        if self._draining:
            return
        self._draining = True
        await self.services.engine.drain(grace)
        self.services.feed.close()
        await self._resources.aclose()

    async def run(self, started: Callable[["Service"], None] = lambda _: None) -> None:
        """Serve until SIGTERM or SIGINT, and drain. A second signal ends the process at once.

        Args:
            started: called when the server answers.

        Raises:
            StartupFailed: it did not start.
        """
        stopping = asyncio.Event()
        _on_signals(stopping)
        await self.start()
        try:
            _log.info("serving", url=self.url)
            started(self)
            await stopping.wait()
            _log.info("draining", grace=self.settings.drain_grace)
        finally:
            await self.drain(self.settings.grace)
        _log.info("stopped")


def _on_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def ask(number: int) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask, number)


def _listening(settings: Settings) -> socket.socket:
    host, port = settings.address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StartupFailed(
            f"cannot listen on {settings.listen}: {reason}; stop what listens there, or name "
            "another address with --listen"
        ) from error


def _url(settings: Settings, listening: socket.socket) -> str:
    host, _ = settings.address
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}"
