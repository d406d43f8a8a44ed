"""The server's settings: from a file, the environment and the command line; the last word counts.

Every setting has one name: ``max_body`` in ``laneway.yaml``, ``LANEWAY_MAX_BODY`` in the
environment, ``--max-body`` on the command line. Paths in the file are relative to its folder.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec
from msgspec import Meta

from laneway.core.instants import DURATION_PATTERN, parse_duration
from laneway.core.names import nearest
from laneway.loading.yaml import YamlDocument, YamlInvalid, read_yaml

PREFIX = "LANEWAY_"
PATHS = frozenset({"database", "plans", "targets"})

Positive = Annotated[int, Meta(ge=1, le=1_000_000_000)]

_SOME_TIME = r"^[1-9][0-9]{0,8}(ms|s|m|h|d)$"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a server is run.

    This version identifies nobody: it serves programs on the same machine, with `demo` or with
    `open_access`, and refuses to listen on any other than a loopback address.
    """

    listen: Annotated[
        str, Meta(description="HOST:PORT; port 0 takes a free one.", examples=["127.0.0.1:8080"])
    ] = "127.0.0.1:8080"
    database: Annotated[
        str | None,
        Meta(description="The SQLite file; default `laneway.db`, for a demo a temporary one."),
    ] = None
    plans: Annotated[
        str | None, Meta(description="The folder with the plans; default: those that ship.")
    ] = None
    targets: Annotated[
        str | None, Meta(description="The file with the lanes' target records; not for a demo.")
    ] = None
    demo: Annotated[
        bool,
        Meta(description="Serve a simulated Dokploy and Odoo, with open access, on loopback."),
    ] = False
    open_access: Annotated[
        bool,
        Meta(description="Let callers say who they are (`Authorization: Bearer NAME`); loopback."),
    ] = False
    drain_grace: Annotated[
        str,
        Meta(
            pattern=DURATION_PATTERN,
            description="How long actions may go on once the server is asked to stop.",
            examples=["30s", "2m"],
        ),
    ] = "30s"
    dokploy_poll: Annotated[
        str,
        Meta(
            pattern=_SOME_TIME,
            description="How soon a run in Dokploy is looked at; less and less often, down to a "
            "tenth as often.",
            examples=["1s", "5s"],
        ),
    ] = "1s"
    dokploy_settle: Annotated[
        str,
        Meta(
            pattern=_SOME_TIME,
            description="How long Dokploy must show the same before it is believed that it will "
            "not tell more of a run.",
            examples=["10s", "1m"],
        ),
    ] = "10s"
    dokploy_row_wait: Annotated[
        str,
        Meta(
            pattern=_SOME_TIME,
            description="How long a call that runs a schedule may go unanswered without Dokploy "
            "listing a run of it.",
            examples=["5m"],
        ),
    ] = "5m"
    probe_private_addresses: Annotated[
        bool,
        Meta(
            description="Let checks connect to private and loopback addresses; link-local ones "
            "are refused in any case."
        ),
    ] = True
    http_hosts: Annotated[
        str,
        Meta(
            description="Where `http.*` actions may go beside the lane's own address, separated by "
            "commas: HOST, HOST:PORT, or *.DOMAIN for what is below it. Without a port the "
            "scheme's own is meant.",
            examples=["status.example.org, *.internal.example.org:8443"],
        ),
    ] = ""
    max_body: Annotated[Positive, Meta(description="Bytes of a request's body.")] = 256 * 1024
    max_depth: Annotated[int, Meta(ge=4, le=200, description="How deep a body is nested.")] = 64
    max_streams: Annotated[Positive, Meta(description="Event streams that are open at once.")] = (
        1_000
    )
    max_waiters: Annotated[Positive, Meta(description="Requests that wait at once.")] = 1_000
    stream_buffer: Annotated[
        Positive,
        Meta(description="Events that a stream's reader may fall behind while it takes nothing."),
    ] = 1_000
    log_format: Annotated[
        Literal["auto", "text", "json"], Meta(description="`auto`: text on a terminal, else JSON.")
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="What is logged at least.")
    ] = "info"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host.removeprefix("[").removesuffix("]"), int(port)

    @property
    def grace(self) -> int:
        """`drain_grace` in milliseconds."""
        return parse_duration(self.drain_grace)


