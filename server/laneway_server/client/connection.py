"""HTTP to one server: who asks, and every way of not being answered in two words."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from yarl import URL

from .problems import NoContact, Refused, refused_by
from .surroundings import utc_now
from .tokens import LOOPBACK, TokenProvider

ANSWER_TIME = 30.0
"""Seconds that an ordinary request may take."""

SILENCE = 45.0
"""Seconds without a byte after which a stream is taken for dead (it says something every 15)."""


class Answer(msgspec.Struct, frozen=True):
    """A successful answer. ``replayed``: the submission was there before."""

    status: int
    document: Any
    replayed: bool = False


class Connection:
    """See the module. Used as a context, which holds its connections.

    Every request raises `Refused` where the server said no, `NoContact` where it was not reached,
    and what the token's provider raises.

    Attributes:
        ahead: how much the server's clock is ahead of this one; nothing where it is under 2 s,
            which is what its ``Date`` header cannot tell.
    """

    def __init__(self, server: str, token: TokenProvider) -> None:
        self._token = token
        self._session: aiohttp.ClientSession | None = None
        self.server = server.rstrip("/")
        self.ahead = timedelta()

    async def open(self) -> None:
        """Begin; proxies of the environment are for other machines."""
        elsewhere = URL(self.server).host not in LOOPBACK
        self._session = aiohttp.ClientSession(trust_env=elsewhere)

    async def close(self) -> None:
        """Give up all connections."""
        assert self._session is not None, "it was opened"
        await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        *,
        wait: float = 0.0,
        form: Any = Any,
    ) -> Answer:
        """Ask for JSON.

        Args:
            wait: for how many seconds the server was asked to hold its answer back.
            form: the type of the answer's document.
        """
        sent = None if body is None else msgspec.json.encode(body)
        kind = {"Content-Type": "application/json"} if sent is not None else {}
        given = {"Accept": "application/json", **kind, **(headers or {})}
        waits = aiohttp.ClientTimeout(total=ANSWER_TIME + wait, sock_connect=10)
        call = self.request(
            method, path, headers=given, timeout=waits, data=sent, params=dict(query or {})
        )
        async with call as response:
            replayed = response.headers.get("Idempotent-Replayed", "") == "true"
            return Answer(response.status, await _document(response, form), replayed)

    async def text(self, path: str, query: Mapping[str, str]) -> str:
        """Ask for what is no JSON."""
        waits = aiohttp.ClientTimeout(total=ANSWER_TIME, sock_connect=10)
        asked = f"{path}?{urlencode(query)}"
        async with self.request("GET", asked, headers={}, timeout=waits) as response:
            return await response.text("utf-8")

    @contextlib.asynccontextmanager
    async def stream(
        self, path: str, headers: Mapping[str, str]
    ) -> AsyncIterator[AsyncIterator[bytes] | None]:
        """The bytes of an event stream as they come; None where there will be no more."""
        waits = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE)
        given = {"Accept": "text/event-stream", **headers}
        async with self.request("GET", path, headers=given, timeout=waits) as response:
            if response.status == 204:
                yield None
                return
            if response.content_type != "text/event-stream":
                raise NoContact(f"asked for an event stream, got {response.content_type}")
            yield chunks(response)

    @contextlib.asynccontextmanager
    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str], **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request, with an identity of its own; what is no success is raised."""
        assert self._session is not None, "it was opened"
        identified = await self._identified(headers)
        with _reaching(self.server):
            async with self._session.request(
                method,
                URL(self.server + path, encoded=True),
                headers=identified,
                allow_redirects=False,
                **options,
            ) as response:
                self.ahead = _ahead(response.headers.get("Date"))
                await _check(response)
                yield response

    async def _identified(self, headers: Mapping[str, str]) -> dict[str, str]:
        token = await self._token()
        return {**headers, "Authorization": f"Bearer {token}"} if token else dict(headers)


async def chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """A body's bytes as they come in."""
    async for chunk in response.content.iter_any():
        yield chunk


@contextlib.contextmanager
def _reaching(server: str) -> Iterator[None]:
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        number = error.os_error.errno
        told = os.strerror(number).lower() if number else str(error.os_error)
        raise NoContact(f"{server} does not answer ({told})") from error
    except TimeoutError as error:
        raise NoContact(f"{server} does not answer in time") from error
    except (aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError) as error:
        told = str(error) or type(error).__name__
        raise NoContact(f"the connection to {server} broke ({told})") from error


async def _check(response: aiohttp.ClientResponse) -> None:
    if response.status < 300:
        return
    if response.status < 400:
        place = response.headers.get("Location", "elsewhere")
        raise Refused(response.status, {"title": f"the server says to ask {place}; use --server"})
    raise refused_by(
        response.status,
        response.reason or "",
        await response.read(),
        response.content_type,
        response.headers.get("Retry-After"),
    )


async def _document(response: aiohttp.ClientResponse, form: Any) -> Any:
    body = await response.read()
    if not body:
        return None
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError as error:
        raise NoContact(f"what answered is no Laneway server: {error}") from error
    except msgspec.DecodeError as error:
        raise NoContact("what answered did not send JSON: is this a Laneway server?") from error


def _ahead(date: str | None) -> timedelta:
    """How far the server's clock is ahead of this one, by its ``Date`` (whole seconds)."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return timedelta()
    ahead = theirs.astimezone(UTC) - utc_now()
    return ahead if abs(ahead) >= timedelta(seconds=2) else timedelta()
