"""Which network addresses a driver may connect to.

The URLs come from target records, which are the server's own. A name in one of them can still come
to mean another address than its author had in mind, so link-local addresses (where clouds keep
their metadata services) are never connected to, and private ones only where that is allowed.
"""

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefusedError(OSError):
    """The name leads to an address that may not be connected to; nothing was sent."""


def refused(address: Address, *, allow_private: bool) -> bool:
    """Whether an address may not be connected to."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return refused(mapped, allow_private=allow_private)
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return True
    return not (allow_private or address.is_global)


def check_literal(host: str, *, allow_private: bool) -> None:
    """Check a URL's host where it is an address rather than a name.

    Raises:
        AddressRefusedError: it may not be connected to.
    """
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return
    if refused(address, allow_private=allow_private):
        raise AddressRefusedError(f"{host} is an address that may not be connected to")


class CheckedResolver(AbstractResolver):
    """Resolves names and refuses those that lead where no connection may go.

    The check is on what the connection then uses, so a name that changes its meaning between a
    check and its use gains nothing.
    """

    def __init__(self, *, allow_private: bool, inner: AbstractResolver | None = None) -> None:
        self._allow_private = allow_private
        self._inner = inner or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            AddressRefusedError: one of them may not be connected to.
        """
        found = await self._inner.resolve(host, port, family)
        for result in found:
            check_literal(result["host"].partition("%")[0], allow_private=self._allow_private)
        return found

    async def close(self) -> None:
        """Let go of what resolving needs."""
        await self._inner.close()
