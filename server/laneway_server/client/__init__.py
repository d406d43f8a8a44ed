"""An asynchronous client of Laneway's HTTP API, on aiohttp.

    from laneway_server.client import GithubOidc, LanewayClient

    async with LanewayClient("https://laneway.example", GithubOidc("laneway")) as client:
        answer = await client.submit({"plan": …, "lane": {…}, "request": {…}}, key="…")
        async for event in client.watch(answer.document["id"]):
            print(event.seq, event.type, event.phase)

It keeps at it through lost connections, restarts and deploys, and through proxies that break
streams. It imports nothing else of Laneway, and no terminal.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import LanewayClient
    from .connection import Answer
    from .follow import Follower, Observer
    from .patience import LostContact, Patience
    from .problems import NoContact, Refused
    from .snapshots import Event, Snapshot
    from .surroundings import Surroundings
    from .tokens import GithubOidc, TokenProvider, TokenUnavailable, environment, file, static

__all__ = [
    "Answer",
    "Event",
    "Follower",
    "GithubOidc",
    "LanewayClient",
    "LostContact",
    "NoContact",
    "Observer",
    "Patience",
    "Refused",
    "Snapshot",
    "Surroundings",
    "TokenProvider",
    "TokenUnavailable",
    "environment",
    "file",
    "static",
]

_HOME = {
    "LanewayClient": "client",
    "Answer": "connection",
    "Follower": "follow",
    "Observer": "follow",
    "LostContact": "patience",
    "Patience": "patience",
    "NoContact": "problems",
    "Refused": "problems",
    "Event": "snapshots",
    "Snapshot": "snapshots",
    "Surroundings": "surroundings",
}


def __getattr__(name: str) -> object:
    # Imported when asked for: a command that only needs a type starts without aiohttp.
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'tokens')}"), name)
