"""Plans as the server has loaded them, and the drivers that perform their actions."""

from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from laneway.core.model import Plan
from laneway_server import views, wire
from laneway_server.problems import Problem
from laneway_server.services import Catalog

from .route import Answer, Call, Route, answer


async def index(call: Call) -> web.Response:
    """The plans, and the errors of those that did not load."""
    catalog = call.services.plans
    plans = [
        offered.compiled.plan
        for name, offered in sorted(catalog.plans.items())
        if _sees(call, name)
    ]
    # Who may read nothing learns nothing of files that no rule can name.
    errors = [] if call.visible == () else [*_shown(call, catalog)]
    return answer(wire.PlanList(plans=[views.plan_entry(plan) for plan in plans], errors=errors))


def _shown(call: Call, catalog: Catalog) -> Iterator[wire.PlanFileError]:
    """What is wrong with files: those of plans that the caller sees, or of none that is known."""
    kept = {offered.file: offered.compiled.plan for offered in catalog.plans.values()}
    for error in (error for found in catalog.errors.values() for error in found):
        plan = kept.get(error.file)
        if plan is not None and not _sees(call, plan.name):
            continue
        yield wire.PlanFileError(
            file=Path(error.file).name,
            line=error.line,
            column=error.column,
            code=error.code,
            message=error.message,
            hint=error.hint,
            severity=error.severity.value,
            way=error.way,
            kept=views.plan_ref(plan) if plan else None,
        )


async def read(call: Call) -> web.Response:
    """A plan whole."""
    plan = plan_of(call)
    return answer(views.plan_view(plan, await call.services.engine.store.plan_versions.all()))


def _sees(call: Call, plan: str) -> bool:
    """Whether the caller may read operations of the plan somewhere."""
    scopes = call.visible
    return scopes is None or any(not scope.plans or plan in scope.plans for scope in scopes)


def plan_of(call: Call) -> Plan:
    """The plan that the address names.

    Raises:
        Problem: ``plan_not_found``, also where the caller may not know of it.
    """
    name = call.request.match_info["name"]
    offered = call.services.plans.offered(name)
    if offered is None or not _sees(call, name):
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
