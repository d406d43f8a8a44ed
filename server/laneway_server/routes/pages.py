"""Pages for people: what this is, and what each problem means. The OpenAPI document is here too."""

import re
from html import escape

import msgspec
from aiohttp import web

import laneway
from laneway_server.problem_table import ProblemKind
from laneway_server.problems import PROBLEMS, Problem

from .route import JSON, Answer, Call, Handler, Route

OPENAPI = web.AppKey("openapi", bytes)
"""The OpenAPI document, made once from every route."""

_HTML = "text/html"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;"
    "color:#1b1f24;background:#fff}code,pre{background:#f2f4f7;border-radius:4px;padding:.1em .3em}"
    "pre{padding:1em;overflow-x:auto}a{color:#0b57d0}dt{font-weight:600;margin-top:1em}"
    "@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#15181c}"
    "code,pre{background:#23272d}a{color:#8ab4f8}}"
)

_LINKS = (
    ("/v1/lanes", "lanes, who holds them, and who waits"),
    ("/v1/operations", "operations, newest first"),
    ("/v1/plans", "plans that are loaded, and the errors of those that are not"),
    ("/v1/drivers", "drivers and their actions"),
    ("/v1/ready", "whether the server is ready"),
    ("/openapi.json", "the HTTP interface, as OpenAPI 3.1"),
    ("/problems", "every problem that the server answers with"),
)


def _page(title: str, body: str) -> web.Response:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, content_type=_HTML, charset="utf-8", headers=headers)


async def home(call: Call) -> web.Response:
    """What this is, and where to go on: for programs; see ``ui`` for people's page."""
    links = "".join(
        f'<dt><a href="{path}">{path}</a></dt><dd>{escape(text)}</dd>' for path, text in _LINKS
    )
    about = (
        "<p>Laneway runs durable operations: long, destructive deployment work, written down"
        " before it is done, one at a time per lane.</p>"
        f"<p>This is version {escape(laneway.__version__)}.</p>"
    )
    follow = f"<pre>curl -N {escape(_origin(call.request))}/v1/events</pre>"
    return _page("Laneway", f"{about}<dl>{links}</dl><p>What happens, as it happens:</p>{follow}")


def _origin(request: web.Request) -> str:
    try:
        return str(request.url.origin())
    except ValueError:  # a host that is none
        return "http://SERVER"


async def problems(call: Call) -> web.Response:
    """Every problem there is."""
    rows = "".join(
        f'<dt><a href="{kind.path}">{kind.code}</a> ({kind.status})</dt>'
        f"<dd>{escape(kind.title)}</dd>"
        for kind in PROBLEMS.values()
    )
    return _page(
        "Problems", f"<p>What the server answers instead of what was asked.</p><dl>{rows}</dl>"
    )


async def problem(call: Call) -> web.Response:
    """What a problem means, and what to do about it."""
    kind = PROBLEMS.get(call.request.match_info["code"])
    if kind is None:
        raise Problem("not_found", "there is no problem of that code: see /problems")
    return _page(kind.title, _explained(kind))


def _explained(kind: ProblemKind) -> str:
    terms = [
        ("Code", f"<code>{kind.code}</code>, with HTTP status {kind.status}"),
        ("What it means", _prose(kind.meaning)),
        ("What to do", _prose(kind.remedy)),
    ]
    if kind.retry_after is not None:
        terms.append(("When", f"The Retry-After header says {kind.retry_after} seconds."))
    items = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in terms)
    return f'<dl>{items}</dl><p><a href="/problems">All problems</a></p>'


def _prose(text: str) -> str:
    """Text in which code stands between backticks."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


async def openapi(call: Call) -> web.Response:
    """The OpenAPI document."""
    return web.Response(body=call.request.app[OPENAPI], content_type=JSON)


def _html(path: str, handler: Handler, summary: str, *codes: str) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        name=f"{handler.__name__}Page",
        tag="pages",
        summary=summary,
        answers=(Answer(200, "A page.", media=_HTML),),
        problems=codes,
        public=True,
        stored=False,
    )


class Document(msgspec.Struct):
    """An OpenAPI document; see the OpenAPI specification for what it holds."""

    openapi: str


ROUTES = (
    _html("/problems", problems, "Every problem that the server answers with"),
    _html("/problems/{code}", problem, "What a problem means and what to do", "not_found"),
    Route(
        method="GET",
        path="/openapi.json",
        handler=openapi,
        name="openapi",
        tag="server",
        summary="This document",
        answers=(Answer(200, "OpenAPI 3.1.", Document),),
        public=True,
        stored=False,
    ),
)
