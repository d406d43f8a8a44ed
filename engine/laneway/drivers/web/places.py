"""Where a plan's calls may go: the lane's own address, and the hosts that the operator allows.

A URL may hold what a caller sent, so it is taken apart strictly: what two parsers could read in two
ways is refused. What a name then leads to is checked again when it is connected to
(``laneway.drivers.addresses``).
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlencode

import msgspec

from laneway.drivers.http import origin
from laneway.drivers.registry import RegistryError

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[!-\[\]-~]*)?"
)
_PATH = re.compile(r"/[!-\[\]-~]*")  # printable ASCII without the backslash
_HOST = re.compile(
    r"(?P<host>(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class PlaceRefused(Exception):
    """A call may not go there; nothing was sent.

    Attributes:
        failure_class: why, in one word.
    """

    def __init__(self, failure_class: str, message: str) -> None:
        super().__init__(message)
        self.failure_class = failure_class


class AllowedHost(msgspec.Struct, frozen=True):
    """A host that calls may go to. ``port`` is None for the scheme's own."""

    host: str
    port: int | None

    def covers(self, scheme: str, host: str, port: int) -> bool:
        """Whether a URL with these parts goes to it."""
        if port != (self.port or _DEFAULT_PORTS[scheme]):
            return False
        if self.host.startswith("*."):
            return host.endswith(self.host[1:])
        return host == self.host


def allowed_hosts(entries: Iterable[str]) -> tuple[AllowedHost, ...]:
    """Read ``HOST``, ``HOST:PORT`` and ``*.DOMAIN`` (names below it, not itself).

    Raises:
        RegistryError: an entry is none of these.
    """
    return tuple(_allowed(entry) for entry in entries)


def resolve(
    place: str, query: Mapping[str, str], base_url: str, allowed: Iterable[AllowedHost]
) -> str:
    """The URL of a call.

    Args:
        place: a path below ``base_url``, or a whole URL.
        query: parameters to add.
        base_url: the lane's own address; empty where it has none.
        allowed: the hosts that a whole URL may go to, beside the lane's own.

    Raises:
        PlaceRefused: it may not go there, or it is no place at all.
    """
    url = _below(base_url, place) if place.startswith("/") else _whole(place, base_url, allowed)
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def without_query(url: str) -> str:
    """A URL as evidence shows it: a query may hold what is secret."""
    return url.partition("?")[0].partition("#")[0]


def _below(base_url: str, path: str) -> str:
    if not base_url:
        raise PlaceRefused("no_base_url", "the lane's target record has no odoo.base_url")
    if _PATH.fullmatch(path) is None:
        raise PlaceRefused("invalid_url", f"{path[:100]!r} is not a path")
    if ".." in unquote(without_query(path)).replace("\\", "/").split("/"):
        raise PlaceRefused("invalid_url", "a path may not lead upwards")
    return base_url.rstrip("/") + path


def _whole(url: str, base_url: str, allowed: Iterable[AllowedHost]) -> str:
    found = _URL.fullmatch(url)
    if found is None:
        raise PlaceRefused("invalid_url", f"{without_query(url)[:100]!r} is not a URL to be called")
    scheme, host = found["scheme"], found["host"].lower()
    port = int(found["port"] or _DEFAULT_PORTS[scheme])
    own = bool(base_url) and origin(base_url) == (scheme, host.strip("[]"), port)
    if own or any(entry.covers(scheme, host, port) for entry in allowed):
        return url
    raise PlaceRefused("host_not_allowed", f"the server does not allow calls to {host}:{port}")


def _allowed(entry: str) -> AllowedHost:
    found = _HOST.fullmatch(entry.strip())
    if found is None:
        raise RegistryError(f"{entry!r} is not HOST, HOST:PORT or *.DOMAIN, as allowed hosts are")
    return AllowedHost(found["host"].lower(), int(found["port"]) if found["port"] else None)
