"""What is written down of calls that change something.

A call that is accepted and is about an operation is an event of it. The others are entries of the
audit log: those that were refused after their caller was identified, and those that are about no
operation, such as freezing a lane. A call that only came too often (429) is counted and not kept,
so that nobody fills the disk with it, and who is refused too often is not listened to for a while;
neither is one kept that failed for want of the database. Nor is a credential that somebody has put
into an address by mistake.
"""

import asyncio
import re
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from laneway.core.events import Actor
from laneway.core.model import Lane
from laneway.ports.audit import AuditLog, AuditNote
from laneway.ports.environment import Clock
from laneway_server import forms, problems
from laneway_server.problems import Problem
from laneway_server.pruned import operation_id
from laneway_server.redaction import without_credentials
from laneway_server.tracing import trace_id

from .addresses import Front
from .identity import Caller
from .limits import Refusals
from .ruling import Act, Judge, Question

_OPERATION_ID = re.compile(r"op_[0-9A-Z]{26}")
_UNWRITTEN = frozenset({"internal_error", "store_unavailable", "fenced"})
_TELLING = frozenset({403, 409})
"""Refusals whose detail is the server's own words, and no part of what was sent."""


@dataclass
class Tried:
    """A call, as far as the audit log wants to know of it; more is learned as it is read.

    Attributes:
        act: the route's name.
        actor: the caller; with the ``rules`` that allow it in its claims, once they are known.
        key_scope: the caller's, by which refusals are counted.
        kept: it is an entry when it is done, with these fields of its body; None: it is none.
        detail: what else is to be known.
    """

    act: str
    actor: Actor
    key_scope: str
    trace_id: str
    address: str
    operation_id: str | None = None
    lane: Lane | None = None
    plan: str | None = None
    kept: tuple[str, ...] | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def learn(self, body: object) -> None:
        """Take over what the call's body says that it is about."""
        if isinstance(body, forms.SubmitRequest):
            lane = body.lane
            self.plan, self.lane = body.plan, Lane(lane.product, lane.context, lane.instance)
        fields = {name: getattr(body, name) for name in self.kept or ()}
        self.detail |= msgspec.to_builtins(fields)


def tried(
    request: web.Request,
    front: Front,
    act: str,
    caller: Caller,
    kept: tuple[str, ...] | None = None,
) -> Tried:
    """A call, as far as its address tells what it is about."""
    match = request.match_info
    return Tried(
        act=act,
        actor=caller.actor,
        key_scope=caller.key_scope,
        trace_id=trace_id(request),
        address=front.address(request),
        operation_id=_operation_id(match),
        lane=_lane(match),
        kept=kept,
    )


class Auditor:
    """Writes to the audit log."""

    def __init__(self, log: AuditLog, clock: Clock, judge: Judge, refusals: Refusals) -> None:
        self._log = log
        self._clock = clock
        self._judge = judge
        self._refusals = refusals

    def admit(self, caller: Caller) -> None:
        """See that a caller may still try to change something.

        Raises:
            Problem: ``rate_limited``: they were refused too often.
        """
        self._refusals.check(caller)

    async def watched(
        self, call: Tried, answering: Coroutine[Any, Any, web.StreamResponse]
    ) -> web.StreamResponse:
        """Answer a call, and write down what is to be kept of it before the caller is told.

        What is an entry when it is done is done to its end, though the client may go away: else
        it could be done and not be written down.
        """
        if call.kept is None:
            return await self._watched(call, answering)
        return await asyncio.shield(self._watched(call, answering))

    async def refused(self, call: Tried, problem: Problem) -> None:
        """Write down that a call was refused, where that is to be kept."""
        if problem.kind.status == 429 or problem.kind.code in _UNWRITTEN:
            return
        await self._record(call, call.detail | _told(problem), code=problem.kind.code)

    async def done(self, call: Tried) -> None:
        """Write down that a call was done."""
        await self._record(call, call.detail)

    async def _watched(
        self, call: Tried, answering: Coroutine[Any, Any, web.StreamResponse]
    ) -> web.StreamResponse:
        try:
            response = await answering
        except Exception as error:
            problem = problems.problem_of(error)
            if problem is not None:
                await self.refused(call, problem)
            raise
        if call.kept is not None:
            await self.done(call)
        return response

    async def _record(self, call: Tried, detail: dict[str, Any], code: str = "") -> None:
        rules = tuple(call.actor.claims.get("rules", ()))
        if code or not rules:
            self._refusals.count(call.key_scope)
        note = AuditNote(
            at=self._clock.now(),
            actor=call.actor,
            act=call.act,
            allowed=not code,
            code=code,
            rules=rules,
            policy=self._judge.judge(call.actor, Question(act=Act.READ)).policy,
            operation_id=call.operation_id,
            lane=call.lane,
            plan=call.plan,
            trace_id=call.trace_id,
            address=call.address,
            detail=detail,
        )
        await self._log.record(note)


def _told(problem: Problem) -> dict[str, Any]:
    """What the caller was told beside the code."""
    told: dict[str, Any] = {}
    if problem.kind.status in _TELLING:
        told["told"] = without_credentials(problem.detail)
    if named := operation_id(problem.extensions.get("operation")):
        told["operation"] = named
    return told


def _operation_id(match: web.UrlMappingMatchInfo) -> str | None:
    given = match.get("id", "")
    return given if _OPERATION_ID.fullmatch(given) else None


def _lane(match: web.UrlMappingMatchInfo) -> Lane | None:
    if "instance" not in match:
        return None
    names = (match[name] for name in ("product", "context", "instance"))
    return Lane(*(without_credentials(name) for name in names))
