"""The audit log: what was asked that is no event of an operation."""

from aiohttp import web

from laneway_server import forms, wire
from laneway_server.access.ruling import Act

from .route import Answer, Call, Route, answer


async def index(call: Call) -> web.Response:
    """Entries of the audit log, in order."""
    query: forms.AuditQuery = call.query
    log = call.services.engine.store.audit
    entries = await log.entries(query.after, query.limit)
    head = await log.head()  # read after the entries: it is never before the last of them
    return answer(
        wire.AuditPage(entries=[*entries], head=wire.AuditHeadView(seq=head.seq, hash=head.hash))
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/audit",
        handler=index,
        name="readAudit",
        tag="server",
        summary="The audit log: who tried what, and what they were told",
        query=forms.AuditQuery,
        act=Act.ADMIN,
        answers=(Answer(200, "A page of entries.", wire.AuditPage),),
    ),
)
