"""What goes over the wire: the types of answers, as JSON shows them.

Names are snake_case. What is not there is null; a field that some kinds of a thing do not have at
all is left out (`UNSET`). The OpenAPI document and the files in ``schemas/`` are made from these
types; those of requests are in ``forms``.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from laneway.core.events import Actor, Failure
from laneway.core.instants import Instant
from laneway.core.model import ActionScope, Lane, Safety
from laneway.core.run import PhaseStatus, Status

from .forms import OperationId
from .problems import FieldError

Count = Annotated[int, Meta(ge=0)]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every answer's body."""


class PlanRef(Answer, frozen=True, kw_only=True):
    """The plan that an operation was accepted under."""

    name: str
    version: int
    digest: str


class TitledPlanRef(PlanRef, frozen=True, kw_only=True):
    """The plan that an operation was accepted under, with its title."""

    title: str


class WaitingFor(Answer, frozen=True, kw_only=True):
    """What an operation waits for: an approval, a wait, the next attempt, or its lane.

    ``operation`` and ``position`` (from 1) are there for a lane only.
    """

    kind: Literal["approval", "wait", "retry", "lane"]
    phase: str | None = None
    until: Instant | None = None
    operation: str | UnsetType | None = UNSET
    position: int | UnsetType = UNSET


class Decision(Answer, frozen=True, kw_only=True):
    """One person's decision."""

    decision: Literal["approve", "reject"]
    comment: str
    digest: str
    by: Actor


class ApprovalView(Answer, frozen=True, kw_only=True):
    """What an approval asks, of whom, and what was decided."""

    digest: str
    covers: dict[str, Any]
    role: str
    quorum: int
    expires_at: Instant
    decisions: list[Decision]


class ArtifactView(Answer, frozen=True, kw_only=True):
    """An artifact that a phase left behind; ``link`` gives its bytes."""

    name: str
    media_type: str
    size: Annotated[int, Meta(description="In bytes.")]
    digest: str
    link: str


class PhaseView(Answer, frozen=True, kw_only=True):
    """A phase, or a branch of the parallel phase ``parent``.

    ``action`` and ``safety`` are there for phases that perform one, ``approval`` once it was asked,
    ``artifacts`` where there are any.
    """

    name: str
    title: str
    kind: Literal["action", "approval", "wait", "parallel"]
    parent: str | UnsetType = UNSET
    status: PhaseStatus
    attempt: Count
    started_at: Instant | None
    finished_at: Instant | None
    outcome: str | None
    evidence: dict[str, Any]
    failure: Failure | None
    message: Annotated[str | None, Meta(description="The latest progress.")]
    until: Instant | None
    action: str | UnsetType = UNSET
    safety: Safety | UnsetType = UNSET
    approval: ApprovalView | UnsetType = UNSET
    artifacts: list[ArtifactView] | UnsetType = UNSET


class Links(Answer, frozen=True, kw_only=True, rename={"this": "self"}):
    """Where to go on from an operation."""

    this: str
    events: str
    cancel: str
    pause: str
    resume: str
    approvals: str
    reconcile: str
    retry: str
    lane: str
    plan: str


class OperationView(Answer, frozen=True, kw_only=True):
    """An operation as it is."""

    id: OperationId
    seq: Count
    status: Status
    plan: TitledPlanRef
    lane: Lane
    phase: str | None
    phases: list[PhaseView]
    waiting_for: WaitingFor | None
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
    links: Links


class Subject(Answer, frozen=True, kw_only=True):
    """Who asked."""

    subject: str


class OperationEntry(Answer, frozen=True, kw_only=True):
    """An operation in a list."""

    id: OperationId
    seq: Count
    status: Status
    plan: PlanRef
    lane: Lane
    phase: str | None
    waiting_for: WaitingFor | None
    requested_by: Subject
    dry_run: bool
    supersedes: str | None
    retry_of: str | None
    created_at: Instant
    updated_at: Instant
    finished_at: Instant | None
    links: Links


class OperationList(Answer, frozen=True, kw_only=True):
    """A page of a list, newest first; ``next_cursor`` is null on the last."""

    operations: list[OperationEntry]
    next_cursor: str | None


class EventPage(Answer, frozen=True, kw_only=True):
    """Events of an operation; go on with ``after=next_after`` until ``end``."""

    events: list[msgspec.Raw]
    next_after: Count
    end: Annotated[bool, Meta(description="The operation has ended, and this is its last event.")]


