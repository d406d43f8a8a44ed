"""Plans, and the drivers that perform their actions."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from laneway.core.instants import Instant
from laneway.core.model import ActionScope, Safety

from .base import Answer, Count
from .operations import PlanRef


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
    file: Annotated[str, Meta(description="The name of its file.")]
    warnings: Annotated[Count, Meta(description="How much is doubtful about it; see its source.")]
    links: dict[str, str]


class PlanFileError(Answer, frozen=True, kw_only=True):
    """What is wrong with a plan's file, and where; lines and columns count from 1.

    ``kept`` is the plan that the file held before, which is offered still, or null.
    """

    file: str
    line: Count
    column: Count
    code: str
    message: str
    hint: str
    severity: str
    way: Annotated[
        str,
        Meta(description="A way through the plan on which it is so; empty where none is needed."),
    ]
    kept: PlanRef | None = None


class PlanList(Answer, frozen=True, kw_only=True):
    """The plans that submissions may name, and the errors of those that did not load."""

    plans: list[PlanEntry]
    errors: list[PlanFileError]


class PlanVersionView(Answer, frozen=True, kw_only=True):
    """A version of a plan, and when it was first loaded."""

    version: int
    digest: str
    first_seen_at: Instant


class PlanView(PlanEntry, frozen=True, kw_only=True):
    """A plan whole."""

    start: str
    phases: list[PlanPhase]
    request: Annotated[dict[str, Any], Meta(description="JSON Schema of the request document.")]
    document: Annotated[dict[str, Any], Meta(description="The plan as it was written, as JSON.")]
    versions: Annotated[
        list[PlanVersionView], Meta(description="Every version that was ever loaded, newest first.")
    ]


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
