"""Plans as the server has loaded them, and the drivers that perform their actions."""

import asyncio
from collections.abc import Iterator

from aiohttp import web

from laneway.core.model import Plan
from laneway.loading.plans import LoadedPlan
from laneway_server import plan_views, views, wire
from laneway_server.problems import Problem
from laneway_server.services import Catalog

from .route import Answer, Call, Route, answer


async def index(call: Call) -> web.Response:
    """The plans, and the errors of those that did not load."""
    catalog = call.services.plans
    plans = [
        plan_views.plan_entry(offered)
        for name, offered in sorted(catalog.plans.items())
        if sees(call, name)
    ]
    # Who may read nothing learns nothing of files that no rule can name.
    errors = [] if call.visible == () else [*_shown(call, catalog)]
    return answer(wire.PlanList(plans=plans, errors=errors))


def _shown(call: Call, catalog: Catalog) -> Iterator[wire.PlanFileError]:
    """What is wrong with files: those of plans that the caller sees, or of none that is known."""
    for file, found in catalog.errors.items():
        plan = kept(catalog, file)
        if plan is not None and not sees(call, plan.name):
            continue
        for error in found:
            yield plan_views.file_error(error, plan)


def kept(catalog: Catalog, file: str) -> Plan | None:
    """The plan that is offered from a file, though the file may hold another by now."""
    plans = (each.compiled.plan for each in catalog.plans.values() if each.file == file)
    return next(plans, None)


async def read(call: Call) -> web.Response:
    """A plan whole."""
    offered = offered_of(call)
    versions = await call.services.engine.store.plan_versions.all()
    return answer(plan_views.plan_view(offered, versions))


async def proofs(call: Call) -> web.Response:
    """What is proved of a plan; it is looked for beside the event loop."""
    offered = offered_of(call)
    return answer(await asyncio.to_thread(plan_views.knowledge, offered))


async def source(call: Call) -> web.Response:
    """The text of a plan, as it is offered."""
    return answer(plan_views.source_of_offered(offered_of(call)))


async def file(call: Call) -> web.Response:
    """The text of a file of the folder, whether its plan can be used or not."""
    catalog = call.services.plans
    name = call.request.match_info["file"]
    for path in catalog.errors:
        if plan_views.file_name(path) == name:
            return _refused(call, path)
    for offered in catalog.plans.values():
        if plan_views.file_name(offered.file) == name and sees(call, offered.compiled.plan.name):
            return answer(plan_views.source_of_offered(offered))
    raise _no_file(name)


def _refused(call: Call, path: str) -> web.Response:
    catalog = call.services.plans
    plan = kept(catalog, path)
    # What plan a file would hold that never could be used, no rule can name.
    if not (sees(call, plan.name) if plan else _sees_every_plan(call)):
        raise _no_file(plan_views.file_name(path))
    text = catalog.texts.get(path, "")
    return answer(plan_views.source_of_refused(path, text, catalog.errors[path], plan))


def _no_file(name: str) -> Problem:
    return Problem("plan_not_found", f"there is no file {name!r} that you may read")


def sees(call: Call, plan: str) -> bool:
    """Whether the caller may read operations of the plan somewhere."""
    scopes = call.visible
    return scopes is None or any(not scope.plans or plan in scope.plans for scope in scopes)


def plan_of(call: Call) -> Plan:
    """The plan that the address names.

    Raises:
        Problem: ``plan_not_found``, also where the caller may not know of it.
    """
    return offered_of(call).compiled.plan


def offered_of(call: Call) -> LoadedPlan:
    """The same, as it was loaded.

    Raises:
        Problem: ``plan_not_found``, also where the caller may not know of it.
    """
    name = call.request.match_info["name"]
    offered = call.services.plans.offered(name)
    if offered is None or not sees(call, name):
        raise Problem("plan_not_found", f"no plan {name!r} is loaded")
    return offered


def _sees_every_plan(call: Call) -> bool:
    scopes = call.visible
    return scopes is None or any(not scope.plans for scope in scopes)


async def drivers(call: Call) -> web.Response:
    """What the drivers can do."""
    shown = [views.driver_view(descriptor) for descriptor in call.services.drivers]
    return answer(wire.DriverList(drivers=shown))


_PROBLEMS = ("plan_not_found",)

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
        problems=_PROBLEMS,
    ),
    Route(
        method="GET",
        path="/v1/plans/{name}/source",
        handler=source,
        name="readPlanSource",
        tag="plans",
        summary="The text of a plan as it is offered, with what is doubtful about it at its line",
        answers=(Answer(200, "The text.", wire.PlanSource),),
        problems=_PROBLEMS,
        stored=False,
    ),
    Route(
        method="GET",
        path="/v1/plans/{name}/proofs",
        handler=proofs,
        name="readPlanProofs",
        tag="plans",
        summary="What is proved of a plan and known of it: every rule, its facts, and it in words",
        answers=(Answer(200, "What is known.", wire.PlanKnowledge),),
        problems=_PROBLEMS,
        stored=False,
    ),
    Route(
        method="GET",
        path="/v1/plan-files/{file}",
        handler=file,
        name="readPlanFile",
        tag="plans",
        summary="The text of a plan's file, also of one that did not load, with its errors",
        answers=(Answer(200, "The text.", wire.PlanSource),),
        problems=_PROBLEMS,
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
