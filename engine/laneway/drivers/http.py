"""The HTTP client that the drivers share: strict where a browser is lenient.

TLS certificates are verified, every call has a time limit, every answer a size limit, redirects are
not followed unless the call allows it (and then only within the same origin), there are no cookies,
and proxies or credentials of the environment are not used.
"""

import ssl
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec

from laneway import __version__
from laneway.drivers.addresses import AddressRefusedError, CheckedResolver, check_literal
from laneway.ports.driver import ActionFailed

REDIRECTS = frozenset({301, 302, 303, 307, 308})
NO_LIMIT = 0
_CHUNK = 65_536
_FOLLOWING = ("GET", "HEAD")


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a client.

    Attributes:
        connect_ms: for opening a connection.
        total_ms: for a whole call, where the call does not say otherwise.
        max_bytes: of an answer's body.
        allow_private_addresses: whether private and loopback addresses may be connected to.
    """

    connect_ms: int = 10_000
    total_ms: int = 30_000
    max_bytes: int = 2_097_152
    allow_private_addresses: bool = True


class HttpProblem(StrEnum):
    """What kept an answer from coming."""

    UNREACHABLE = "unreachable"
    TLS_FAILED = "tls_failed"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    RESPONSE_TOO_LARGE = "response_too_large"
    INVALID_REQUEST = "invalid_request"


_NOT_SENT = frozenset(
    {
        HttpProblem.UNREACHABLE,
        HttpProblem.TLS_FAILED,
        HttpProblem.ADDRESS_NOT_ALLOWED,
        HttpProblem.INVALID_REQUEST,
    }
)
_RETRY_CLASSES = {
    HttpProblem.UNREACHABLE: "unavailable",
    HttpProblem.CONNECTION_LOST: "unavailable",
    HttpProblem.TIMEOUT: "timeout",
}


class HttpFailed(Exception):
    """A call ended without a whole answer.

    Attributes:
        sent: False where it is certain that the request never left.
        retry_class: as a plan's ``retry.on`` names it.
    """

    def __init__(self, problem: HttpProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem
        self.sent = problem not in _NOT_SENT
        self.retry_class = _RETRY_CLASSES.get(problem, "invalid")

    def as_action_failed(self) -> ActionFailed:
        """The failure as an attempt's, for calls that change nothing."""
        return ActionFailed(self.problem.value, str(self), retry_class=self.retry_class)


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer.

    Attributes:
        url: the one that answered.
        location: a redirect's, or empty.
        headers: by their names in lower case; one that came several times is joined by commas.
    """

    url: str
    status: int
    content_type: str
    location: str
    body: bytes
    headers: dict[str, str] = {}

    @property
    def text(self) -> str:
        """The body as UTF-8; bytes that are not are replaced."""
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is not JSON.
        """
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise ValueError("the body is not JSON") from error


