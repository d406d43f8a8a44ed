"""The audit log: what was asked that is no event of an operation."""

from aiohttp import web

from laneway_server import forms, reading, wire
from laneway_server.access.ruling import Act

from .route import Answer, Call, Route, answer


async def index(call: Call) -> web.Response:
    """Entries of the audit log that match, from either end."""
    query: forms.AuditQuery = call.query
    log = call.services.engine.store.audit
    order = query.order or ("oldest" if query.before is None else "newest")
    where = reading.audit_filter(query)
    entries = await log.search(where, query.limit, newest_first=order == "newest")
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
