"""The page: its files, and the addresses at which it can be entered.

Every address of the page answers the same document; the page finds out from the address what to
show, and asks the public API for it. Whoever does not ask for HTML gets, at ``/``, the list of
links.
"""

from aiohttp import hdrs, web

from laneway_server import forms
from laneway_server.assets import Assets, sent
from laneway_server.problems import Problem

from . import pages
from .route import Answer, Call, Handler, Route

HTML = "text/html"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""What the page may do: run and load what this server serves, and nothing that is inline."""

_PAGE = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}
_assets = Assets()


def wants_html(request: web.Request) -> bool:
    """Whether the caller asks for HTML by name, as browsers do when somebody goes somewhere."""
    accepted = ",".join(request.headers.getall(hdrs.ACCEPT, [])).lower()
    return any(part.partition(";")[0].strip() == HTML for part in accepted.split(","))


async def home(call: Call) -> web.Response:
    """The page; to programs, links."""
    if wants_html(call.request):
        return _index(call, {hdrs.VARY: hdrs.ACCEPT})
    response = await pages.home(call)
    response.headers[hdrs.VARY] = hdrs.ACCEPT
    return response


async def page(call: Call) -> web.Response:
    """The page."""
    return _index(call, {})


def _index(call: Call, headers: dict[str, str]) -> web.Response:
    asset = _assets.find("index.html")
    assert asset is not None, "index.html ships with the server"
    return sent(call.request, asset, _PAGE | headers)


async def asset(call: Call) -> web.Response:
    """A file of the page."""
    found = _assets.find(call.request.match_info["path"])
    if found is None:
        raise Problem("not_found", "the page has no such file")
    return sent(call.request, found, _PAGE)


def _entered(path: str, name: str, summary: str, handler: Handler = page) -> Route:
    """An address at which the page can be entered."""
    return Route(
        method="GET",
        path=path,
        handler=handler,
        name=name,
        tag="pages",
        summary=summary,
        query=forms.PageQuery,
        headers=(("If-None-Match", "The `ETag` that the caller has."),),
        answers=(
            Answer(200, "The page.", media=HTML, headers=(("ETag", "Of its content."),)),
            Answer(304, "It is as the caller has it."),
        ),
        public=True,
        stored=False,
    )


ROUTES = (
    _entered("/", "homePage", "The page: lanes; to programs, where to go on", home),
    _entered("/lanes/{product}/{context}/{instance}", "lanePage", "The page: a lane"),
    _entered("/operations", "operationsPage", "The page: operations, as a filter says"),
    _entered("/operations/{operation}", "operationPage", "The page: an operation"),
    _entered("/plans", "plansPage", "The page: plans"),
    _entered("/plans/{name}", "planPage", "The page: a plan"),
    _entered("/submit", "submitPage", "The page: submit an operation"),
    _entered("/audit", "auditPage", "The page: the audit log"),
    _entered("/signin", "signInPage", "The page: sign in"),
    Route(
        method="GET",
        path="/ui/{path:.+}",
        handler=asset,
        name="pageFile",
        tag="pages",
        summary="A file of the page: a module, a style sheet, a picture",
        query=forms.PageQuery,
        headers=(("If-None-Match", "The `ETag` that the caller has."),),
        answers=(
            Answer(
                200, "The file.", media="text/javascript", headers=(("ETag", "Of its content."),)
            ),
            Answer(200, "The file.", media="text/css"),
            Answer(200, "The file.", media="image/svg+xml"),
            Answer(200, "The file.", media=HTML),
            Answer(304, "It is as the caller has it."),
        ),
        problems=("not_found",),
        public=True,
        stored=False,
    ),
)
