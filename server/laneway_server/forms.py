"""The forms of requests: what bodies and queries must look like. They take no unknown fields.

The OpenAPI document and the files in ``schemas/`` are made from these types.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from laneway.core.instants import DURATION_PATTERN
from laneway.core.model import WhenBusy
from laneway.core.run import Status

LONGEST_WAIT = 60_000
"""Milliseconds that a request may wait at most."""

MOST_LISTED = 200
MOST_EVENTS = 1_000

LaneName = Annotated[
    str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
]
PlanName = Annotated[str, Meta(min_length=1, max_length=100)]
OperationId = Annotated[
    str,
    Meta(
        pattern=r"^op_[0-9A-HJKMNP-TV-Z]{26}$",
        description="`op_` and a ULID: ids sort by the time of creation.",
        examples=["op_01JA2B3C4D5E6F7G8H9JKMNPQR"],
    ),
]
Text = Annotated[str, Meta(max_length=4_000)]
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Duration = Annotated[
    str,
    Meta(
        pattern=DURATION_PATTERN,
        description="`500ms`, `30s` or `1m`; 60s at most.",
        examples=["30s"],
    ),
]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every request's body and query."""


class LaneNames(Request, frozen=True, kw_only=True):
    """The lane that an operation is to work on."""

    product: LaneName
    context: LaneName
    instance: LaneName


class SubmitRequest(Request, frozen=True, kw_only=True):
    """A submission: what is to be done on which lane. The lane's target record says where."""

    plan: Annotated[PlanName, Meta(description="The name of a plan that the server offers.")]
    lane: LaneNames
    request: Annotated[
        dict[str, Any], Meta(description="The document that the plan's `request` schema describes.")
    ] = {}
    dry_run: Annotated[bool, Meta(description="Change nothing: report what would be done.")] = False
    reason: Text = ""
    supersedes: Annotated[
        OperationId | None,
        Meta(description="The operation whose destructive action on the lane is to be done again."),
    ] = None
    when_busy: Annotated[
        WhenBusy | None,
        Meta(description="What to do where the lane is held; null: what the plan says."),
    ] = None


class CancelRequest(Request, frozen=True, kw_only=True):
    """Why the operation is to be cancelled."""

    reason: Text = ""


class PauseRequest(Request, frozen=True, kw_only=True):
    """Why the operation is to stop before its next phase."""

    reason: Text = ""


class ResumeRequest(Request, frozen=True, kw_only=True):
    """Go on after a pause."""


class ApprovalRequest(Request, frozen=True, kw_only=True):
    """A person's decision on an approval."""

    phase: Annotated[str, Meta(min_length=1)]
    decision: Literal["approve", "reject"]
    digest: Annotated[Digest, Meta(description="The approval's digest, as it was shown.")]
    comment: Text = ""


class ReconcileRequest(Request, frozen=True, kw_only=True):
    """What became of an attempt whose outcome is unknown, as a person found out."""

    outcome: Literal["pass", "fail", "retry"]
    note: Annotated[
        str, Meta(min_length=1, max_length=4_000, description="What was found, for the record.")
    ]
    phase: Annotated[
        str | None, Meta(description="Which phase; may be left out where only one is unknown.")
    ] = None


class RetryRequest(Request, frozen=True, kw_only=True):
    """Why the operation is to be retried."""

    reason: Text = ""


class FreezeRequest(Request, frozen=True, kw_only=True):
    """Why the lane is to take no new operations."""

    reason: Annotated[str, Meta(min_length=1, max_length=4_000)]


class UnfreezeRequest(Request, frozen=True, kw_only=True):
    """Why the lane is to take operations again; it goes to the server's log."""

    reason: Text = ""


# --- queries -------------------------------------------------------------------------------------


class NoQuery(Request, frozen=True):
    """No query parameter at all."""


class WaitQuery(Request, frozen=True, kw_only=True):
    """Wait for news of an operation."""

    after: Annotated[
        Seq | None, Meta(description="Wait until the operation's `seq` is greater than this.")
    ] = None
    wait: Annotated[
        Duration | None, Meta(description="How long to wait for that; only with `after`.")
    ] = None


class EventsQuery(Request, frozen=True, kw_only=True):
    """Which events, and how long to wait where there are none."""

    after: Annotated[Seq | None, Meta(description="Only events whose `seq` is greater.")] = None
    wait: Annotated[
        Duration | None, Meta(description="How long to wait for the first; not for streams.")
    ] = None
    limit: Annotated[
        Annotated[int, Meta(ge=1, le=MOST_EVENTS)] | None,
        Meta(description="How many at most; not for streams."),
    ] = None


class AllEventsQuery(Request, frozen=True, kw_only=True):
    """Where to begin in the events of all operations."""

    after: Annotated[
        Seq | None,
        Meta(description="Only events whose position is greater; left out: only what comes now."),
    ] = None


class ListQuery(Request, frozen=True, kw_only=True):
    """Which operations to list."""

    plan: str | None = None
    status: Status | None = None
    product: str | None = None
    context: str | None = None
    instance: str | None = None
    requested_by: Annotated[str | None, Meta(description="The subject who asked for it.")] = None
    created_after: Annotated[str | None, Meta(description="An RFC 3339 time.")] = None
    created_before: Annotated[str | None, Meta(description="An RFC 3339 time.")] = None
    limit: Annotated[int, Meta(ge=1, le=MOST_LISTED)] = 50
    cursor: Annotated[OperationId | None, Meta(description="`next_cursor` of the page before.")] = (
        None
    )
