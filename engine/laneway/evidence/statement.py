"""The in-toto Statement of an operation: everything that is known of it, in one document."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from laneway.core.chain import to_wire
from laneway.core.digests import digest
from laneway.core.envelope import Recorded
from laneway.core.events import PhaseFinished
from laneway.core.evolve import fold
from laneway.core.instants import Instant
from laneway.core.model import ActionSpec, Plan

from .predicate import (
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    ArtifactEntry,
    Head,
    PhaseEvidence,
    PinnedPlan,
)
from .snapshot import artifact, snapshot
from .strict import encode

ACTIONS_DOMAIN = "laneway/actions/v1"


def statement(
    plan: Plan, events: Sequence[Recorded], *, exported_at: Instant, version: str
) -> dict[str, Any]:
    """The statement about an operation, as its events say that it is.

    Args:
        plan: what it was accepted under, with the actions as they were declared then.
        events: all of them, from the first on; the operation need not have ended.
        exported_at: now; of the whole statement only this changes from one time to the next.
        version: of Laneway.

    Raises:
        ValueError: there are no events.
    """
    run = fold(events)
    subject = {"name": run.id, "digest": {"sha256": run.head}}
    predicate = {
        "operation": snapshot(plan, run),
        "plan": pinned(plan),
        "events": [to_wire(event) for event in events],
        "evidence": list(phase_evidence(events)),
        "artifacts": list(artifacts(events)),
        "head": Head(seq=run.seq, hash=run.head),
        "complete": run.terminal,
        "exported_at": exported_at,
        "laneway": version,
    }
    return {
        "_type": STATEMENT_TYPE,
        "subject": [subject],
        "predicateType": PREDICATE_TYPE,
        "predicate": msgspec.to_builtins(predicate),
    }


def payload(plan: Plan, events: Sequence[Recorded], *, exported_at: Instant, version: str) -> bytes:
    """The bytes of `statement`, which are signed."""
    return encode(statement(plan, events, exported_at=exported_at, version=version))


def pinned(plan: Plan) -> PinnedPlan:
    """The plan, with its actions as the drivers declared them."""
    actions = {phase.action.action_id: phase.action for phase in plan.action_phases()}
    return PinnedPlan(
        name=plan.name,
        version=plan.version,
        digest=plan.digest,
        document=plan.document,
        actions=actions,
        actions_digest=actions_digest(msgspec.to_builtins(actions)),
    )


def actions_digest(actions: Mapping[str, Any] | Mapping[str, ActionSpec]) -> str:
    """The digest of declared actions, as JSON shows them."""
    return digest(ACTIONS_DOMAIN, actions)


def phase_evidence(events: Sequence[Recorded]) -> Iterator[PhaseEvidence]:
    """What each visit of a phase came to, in the order of the events."""
    for recorded, finished in _finished(events):
        yield PhaseEvidence(
            phase=finished.phase,
            attempt=finished.attempt,
            seq=recorded.seq,
            status=finished.status,
            outcome=finished.outcome,
            evidence=finished.evidence,
            digest=finished.digest,
        )


def artifacts(events: Sequence[Recorded]) -> Iterator[ArtifactEntry]:
    """Every artifact that an attempt left behind, in the order of the events."""
    for recorded, finished in _finished(events):
        for ref in finished.artifacts:
            yield ArtifactEntry(
                **msgspec.structs.asdict(artifact(ref)),
                phase=finished.phase,
                attempt=finished.attempt,
                seq=recorded.seq,
            )


def _finished(events: Sequence[Recorded]) -> Iterator[tuple[Recorded, PhaseFinished]]:
    for recorded in events:
        if isinstance(recorded.event, PhaseFinished):
            yield recorded, recorded.event
