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

RETURN_TO = r"^/(?![/\\])[\x21\x23-\x5b\x5d-\x7e]{0,1000}$"
"""Where a sign-in may lead: an address of this server, which no browser reads as another's."""

MOST_LISTED = 200
MOST_LANES = 1_000
MOST_EVENTS = 1_000

LaneName = Annotated[
    str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
]
LaneCursor = Annotated[str, Meta(pattern=r"^[^/]{1,100}/[^/]{1,100}/[^/]{1,100}$")]
PlanName = Annotated[str, Meta(min_length=1, max_length=100)]
PhaseName = Annotated[str, Meta(min_length=1, max_length=100)]
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
VersionName = Annotated[
    str,
    Meta(
        pattern=r"^(sha256:[0-9a-f]{64}|[1-9][0-9]{0,15})$",
        description="A version's number or digest.",
        examples=["3"],
    ),
]
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

    phase: PhaseName
    decision: Annotated[
        Literal["approve", "reject", "revoke"],
        Meta(description="`revoke` takes one's own approval back, until it has been used."),
    ]
    digest: Annotated[
        Digest,
        Meta(description="The approval's digest, as it was shown; to revoke it may be any."),
    ]
    comment: Text = ""


class ReconcileRequest(Request, frozen=True, kw_only=True):
    """What became of an attempt whose outcome is unknown, as a person found out."""

    outcome: Literal["pass", "fail", "retry"]
    note: Annotated[
        str, Meta(min_length=1, max_length=4_000, description="What was found, for the record.")
    ]
    phase: Annotated[
        PhaseName | None,
        Meta(description="Which phase; may be left out where only one is unknown."),
    ] = None


class HoldRequest(Request, frozen=True, kw_only=True):
    """Why the operation is to stay."""

    reason: Annotated[str, Meta(min_length=1, max_length=4_000, description="For the record.")]


class ReleaseRequest(Request, frozen=True, kw_only=True):
    """Why the operation may go."""

    reason: Text = ""


class RetryRequest(Request, frozen=True, kw_only=True):
    """Why the operation is to be retried."""

    reason: Text = ""


class FreezeRequest(Request, frozen=True, kw_only=True):
    """Why the lane is to take no new operations."""

    reason: Annotated[str, Meta(min_length=1, max_length=4_000)]


class UnfreezeRequest(Request, frozen=True, kw_only=True):
    """Why the lane is to take operations again; it goes to the audit log."""

    reason: Text = ""


class SignInRequest(Request, frozen=True, kw_only=True):
    """What a browser's session is to be begun with."""

    # Nothing is said of its form: what is wrong with a field is shown, and this must not be.
    token: Annotated[str, Meta(description="A static token, or one of an OIDC issuer.")]


# --- queries -------------------------------------------------------------------------------------


class NoQuery(Request, frozen=True):
    """No query parameter at all."""


class PageQuery(msgspec.Struct, frozen=True):
    """What the page keeps in its own addresses; the server passes over it."""


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


class EvidenceQuery(Request, frozen=True, kw_only=True):
    """What an evidence bundle is to hold."""

    artifacts: Annotated[
        bool | None, Meta(description="With the artifacts' bytes: the answer is a zip.")
    ] = None


class ArtifactQuery(Request, frozen=True, kw_only=True):
    """Whose artifact, where several phases or attempts left one of the same name."""

    phase: Annotated[
        PhaseName | None,
        Meta(description="The phase (or branch); left out: whichever left one last."),
    ] = None
    attempt: Annotated[
        Annotated[int, Meta(ge=1, le=2**53 - 1)] | None,
        Meta(description="Its attempt; only with `phase`. Left out: the one that `phases` shows."),
    ] = None


class DiagramQuery(Request, frozen=True, kw_only=True):
    """How a picture is to be drawn; the last three are for `text`."""

    format: Annotated[
        Literal["svg", "mermaid", "text"] | None,
        Meta(description="Left out, the `Accept` header decides: SVG, or Mermaid as text."),
    ] = None
    width: Annotated[int, Meta(ge=24, le=400, description="Columns of the terminal.")] = 100
    ascii: Annotated[bool, Meta(description="Only ASCII.")] = False
    colours: Annotated[bool, Meta(description="With a terminal's escape sequences.")] = False


class AllEventsQuery(Request, frozen=True, kw_only=True):
    """Where to begin in the events of all operations."""

    after: Annotated[
        Seq | None,
        Meta(description="Only events whose position is greater; left out: only what comes now."),
    ] = None


class DifferenceQuery(Request, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Which versions of a plan to compare."""

    from_: Annotated[VersionName, Meta(description="The older one.")]
    to: Annotated[VersionName, Meta(description="The newer one.")]


class AuditQuery(Request, frozen=True, kw_only=True):
    """Which entries of the audit log, and from which end."""

    after: Annotated[Seq, Meta(description="Only entries whose `seq` is greater.")] = 0
    before: Annotated[
        Seq | None,
        Meta(description="Only entries whose `seq` is smaller; they come newest first, then."),
    ] = None
    order: Annotated[
        Literal["oldest", "newest"] | None,
        Meta(description="Which come first; left out: the oldest, or with `before` the newest."),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=MOST_EVENTS)] = 200
    actor: Annotated[str | None, Meta(description="The subject who tried it.")] = None
    act: Annotated[str | None, Meta(description="What was tried, such as `freezeLane`.")] = None
    allowed: Annotated[
        bool | None, Meta(description="Only what was done, or only what was refused.")
    ] = None
    code: Annotated[str | None, Meta(description="The problem that the caller was told.")] = None
    operation: Annotated[OperationId | None, Meta(description="What it is about.")] = None
    product: Annotated[str | None, Meta(description="Of the lane that it is about.")] = None
    context: str | None = None
    instance: str | None = None
    plan: Annotated[str | None, Meta(description="The plan that it is about.")] = None
    since: Annotated[str | None, Meta(description="An RFC 3339 time; not before it.")] = None
    until: Annotated[str | None, Meta(description="An RFC 3339 time; before it.")] = None


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


class LanesQuery(Request, frozen=True, kw_only=True):
    """Which lanes to list."""

    product: str | None = None
    context: str | None = None
    instance: str | None = None
    q: Annotated[
        str | None, Meta(description="Text in `product/context/instance`; case does not matter.")
    ] = None
    limit: Annotated[int, Meta(ge=1, le=MOST_LANES)] = 100
    cursor: Annotated[LaneCursor | None, Meta(description="`next_cursor` of the page before.")] = (
        None
    )


class SessionQuery(Request, frozen=True, kw_only=True):
    """What it is asked of that the caller may do."""

    plan: Annotated[str | None, Meta(description="The plan that it is about.")] = None
    product: Annotated[str | None, Meta(description="Of the lane that it is about.")] = None
    context: str | None = None
    instance: str | None = None
    role: Annotated[str | None, Meta(description="The role that an approval asks for.")] = None


class SignInQuery(Request, frozen=True, kw_only=True):
    """Where to go once signed in."""

    return_to: Annotated[
        str, Meta(pattern=RETURN_TO, description="An address of this server.", examples=["/"])
    ] = "/"


class SignInAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer has a browser bring back; what else it says is passed over."""

    code: Annotated[str, Meta(description="Stands for the identity.")] = ""
    state: Annotated[str, Meta(description="Belongs to the browser's cookie.")] = ""
    iss: Annotated[str, Meta(description="The issuer that answers (RFC 9207).")] = ""
    error: Annotated[str, Meta(description="Why nobody was signed in.")] = ""
