"""Pictures of plans, and of the paths that operations take through them."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

from aiohttp import hdrs, web

from laneway.core.model import Plan
from laneway.diagram import Overlay, mermaid, overlay, svg, text
from laneway.diagram.style import POLICY
from laneway_server import forms
from laneway_server.access.ruling import Act

from .plans import plan_of
from .route import Answer, Call, Route

SVG = "image/svg+xml"
PLAIN = "text/plain"

_SVG_HEADERS = {"Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'"}
_ACCEPT = ("Accept", f"`{SVG}`, or `{PLAIN}` for Mermaid; `format` goes before it.")
_ANSWERS = (
    Answer(200, "The picture.", media=SVG),
    Answer(200, "Mermaid text, or a picture in characters.", media=PLAIN),
)

Path = Callable[[], Overlay | None]
"""Makes the path to be shown; that may take a while."""


async def of_plan(call: Call) -> web.Response:
    """A plan's picture."""
    return await _drawn(call, plan_of(call), lambda: None)


async def of_operation(call: Call) -> web.Response:
    """The picture of the plan that an operation was accepted under, with the operation's path."""
    services = call.services
    plan = (await services.engine.operation(call.id)).plan.plan
    events = await services.engine.store.events(call.id)
    now = services.clock.now()
    return await _drawn(call, plan, lambda: overlay(plan, events, now))


async def _drawn(call: Call, plan: Plan, path: Path) -> web.Response:
    """The picture in the form that is asked for; drawn beside the event loop."""
    asked: forms.DiagramQuery = call.query
    form = asked.format or ("svg" if _prefers_svg(call.request) else "mermaid")
    drawn = await asyncio.to_thread(lambda: _FORMS[form](plan, path(), asked))
    headers = {hdrs.CACHE_CONTROL: "no-cache", hdrs.VARY: hdrs.ACCEPT}
    return web.Response(
        text=drawn,
        content_type=SVG if form == "svg" else PLAIN,
        charset="utf-8",
        headers=headers | (_SVG_HEADERS if form == "svg" else {}),
    )


def _text(plan: Plan, path: Overlay | None, asked: forms.DiagramQuery) -> str:
    return text(plan, path, asked.width, only_ascii=asked.ascii, colours=asked.colours)


_FORMS: Mapping[str, Callable[[Plan, Overlay | None, forms.DiagramQuery], str]] = {
    "svg": lambda plan, path, asked: svg(plan, path),
    "mermaid": lambda plan, path, asked: mermaid(plan, path),
    "text": _text,
}


def _prefers_svg(request: web.Request) -> bool:
    """Whether the caller would rather have the picture than its text, or says nothing of it."""
    weights = dict(_accepted(request))
    plain = max(weights.get(PLAIN, 0.0), weights.get("text/*", 0.0))
    picture = max(weights.get(media, 0.0) for media in (SVG, "image/*", "*/*"))
    return picture >= plain


def _accepted(request: web.Request) -> Iterator[tuple[str, float]]:
    for item in ",".join(request.headers.getall(hdrs.ACCEPT, [])).split(","):
        media, *parameters = (part.strip().lower() for part in item.split(";"))
        weights = [part[2:] for part in parameters if part.startswith("q=")]
        yield media, _weight(weights[0]) if weights else 1.0


def _weight(said: str) -> float:
    try:
        return float(said)
    except ValueError:
        return 0.0


ROUTES = (
    Route(
        method="GET",
        path="/v1/plans/{name}/diagram",
        handler=of_plan,
        name="readPlanDiagram",
        tag="plans",
        summary="A picture of a plan: its phases and transitions, as SVG, Mermaid or text",
        query=forms.DiagramQuery,
        headers=(_ACCEPT,),
        answers=_ANSWERS,
        problems=("plan_not_found",),
        stored=False,
    ),
    Route(
        method="GET",
        path="/v1/operations/{id}/diagram",
        handler=of_operation,
        act=Act.READ,
        name="readOperationDiagram",
        tag="operations",
        summary="A picture of the operation's plan, with the path that the operation took",
        query=forms.DiagramQuery,
        headers=(_ACCEPT,),
        answers=_ANSWERS,
        problems=("not_found",),
    ),
)
