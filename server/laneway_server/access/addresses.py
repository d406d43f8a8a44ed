"""Where a request comes from: the peer, or what a proxy that is trusted says of its own peer."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec
from aiohttp import web

FORWARDED_FOR = "X-Forwarded-For"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# An address with a port, as some proxies write it: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between the server and its callers.

    Attributes:
        proxies: networks whose word is taken for where a request comes from.
        tls: callers reach the server by HTTPS only.
    """

    proxies: tuple[_Network, ...] = ()
    tls: bool = False

    def address(self, request: web.Request) -> str:
        """The address that a request comes from; ``local`` where it came by no network.

        Every proxy appends the peer it sees to ``X-Forwarded-For``. So the list is read from its
        end, as far as those who wrote it are trusted: what a caller puts at its beginning counts
        for nothing.
        """
        peer = _parsed(request.remote or "")
        if peer is None:
            return request.remote or "local"
        given = ",".join(request.headers.getall(FORWARDED_FOR, []))
        return str(self._origin(peer, given.split(",") if given else ()))

    def _origin(self, peer: _Address, given: Sequence[str]) -> _Address:
        for text in reversed(given):
            before = _parsed(text) if self._trusts(peer) else None
            if before is None:
                return peer
            peer = before
        return peer

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self.proxies)


def networks(texts: Iterable[str]) -> tuple[_Network, ...]:
    """Addresses and networks such as ``10.0.0.7`` and ``10.0.0.0/8``.

    Raises:
        ValueError: one is neither; the message names it.
    """
    return tuple(ipaddress.ip_network(text) for text in texts)


def network_of(address: str) -> str:
    """What counts as one address: for IPv6 the /64, as that is what one household gets."""
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address if parsed is None else str(parsed)


@lru_cache(4_096)  # several times for each request, and mostly the same ones
def _parsed(text: str) -> _Address | None:
    text = text.strip()
    found = _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address((found[1] or found[2]) if found else text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        # A zone (fe80::1%eth0) is of this machine; an IPv4 address in IPv6 dress is the IPv4 one.
        return address.ipv4_mapped or ipaddress.IPv6Address(int(address))
    return address
