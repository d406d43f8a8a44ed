"""Plans as the server has loaded them, and the drivers that perform their actions."""

from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from laneway.core.model import Plan
from laneway.loading.problems import PlanError
from laneway_server import views, wire
from laneway_server.diagram import mermaid
from laneway_server.problems import Problem

from .route import Answer, Call, Route, answer


async def index(call: Call) -> web.Response:
    """The plans, and the errors of those that did not load."""
    catalog = call.services.plans
    plans = [offered.compiled.plan for _, offered in sorted(catalog.plans.items())]
    errors = (error for found in catalog.errors.values() for error in found)
    return answer(
        wire.PlanList(plans=[views.plan_entry(plan) for plan in plans], errors=[*_shown(errors)])
    )


def _shown(errors: Iterator[PlanError]) -> Iterator[wire.PlanFileError]:
    for error in errors:
        yield wire.PlanFileError(
            file=Path(error.file).name,
            line=error.line,
            column=error.column,
            code=error.code,
            message=error.message,
            hint=error.hint,
            severity=error.severity.value,
        )


async def read(call: Call) -> web.Response:
    """A plan whole."""
    return answer(views.plan_view(_plan(call)))


async def diagram(call: Call) -> web.Response:
    """A plan's diagram."""
    return web.Response(text=mermaid(_plan(call)), content_type="text/plain", charset="utf-8")


def _plan(call: Call) -> Plan:
    name = call.request.match_info["name"]
    offered = call.services.plans.offered(name)
    if offered is None:
        raise Problem("plan_not_found", f"no plan {name!r} is loaded")
    return offered.compiled.plan


async def drivers(call: Call) -> web.Response:
    """What the drivers can do."""
    shown = [views.driver_view(descriptor) for descriptor in call.services.drivers]
    return answer(wire.DriverList(drivers=shown))


ROUTES = (
    Route(
        method="GET",
        path="/v1/plans",
        handler=index,
        name="listPlans",
        tag="plans",
        summary="The plans that submissions may name, and the errors of those that did not load",
        answers=(Answer(200, "The plans.", wire.PlanList),),
        stored=False,
    ),
    Route(
        method="GET",
        path="/v1/plans/{name}",
        handler=read,
        name="readPlan",
        tag="plans",
        summary="A plan whole, with the JSON Schema of its request",
        answers=(Answer(200, "The plan.", wire.PlanView),),
        problems=("plan_not_found",),
        stored=False,
    ),
    Route(
        method="GET",
        path="/v1/plans/{name}/diagram",
        handler=diagram,
        name="readPlanDiagram",
        tag="plans",
        summary="A plan's phases and transitions as a Mermaid state diagram",
        answers=(Answer(200, "Mermaid text.", media="text/plain"),),
        problems=("plan_not_found",),
        stored=False,
    ),
    Route(
        method="GET",
        path="/v1/drivers",
        handler=drivers,
        name="listDrivers",
        tag="plans",
        summary="The descriptors of the drivers: their actions, and what each does to the world",
        answers=(Answer(200, "The drivers.", wire.DriverList),),
        stored=False,
    ),
)
