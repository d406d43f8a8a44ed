"""``key create``: make the key that evidence bundles are signed with."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from . import options
from .exits import Exit
from .output import Output
from .text import clean

commands = typer.Typer(
    no_args_is_help=True, help="Make the key that the server signs evidence bundles with."
)


@commands.callback()
def _group() -> None:
    """Keep ``key create`` a command of a group, also while it is the only one."""


@commands.command()
def create(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Where the private key goes; the public one goes to FILE.pub."
        ),
    ],
    *,
    json: options.Json = False,
) -> None:
    """Make an Ed25519 key in two files. What is there already is not overwritten.

    The private key is for the server alone: laneway serve --evidence-key FILE. Give the public one
    to whoever is to verify bundles.
    """
    from laneway.evidence import keys

    output = Output(json=json)
    try:
        key = keys.create(path)
    except keys.KeyInvalid as invalid:
        output.error(str(invalid))
        raise typer.Exit(Exit.FAIL) from None
    public = keys.public_path_of(path)
    if json:
        output.document({"keyid": key.keyid, "private_key": str(path), "public_key": str(public)})
        return
    output.say(Text.assemble(("✓", "green"), " key ", (key.keyid, "bold")))
    output.lines(Text(f"private  {clean(path)}  laneway serve --evidence-key {clean(path)}"))
    output.lines(Text(f"public   {clean(public)}  for whoever verifies what it signs"))
