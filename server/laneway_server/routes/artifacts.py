"""Artifacts of an operation: the logs and answers that its attempts left behind, byte by byte."""

from aiohttp import web

from laneway.core.events import ArtifactRef
from laneway.core.run import Run
from laneway.ports.store import StoreCorrupt
from laneway_server.access.ruling import Act
from laneway_server.problems import Problem

from .route import Answer, Call, Route

SHOWN_AS_IS = ("text/plain", "application/json")
"""What a browser may show; all else is a download, so that nobody's page ever runs."""


async def read(call: Call) -> web.Response:
    """The bytes of one artifact."""
    name = call.request.match_info["name"]
    operation = await call.services.engine.operation(call.id)
    ref = _named(operation.run, name)
    if ref is None:
        raise Problem("not_found", f"{call.id} has no artifact {name!r}")
    content = await call.services.engine.store.artifact(ref.digest)
    if content is None:
        await call.services.engine.operation(call.id)  # says so, if it was pruned just now
        raise StoreCorrupt(f"the database has lost the artifact {name!r} of {call.id}")
    return web.Response(body=content, headers=_headers(ref))


def _named(run: Run, name: str) -> ArtifactRef | None:
    """The artifact of that name: the newest, where several phases left one."""
    phases = sorted(run.phases.values(), key=lambda phase: phase.finished_at or "")
    named = [ref for phase in phases for ref in phase.artifacts if ref.name == name]
    return named[-1] if named else None


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
        summary="An artifact of an operation, such as the log of its bootstrap",
        answers=tuple(
            Answer(200, "Its bytes.", media=media)
            for media in (*SHOWN_AS_IS, "application/octet-stream")
        ),
        problems=("not_found",),
    ),
)
