"""Reading settings: from a file, the environment and the command line; the last word counts.

Paths in the file are relative to its folder.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from laneway.core.names import nearest
from laneway.loading.yaml import YamlDocument, YamlInvalid, read_yaml

from .settings import Settings

PREFIX = "LANEWAY_"
PATHS = frozenset({"access", "database", "evidence_key", "plans", "targets"})


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
    elif not is_loopback(host) and settings.access is None:
        yield (
            f"listen: {host} can be reached from other machines, and without an access file "
            "nobody is kept out: listen on 127.0.0.1, [::1] or localhost, or name one with --access"
        )
    yield from _who_may(settings)
    yield from _not_networks(settings.trusted_proxies)
    if settings.demo and settings.targets is not None:
        yield "targets: a demo has target records of its own: leave out --targets or --demo"
    if not settings.demo and settings.targets is None:
        yield "targets: no lane can be worked on without target records: name a file with --targets"


def _who_may(settings: Settings) -> Iterator[str]:
    opens = settings.demo or settings.open_access
    if settings.access is None and not opens:
        yield (
            "access: nothing says who may do what: name an access file with --access, say --demo "
            "to try it out, or --open-access to serve programs on this machine that say themselves "
            "who they are"
        )
    if settings.access is not None and settings.open_access:
        yield "access: an access file says who may do what: leave out --access or --open-access"
    if settings.access is not None and settings.demo:
        yield "access: a demo has open access: leave out --access or --demo"


def listed(text: str) -> list[str]:
    """What stands between the commas of a setting."""
    return [item for item in map(str.strip, text.split(",")) if item]


def _not_networks(text: str) -> Iterator[str]:
    for item in listed(text):
        try:
            ipaddress.ip_network(item)
        except ValueError as error:
            yield f"trusted_proxies: {error}: write 10.0.0.7 or 10.0.0.0/8"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is the machine itself."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
