"""Operations: submit, read, list, retry."""

from collections.abc import Sequence

import msgspec
from aiohttp import hdrs, web

from laneway.core.model import Lane
from laneway.core.run import Status
from laneway.ports.store import LaneRecord, OperationRow
from laneway.runtime.operations import Operation
from laneway.runtime.submissions import Submission, Submitted
from laneway_server import forms, reading, views, wire
from laneway_server.access.ruling import Act
from laneway_server.services import Services
from laneway_server.streams import longpoll

from .route import Answer, Call, Route, answer

REPLAYED = "Idempotent-Replayed"

_ETAG = ("ETag", 'The operation\'s `seq`, in quotes: `"12"`.')
_LOCATION = ("Location", "Where the operation is.")
_CREATED = (
    Answer(202, "The operation was accepted.", wire.OperationView, headers=(_LOCATION, _ETAG)),
    Answer(
        200,
        "The same request was made with this key before: its operation, as it is now.",
        wire.OperationView,
        headers=(_LOCATION, _ETAG, (REPLAYED, "`true`")),
    ),
)
_REFUSALS = (
    "target_not_found",
    "lane_busy",
    "lane_frozen",
    "repeat_not_accepted",
    "idempotency_key_reused",
    "draining",
)


async def submit(call: Call) -> web.Response:
    """Submit an operation."""
    call.services.submissions.admit(call.who)
    asked: forms.SubmitRequest = call.body
    submission = Submission(
        plan=asked.plan,
        lane=Lane(asked.lane.product, asked.lane.context, asked.lane.instance),
        request=asked.request,
        dry_run=asked.dry_run,
        reason=asked.reason,
        supersedes=asked.supersedes,
        when_busy=asked.when_busy,
    )
    call.demand(Act.SUBMIT, submission.plan, submission.lane)
    who = call.who
    submitted = await call.services.engine.submit(submission, who.actor, who.key_scope, call.key)
    return await _created(call, submitted)


async def retry(call: Call) -> web.Response:
    """Retry an operation that has ended without passing."""
    call.services.submissions.admit(call.who)
    asked: forms.RetryRequest = call.body
    who = call.who
    submitted = await call.services.engine.retry(
        call.id, asked.reason, who.actor, who.key_scope, call.key
    )
    return await _created(call, submitted)


async def _created(call: Call, submitted: Submitted) -> web.Response:
    headers: dict[str, str] = {hdrs.LOCATION: views.operation_path(submitted.operation.run.id)}
    if submitted.replayed:
        headers[REPLAYED] = "true"
    status = 200 if submitted.replayed else 202
    return await snapshot(call, submitted.operation, status, headers)


async def snapshot(
    call: Call, operation: Operation, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """An operation as an answer; to who may do something with it and not read it, an outline."""
    run, store = operation.run, call.services.engine.store
    record = await store.lane(run.lane) if run.status is Status.PENDING else None
    view = views.operation_view(operation, record)
    if not views.is_seen(call.visible, view.plan.name, view.lane):
        view = views.outline(view)
    return answer(view, status, {hdrs.ETAG: f'"{run.seq}"', **(headers or {})})


async def read(call: Call) -> web.Response:
    """An operation as it is, or as soon as there is news of it."""
    query: forms.WaitQuery = call.query
    wait = reading.milliseconds(query.wait)
    operation = await call.services.engine.operation(call.id)
    if query.after is not None:
        if wait and operation.run.seq <= query.after:
            operation = await _news(call, query.after, wait)
    elif {f'"{operation.run.seq}"', "*"} & set(reading.entity_tags(call.request)):
        return web.Response(status=304, headers={hdrs.ETAG: f'"{operation.run.seq}"'})
    return await snapshot(call, operation)


async def _news(call: Call, after: int, wait: int) -> Operation:
    services = call.services
    with services.waiters.one(call.who.key_scope):
        operation = await longpoll.news(services.engine, services.feed, call.id, after, wait)
    await call.check_still_seen()
    return operation


async def index(call: Call) -> web.Response:
    """Operations, newest first."""
    query: forms.ListQuery = call.query
    store = call.services.engine.store
    where = msgspec.structs.replace(reading.operation_filter(query), within=call.visible)
    rows = await store.operations(where, query.limit + 1, query.cursor)
    page = rows[: query.limit]
    lanes = await _lanes_of_pending(call.services, page)
    return answer(
        wire.OperationList(
            operations=[views.entry(row, lanes) for row in page],
            next_cursor=page[-1].id if len(rows) > len(page) else None,
        )
    )


async def _lanes_of_pending(
    services: Services, rows: Sequence[OperationRow]
) -> dict[Lane, LaneRecord]:
    pending = {row.lane for row in rows if row.status == Status.PENDING}
    return {lane: await services.engine.store.lane(lane) for lane in pending}


ROUTES = (
    Route(
        method="POST",
        path="/v1/operations",
        handler=submit,
        name="submitOperation",
        tag="operations",
        summary="Submit an operation",
        body=forms.SubmitRequest,
        keyed=True,
        answers=_CREATED,
        problems=("plan_not_found", *_REFUSALS),
    ),
    Route(
        method="GET",
        path="/v1/operations",
        handler=index,
        name="listOperations",
        tag="operations",
        summary="List operations, newest first",
        query=forms.ListQuery,
        answers=(Answer(200, "A page of operations.", wire.OperationList),),
    ),
    Route(
        method="GET",
        path="/v1/operations/{id}",
        handler=read,
        act=Act.READ,
        name="readOperation",
        tag="operations",
        summary="An operation as it is; with `after` and `wait`, as soon as there is news of it",
        query=forms.WaitQuery,
        headers=(("If-None-Match", "The `ETag` that is known; without `after` only."),),
        answers=(
            Answer(200, "The operation.", wire.OperationView, headers=(_ETAG,)),
            Answer(304, "It is as the `ETag` says that it is known.", headers=(_ETAG,)),
        ),
        problems=("not_found", "too_many_waiters"),
    ),
    Route(
        method="POST",
        path="/v1/operations/{id}/retry",
        handler=retry,
        act=Act.RETRY,
        name="retryOperation",
        tag="operations",
        summary="A new operation that goes on where this one failed, with its proofs made anew",
        body=forms.RetryRequest,
        keyed=True,
        answers=_CREATED,
        problems=("not_found", "illegal_transition", *_REFUSALS),
    ),
)
