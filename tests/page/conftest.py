"""One Chromium for each worker, and people with windows of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from .browser import PATIENCE, Visitor, launched, visitor
from .stages import Stage, demo, guarded

Visit = Callable[..., Awaitable[Visitor]]

expect.set_options(timeout=PATIENCE)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser) -> AsyncIterator[Visit]:
    """Lets somebody look at a server; at the end, nothing has happened that never must."""
    visitors: list[tuple[Visitor, BrowserContext]] = []

    async def come(url: str, path: str = "/", **options: Any) -> Visitor:
        visitors.append(await visitor(chromium, url, **options))
        await visitors[-1][0].go(path)
        return visitors[-1][0]

    yield come
    for _, context in visitors:
        await context.close()
    assert [each.troubles for each, _ in visitors] == [[] for _ in visitors]
    assert [each.strangers() for each, _ in visitors] == [[] for _ in visitors]


@pytest_asyncio.fixture(loop_scope="session")
async def shown(tmp_path: Path) -> AsyncIterator[Stage]:
    """The demo."""
    async with demo(tmp_path) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def kept(tmp_path: Path) -> AsyncIterator[Stage]:
    """A server that goes by an access file."""
    async with guarded(tmp_path) as stage:
        yield stage
