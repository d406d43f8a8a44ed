"""May the caller do this? Asked before a handler, about what the address names.

Of an operation that somebody may not read, they are told the same as of one that is not there. What
they may read and not do is denied, with what came closest.
"""

import msgspec

from laneway.core.model import ApprovalPhase
from laneway.runtime.engine import Engine
from laneway.runtime.operations import Operation, OperationExpired, OperationNotFound
from laneway_server import forms
from laneway_server.access.identity import Caller
from laneway_server.access.ruling import Act, Judge, Question, Verdict
from laneway_server.problems import Problem


def demand(judge: Judge, caller: Caller, question: Question) -> Verdict:
    """The verdict, where it allows it.

    Raises:
        Problem: ``authorization_denied``.
    """
    verdict = judge.judge(caller.actor, question)
    if not verdict.allowed:
        raise Problem("authorization_denied", verdict.reason)
    return verdict


async def loaded(judge: Judge, caller: Caller, engine: Engine, operation_id: str) -> Operation:
    """The operation; that it was pruned is told to those only who might have read it.

    Raises:
        OperationNotFound: there is none; as `OperationExpired`, where there was one.
    """
    try:
        return await engine.operation(operation_id)
    except OperationExpired as expired:
        plan, lane = expired.tombstone.plan, expired.tombstone.lane
        if judge.judge(caller.actor, Question(act=Act.READ, plan=plan, lane=lane)).allowed:
            raise
    except OperationNotFound:
        pass  # it is said in the words that hide one which is there
    raise hidden(operation_id)


def demand_of_operation(
    judge: Judge, caller: Caller, act: Act, operation: Operation, body: object
) -> Verdict:
    """The verdict on doing something with an operation, where it allows it.

    Raises:
        OperationNotFound: the caller may not even read it.
        Problem: ``authorization_denied``.
    """
    plan, lane = operation.plan.plan.name, operation.run.lane
    asked = Question(act=act, plan=plan, lane=lane, role=_role(operation, body))
    verdict = judge.judge(caller.actor, asked)
    if verdict.allowed:
        return verdict
    readable = judge.judge(caller.actor, Question(act=Act.READ, plan=plan, lane=lane))
    if not readable.allowed:
        raise hidden(operation.run.id)
    raise Problem("authorization_denied", verdict.reason)


def hidden(operation_id: str) -> OperationNotFound:
    """What is said of an operation that somebody may not read, whether or not there is one."""
    return OperationNotFound(f"there is no operation {operation_id} that you may read")


def ruled(caller: Caller, verdict: Verdict) -> Caller:
    """The caller, with the rules by which they may do it: events say so."""
    if not verdict.rules:
        return caller
    claims = {**caller.actor.claims, "rules": list(verdict.rules)}
    actor = msgspec.structs.replace(caller.actor, claims=claims)
    return msgspec.structs.replace(caller, actor=actor)


def _role(operation: Operation, body: object) -> str | None:
    """The role that the plan asks for, where the request is a decision on an approval."""
    if not isinstance(body, forms.ApprovalRequest):
        return None
    phase = operation.plan.plan.phases.get(body.phase)
    return phase.role if isinstance(phase, ApprovalPhase) else None