class ConfigInvalid(Exception):
    """Settings that cannot be used: a line for each thing that is wrong, with where it was said."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


_FIELDS = {field.name: field.type for field in msgspec.structs.fields(Settings)}


def load(
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings.

    Args:
        file: ``laneway.yaml``, or None.
        environ: the environment; names that are no setting's are passed over.
        flags: what the command line said, by setting; None stands for nothing said.

    Raises:
        ConfigInvalid: with everything that is wrong.
    """
    found: dict[str, Any] = {}
    mistakes: list[str] = []
    sources: tuple[_Source, ...] = (_File(file), _Environment(environ or {}), _Flags(flags or {}))
    for source in sources:
        for name, value in source.values(mistakes):
            found[name] = _converted(name, value, source, mistakes)
    if not mistakes:
        settings = Settings(**found)
        mistakes = [*_contradictions(settings)]
        if not mistakes:
            return settings
    raise ConfigInvalid(*mistakes)


def _converted(name: str, value: Any, source: "_Source", mistakes: list[str]) -> Any:
    try:
        return msgspec.convert(value, _FIELDS[name], strict=source.strict)
    except msgspec.ValidationError as error:
        shown = str(error)[:1].lower() + str(error)[1:]
        mistakes.append(f"{source.where(name)}: {shown}, not {value!r}")
        return None


# --- where settings come from --------------------------------------------------------------------


class _Source(Protocol):
    """Somewhere that settings come from; ``strict`` where values have types of their own."""

    strict: bool

    def values(self, mistakes: list[str]) -> Iterator[tuple[str, Any]]:
        """What is said there, by setting."""
        ...

    def where(self, name: str) -> str:
        """Where a setting is said, for people."""
        ...


class _Environment:
    """Variables such as ``LANEWAY_LISTEN``; an empty one says nothing."""

    strict = False

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def values(self, mistakes: list[str]) -> Iterator[tuple[str, Any]]:
        for name in _FIELDS:
            if self._environ.get(self.where(name)):
                yield name, self._environ[self.where(name)]

    def where(self, name: str) -> str:
        return PREFIX + name.upper()


class _Flags:
    """Options such as ``--listen``."""

    strict = False

    def __init__(self, flags: Mapping[str, Any]) -> None:
        self._flags = flags

    def values(self, mistakes: list[str]) -> Iterator[tuple[str, Any]]:
        for name, value in self._flags.items():
            if name not in _FIELDS:
                mistakes.append(f"{self.where(name)}: there is no such setting")
            elif value is not None:
                yield name, str(value) if isinstance(value, Path) else value

    def where(self, name: str) -> str:
        return "--" + name.replace("_", "-")


class _File:
    """A YAML file."""

    strict = True

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._document: YamlDocument | None = None

    def values(self, mistakes: list[str]) -> Iterator[tuple[str, Any]]:
        if self._file is None:
            return
        self._document = _read(self._file)
        for name, value in self._document.data.items():
            if name in _FIELDS:
                yield name, self._from_here(name, value)
            else:
                hint = nearest(name, _FIELDS) or "see the settings of `laneway serve --help`"
                mistakes.append(f"{self.where(name)}: there is no such setting; {hint}")

    def where(self, name: str) -> str:
        assert self._document is not None, "only what was read is somewhere"
        return f"{self._file}:{self._document.key((name,)).line}: {name}"

    def _from_here(self, name: str, value: Any) -> Any:
        assert self._file is not None, "only a file's values are relative to it"
        return str(self._file.parent / value) if name in PATHS and isinstance(value, str) else value


def _read(file: Path) -> YamlDocument:
    try:
        document = read_yaml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigInvalid(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigInvalid(f"{file}: is not UTF-8") from None
    except YamlInvalid as invalid:
        place = f"{invalid.place.line}:{invalid.place.column}"
        raise ConfigInvalid(f"{file}:{place}: {invalid.message}") from None
    if not isinstance(document.data, dict):
        raise ConfigInvalid(f"{file}: must hold settings, such as `listen: 127.0.0.1:8080`")
    return document


# --- what does not go together -------------------------------------------------------------------


def _contradictions(settings: Settings) -> Iterator[str]:
    try:
        host, port = settings.address
    except ValueError:
        host, port = "", -1
    if not host or not 0 <= port <= 65_535:
        yield f"listen: {settings.listen!r} is not HOST:PORT, such as 127.0.0.1:8080"
    elif not is_loopback(host):
        yield (
            f"listen: {host} can be reached from other machines, and this version identifies "
            "nobody: listen on 127.0.0.1, [::1] or localhost"
        )
    if not settings.demo and not settings.open_access:
        yield (
            "access: this version identifies nobody: say --demo to try it out, or --open-access "
            "to serve programs on this machine that say themselves who they are"
        )
    if settings.demo and settings.targets is not None:
        yield "targets: a demo has target records of its own: leave out --targets or --demo"
    if not settings.demo and settings.targets is None:
        yield "targets: no lane can be worked on without target records: name a file with --targets"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is the machine itself."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
