"""The options that commands share, and what their texts mean."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec
import typer

from .exits import UsageError

if TYPE_CHECKING:
    from laneway_server.client import TokenProvider

DEFAULT_SERVER = "http://127.0.0.1:8080"

_DURATION = re.compile(r"(0|[1-9][0-9]{0,8})(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

Server = Annotated[
    str,
    typer.Option(
        "--server",
        "-s",
        envvar="LANEWAY_SERVER",
        metavar="URL",
        help="The server to talk to.",
        rich_help_panel="Server",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="LANEWAY_TOKEN_FILE",
        metavar="FILE",
        help="Read the bearer token from this file, anew for every request. Without it, "
        "LANEWAY_TOKEN is taken. A demo server takes any name as the token.",
        rich_help_panel="Server",
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        metavar="TOKEN",
        help="The bearer token. Others on this machine can see it: LANEWAY_TOKEN is better.",
        rich_help_panel="Server",
    ),
]
GithubOidc = Annotated[
    str | None,
    typer.Option(
        "--github-oidc",
        envvar="LANEWAY_GITHUB_OIDC",
        metavar="AUDIENCE",
        help="In a GitHub workflow: ask as the workflow, by identity tokens for this audience; a "
        "new one for each connection. The workflow needs `permissions: id-token: write`.",
        rich_help_panel="Server",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON, for programs; words go to standard error.")
]
Operation = Annotated[str, typer.Argument(metavar="OPERATION", help="The operation's id, op_….")]
LaneName = Annotated[
    str, typer.Argument(metavar="LANE", help="The lane: product/context/instance.")
]
Patience = Annotated[
    str,
    typer.Option(
        "--patience",
        envvar="LANEWAY_PATIENCE",
        metavar="DURATION",
        help="How long to keep asking a server that does not answer, such as 90s or 10m.",
        rich_help_panel="Server",
    ),
]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why: it is kept with the operation.")
]
Github = Annotated[
    bool | None,
    typer.Option(
        "--github/--no-github",
        help="Report to GitHub: groups and annotations in the log, outputs, a summary; and take "
        "the key from the workflow's run. [where GITHUB_ACTIONS is true]",
        rich_help_panel="GitHub",
        show_default=False,
    ),
]
CancelOnInterrupt = Annotated[
    bool,
    typer.Option(
        "--cancel-on-interrupt",
        help="Cancel the operation, too, when this command is interrupted while it waits.",
    ),
]
Wait = Annotated[
    bool,
    typer.Option(
        "--wait", "-w", help="Stay until the operation has ended, and end with its exit code."
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="The idempotency key: the same key again gives the same operation. Left out, the run "
        "of a GitHub workflow has one, whatever its attempt; elsewhere each call is a new one.",
    ),
]


def server_url(text: str) -> str:
    """Check a server's address.

    Raises:
        UsageError: it is none.
    """
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        url, port = urlsplit(""), None
    if url.scheme not in ("http", "https") or not url.hostname or url.query or port == 0:
        raise UsageError(f"{text!r} is no server's address; one looks like {DEFAULT_SERVER}")
    return text.rstrip("/")


def lane_parts(text: str) -> dict[str, str]:
    """Read ``product/context/instance``.

    Raises:
        UsageError: it is none.
    """
    parts = text.split("/")
    if len(parts) != 3 or not all(_NAME.fullmatch(part) for part in parts):
        raise UsageError(f"{text!r} is no lane; one looks like odoo/cm/testing")
    return dict(zip(("product", "context", "instance"), parts, strict=True))


def seconds(text: str) -> float:
    """Read a duration such as ``90s``.

    Raises:
        UsageError: it is none.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is no duration; one looks like 500ms, 30s, 10m or 2h")
    return int(found[1]) * _SECONDS[found[2]]


def token_provider(token: str | None, file: Path | None, audience: str | None) -> "TokenProvider":
    """Where the token comes from; with nothing said, from ``LANEWAY_TOKEN``.

    Raises:
        UsageError: more than one place is named.
    """
    from laneway_server.client import tokens

    if sum(given is not None for given in (token, file, audience)) > 1:
        raise UsageError("say where the token is once: --token, --github-oidc or --token-file")
    if audience is not None:
        return tokens.GithubOidc(audience)
    if file is not None:
        return tokens.file(file)
    return tokens.environment() if token is None else tokens.static(token)


def request_document(file: str | None, settings: list[str], read_stdin: Any) -> dict[str, Any]:
    """The request document of a file (``-`` is standard input), with fields set on top.

    Raises:
        UsageError: it cannot be read, or is no JSON object, or a field is not ``NAME=VALUE``.
    """
    document: dict[str, Any] = {}
    if file is not None:
        document = _object(_text(file, read_stdin), file)
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not name or not sign:
            raise UsageError(f"--set {setting!r} is not NAME=VALUE")
        document[name] = _value(value)
    return document


def _text(file: str, read_stdin: Any) -> str:
    try:
        return str(read_stdin()) if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the request cannot be read from {file}: {error}") from error


def _object(text: str, file: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise UsageError(f"{file} is no JSON object: {error}") from error


def _value(text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
