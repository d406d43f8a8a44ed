"""The HTML pages of a simulated Odoo and of the proxy in front of it."""

from __future__ import annotations

from html import escape

from aiohttp import web

PREVIEW_MARKER = '<meta name="launchplane-preview" content="pr-42"/>'
"""What a page carries that was built for a preview and never replaced."""


def login_page(*, host: str, canonical: str | None, preview: bool) -> web.Response:
    """The login page.

    Args:
        host: the Host header, which `og:url` follows.
        canonical: the base URL of the canonical link; None where nothing advertises one.
        preview: whether the page carries the marker of a preview.
    """
    head = ["<title>Login | Odoo</title>"]
    if canonical is not None:
        head.append(f'<meta property="og:url" content="http://{escape(host)}/web/login"/>')
        head.append(f'<link rel="canonical" href="{escape(canonical)}/web/login"/>')
    if preview:
        head.append(PREVIEW_MARKER)
    return _page(200, "\n".join(head), '<form class="oe_login_form" method="post"></form>')


def database_selector(names: list[str]) -> web.Response:
    """The page where a person picks a database."""
    links = "".join(f'<a href="/odoo?db={escape(name)}">{escape(name)}</a>' for name in names)
    return _page(200, "<title>Odoo</title>", links)


def internal_server_error() -> web.Response:
    """What every route answers for a database that is not initialised."""
    text = "<h1>Internal Server Error</h1><p>The server encountered an internal error.</p>"
    return _page(500, "<title>500 Internal Server Error</title>", text)


def not_found() -> web.Response:
    """What Odoo answers for a route that it does not know."""
    return _page(404, "<title>404 Not Found</title>", "<h1>Not Found</h1>")


def stopped_container() -> web.Response:
    """What the proxy answers for a container that does not run."""
    return web.Response(status=404, text="404 page not found\n", content_type="text/plain")


def bad_gateway() -> web.Response:
    """What the proxy answers for a container that does not take its call."""
    return web.Response(status=502, text="Bad Gateway", content_type="text/plain")


def _page(status: int, head: str, body: str) -> web.Response:
    lines = ("<!DOCTYPE html>", "<html>", "<head>", head, "</head>", "<body>", body, "</body>")
    text = "\n".join((*lines, "</html>"))
    return web.Response(status=status, text=text, content_type="text/html")
