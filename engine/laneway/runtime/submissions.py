"""Submissions: how an operation comes to be, exactly once per idempotency key."""

from typing import Any

import msgspec

from laneway.core import admission, inputs
from laneway.core.chain import GENESIS, seal
from laneway.core.compile import CompiledPlan
from laneway.core.decide import decide
from laneway.core.digests import digest
from laneway.core.events import Actor, OperationAccepted
from laneway.core.evolve import begin
from laneway.core.instants import Instant
from laneway.core.model import Lane, Plan, WhenBusy
from laneway.core.run import Status
from laneway.ports.environment import Authority, Clock, Ids, OfferedPlan, Plans, Targets
from laneway.ports.store import (
    KeyRecord,
    KeyTaken,
    LaneHeld,
    LaneRecord,
    Store,
    StoredPlan,
)

from .dry_runs import dry_run_evidence
from .lanes import Lanes, state
from .operations import Operation, Operations


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller asks for: intent only, no provider's ids, addresses or secrets."""

    plan: str
    lane: Lane
    request: dict[str, Any] = {}
    dry_run: bool = False
    reason: str = ""
    supersedes: str | None = None
    when_busy: WhenBusy | None = None


class Submitted(msgspec.Struct, frozen=True):
    """The operation that a key belongs to, and whether it was there before."""

    operation: Operation
    replayed: bool


