"""Commits to try a store with: pure functions, from one commit to the next.

``accepted`` makes an operation's first commit; ``followed``, ``begun`` and ``ended`` make the
commit after another one. Nothing is remembered, so two commits can be made from one state, as two
engines would.
"""

from typing import Any

import msgspec

from laneway.core import chain
from laneway.core.commands import (
    AnyCommand,
    RecoverAction,
    SetTimer,
    StartAction,
    action_key,
    timer_key,
)
from laneway.core.envelope import Recorded
from laneway.core.events import (
    ENGINE,
    Actor,
    AnyEvent,
    ApprovalDecided,
    ApprovalRequested,
    ApprovalRevoked,
    AuthorizationChecked,
    CancelRequested,
    DeadlinePassed,
    DryRunEvidence,
    Failure,
    OperationAccepted,
    OperationFinished,
    OperationPaused,
    OperationResumed,
    OperationStarted,
    ParallelStarted,
    PauseRequested,
    PhaseFinished,
    PhaseHeld,
    PhaseOutcomeUnknown,
    PhaseProgressed,
    PhaseReconciled,
    PhaseRecovering,
    PhaseResumed,
    PhaseRetryScheduled,
    PhaseStarted,
    Ruling,
    TransitionTaken,
    WaitStarted,
)
from laneway.core.instants import Instant, later
from laneway.core.model import ActionSpec, EndStatus, Lane, Safety, WhenBusy
from laneway.ports.store import Commit, KeyRecord, OperationRow, StoredPlan

LANE = Lane("odoo", "cm", "testing")
ADA = Actor(kind="caller", subject="ada", claims={"repository": "acme/shop", "run": 7})
RULING = Ruling(allowed=True, rules=("bootstrap",), policy="sha256:policy", reason="it says so")
FAILURE = Failure("unreachable", "Die Datenbank schläft.", {"tries": [1, 2.5, None]}, "unavailable")


def moment(milliseconds: int) -> Instant:
    """An instant that many milliseconds after the samples' beginning."""
    return later(Instant("2026-01-31T09:30:00.000Z"), milliseconds)


def sample_plan(name: str = "odoo-stable-bootstrap", version: int = 1) -> StoredPlan:
    """A plan as a store keeps it."""
    bootstrap = ActionSpec(
        "odoo.bootstrap", Safety.DESTRUCTIVE, recoverable=True, label="Bootstrap"
    )
    return StoredPlan(
        digest=f"sha256:{name}/{version}",
        name=name,
        version=version,
        document={"plan": name, "version": version, "phases": {"pass": {"end": "pass"}}},
        actions={"odoo.bootstrap": bootstrap},
        first_seen_at=moment(0),
    )


PLAN = sample_plan()
OTHER_PLAN = sample_plan("odoo-post-deploy", 3)


def accepted(
    operation_id: str,
    *,
    at: int = 0,
    begins: bool = False,
    key: KeyRecord | None = None,
    commands: tuple[AnyCommand, ...] = (),
    plan: StoredPlan = PLAN,
    **changes: Any,
) -> Commit:
    """The commit that creates an operation: pending, or (``begins``) running on its lane."""
    given: dict[str, Any] = {"lane": LANE, "exclusive": True, "dry_run": False} | changes
    event = _acceptance(plan, given)
    first = chain.seal(operation_id, 1, moment(at), ADA, event, chain.GENESIS)
    fields: dict[str, Any] = {
        "id": operation_id,
        "status": "running" if begins else "pending",
        "phase": "policy_proof" if begins else "",
        "plan": plan.name,
        "plan_version": plan.version,
        "plan_digest": plan.digest,
        "holds_lane": begins and given["exclusive"],
        "requested_by": ADA.subject,
        "created_at": moment(at),
        "updated_at": moment(at),
    }
    row = OperationRow(seq=1, head=first.hash, **fields | given)
    return Commit(row=row, expected_seq=0, events=(first,), commands=commands, key=key)


def followed(
    previous: Commit,
    *events: AnyEvent,
    at: int = 0,
    commands: tuple[AnyCommand, ...] = (),
    withdraw: tuple[str, ...] = (),
    **changes: Any,
) -> Commit:
    """The commit after another one of the same operation; one event of progress unless given."""
    recorded = _chained(previous, events or (progressed(),), at)
    changes = {"updated_at": moment(at), **changes}
    last = recorded[-1]
    row = msgspec.structs.replace(previous.row, seq=last.seq, head=last.hash, **changes)
    return Commit(
        row=row,
        expected_seq=previous.row.seq,
        events=recorded,
        commands=commands,
        withdraw=withdraw,
    )


def begun(previous: Commit, *, at: int = 0, **changes: Any) -> Commit:
    """The commit in which an operation gets its lane."""
    event = OperationStarted(deadline_at=moment(at + 60_000))
    holds = previous.row.exclusive
    return followed(previous, event, at=at, status="running", holds_lane=holds, **changes)


