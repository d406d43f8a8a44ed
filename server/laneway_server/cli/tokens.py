"""``token create``: make a static token, and say what the access file must hold for it."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from . import options
from .exits import Exit, UsageError
from .output import Output

commands = typer.Typer(
    no_args_is_help=True, help="Make static tokens, for machines that no issuer vouches for."
)


@commands.callback()
def _group() -> None:
    """Keep ``token create`` a command of a group, also while it is the only one."""


@commands.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its callers are token:NAME.")],
    *,
    expires: Annotated[
        str, typer.Option("--expires", metavar="DURATION", help="How long it is valid, as 90d.")
    ] = "90d",
    group: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="GROUP", help="A group of its callers; repeatable."),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="PERSON", help="The human behind, as github:12345."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Make a token. It is shown this once, on standard output, and kept nowhere.

    Standard error says what to add to the access file, which holds the token's digest only.
    """
    from laneway_server.access.tokens import new_token, token_digest

    output = Output(json=json)
    token = new_token()
    try:
        entry = _entry(name, token_digest(token), expires, group or [], person)
    except UsageError as error:
        output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None
    if json:
        output.document({"token": token, "entry": entry})
        return
    output.raw(token)
    _explain(output, entry)


def _entry(
    name: str, digest: str, expires: str, groups: list[str], person: str | None
) -> dict[str, Any]:
    """What the access file says of the token."""
    from laneway.core.instants import instant, later, parse_duration

    try:
        lifetime = parse_duration(expires)
        until = later(instant(datetime.now(UTC)), lifetime)
    except (ValueError, OverflowError):
        raise UsageError(
            f"--expires {expires!r} is no duration; one looks like 90d or 12h"
        ) from None
    if not lifetime:
        raise UsageError("--expires 0: such a token would never be valid")
    entry: dict[str, Any] = {"name": name, "digest": digest, "expires": until}
    entry |= {"groups": groups} if groups else {}
    entry |= {"person": person} if person is not None else {}
    _check(entry)
    return entry


def _check(entry: dict[str, Any]) -> None:
    """Hold that the access file takes the entry: what it says of one is said there only."""
    from laneway_server.access.loading import AccessInvalid, load_access

    try:
        load_access(f"version: 1\nrules: []\ntokens:\n  - {_yaml(entry)}\n", "the token's entry")
    except AccessInvalid as invalid:
        raise UsageError("; ".join(error.message for error in invalid.errors)) from None


def _explain(output: Output, entry: dict[str, Any]) -> None:
    output.warn(Text("\nAdd this to `tokens` of the access file:\n"))
    output.lines(Text(f"- {_yaml(entry)}"), err=True)
    output.warn(
        Text(
            "\nThe token is not shown again. Whoever has it sends `Authorization: Bearer TOKEN`;"
            " the `laneway` command takes it from LANEWAY_TOKEN, or from a file (--token-file)."
        )
    )


def _yaml(entry: dict[str, Any]) -> str:
    """The entry on one line; JSON's texts and lists are YAML's too."""
    import msgspec

    fields = (f"{name}: {msgspec.json.encode(value).decode()}" for name, value in entry.items())
    return f"{{{', '.join(fields)}}}"
