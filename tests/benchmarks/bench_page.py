"""The page's list of 1,000 lanes in Chromium: how soon it is seen.

Every lane has been used; some are held by operations that wait for an approval. What is measured is
what the reader sees: from the beginning of the navigation until a frame with the rows that fill the
window was painted, with nothing in the browser's cache ("first") and with everything in it
("again"). The ceiling is the list's own request, from the same page.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from playwright.async_api import Browser, BrowserContext, Page

from tests.page.browser import launched

from .frame.results import Result, Target, result
from .frame.running import Options, main, undisturbed
from .load.server import Server, connection, get, post, serving, submission
from .load.wire import Connection

HELD = 4
"""Of so many lanes one is held."""

# A frame is painted when a task runs that was made in the frame before it.
_WATCH = """
  window.seen = {};
  const painted = (name) => requestAnimationFrame(() => setTimeout(() => {
    window.seen[name] ??= performance.now();
  }));
  const look = () => {
    const rows = document.getElementsByClassName("lane-row");
    if (rows.length && rows[rows.length - 1].getBoundingClientRect().bottom >= innerHeight) {
      painted("view");
    }
    if (rows.length >= LANES) painted("all");
  };
  new MutationObserver(look).observe(document, {childList: true, subtree: true});
"""


async def run(options: Options) -> list[Result]:
    """Every figure of the page."""
    lanes = options.some(1_000, 100)
    documents = [asking()]
    async with serving(options.folder, lanes=lanes, documents=documents) as server:
        await _fill(server, lanes)
        async with launched() as browser:
            await _looked(browser, server, lanes)  # warms up
            return await _measured(options, browser, server, lanes)


def asking() -> dict[str, Any]:
    """A plan that waits for an approval, and then is over."""
    ask = {
        "title": "Approval by a release manager",
        "approval": {"role": "release-manager", "expires": "7d", "allow_requester": True},
        "on": {"approved": "pass", "rejected": "refused", "expired": "refused"},
    }
    ends = {"pass": {"end": "pass"}, "refused": {"end": "refused"}}
    document = {"plan": "ask", "version": 1, "title": "Benchmark: ask", "start": "ask"}
    return document | {"phases": {"ask": ask} | ends}


async def _fill(server: Server, lanes: int) -> None:
    """Two operations on each lane: one that has passed, and on some one that waits."""
    async with connection(server.port) as http:
        for number in range(lanes):
            asked = await http.request(submission(f"first-{number}", number, "ask"))
            await _approve(http, msgspec.json.decode(asked.body))
            if number % HELD == 0:
                await http.request(submission(f"second-{number}", number, "ask"))


async def _approve(http: Connection, operation: dict[str, Any]) -> None:
    path = f"/v1/operations/{operation['id']}"
    while not (approval := operation["phases"][0].get("approval")):
        operation = msgspec.json.decode((await http.request(get(path))).body)
    body = {"phase": "ask", "decision": "approve", "digest": approval["digest"]}
    await http.request(post(f"{path}/approvals", body))


async def _measured(options: Options, browser: Browser, server: Server, lanes: int) -> list[Result]:
    times: dict[str, list[float]] = {"first": [], "again": [], "all": [], "request": []}
    for _ in range(options.rounds * options.some(3, 1)):
        with undisturbed():
            for name, value in (await _looked(browser, server, lanes)).items():
                times[name].append(value)
    return _told(times, lanes)


def _told(times: dict[str, list[float]], lanes: int) -> list[Result]:
    def told(name: str, figure: str, *targets: Target) -> Result:
        against = "the request of all lanes, from the page"
        ceilings = times["request"]
        return result(
            name, "ms", times[figure], ceilings=ceilings, against=against, targets=targets
        )

    soon = Target(most=300)
    return [
        told(f"first view of {lanes:,} lanes", "first", soon),
        told(f"view of {lanes:,} lanes, cached", "again", soon),
        told(f"{lanes:,} lanes in the document", "all"),
    ]


async def _looked(browser: Browser, server: Server, lanes: int) -> dict[str, float]:
    """Milliseconds of one reader who comes for the first time, and comes again."""
    url = f"http://127.0.0.1:{server.port}/"
    async with _reader(browser, lanes) as page:
        first = await _opened(page, url)
        asked = await page.evaluate(_REQUEST)
        again = await _opened(page, url)
    return {
        "first": first["view"],
        "all": first["all"],
        "again": again["view"],
        "request": float(asked),
    }


_SEEN = """() => new Promise((done) => {
  const look = () => window.seen.all && window.seen.view ? done(window.seen) : setTimeout(look, 10);
  look();
})"""
_REQUEST = """async () => {
  const begin = performance.now();
  await (await fetch("/v1/lanes?limit=1000")).json();
  return performance.now() - begin;
}"""


@asynccontextmanager
async def _reader(browser: Browser, lanes: int) -> AsyncIterator[Page]:
    context: BrowserContext = await browser.new_context(viewport={"width": 1280, "height": 800})
    await context.add_init_script(_WATCH.replace("LANES", str(lanes)))
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def _opened(page: Page, url: str) -> dict[str, float]:
    await page.goto(url)
    seen: dict[str, float] = await page.evaluate(_SEEN)
    return seen


if __name__ == "__main__":
    main(run)
