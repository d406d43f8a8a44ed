"""What a bundle says: the types of the in-toto predicate ``urn:laneway:evidence:v1``.

The fields of v1 do not change any more: what is verified is that the same events give the same
snapshot, byte for byte, whichever version of Laneway reads them. Something new goes into a v2.
``schemas/evidence.schema.json`` is made from these types.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from laneway.core.events import Actor, Failure
from laneway.core.instants import Instant
from laneway.core.model import ActionSpec, Lane, Safety
from laneway.core.run import PhaseStatus, Status

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:laneway:evidence:v1"

Seq = Annotated[int, Meta(ge=1)]
Attempt = Annotated[int, Meta(ge=0)]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Digest = Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$")]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every part of a bundle."""


# --- the operation as it was ---------------------------------------------------------------------


class PlanName(Part, frozen=True, kw_only=True):
    """The plan that the operation was accepted under."""

    name: str
    version: int
    digest: Digest
    title: str


class Waiting(Part, frozen=True, kw_only=True):
    """What it waited for: an approval, a wait, or the next attempt; and until when."""

    kind: Literal["approval", "wait", "retry"]
    phase: str
    until: Instant | None


class Decision(Part, frozen=True, kw_only=True):
    """One person's decision."""

    decision: str
    comment: str
    digest: str
    by: Actor


class ApprovalState(Part, frozen=True, kw_only=True):
    """What an approval asked, of whom, and which decisions stood."""

    digest: str
    covers: dict[str, Any]
    role: str
    quorum: int
    expires_at: Instant
    decisions: list[Decision]


class ArtifactName(Part, frozen=True, kw_only=True):
    """An artifact; ``size`` is in bytes."""

    name: str
    media_type: str
    size: Annotated[int, Meta(ge=0)]
    digest: Digest


class PhaseState(Part, frozen=True, kw_only=True):
    """A phase, or a branch of the parallel phase ``parent``, as the API shows it."""

    name: str
    title: str
    kind: Literal["action", "approval", "wait", "parallel"]
    parent: str | UnsetType = UNSET
    status: PhaseStatus
    attempt: Attempt
    started_at: Instant | None
    finished_at: Instant | None
    outcome: str | None
    evidence: dict[str, Any]
    failure: Failure | None
    message: str | None
    until: Instant | None
    action: str | UnsetType = UNSET
    safety: Safety | UnsetType = UNSET
    approval: ApprovalState | UnsetType = UNSET
    artifacts: list[ArtifactName] | UnsetType = UNSET


class Snapshot(Part, frozen=True, kw_only=True):
    """The operation as the API shows it, but for what is only so on a server.

    It has no links; and what a pending operation waits for (its place in the lane's queue) is not
    said, as no event of its own says it.
    """

    id: str
    seq: Seq
    status: Status
    plan: PlanName
    lane: Lane
    phase: str | None
    phases: list[PhaseState]
    waiting_for: Waiting | None
    request: dict[str, Any]
    requested_by: Actor
    reason: str
    dry_run: bool
    supersedes: str | None
    retry_of: str | None
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    deadline_at: Instant | None
    failure: Failure | None
    pause_requested: bool
    cancel_requested: bool


# --- what stands beside it -----------------------------------------------------------------------


class PinnedPlan(Part, frozen=True, kw_only=True):
    """The plan, whole, and what its drivers declared of the actions in it.

    Attributes:
        digest: of the document: what ``operation_accepted`` names.
        actions_digest: of ``actions``, in the domain ``laneway/actions/v1``.
    """

    name: str
    version: int
    digest: Digest
    document: dict[str, Any]
    actions: dict[str, ActionSpec]
    actions_digest: Digest


class PhaseEvidence(Part, frozen=True, kw_only=True):
    """What one visit of a phase came to: the evidence that the event ``seq`` brought."""

    phase: str
    attempt: Attempt
    seq: Seq
    status: str
    outcome: str
    evidence: dict[str, Any]
    digest: str


class ArtifactEntry(ArtifactName, frozen=True, kw_only=True):
    """An artifact, and the attempt that left it behind; its bytes may lie beside the bundle."""

    phase: str
    attempt: Attempt
    seq: Seq


class Head(Part, frozen=True, kw_only=True):
    """The newest event: its hash covers it and all before it."""

    seq: Seq
    hash: Hash


class WireEvent(Part, frozen=True, kw_only=True):
    """An event, as ``GET /v1/operations/{id}/events`` gives it."""

    operation_id: str
    seq: Seq
    at: Instant
    type: str
    phase: str | UnsetType = UNSET
    attempt: Attempt | UnsetType = UNSET
    actor: dict[str, Any]
    data: dict[str, Any]
    prev_hash: Hash
    hash: Hash


class Predicate(Part, frozen=True, kw_only=True):
    """Everything that is known of one operation.

    Attributes:
        evidence: of every phase each time it was over, in the order of the events.
        complete: the operation had ended; else a later bundle holds more.
        exported_at: when the bundle was made; laneway: the version that made it.
    """

    operation: Snapshot
    plan: PinnedPlan
    events: Annotated[list[WireEvent], Meta(min_length=1)]
    evidence: list[PhaseEvidence]
    artifacts: list[ArtifactEntry]
    head: Head
    complete: bool
    exported_at: Instant
    laneway: str


class Subject(Part, frozen=True, kw_only=True):
    """The operation. Its digest is the hash of its newest event, which covers all before it."""

    name: str
    digest: dict[Literal["sha256"], Hash]


class Statement(Part, frozen=True, kw_only=True, rename={"type": "_type", "kind": "predicateType"}):
    """An in-toto Statement v1 about one operation."""

    type: Literal["https://in-toto.io/Statement/v1"]
    subject: Annotated[list[Subject], Meta(min_length=1, max_length=1)]
    kind: Literal["urn:laneway:evidence:v1"]
    predicate: Predicate
