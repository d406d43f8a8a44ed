"""The options that commands share, and what their texts mean."""

import os
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
import typer

from .exits import UsageError

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
        help="The idempotency key: the same key again gives the same operation. In a GitHub "
        "workflow use the run id, without the attempt. Left out, each call is a new submission.",
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


class TokenSource:
    """Gives the bearer token as it is now.

    Raises:
        UsageError: when called: the file cannot be read, or what it holds is no token.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def __call__(self) -> str | None:
        """The token, or None where there is none."""
        token = (self._read() if self._file else os.environ.get("LANEWAY_TOKEN", "")).strip()
        if not all(0x20 < ord(character) < 0x7F for character in token):
            raise UsageError("the token holds characters that no token has")
        return token or None

    def _read(self) -> str:
        assert self._file is not None
        try:
            return self._file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the token cannot be read from {self._file}: {error}") from error


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