class FreezeView(Answer, frozen=True, kw_only=True):
    """Who froze a lane, and why."""

    by: Actor
    reason: str
    at: Instant


class LaneView(Answer, frozen=True, kw_only=True):
    """A lane as it is."""

    lane: Lane
    holder: OperationEntry | None
    queue: list[OperationEntry]
    running_shared: list[OperationEntry]
    last_pass: OperationEntry | None
    last_destructive: Annotated[
        dict[str, OperationEntry],
        Meta(description="By plan: the operation that began a destructive action last."),
    ]
    frozen: bool
    freeze: FreezeView | None


class PlanPhase(Answer, frozen=True, kw_only=True):
    """A phase as a plan declares it."""

    name: str
    title: str
    kind: Literal["action", "approval", "wait", "parallel", "end"]
    parent: str | UnsetType = UNSET
    action: str | UnsetType = UNSET
    safety: Safety | UnsetType = UNSET


class PlanEntry(Answer, frozen=True, kw_only=True):
    """A plan in a list."""

    name: str
    version: int
    digest: str
    title: str
    description: str
    actions: list[str]
    links: dict[str, str]


class PlanFileError(Answer, frozen=True, kw_only=True):
    """What is wrong with a plan's file, and where; lines and columns count from 1."""

    file: str
    line: Count
    column: Count
    code: str
    message: str
    hint: str
    severity: str


class PlanList(Answer, frozen=True, kw_only=True):
    """The plans that submissions may name, and the errors of those that did not load."""

    plans: list[PlanEntry]
    errors: list[PlanFileError]


class PlanView(PlanEntry, frozen=True, kw_only=True):
    """A plan whole."""

    start: str
    phases: list[PlanPhase]
    request: Annotated[dict[str, Any], Meta(description="JSON Schema of the request document.")]
    document: Annotated[dict[str, Any], Meta(description="The plan as it was written, as JSON.")]


class ActionView(Answer, frozen=True, kw_only=True):
    """An action of a driver; ``schemas/driver.schema.json`` says what the fields mean."""

    action_id: str
    label: str
    description: str
    safety: Safety
    scope: ActionScope
    authz_action: str
    operator_visible: bool
    input_schema: Annotated[dict[str, Any], Meta(description="JSON Schema of its parameters.")]
    output_schema: Annotated[dict[str, Any], Meta(description="JSON Schema of its evidence.")]
    writes_records: list[str]
    outcomes: list[str]
    idempotent: bool
    recoverable: bool
    supports_dry_run: bool


class SettingGroupView(Answer, frozen=True, kw_only=True):
    """What the lanes' target records must hold for a driver."""

    group_id: str
    label: str
    description: str
    scope: ActionScope
    fields: list[str]
    secret_bindings: list[str]


class DriverView(Answer, frozen=True, kw_only=True):
    """A driver descriptor; ``schemas/driver.schema.json`` says what the fields mean."""

    driver_id: str
    base_driver_id: str
    label: str
    product: str
    description: str
    context_patterns: list[str]
    provider_boundary: str
    capabilities: list[str]
    actions: list[ActionView]
    setting_groups: list[SettingGroupView]


class DriverList(Answer, frozen=True, kw_only=True):
    """What the drivers of this server can do."""

    drivers: list[DriverView]


class TargetsError(Answer, frozen=True, kw_only=True):
    """Where a targets file is wrong; lines and columns count from 1. The log says what is there."""

    line: Count
    column: Count
    code: str


class TargetsView(Answer, frozen=True, kw_only=True):
    """The file of the target records: with errors, the records are still those of `loaded_at`."""

    file: str
    loaded_at: Instant
    errors: list[TargetsError]


class Health(Answer, frozen=True, kw_only=True):
    """That the server lives; ``targets`` is there where the target records are in a file."""

    status: Literal["ok"]
    version: str
    targets: TargetsView | UnsetType = UNSET


class Ready(Answer, frozen=True, kw_only=True):
    """That the server takes operations and can write them down."""

    status: Literal["ready"]


class ProblemView(Answer, frozen=True, kw_only=True):
    """An answer that is not what was asked for (RFC 9457); ``code`` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    trace_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    operation: Annotated[str | UnsetType, Meta(description="The operation that it is about.")] = (
        UNSET
    )
    errors: list[FieldError] | UnsetType = UNSET
