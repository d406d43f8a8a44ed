"""How a command talks to the server: one session, and every failure in words and an exit code."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from .exits import Exit, UsageError
from .output import Output
from .surroundings import REAL, Surroundings

if TYPE_CHECKING:
    from .client import Client

Talk = Callable[["Client"], Awaitable[Exit | None]]
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
        self._interrupted = ""
        self._server = server
        self._token_file = token_file
        self._operation = operation
        self._refusal = refusal

    def run(self, talk: Talk) -> None:
        """Connect, talk, and end the command with an exit code.

        Raises:
            typer.Exit: always, but where all is well.
        """
        code = self.code(lambda: self._talk(talk))
        if code is not Exit.PASS:
            raise typer.Exit(code)

    def code(self, work: Callable[[], Coroutine[Any, Any, Exit]]) -> Exit:
        """Do some work with the server; say what goes wrong, and return how the command ends."""
        from .patience import LostContact
        from .problems import NoContact, Refused

        try:
            return asyncio.run(work())
        except UsageError as error:
            self.output.error(str(error))
            return Exit.USAGE
        except Refused as refused:
            self.output.refused(refused, self._operation)
            return self._refusal
        except NoContact as error:
            self._lost(str(error))
            return Exit.LOST_CONTACT
        except LostContact as lost:
            self._lost(f"lost contact: {lost}")
            return Exit.LOST_CONTACT
        except KeyboardInterrupt:
            self.output.warn(self._interrupted or "interrupted")
            return Exit.INTERRUPTED

    async def _talk(self, talk: Talk) -> Exit:
        from .client import connected
        from .options import TokenSource, server_url

        async with connected(server_url(self._server), TokenSource(self._token_file)) as client:
            return await talk(client) or Exit.PASS

    def _lost(self, told: str) -> None:
        hints = ["is it running? laneway serve --demo starts one to try", "else check --server"]
        if self._operation:
            hints = [f"the operation goes on without you: laneway watch {self._operation}"]
        self.output.error(told, hints)

    def about(self, operation: str) -> None:
        """From now on it is about this operation."""
        self._operation = operation
        self._interrupted = f"no longer watching; the operation goes on: laneway watch {operation}"

    def accepted(self) -> None:
        """The submission is through: from now on a refusal is no rejection of it."""
        self._refusal = Exit.USAGE


def surroundings(context: typer.Context) -> Surroundings:
    """What the command is run in."""
    return context.obj if isinstance(context.obj, Surroundings) else REAL