class SubmissionRefused(Exception):
    """A submission that made no operation; ``detail`` is what its stable ``code`` needs."""

    code = "request_invalid"

    def __init__(self, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.detail = detail


class PlanNotFound(SubmissionRefused):
    """No plan of that name is loaded."""

    code = "plan_not_found"


class TargetNotFound(SubmissionRefused):
    """The server has no target record for the lane."""

    code = "target_not_found"


class AuthorizationDenied(SubmissionRefused):
    """The policy does not let the caller do all that the plan can do on the lane."""

    code = "authorization_denied"


class RequestInvalid(SubmissionRefused):
    """The request is not what the plan asks for; ``errors`` has the path and message of each."""

    code = "request_invalid"


class KeyReused(SubmissionRefused):
    """The idempotency key belongs to another submission."""

    code = "idempotency_key_reused"


class LaneBusy(SubmissionRefused):
    """The lane is held, and the submission does not queue (or the queue is full)."""

    code = "lane_busy"


class LaneFrozen(SubmissionRefused):
    """The lane takes no new operations."""

    code = "lane_frozen"


class RepeatNotAccepted(SubmissionRefused):
    """A destructive action was begun on the lane before, and nothing says to do it again."""

    code = "repeat_not_accepted"


class RetryNotPossible(SubmissionRefused):
    """Only an operation that has ended without passing can be retried."""

    code = "illegal_transition"


class Draining(SubmissionRefused):
    """The server is about to stop and takes no new operations."""

    code = "draining"


_REFUSALS = {"lane_frozen": LaneFrozen, "repeat_not_accepted": RepeatNotAccepted}


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that may come to be."""

    plan: CompiledPlan
    stored: StoredPlan
    asked: OperationAccepted
    key: KeyRecord


class Submissions:
    """Turns submissions and retries into operations."""

    def __init__(
        self,
        *,
        store: Store,
        operations: Operations,
        lanes: Lanes,
        plans: Plans,
        targets: Targets,
        authority: Authority,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._store = store
        self._operations = operations
        self._lanes = lanes
        self._plans = plans
        self._targets = targets
        self._authority = authority
        self._clock = clock
        self._ids = ids
        self.accepting = True

    async def submit(self, asked: Submission, actor: Actor, scope: str, key: str) -> Submitted:
        """Make the operation that is asked for, or find the one that the key belongs to.

        Args:
            scope: whose key it is.
            key: the caller's idempotency key.

        Raises:
            SubmissionRefused: no operation was made; the subclass says why.
            StoreError, EngineFenced: nothing was written.
        """
        fingerprint = digest("laneway/submission/v1", msgspec.to_builtins(asked))
        async with self._lanes.lock(asked.lane):
            known, record = await self._store.key_and_lane(scope, key, asked.lane)
            if known is not None:
                return await self._replay(known, fingerprint)
            draft = self._draft(asked, actor, self._key(scope, key, fingerprint))
            return await self._create(draft, record)

    def _draft(self, asked: Submission, actor: Actor, key: KeyRecord) -> _Draft:
        plan = self._offered(asked.plan)
        first = self._authorized(plan.compiled.plan, _submission_event(plan, asked, actor))
        _check_request(plan, asked)
        stored = _stored(plan, key.created_at)
        return _Draft(plan=plan.compiled, stored=stored, asked=first, key=key)

    async def retry(
        self, operation_id: str, reason: str, actor: Actor, scope: str, key: str
    ) -> Submitted:
        """Make a new operation that goes on where another one failed, under the same plan.

        Raises:
            OperationNotFound: there is no such operation.
            SubmissionRefused, StoreError, EngineFenced: no operation was made.
        """
        asked = {"retry_of": operation_id, "reason": reason}
        fingerprint = digest("laneway/retry/v1", asked)
        known = await self._store.key(scope, key)
        if known is not None:
            return await self._replay(known, fingerprint)
        old = await self._operations.load(operation_id)
        if not old.run.terminal or old.run.status is Status.PASS:
            raise RetryNotPossible(f"an operation that is {old.run.status} cannot be retried")
        stored = await self._store.plan(old.plan.plan.digest)
        assert stored is not None, "an operation's plan is stored with it"
        record = self._key(scope, key, fingerprint)
        first = self._authorized(old.plan.plan, _retry_event(old, reason, actor))
        draft = _Draft(plan=old.plan, stored=stored, asked=first, key=record)
        async with self._lanes.lock(first.lane):
            known, lane = await self._store.key_and_lane(scope, key, first.lane)
            if known is not None:
                return await self._replay(known, fingerprint)
            return await self._create(draft, lane)

    async def _replay(self, record: KeyRecord, fingerprint: str) -> Submitted:
        if record.fingerprint != fingerprint:
            raise KeyReused(
                "this Idempotency-Key was used for another submission: take a new one",
                operation=record.operation_id,
            )
        return Submitted(await self._operations.load(record.operation_id), replayed=True)

    def _offered(self, name: str) -> OfferedPlan:
        if not self.accepting:
            raise Draining("the server is about to stop: submit again in a moment")
        plan = self._plans.offered(name)
        if plan is None:
            raise PlanNotFound(f"no plan {name!r} is loaded")
        return plan

    def _authorized(self, plan: Plan, asked: OperationAccepted) -> OperationAccepted:
        """The event with what the policy says of it; before anything else is said of the request.

        Raises:
            AuthorizationDenied: it says no.
        """
        ruling = self._authority.ruling(plan, asked)
        if ruling is not None and not ruling.allowed:
            raise AuthorizationDenied(ruling.reason)
        return msgspec.structs.replace(asked, authorization=ruling)

    def _key(self, scope: str, key: str, fingerprint: str) -> KeyRecord:
        return KeyRecord(
            scope=scope,
            key=key,
            fingerprint=fingerprint,
            operation_id=self._ids.operation_id(),
            created_at=self._clock.now(),
        )

    async def _create(self, draft: _Draft, record: LaneRecord) -> Submitted:
        """Make the operation, on a lane that is as the record says; its lock is held."""
        if not self.accepting:
            raise Draining("the server is about to stop: submit again in a moment")
        await self._operations.save_plan(draft.plan, draft.stored)
        try:
            return await self._admit(await self._with_dry_run(draft), record)
        except KeyTaken as taken:
            return await self._replay(taken.record, draft.key.fingerprint)
        except LaneHeld as held:
            raise _busy(held.operation_id) from held

    async def _with_dry_run(self, draft: _Draft) -> _Draft:
        """The draft with the evidence of a dry run, where somebody will be asked to approve it."""
        if draft.asked.dry_run or not draft.plan.plan.asks_people:
            return draft
        evidence = await dry_run_evidence(self._operations, draft.asked)
        asked = msgspec.structs.replace(draft.asked, dry_run_evidence=evidence)
        return msgspec.structs.replace(draft, asked=asked)

    async def _admit(self, draft: _Draft, record: LaneRecord) -> Submitted:
        plan, asked = draft.plan.plan, draft.asked
        target = self._targets.target(asked.lane)
        if target is None:
            raise TargetNotFound(f"the server has no target record for {asked.lane}")
        waits = asked.exclusive and (record.holder is not None or bool(record.queue))
        if waits and record.freeze is None:
            _check_queue(draft, record)
        refused = admission.refusal(plan, asked, state(plan, record))
        if refused is not None:
            raise _REFUSALS[refused.code](refused.message, **refused.detail)
        self._check_supersedes(draft, record)
        if waits:
            self._lanes.queued(asked.lane)
        return Submitted(await self._write(draft, None if waits else target), replayed=False)

    def _check_supersedes(self, draft: _Draft, record: LaneRecord) -> None:
        named = draft.asked.supersedes
        last = record.last_destructive.get(draft.plan.plan.name)
        if named is not None and (last is None or last.id != named):
            known = {"operation": last.id} if last else {}
            message = f"{named} is not the operation that this one would repeat"
            errors = [{"path": "/supersedes", "message": message}]
            raise RequestInvalid(message, errors=errors, **known)

    async def _write(self, draft: _Draft, target: dict[str, Any] | None) -> Operation:
        now, operation_id = self._clock.now(), draft.key.operation_id
        requested_by = draft.asked.requested_by
        first = seal(operation_id, 1, now, requested_by, draft.asked, GENESIS)
        run = begin(operation_id, draft.asked, now)
        decision = None
        if target is not None:
            decision = decide(draft.plan, run, inputs.LaneGranted(target=target), now)
        return await self._operations.create(draft.plan, first, decision, run, draft.key)


def _stored(plan: OfferedPlan, now: Instant) -> StoredPlan:
    model = plan.compiled.plan
    return StoredPlan(
        digest=model.digest,
        name=model.name,
        version=model.version,
        document=model.document,
        actions=dict(plan.actions),
        first_seen_at=now,
    )


def _submission_event(plan: OfferedPlan, asked: Submission, actor: Actor) -> OperationAccepted:
    model = plan.compiled.plan
    return admission.first_event(
        model,
        lane=asked.lane,
        request=asked.request,
        requested_by=actor,
        when_busy=asked.when_busy or model.lane.when_busy,
        dry_run=asked.dry_run,
        reason=asked.reason,
        supersedes=asked.supersedes,
    )


def _check_request(plan: OfferedPlan, asked: Submission) -> None:
    wrong = plan.check_request(asked.request)
    if wrong:
        errors = [{"path": f"/request{path}", "message": message} for path, message in wrong]
        raise RequestInvalid("the request is not what the plan asks for", errors=errors)


def _retry_event(old: Operation, reason: str, actor: Actor) -> OperationAccepted:
    try:
        again = admission.retry(old.plan, old.run)
    except admission.NothingToRetry as nothing:
        raise RetryNotPossible(str(nothing)) from nothing
    accepted = old.run.accepted
    return admission.first_event(
        old.plan.plan,
        lane=accepted.lane,
        request=accepted.request,
        requested_by=actor,
        when_busy=accepted.when_busy,
        dry_run=accepted.dry_run,
        reason=reason,
        retry_of=old.run.id,
        retry_from=again.begin,
        approvals_needed=again.approvals,
        carried=again.carried,
    )


def _check_queue(draft: _Draft, record: LaneRecord) -> None:
    ahead = record.holder or record.queue[0]
    if draft.asked.when_busy is not WhenBusy.QUEUE:
        raise _busy(ahead.id)
    limit = draft.plan.plan.lane.queue_limit
    if len(record.queue) >= limit:
        raise LaneBusy(f"{limit} operations wait for the lane already", operation=ahead.id)


def _busy(operation_id: str) -> LaneBusy:
    return LaneBusy(f"the lane is held by {operation_id}", operation=operation_id)
