"""Where the bearer token comes from.

A provider is asked anew for every connection: a workflow's token lives for about five minutes, and
an operation for hours.
"""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import aiohttp
from yarl import URL

from .problems import NoContact

TokenProvider = Callable[[], Awaitable[str | None]]
"""Gives the token as it is now, or None where there is none.

Raises `TokenUnavailable` where there never will be one, and `NoContact` where the one who issues it
does not answer.
"""

MINT_TIME = 15.0
"""Seconds that GitHub may take to issue a token."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
_REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"


class TokenUnavailable(Exception):
    """There is no token to be had; the message says what to change."""


async def nobody() -> str | None:
    """No token at all."""
    return None


def static(token: str) -> TokenProvider:
    """Always this token; an empty one is none."""

    async def provide() -> str | None:
        return _checked(token)

    return provide


def environment(name: str = "LANEWAY_TOKEN") -> TokenProvider:
    """What the environment variable holds; none where it is not set."""

    async def provide() -> str | None:
        return _checked(os.environ.get(name, ""))

    return provide


def file(path: Path) -> TokenProvider:
    """What the file holds when it is asked for."""

    async def provide() -> str | None:
        return _checked(_text(path))

    return provide


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TokenUnavailable(f"the token cannot be read from {path}: {error}") from error


class GithubOidc:
    """Identity tokens of the GitHub workflow that this runs in, each minted when it is needed.

    The variables that it goes by are there where the workflow has ``permissions: id-token: write``
    (https://docs.github.com/actions/reference/security/oidc).

    Args:
        audience: whom the token is for: as the server's access file has it.
        environ: where the variables are.
    """

    def __init__(self, audience: str, environ: Mapping[str, str] = os.environ) -> None:
        self._audience = audience
        self._environ = environ

    async def __call__(self) -> str | None:
        """A new token."""
        url, secret = self._environ.get(_REQUEST_URL), self._environ.get(_REQUEST_TOKEN)
        if not url or not secret:
            raise TokenUnavailable(
                "GitHub gives this workflow no identity token: it needs "
                "`permissions: {id-token: write}`, and pull requests of forks never get one"
            )
        return _checked(await self._minted(_safe(url), secret))

    async def _minted(self, url: URL, secret: str) -> str:
        asked = url.update_query({"audience": self._audience})
        headers = {"Authorization": f"bearer {secret}", "Accept": "application/json"}
        waits = aiohttp.ClientTimeout(total=MINT_TIME)
        try:
            async with (
                aiohttp.ClientSession(trust_env=url.host not in LOOPBACK) as http,
                http.get(asked, headers=headers, timeout=waits, allow_redirects=False) as answer,
            ):
                return _token(answer.status, await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            told = str(error) or type(error).__name__
            raise NoContact(f"GitHub issues no identity token ({told})") from error


def _safe(text: str) -> URL:
    """The address that tokens are asked of; the secret is sent to no other machine unencrypted."""
    url = URL(text)
    if url.scheme != "https" and url.host not in LOOPBACK:
        raise TokenUnavailable(f"{_REQUEST_URL} is no https address")
    return url


def _token(status: int, body: bytes) -> str:
    if status == 429 or status >= 500:
        raise NoContact(f"GitHub issues no identity token (HTTP {status})")
    try:
        found = json.loads(body)["value"] if status == 200 else None
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str) or not found:
        raise TokenUnavailable(f"GitHub gives no identity token: it answered HTTP {status}")
    return found


def _checked(text: str) -> str | None:
    token = text.strip()
    if not all(0x20 < ord(character) < 0x7F for character in token):
        raise TokenUnavailable("the token holds characters that no token has")
    return token or None