def ended(
    previous: Commit, status: EndStatus = EndStatus.PASS, *, at: int = 0, **changes: Any
) -> Commit:
    """The commit that ends an operation, and lets go of its lane."""
    done = {"status": status.value, "holds_lane": False, "finished_at": moment(at), **changes}
    return followed(previous, OperationFinished(status), at=at, **done)


def progressed(message: str = "going on") -> PhaseProgressed:
    """An event that says little."""
    return PhaseProgressed(phase="bootstrap", attempt=1, message=message)


def key_of(operation_id: str, key: str = "run-1", scope: str = "ada", **fields: Any) -> KeyRecord:
    """An idempotency key of a creation."""
    given = {"fingerprint": "sha256:body", "created_at": moment(0)} | fields
    return KeyRecord(scope=scope, key=key, operation_id=operation_id, **given)


def start_action(phase: str = "bootstrap", attempt: int = 1) -> StartAction:
    """A command to perform an attempt."""
    return StartAction(
        key=action_key(phase),
        phase=phase,
        attempt=attempt,
        token=f"{phase}-{attempt}",
        action="odoo.bootstrap",
        parameters={"confirmation": "bootstrap cm testing"},
        timeout_at=moment(45_000),
    )


def recover_action(phase: str = "bootstrap") -> RecoverAction:
    """A command to ask what became of an attempt."""
    return RecoverAction(
        key=action_key(phase),
        phase=phase,
        attempt=1,
        token=f"{phase}-1",
        action="odoo.bootstrap",
        parameters={},
        checkpoint={"deployment": "d-1"},
        timeout_at=moment(45_000),
    )


def timer(name: str = "deadline", at: int = 1_000) -> SetTimer:
    """A command to come back."""
    return SetTimer(key=timer_key(name), due_at=moment(at))


def an_event_of_every_type() -> tuple[AnyEvent, ...]:
    """One event of each type that can follow the first, with every field that it can have."""
    at = moment(1_000)
    return (
        OperationStarted(at, {"compose": {"ref": "target:cm/testing"}}),
        TransitionTaken("policy_proof", "pass", "target_proof"),
        PhaseStarted(
            phase="bootstrap",
            attempt=2,
            token="bootstrap-2",  # noqa: S106 - it names an attempt
            action="odoo.bootstrap",
            safety="destructive",
            parameters={"names": ["a", "ü"], "deep": {"none": None, "yes": True}},
            timeout_at=at,
        ),
        PhaseProgressed("bootstrap", 2, "42 %", {"done": 0.42}, {"deployment": "d-1"}),
        PhaseRetryScheduled("bootstrap", 2, FAILURE, at),
        PhaseHeld("bootstrap", 2, "the engine is about to stop"),
        PhaseResumed("bootstrap", 2, "the engine was restarted", at),
        PhaseRecovering("bootstrap", 2, "the engine was restarted", at),
        PhaseOutcomeUnknown("bootstrap", 2, FAILURE),
        PhaseReconciled("bootstrap", 2, "pass", "seen in the panel", ADA),
        ApprovalRequested("approval", "sha256:shown", {"plan": "p"}, "release-manager", 2, at),
        ApprovalDecided("approval", "approve", "sha256:shown", "fine", ADA),
        ApprovalRevoked("approval", ADA, "looked again"),
        AuthorizationChecked("bootstrap", RULING),
        WaitStarted("settle", at),
        ParallelStarted("verify", ("health", "logo")),
        PhaseFinished("bootstrap", "fail", "fail", 2, {"a": 1}, "sha256:proof", FAILURE),
        PauseRequested(ADA, "lunch"),
        OperationPaused("verify"),
        OperationResumed(ADA),
        CancelRequested(ADA, "a mistake"),
        DeadlinePassed(),
        OperationFinished(EndStatus.FAIL, FAILURE),
    )


def _acceptance(plan: StoredPlan, given: dict[str, Any]) -> OperationAccepted:
    dry_run_evidence = DryRunEvidence("op_0", "pass", moment(0), "ab" * 32)
    return OperationAccepted(
        plan=plan.name,
        plan_version=plan.version,
        plan_digest=plan.digest,
        lane=given["lane"],
        request={"confirmation": "bootstrap cm testing"},
        requested_by=ADA,
        exclusive=given["exclusive"],
        when_busy=WhenBusy.QUEUE,
        dry_run=given["dry_run"],
        supersedes=given.get("supersedes"),
        retry_of=given.get("retry_of"),
        authorization=RULING,
        dry_run_evidence=dry_run_evidence,
    )


def _chained(previous: Commit, events: tuple[AnyEvent, ...], at: int) -> tuple[Recorded, ...]:
    recorded: list[Recorded] = []
    head = previous.row.head
    for seq, event in enumerate(events, start=previous.row.seq + 1):
        recorded.append(chain.seal(previous.row.id, seq, moment(at), ENGINE, event, head))
        head = recorded[-1].hash
    return tuple(recorded)
