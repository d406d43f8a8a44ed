"""How a command talks to the server: one session, and every failure in words and an exit code."""

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from laneway_server.client.surroundings import REAL, Surroundings

from .exits import Exit, UsageError
from .output import Output

if TYPE_CHECKING:
    from laneway_server.client import LanewayClient, Refused

    from .github.report import Report

CANCEL_TIME = 5.0
"""Seconds for a cancel where the command is being ended; GitHub kills after 10."""

Talk = Callable[["LanewayClient"], Awaitable[Exit | None]]
"""What a command does with a client; returns how the command ends, None for well."""


class Call:
    """One command's call of the server.

    Args:
        context: of the command; its ``obj`` may be other surroundings than the real ones.
        server: the server's address.
        token_file: where the token is, or None.
        json: programs read the output.
        operation: the operation that is asked about, for hints.
        refusal: the exit code where the server says no.
    """

    def __init__(
        self,
        context: typer.Context,
        server: str,
        token_file: Path | None,
        *,
        json: bool = False,
        operation: str = "",
        refusal: Exit = Exit.FAIL,
    ) -> None:
        self.around = surroundings(context)
        self.output = Output(json=json)
        self.report: Report | None = None
        self._context = context
        self._client: LanewayClient | None = None
        self._record: Path | None = None
        self._cancels = False
        self._watched = ""
        self._server = server
        self._token_file = token_file
        self._operation = operation
        self._refusal = refusal

    def reports(self, github: bool | None, *, cancels: bool = False) -> None:
        """Report to GitHub, where this runs in one of its workflows.

        Args:
            github: whether it does; None: find out.
            cancels: cancelling the workflow cancels the operation.
        """
        from .github.report import Report
        from .github.summary import Told
        from .github.workflow import here, workflow

        if not (here() if github is None else github):
            return
        found = workflow()
        told = Told(self._server.rstrip("/"), found.run_url, cancels=cancels)
        self.report = Report(found, self._log, told, self.now)
        self.output = Output(json=self.output.json, log=self.report.file)

    def records(self, file: Path | None) -> None:
        """Keep in a file what the server said last about a submission; None: do not."""
        self._record = file

    @property
    def recording(self) -> bool:
        """Whether what the server said last is kept."""
        return self._record is not None

    def record(self, document: object) -> None:
        """This is what the server said last.

        Raises:
            UsageError: it cannot be written to the file.
        """
        if self._record is None:
            return
        try:
            self._record.write_bytes(msgspec.json.encode(document) + b"\n")
        except OSError as error:
            raise UsageError(f"{self._record} cannot be written: {error}") from error

    def cancels_when_interrupted(self) -> None:
        """Who interrupts the command means the operation, too."""
        self._cancels = True

    def now(self) -> datetime:
        """The time at the server."""
        return self.around.now() + (self._client.ahead if self._client else timedelta())

    def _log(self, line: str) -> None:
        stream = sys.stderr if self.output.json else sys.stdout
        stream.write(line + "\n")
        stream.flush()

    def run(self, talk: Talk) -> None:
        """Connect, talk, and end the command with an exit code.

        Raises:
            typer.Exit: always, but where all is well.
        """
        with interruptible():
            code = self.code(lambda: self._talk(talk))
            if self.report is not None:
                self.report.close()
        if code is not Exit.PASS:
            raise typer.Exit(code)

    def code(self, work: Callable[[], Coroutine[Any, Any, Exit]]) -> Exit:
        """Do some work with the server; say what goes wrong, and return how the command ends."""
        from laneway_server.client.patience import LostContact
        from laneway_server.client.problems import NoContact, Refused
        from laneway_server.client.tokens import TokenUnavailable

        try:
            return asyncio.run(work())
        except (UsageError, TokenUnavailable) as error:
            return self._wrong(str(error))
        except Refused as refused:
            return self._refused(refused)
        except NoContact as error:
            return self._lost(str(error))
        except LostContact as lost:
            return self._lost(f"lost contact: {lost}")
        except KeyboardInterrupt:
            return self._left()

    async def _talk(self, talk: Talk) -> Exit:
        from laneway_server.client import LanewayClient

        from .options import server_url, token_provider

        token = token_provider(self._given("token"), self._token_file, self._given("github_oidc"))
        async with LanewayClient(server_url(self._server), token) as self._client:
            return await talk(self._client) or Exit.PASS

    def _given(self, name: str) -> str | None:
        """An option that stands before the command's name, as it holds for every command."""
        found = self._context.find_root().params.get(name)
        return None if found is None else str(found)

    # --- how it may end --------------------------------------------------------------------------

    def _wrong(self, told: str) -> Exit:
        self.output.error(told)
        if self.report is not None:
            self.report.wrong(told)
        return Exit.USAGE

    def _refused(self, refused: "Refused") -> Exit:
        self.output.refused(refused, self._operation)
        if not self._watched:  # else it is about an operation, whose last state is kept
            try:
                self.record(refused.problem)
            except UsageError as error:
                self.output.error(str(error))
        if self.report is not None:
            self.report.refused(refused)
        return self._refusal

    def _lost(self, told: str) -> Exit:
        hints = ["is it running? laneway serve --demo starts one to try", "else check --server"]
        if self._operation:
            hints = [f"the operation goes on without you: laneway watch {self._operation}"]
        self.output.error(told, hints)
        if self.report is not None:
            self.report.left(told, self._watched)
        return Exit.LOST_CONTACT

    def _left(self) -> Exit:
        told = "interrupted"
        if self._watched:
            told = f"no longer watching; the operation goes on: laneway watch {self._watched}"
            if self._cancels:
                told = asyncio.run(self._cancelled(self._watched))
        self.output.warn(told)
        if self.report is not None:
            self.report.left(told, self._watched)
        return Exit.INTERRUPTED

    async def _cancelled(self, operation: str) -> str:
        """Cancel the operation, in the little time that is left; what came of that."""
        from laneway_server.client.problems import NoContact, Refused

        async def talk(client: "LanewayClient") -> None:
            await client.cancel(operation, "the one who waited for it was cancelled")

        try:
            async with asyncio.timeout(CANCEL_TIME):
                await self._talk(talk)
        except (NoContact, Refused, TimeoutError) as error:
            return f"interrupted; the operation was not cancelled, and goes on: {error}"
        return f"interrupted; a cancel is asked for: laneway watch {operation}"

    def about(self, operation: str) -> None:
        """From now on it is about this operation."""
        self._operation = self._watched = operation

    def accepted(self) -> None:
        """The submission is through: from now on a refusal is no rejection of it."""
        self._refusal = Exit.USAGE


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Being asked to end is being interrupted: there is something to be said before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def surroundings(context: typer.Context) -> Surroundings:
    """What the command is run in."""
    return context.obj if isinstance(context.obj, Surroundings) else REAL
