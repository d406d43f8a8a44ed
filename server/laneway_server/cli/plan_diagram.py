"""``plan diagram``: a plan as a picture, with an operation's path drawn over it."""

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from . import options
from .calls import Call
from .database import use_store
from .exits import Exit, UsageError
from .options import DEFAULT_SERVER
from .output import Output
from .plan_sources import Database, with_plans

if TYPE_CHECKING:
    from laneway.core.model import Plan
    from laneway.diagram import Overlay
    from laneway.ports.store import Store
    from laneway_server.client import LanewayClient


class Format(StrEnum):
    """The forms of a picture."""

    TEXT = "text"
    SVG = "svg"
    MERMAID = "mermaid"


_ENDINGS: Mapping[str, Format] = {
    ".svg": Format.SVG,
    ".mmd": Format.MERMAID,
    ".mermaid": Format.MERMAID,
}
_WIDE = 100
"""Columns, where there is no terminal to ask."""


def diagram(
    context: typer.Context,
    plan: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE|NAME[@VERSION]",
            help="A plan's file (- is standard input), or a plan of the server or database; "
            "left out with --operation.",
        ),
    ] = None,
    *,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", "-f", help="[by the file's ending, else text]", show_default=False
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the picture to a file."),
    ] = None,
    operation: Annotated[
        str | None,
        typer.Option(
            "--operation",
            metavar="OPERATION",
            help="Draw this operation's path over the plan that it was accepted under.",
        ),
    ] = None,
    only_ascii: Annotated[
        bool, typer.Option("--ascii", help="As text: use nothing but ASCII.")
    ] = False,
    width: Annotated[
        int | None,
        typer.Option(min=24, max=400, help="As text: columns. [the terminal's, else 100]"),
    ] = None,
    database: Database = None,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
) -> None:
    """Draw a plan: as text for the terminal, as SVG, or for Mermaid.

    The picture shows every phase and transition with guards, retries and timeouts, what each phase
    does to the world, and the point of no return.
    """
    call = Call(context, server, token_file, operation=operation or "")
    drawing = Drawing(call.output, form, file, only_ascii=only_ascii, width=width)
    if operation is None and plan is None:
        call.output.error("name a plan, or an operation with --operation")
        raise typer.Exit(Exit.USAGE)
    if operation is not None and database is not None:
        use_store(
            call.output,
            database,
            lambda store: _stored(store, operation, plan, drawing),
            migrate=False,
        )
    elif operation is not None:
        call.run(lambda client: _asked(client, operation, plan, drawing))
    elif plan is not None:
        with_plans(call, [plan], database, lambda plans: drawing.draw(plans[0]))


class Drawing:
    """How a picture is to be drawn, and where it goes."""

    def __init__(
        self,
        output: Output,
        form: Format | None,
        file: Path | None,
        *,
        only_ascii: bool,
        width: int | None,
    ) -> None:
        by_ending = _ENDINGS.get(file.suffix) if file is not None else None
        self.form = form or by_ending or Format.TEXT
        self.ascii = only_ascii or not _draws()
        console = output.out
        self.width = width or (max(console.width, 24) if console.is_terminal else _WIDE)
        self.output = output
        self._file = file

    @property
    def colours(self) -> bool:
        """Whether it is for a terminal."""
        return self._file is None and self.form is Format.TEXT

    def draw(self, plan: "Plan", path: "Overlay | None" = None) -> Exit:
        """Draw a plan here."""
        from laneway.diagram import mermaid, svg, text

        if self.form is Format.SVG:
            return self.put(svg(plan, path))
        if self.form is Format.MERMAID:
            return self.put(mermaid(plan, path))
        how = {"only_ascii": self.ascii, "colours": self.colours}
        return self.put(text(plan, path, self.width, **how))

    @property
    def query(self) -> dict[str, str]:
        """How a server is asked for the picture."""
        asked = {"format": self.form.value, "width": str(self.width)}
        flags = {"ascii": self.ascii, "colours": self.colours}
        return asked | {name: "true" for name, set_ in flags.items() if set_}

    def put(self, drawn: str) -> Exit:
        """Print a picture, or write it to its file."""
        if self._file is None and self.colours:
            for line in drawn.splitlines():
                self.output.out.print(Text.from_ansi(line), soft_wrap=True)
        elif self._file is None:
            self.output.raw(drawn.removesuffix("\n"))
        else:
            return self._write(self._file, drawn)
        return Exit.PASS

    def _write(self, file: Path, drawn: str) -> Exit:
        try:
            file.write_text(drawn, encoding="utf-8")
        except OSError as error:
            self.output.error(f"{file} cannot be written: {error.strerror}")
            return Exit.USAGE
        return Exit.PASS


def _draws() -> bool:
    """Whether standard output can carry the characters that boxes are drawn with."""
    try:
        "╭─┼●".encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


# --- an operation's path -------------------------------------------------------------------------


async def _asked(
    client: "LanewayClient", operation: str, plan: str | None, drawing: Drawing
) -> Exit:
    if plan is not None:
        _check_plan(plan, (await client.operation(operation))["plan"]["name"])
    return drawing.put(await client.diagram(operation, drawing.query))


async def _stored(store: "Store", operation: str, plan: str | None, drawing: Drawing) -> Exit:
    from laneway.core.compile import compile_plan
    from laneway.diagram import overlay

    row = await store.operation(operation)
    kept = None if row is None else await store.plan(row.plan_digest)
    if row is None or kept is None:
        drawing.output.error(f"there is no operation {operation} in the database")
        return Exit.USAGE
    try:
        _check_plan(plan or row.plan, row.plan)
    except UsageError as error:
        drawing.output.error(str(error))
        return Exit.USAGE
    drawn = compile_plan(kept.document, kept.actions).plan
    return drawing.draw(drawn, overlay(drawn, await store.events(operation)))


def _check_plan(said: str, known: str) -> None:
    """An operation's path lies on the plan that it was accepted under, and on no other.

    Raises:
        UsageError: another one is named.
    """
    if said.partition("@")[0] != known:
        raise UsageError(f"the operation was accepted under {known}: leave {said} out")
