"""Artifacts of an operation: the logs and answers that its attempts left behind, byte by byte."""

from collections.abc import Sequence

from aiohttp import web

from laneway.core.events import ArtifactRef, PhaseFinished
from laneway.core.run import Run
from laneway.ports.store import StoreCorrupt
from laneway_server import forms, reading
from laneway_server.access.ruling import Act
from laneway_server.problems import Problem

from .route import Answer, Call, Route

SHOWN_AS_IS = ("text/plain", "application/json")
"""What a browser may show; all else is a download, so that nobody's page ever runs."""


async def read(call: Call) -> web.Response:
    """The bytes of one artifact."""
    name = call.request.match_info["name"]
    phase, attempt = reading.whose_artifact(call.query)
    found = [ref for ref in await _left_by(call, phase, attempt) if ref.name == name]
    if not found:
        raise Problem("not_found", f"{call.id} has no artifact {name!r}{_whose(phase, attempt)}")
    ref = found[-1]
    content = await call.services.engine.store.artifact(ref.digest)
    if content is None:
        await call.services.engine.operation(call.id)  # says so, if it was pruned just now
        raise StoreCorrupt(f"the database has lost the artifact {name!r} of {call.id}")
    return web.Response(body=content, headers=_headers(ref))


async def _left_by(call: Call, phase: str | None, attempt: int | None) -> Sequence[ArtifactRef]:
    """The artifacts of an attempt, of a phase as it is now, or of all phases; the newest last."""
    run = (await call.services.engine.operation(call.id)).run
    if phase is None:
        return _by_age(run)
    if attempt is None:
        return run.phase(phase).artifacts
    return await _left_by_attempt(call, phase, attempt)


async def _left_by_attempt(call: Call, phase: str, attempt: int) -> Sequence[ArtifactRef]:
    """As the events tell it: a run knows of each phase's newest attempt alone."""
    events = await call.services.engine.store.events(call.id)
    if not events:
        await call.services.engine.operation(call.id)  # says so, if it was pruned just now
    over = [each.event for each in events if isinstance(each.event, PhaseFinished)]
    of = [each for each in over if (each.phase, each.attempt) == (phase, attempt)]
    return [ref for each in of for ref in each.artifacts]


def _by_age(run: Run) -> Sequence[ArtifactRef]:
    phases = sorted(run.phases.values(), key=lambda phase: phase.finished_at or "")
    return [ref for phase in phases for ref in phase.artifacts]


def _whose(phase: str | None, attempt: int | None) -> str:
    """The end of a sentence that says what was asked for."""
    by = "" if phase is None else f" of {phase!r}"
    return by if attempt is None else f"{by}, attempt {attempt}"


def _headers(ref: ArtifactRef) -> dict[str, str]:
    shown = ref.media_type.partition(";")[0] in SHOWN_AS_IS
    return {
        "Content-Type": ref.media_type if shown else "application/octet-stream",
        "Content-Disposition": "inline" if shown else "attachment",
        "Content-Security-Policy": "sandbox",
        "ETag": f'"{ref.digest}"',
    }


ROUTES = (
    Route(
        method="GET",
        path="/v1/operations/{id}/artifacts/{name}",
        handler=read,
        act=Act.READ,
        name="readArtifact",
        tag="operations",
        summary="An artifact of an operation, such as the log of its bootstrap; the newest of that "
        "name, or that of a phase",
        query=forms.ArtifactQuery,
        answers=tuple(
            Answer(200, "Its bytes.", media=media)
            for media in (*SHOWN_AS_IS, "application/octet-stream")
        ),
        problems=("not_found",),
    ),
)
