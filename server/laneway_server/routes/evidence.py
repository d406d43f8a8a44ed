"""The evidence bundle of an operation, and the public key that verifies it."""

from collections.abc import Sequence

from aiohttp import hdrs, web
from msgspec import UNSET

from laneway.core.envelope import Recorded
from laneway.runtime.operations import OperationNotFound
from laneway_server import bundles, forms, views, wire
from laneway_server.access.ruling import Act
from laneway_server.problems import Problem

from .route import JSON, Answer, Call, Route, answer

ZIP = "application/zip"


async def read(call: Call) -> web.Response:
    """The bundle as it is now; with the artifacts' bytes, an archive."""
    services, (said, events) = call.services, await _envelope(call)
    if not _with_artifacts(call):
        return _file(call, said, JSON, "json")
    async with services.archiving:
        packed = await bundles.archive(services.engine.store, said, events)
        return _file(call, packed, ZIP, "zip")


async def verify(call: Call) -> web.Response:
    """What verifying the bundle as it is now comes to.

    What the store has is looked at, and not what the server remembers of it. Only the server's own
    key can vouch for it here, so whoever does not believe the server takes the bundle along.
    """
    services, (bundle, events) = call.services, await _envelope(call)
    key = services.evidence_key.public if services.evidence_key else None
    async with services.archiving:
        if _with_artifacts(call):
            bundle = await bundles.archive(services.engine.store, bundle, events)
        report = await bundles.verification(bundle, key)
    return answer(views.verification_view(report, key))


async def _envelope(call: Call) -> tuple[bytes, Sequence[Recorded]]:
    """The bundle without the artifacts' bytes, and the events that it is about."""
    services = call.services
    operation = await services.engine.operation(call.id)
    events = await _events(call)
    plan, now = operation.plan.plan, services.clock.now()
    return await bundles.envelope(plan, events, services.evidence_key, now), events


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
    return answer(
        wire.EvidenceKey(
            keyid=public.keyid,
            algorithm="ed25519",
            public_key=public.pem,
            name=public.name or UNSET,
        )
    )


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
        path="/v1/operations/{id}/evidence/verification",
        handler=verify,
        act=Act.READ,
        name="verifyEvidence",
        tag="operations",
        summary="What `laneway evidence verify` says of the bundle that the server gives now",
        query=forms.EvidenceQuery,
        answers=(Answer(200, "Every check, and what came of it.", wire.EvidenceVerification),),
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
