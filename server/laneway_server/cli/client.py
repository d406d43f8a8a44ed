"""The HTTP client of Laneway's API: it knows the calls. Failures are for its caller."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from .problems import NoContact, Refused, refused_by
from .surroundings import utc_now

ANSWER_TIME = 30.0
"""Seconds that an ordinary request may take."""

SILENCE = 45.0
"""Seconds without a byte after which a stream is taken for dead (it says something every 15)."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Answer(msgspec.Struct, frozen=True):
    """A successful answer. ``replayed``: the submission was there before."""

    status: int
    document: Any
    replayed: bool = False


class Client:
    """Calls one server.

    Every call raises `Refused` where the server said no, and `NoContact` where it was not reached.

    Attributes:
        ahead: how much the server's clock is ahead of this one; nothing where it is under 2 s,
            which is what its ``Date`` header cannot tell.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        server: str,
        token: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._session = session
        self._token = token
        self.server = server.rstrip("/")
        self.ahead = timedelta()

    async def submit(self, body: Mapping[str, Any], key: str) -> Answer:
        """Submit an operation under an idempotency key."""
        return await self._call("POST", "/v1/operations", body, {"Idempotency-Key": key})

    async def retry(self, operation: str, body: Mapping[str, Any], key: str) -> Answer:
        """Make an operation that takes another one up again."""
        path = f"/v1/operations/{_part(operation)}/retry"
        return await self._call("POST", path, body, {"Idempotency-Key": key})

    async def operation(self, operation: str) -> Any:
        """An operation as it is now."""
        return (await self._call("GET", f"/v1/operations/{_part(operation)}")).document

    async def operations(self, filters: Mapping[str, str]) -> Any:
        """A page of the list of operations."""
        return (await self._call("GET", "/v1/operations", query=filters)).document

    async def tell(self, operation: str, verb: str, body: Mapping[str, Any]) -> Any:
        """Do something to an operation; ``verb`` is the last part of the path."""
        path = f"/v1/operations/{_part(operation)}/{verb}"
        return (await self._call("POST", path, body)).document

    async def lane(self, lane: str) -> Any:
        """A lane as it is now; ``lane`` is ``product/context/instance``."""
        return (await self._call("GET", f"/v1/lanes/{_parts(lane)}")).document

    async def tell_lane(self, lane: str, verb: str, body: Mapping[str, Any]) -> Any:
        """``freeze`` or ``unfreeze`` a lane."""
        return (await self._call("POST", f"/v1/lanes/{_parts(lane)}/{verb}", body)).document

    async def plans(self) -> Any:
        """The plans that the server offers, and the errors of those it does not."""
        return (await self._call("GET", "/v1/plans")).document

    @contextlib.asynccontextmanager
    async def stream(
        self, operation: str, after: int
    ) -> AsyncIterator[AsyncIterator[bytes] | None]:
        """The events after a seq, as bytes of an event stream; None where there will be no more."""
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        path = f"/v1/operations/{_part(operation)}/events"
        waits = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE)
        async with self._request("GET", path, headers=headers, timeout=waits) as response:
            if response.status == 204:
                yield None
                return
            if response.content_type != "text/event-stream":
                raise NoContact(f"asked for an event stream, got {response.content_type}")
            yield _chunks(response)

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = None if body is None else msgspec.json.encode(body)
        kind = {"Content-Type": "application/json"} if sent is not None else {}
        given = {"Accept": "application/json", **kind, **(headers or {})}
        waits = aiohttp.ClientTimeout(total=ANSWER_TIME, sock_connect=10)
        call = self._request(
            method, path, headers=given, timeout=waits, data=sent, params=dict(query or {})
        )
        async with call as response:
            replayed = response.headers.get("Idempotent-Replayed", "") == "true"
            return Answer(response.status, await _document(response), replayed)

    @contextlib.asynccontextmanager
    async def _request(
        self, method: str, path: str, *, headers: Mapping[str, str], **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        with _reaching(self.server):
            async with self._session.request(
                method,
                URL(self.server + path, encoded=True),
                headers=self._identified(headers),
                allow_redirects=False,
                **options,
            ) as response:
                self.ahead = _ahead(response.headers.get("Date"))
                await _check(response)
                yield response

    def _identified(self, headers: Mapping[str, str]) -> dict[str, str]:
        # Asked for anew each time: a workflow's token lives five minutes, and is rewritten then.
        token = self._token()
        return {**headers, "Authorization": f"Bearer {token}"} if token else dict(headers)


@contextlib.asynccontextmanager
async def connected(
    server: str, token: Callable[[], str | None] = lambda: None
) -> AsyncIterator[Client]:
    """A client, and the connections it uses; proxies of the environment are for other machines."""
    elsewhere = URL(server).host not in _LOOPBACK
    async with aiohttp.ClientSession(trust_env=elsewhere) as session:
        yield Client(session, server, token)


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


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for chunk in response.content.iter_any():
        yield chunk


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


async def _document(response: aiohttp.ClientResponse) -> Any:
    body = await response.read()
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
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


def _part(text: str) -> str:
    return quote(text, safe="")


def _parts(path: str) -> str:
    return "/".join(_part(part) for part in path.split("/"))
