"""Servers that start fast: Laneway is imported once, by a process that forks one for each start.

What is forked is a process of its own that runs `laneway serve`, and dies of SIGKILL as any does.
"""

import asyncio
import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Self

from laneway.core import step
from laneway.testing.simulators.world import DemoWorld
from laneway_server.cli import main

from .processes import Server

HURRY = 2_000
"""Milliseconds for a driver to find out about a lost attempt; else the engine gives two minutes."""

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["__main__", "laneway_server.bootstrap", __name__])


class ForkedServer(Server):
    """`laneway serve`, forked.

    Args:
        hurried: whether drivers have `HURRY` only.
    """

    def __init__(
        self, folder: Path, world: DemoWorld, *options: str, hurried: bool = False
    ) -> None:
        super().__init__(folder, world, *options)
        self._hurried = hurried

    async def start(self, *crash: str) -> Self:
        """Start the process; it cannot be made to crash by itself."""
        assert not crash
        given: Any = (self._arguments, str(self.log), self._hurried)
        process = _FORKS.Process(target=_serve, args=given, daemon=True)
        process.start()
        self.process = _Forked(process)
        return self


class _Forked:
    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    async def wait(self) -> int:
        """Return when it has ended: then there is something to be read from its sentinel."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        assert self._process.exitcode is not None, "it was joined"
        return self._process.exitcode

    def send_signal(self, signal: int, /) -> None:
        assert self._process.pid is not None, "it was started"
        os.kill(self._process.pid, signal)


def _serve(arguments: list[str], log: str, hurried: bool) -> None:
    """What the forked process does."""
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    if hurried:
        step.RECOVERY_TIME = HURRY
    sys.argv = ["laneway", *arguments]
    main()
