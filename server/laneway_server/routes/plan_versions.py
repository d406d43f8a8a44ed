"""The versions of plans: what each was, and what one does differently from another."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from laneway.core.compile import compile_plan
from laneway.core.differences import difference
from laneway.ports.plan_versions import PlanContent, PlanVersion
from laneway_server import forms, plan_views, wire
from laneway_server.problems import Problem

from .plans import sees
from .route import Answer, Call, Route, answer


async def index(call: Call) -> web.Response:
    """Every version of a plan."""
    versions = await _versions(call)
    kept = await call.services.engine.store.plan_versions.kept()
    shown = [
        wire.PlanVersionEntry(
            version=each.version,
            digest=each.digest,
            first_seen_at=each.first_seen_at,
            offered=_is_offered(call, each),
            kept=each.digest in kept,
        )
        for each in versions
    ]
    return answer(wire.PlanVersionList(name=call.request.match_info["name"], versions=shown))


async def read(call: Call) -> web.Response:
    """A version of a plan."""
    found = _named(await _versions(call), call.request.match_info["version"])
    content = await _content(call, found)
    return answer(
        wire.PlanVersionWhole(
            version=found.version,
            digest=found.digest,
            first_seen_at=found.first_seen_at,
            offered=_is_offered(call, found),
            kept=True,
            name=found.name,
            title=str(content.document.get("title", found.name)),
            text=content.source,
            document=content.document,
        )
    )


async def compare(call: Call) -> web.Response:
    """What a version does differently from another; looked for beside the event loop."""
    asked: forms.DifferenceQuery = call.query
    versions = await _versions(call)
    old = await _content(call, _named(versions, asked.from_))
    new = await _content(call, _named(versions, asked.to))
    return answer(await asyncio.to_thread(_compared, old, new))


def _compared(old: PlanContent, new: PlanContent) -> wire.PlanDifference:
    plans = [compile_plan(each.document, each.actions).plan for each in (old, new)]
    return plan_views.difference_view(difference(*plans), old.source, new.source)


async def _versions(call: Call) -> Sequence[PlanVersion]:
    """The versions of the plan that the address names, newest first.

    Raises:
        Problem: ``plan_not_found``, also where the caller may not know of it.
    """
    name = call.request.match_info["name"]
    every = await call.services.engine.store.plan_versions.all()
    found = [each for each in reversed(every) if each.name == name]
    if not found or not sees(call, name):
        raise Problem("plan_not_found", f"no version of a plan {name!r} was loaded")
    return found


def _named(versions: Sequence[PlanVersion], which: str) -> PlanVersion:
    for each in versions:
        if which in (each.digest, str(each.version)):
            return each
    raise Problem("plan_not_found", f"{versions[0].name} has no version {which}")


async def _content(call: Call, version: PlanVersion) -> PlanContent:
    content = await call.services.engine.store.plan_versions.content(version.digest)
    if content is None:
        named = f"version {version.version} of {version.name}"
        told = f"{named} was loaded before versions were kept: what is in it is not known"
        raise Problem("plan_not_found", told)
    return content


def _is_offered(call: Call, version: PlanVersion) -> bool:
    offered = call.services.plans.offered(version.name)
    return offered is not None and offered.compiled.plan.digest == version.digest


_PROBLEMS = ("plan_not_found",)

ROUTES = (
    Route(
        method="GET",
        path="/v1/plans/{name}/versions",
        handler=index,
        name="listPlanVersions",
        tag="plans",
        summary="Every version of a plan that was ever loaded, also of one that is gone",
        answers=(Answer(200, "The versions, newest first.", wire.PlanVersionList),),
        problems=_PROBLEMS,
    ),
    Route(
        method="GET",
        path="/v1/plans/{name}/versions/{version}",
        handler=read,
        name="readPlanVersion",
        tag="plans",
        summary="A version of a plan, by its number or digest, as it was first loaded",
        answers=(Answer(200, "The version.", wire.PlanVersionWhole),),
        problems=_PROBLEMS,
    ),
    Route(
        method="GET",
        path="/v1/plans/{name}/difference",
        handler=compare,
        name="comparePlanVersions",
        tag="plans",
        summary="What a version of a plan does differently from another, and whether that is "
        "dangerous",
        query=forms.DifferenceQuery,
        answers=(Answer(200, "The difference.", wire.PlanDifference),),
        problems=_PROBLEMS,
    ),
)
