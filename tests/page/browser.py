"""Debian's Chromium, and people who look at the page with it."""

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    async_playwright,
)

PATIENCE = 30_000
"""Milliseconds after which something that must show is taken not to."""

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 740}

# No sandbox: in a container there is none. The rest keeps it from calling its makers.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)
# What Chromium says by itself of every answer that is no 2xx, and of a server that is away.
_EXPECTED = "Failed to load resource"


def chromium() -> str:
    """Where Chromium is: ``CHROMIUM``, or the first that is found.

    Raises:
        FileNotFoundError: there is none.
    """
    given = os.environ.get("CHROMIUM", "")
    found = given or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise FileNotFoundError("there is no Chromium: `make browser` installs Debian's")
    return found


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """A Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=list(_ARGUMENTS)
        )
        yield browser
        await browser.close()


class Visitor:
    """Somebody with a browser of their own: their cookies, their window.

    Attributes:
        page: what they see.
        url: of the server.
        known: the servers that their browser may go to.
        asked: every address that their browser asked for.
        troubles: what must not happen: violations of the policy, errors of scripts, dialogs.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.known = {urlsplit(url).netloc}
        self.asked: list[str] = []
        self.troubles: list[str] = []
        page.context.on("request", self._request)
        page.context.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("dialog", self._dialog)

    async def go(self, path: str = "/") -> None:
        """Open an address of the server, and wait for its heading."""
        await self.page.goto(self.url + path)
        await self.heading.wait_for()

    @property
    def heading(self) -> Locator:
        """What the view is called."""
        return self.page.get_by_role("heading", level=1)

    @property
    def main(self) -> Locator:
        """The view."""
        return self.page.get_by_role("main")

    @property
    def dialog(self) -> Locator:
        """The dialog that is open."""
        return self.page.get_by_role("dialog")

    def button(self, name: Any, *, exact: bool = False) -> Locator:
        """A button."""
        return self.page.get_by_role("button", name=name, exact=exact)

    def link(self, name: Any) -> Locator:
        """A link."""
        return self.page.get_by_role("link", name=name)

    def strangers(self) -> list[str]:
        """What was asked of any other server, by the page or by whatever it loads."""
        return [
            each
            for each in self.asked
            if urlsplit(each).netloc not in self.known
            and not each.startswith(("data:", "blob:", "about:"))
        ]

    async def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """A request as the page's own scripts can make it, whatever the page shows."""
        answer: list[Any] = await self.page.evaluate(
            """async ([method, path, body, headers]) => {
                const session = await (await fetch("/v1/session")).json();
                const said = {...headers};
                if (session.csrf) said["X-CSRF-Token"] = session.csrf;
                if (body !== null) said["Content-Type"] = "application/json";
                const sent = body === null ? undefined : JSON.stringify(body);
                const answer = await fetch(path, {method, headers: said, body: sent});
                const text = await answer.text();
                return [answer.status, text ? JSON.parse(text) : null];
            }""",
            [method, path, body, dict(headers or {})],
        )
        return int(answer[0]), answer[1]

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _EXPECTED not in message.text:
            self.troubles.append(f"{message.type}: {message.text}")

    async def _dialog(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        await dialog.dismiss()


async def visitor(browser: Browser, url: str, **options: Any) -> tuple[Visitor, BrowserContext]:
    """Somebody before a server; options are those of a Playwright context."""
    given = {"viewport": WIDE, "locale": "en-GB", "timezone_id": "Europe/Berlin", **options}
    context = await browser.new_context(**given)
    context.set_default_timeout(PATIENCE)
    return Visitor(await context.new_page(), url), context
