"""The evidence bundle of an operation, and the public key that verifies it."""

from collections.abc import Sequence

from aiohttp import hdrs, web

from laneway.core.events import Recorded
from laneway.runtime.operations import OperationNotFound
from laneway_server import bundles, forms, wire
from laneway_server.access.ruling import Act
from laneway_server.problems import Problem

from .route import JSON, Answer, Call, Route, answer

ZIP = "application/zip"


async def read(call: Call) -> web.Response:
    """The bundle as it is now; with the artifacts' bytes, an archive."""
    services = call.services
    operation = await services.engine.operation(call.id)
    events = await _events(call)
    plan = operation.plan.plan
    said = await bundles.envelope(plan, events, services.evidence_key, services.clock.now())
    if not _with_artifacts(call):
        return _file(call, said, JSON, "json")
    async with services.archiving:
        packed = await bundles.archive(services.engine.store, said, events)
        return _file(call, packed, ZIP, "zip")


async def _events(call: Call) -> Sequence[Recorded]:
    """All events that there are at one moment: what is said of the operation is said of them."""
    events = await call.services.engine.store.events(call.id)
    if not events:
        await call.services.engine.operation(call.id)  # says so, if it was pruned just now
        raise OperationNotFound(f"there is no operation {call.id}")
    return events


def _with_artifacts(call: Call) -> bool:
    query: forms.EvidenceQuery = call.query
    if query.artifacts is not None:
        return query.artifacts
    return ZIP in call.request.headers.get(hdrs.ACCEPT, "")


def _file(call: Call, content: bytes, media: str, ending: str) -> web.Response:
    headers = {
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{call.id}.evidence.{ending}"',
        hdrs.CACHE_CONTROL: "no-store",
        hdrs.VARY: hdrs.ACCEPT,
    }
    return web.Response(body=content, content_type=media, headers=headers)


async def key(call: Call) -> web.Response:
    """The public key."""
    signing = call.services.evidence_key
    if signing is None:
        raise Problem("not_found", "this server has no key: its evidence bundles are not signed")
    public = signing.public
    return answer(wire.EvidenceKey(keyid=public.keyid, algorithm="ed25519", public_key=public.pem))


_NAME = ("Content-Disposition", "A name for the file.")

ROUTES = (
    Route(
        method="GET",
        path="/v1/operations/{id}/evidence",
        handler=read,
        act=Act.READ,
        name="readEvidence",
        tag="operations",
        summary="The evidence bundle: an in-toto statement in a DSSE envelope, or a zip of it "
        "with the artifacts",
        query=forms.EvidenceQuery,
        answers=(
            Answer(200, "The envelope.", wire.EvidenceEnvelope, headers=(_NAME,)),
            Answer(200, "With `artifacts`, or `Accept: application/zip`: the archive.", media=ZIP),
        ),
        problems=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/evidence-key",
        handler=key,
        name="readEvidenceKey",
        tag="server",
        summary="The public key that the server's evidence bundles are verified with",
        answers=(Answer(200, "The key.", wire.EvidenceKey),),
        problems=("not_found",),
        public=True,
        stored=False,
    ),
)
