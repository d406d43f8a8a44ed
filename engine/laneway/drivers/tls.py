"""Looking at the certificate that a host shows, with the same checks as any call makes."""

import asyncio
import contextlib
import socket
import ssl
from datetime import UTC, datetime
from typing import Any

import msgspec

from laneway.drivers.addresses import AddressRefusedError, CheckedResolver, check_literal
from laneway.drivers.http import HttpFailed, HttpProblem, HttpSettings


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that is trusted, and is that of the host.

    Attributes:
        subject: its common name, or empty; names are checked against the others that it has.
        issuer: the organization that vouches for it.
    """

    subject: str
    issuer: str
    expires: datetime


async def certificate_of(host: str, port: int, settings: HttpSettings) -> Certificate:
    """Shake hands with a host, and tell what it shows. Nothing is asked of it.

    Raises:
        HttpFailed: it cannot be reached, or its certificate cannot be trusted (an expired one,
            say, or one of another name).
    """
    place = f"{host}:{port}"
    try:
        async with asyncio.timeout(settings.connect_ms / 1_000):
            shown = await _shown(host, port, settings)
    except AddressRefusedError as error:
        message = f"{place} leads to an address that may not be connected to"
        raise HttpFailed(HttpProblem.ADDRESS_NOT_ALLOWED, message) from error
    except ssl.SSLError as error:
        message = f"{place} has no TLS certificate that can be trusted: {_why(error)}"
        raise HttpFailed(HttpProblem.TLS_FAILED, message) from error
    except TimeoutError as error:
        raise HttpFailed(HttpProblem.TIMEOUT, f"{place} did not answer in time") from error
    except OSError as error:
        raise HttpFailed(HttpProblem.UNREACHABLE, f"{place} could not be reached") from error
    return _read(shown)


async def _shown(host: str, port: int, settings: HttpSettings) -> dict[str, Any]:
    allow_private = settings.allow_private_addresses
    check_literal(host, allow_private=allow_private)
    resolver = CheckedResolver(allow_private=allow_private)
    try:
        found = await resolver.resolve(host, port, socket.AF_UNSPEC)
    finally:
        await resolver.close()
    for result in found[:-1]:
        with contextlib.suppress(ConnectionError):
            return await _handshake(result["host"], host, port)
    return await _handshake(found[-1]["host"], host, port)


async def _handshake(address: str, host: str, port: int) -> dict[str, Any]:
    context = ssl.create_default_context()
    _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=host)
    try:
        shown: dict[str, Any] = writer.get_extra_info("peercert")
    finally:
        writer.transport.abort()
    return shown


def _read(shown: dict[str, Any]) -> Certificate:
    return Certificate(
        subject=_part(shown.get("subject", ()), "commonName"),
        issuer=_part(shown.get("issuer", ()), "organizationName", "commonName"),
        expires=datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC),
    )


def _part(name: tuple[tuple[tuple[str, str], ...], ...], *wanted: str) -> str:
    """The first of some parts that a distinguished name has."""
    parts = {key: value for relative in name for key, value in relative}
    return next((parts[key] for key in wanted if key in parts), "")


def _why(error: ssl.SSLError) -> str:
    return str(getattr(error, "verify_message", "") or error.reason or "the handshake failed")