class HttpClient:
    """A pool of connections with limits; `start` it before use and `stop` it after."""

    def __init__(self, settings: HttpSettings | None = None) -> None:
        self.settings = settings or HttpSettings()
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the pool."""
        self._session = self._new_session(force_close=False)

    async def stop(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
        total_ms: int | None = None,
        max_bytes: int | None = None,
        redirects: int = 0,
    ) -> HttpResponse:
        """Make a call over a pooled connection.

        Args:
            method: the HTTP method.
            url: absolute.
            headers: to add.
            query: parameters to add to the URL.
            json: the body; None for none.
            form: the body as a form, in place of JSON.
            total_ms: limit for each exchange; 0 for none.
            max_bytes: of the answer's body, where less is allowed than by the client's settings.
            redirects: how many may be followed, within the same origin; only for GET and HEAD.

        Raises:
            HttpFailed: no whole answer came.
        """
        if self._session is None:
            raise RuntimeError("the HTTP client has not been started")
        call = _Call(method, url, dict(headers or {}), dict(query or {}), json, total_ms, max_bytes)
        if form is not None:
            call = msgspec.structs.replace(call, form=dict(form))
        response = await self._once(self._session, call)
        while redirects and method in _FOLLOWING and _leads_on(response):
            redirects -= 1
            onward = urljoin(response.url, response.location)
            call = msgspec.structs.replace(call, url=onward, query={})
            response = await self._once(self._session, call)
        return response

    async def request_once(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: object,
        total_ms: int,
        max_bytes: int | None = None,
    ) -> HttpResponse:
        """Make a call over a new connection of its own, which is closed after it.

        A pooled connection may have been closed by the other side meanwhile, and then nobody can
        tell whether the request arrived. Calls that must not be made twice avoid that. Nor is a
        request sent a second time where the connection is lost, as aiohttp does with a PUT.

        Raises:
            HttpFailed: no whole answer came; `HttpFailed.sent` tells whether it may have arrived.
        """
        call = _Call(method, url, dict(headers), {}, json, total_ms, max_bytes)
        async with self._new_session(force_close=True, middlewares=(_Once(),)) as session:
            return await self._once(session, call)

    async def _once(self, session: aiohttp.ClientSession, call: "_Call") -> HttpResponse:
        try:
            self._check(call.url)
            return await self._send(session, call)
        except HttpFailed:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            problem = _classify(error)
            raise HttpFailed(problem, _sentence(problem, call)) from error

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise aiohttp.InvalidURL(url)
        check_literal(parts.hostname, allow_private=self.settings.allow_private_addresses)

    async def _send(self, session: aiohttp.ClientSession, call: "_Call") -> HttpResponse:
        async with session.request(
            call.method,
            call.url,
            headers=call.headers,
            params=call.query or None,
            json=call.json,
            data=call.form,
            allow_redirects=False,
            timeout=self._timeout(call.total_ms),
        ) as response:
            return HttpResponse(
                url=str(response.url),
                status=response.status,
                content_type=response.headers.get("Content-Type", ""),
                location=response.headers.get("Location", ""),
                body=await self._body(response, call),
                headers=_joined(response),
            )

    async def _body(self, response: aiohttp.ClientResponse, call: "_Call") -> bytes:
        body = bytearray()
        limit = self.settings.max_bytes
        limit = min(limit, call.max_bytes) if call.max_bytes is not None else limit
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > limit:
                problem = HttpProblem.RESPONSE_TOO_LARGE
                raise HttpFailed(problem, _sentence(problem, call))
        return bytes(body)

    def _timeout(self, total_ms: int | None) -> aiohttp.ClientTimeout:
        total = self.settings.total_ms if total_ms is None else total_ms
        return aiohttp.ClientTimeout(
            total=None if total == NO_LIMIT else total / 1_000,
            sock_connect=self.settings.connect_ms / 1_000,
        )

    def _new_session(
        self, *, force_close: bool, middlewares: Sequence[aiohttp.ClientMiddlewareType] = ()
    ) -> aiohttp.ClientSession:
        resolver = CheckedResolver(allow_private=self.settings.allow_private_addresses)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, force_close=force_close),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"laneway/{__version__}"},
            middlewares=middlewares,
            trust_env=False,
        )


class _Once:
    """Lets one request out, and holds back what aiohttp would send again."""

    def __init__(self) -> None:
        self._sent = False

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._sent:
            raise aiohttp.ClientConnectionError("the connection was lost")
        self._sent = True
        return await handler(request)


class _Call(msgspec.Struct, frozen=True):
    method: str
    url: str
    headers: dict[str, str]
    query: dict[str, str] = {}
    json: object = None
    total_ms: int | None = None
    max_bytes: int | None = None
    form: dict[str, str] | None = None


def status_retry_class(status: int) -> str:
    """The retry class of an HTTP status that is not a success."""
    if status in (408, 504, 524):
        return "timeout"
    if status == 429:
        return "rate_limited"
    return "unavailable" if status >= 500 else "invalid"


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs have the same scheme, host and port."""
    return origin(one) == origin(other)


def origin(url: str) -> tuple[str, str, int]:
    """The scheme, host and port of a URL, the port as it is where none is written."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
    return parts.scheme.lower(), (parts.hostname or "").lower(), port


def _joined(response: aiohttp.ClientResponse) -> dict[str, str]:
    headers = response.headers
    return {name.lower(): ", ".join(headers.getall(name)) for name in headers}


def _leads_on(response: HttpResponse) -> bool:
    if response.status not in REDIRECTS or not response.location:
        return False
    try:
        return same_origin(response.url, urljoin(response.url, response.location))
    except ValueError:  # a location that is no URL leads nowhere
        return False


def _classify(error: Exception) -> HttpProblem:
    if isinstance(error, AddressRefusedError | aiohttp.ClientConnectorDNSError):
        cause = getattr(error, "os_error", error)
        refused = isinstance(cause, AddressRefusedError)
        return HttpProblem.ADDRESS_NOT_ALLOWED if refused else HttpProblem.UNREACHABLE
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return HttpProblem.TLS_FAILED
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return HttpProblem.UNREACHABLE
    if isinstance(error, TimeoutError):
        return HttpProblem.TIMEOUT
    if isinstance(error, ValueError):
        return HttpProblem.INVALID_REQUEST
    return HttpProblem.CONNECTION_LOST


_SENTENCES = {
    HttpProblem.UNREACHABLE: "could not be reached",
    HttpProblem.TLS_FAILED: "has no TLS certificate that can be trusted",
    HttpProblem.ADDRESS_NOT_ALLOWED: "leads to an address that may not be connected to",
    HttpProblem.TIMEOUT: "did not answer in time",
    HttpProblem.CONNECTION_LOST: "closed the connection before it had answered",
    HttpProblem.RESPONSE_TOO_LARGE: "answered with more than may be read",
    HttpProblem.INVALID_REQUEST: "is not a request that can be sent",
}


def _sentence(problem: HttpProblem, call: _Call) -> str:
    """What happened, naming the host and path: never the query or what was sent."""
    place = call.url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = place.partition("://")
    place = f"{scheme}{separator}{rest.rpartition('@')[2]}"
    return f"{call.method} {place}: {_SENTENCES[problem]}"
