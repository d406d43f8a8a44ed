"""What is known of plans: their text, their proofs, and how their versions differ."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from laneway.core.differences import Bearing, Version
from laneway.core.instants import Instant
from laneway.core.model import EndStatus

from .base import Answer, Count
from .operations import PlanRef

Milliseconds = Annotated[int, Meta(ge=0, description="Milliseconds.")]
PhaseNames = Annotated[list[str], Meta(description="Names of phases.")]


# --- its text ------------------------------------------------------------------------------------


class PlanStep(Answer, frozen=True, kw_only=True):
    """A phase on a way through a plan, and how it is left; null where the way ends.

    ``line`` is that of the phase in the plan's text, where it has one.
    """

    phase: str
    outcome: str | None
    line: Count | None


class PlanFinding(Answer, frozen=True, kw_only=True):
    """One thing that is wrong or doubtful, and where; lines and columns count from 1."""

    line: Count
    column: Count
    severity: Literal["error", "warning"]
    code: str
    message: str
    hint: str
    way: Annotated[str, Meta(description="The witness in one line; empty where none is needed.")]
    witness: Annotated[
        list[PlanStep], Meta(description="A way through the plan on which it shows.")
    ]


class PlanSource(Answer, frozen=True, kw_only=True):
    """The text of a plan's file, as it was loaded or refused, with what was found in it."""

    file: str
    text: str
    plan: Annotated[
        PlanRef | None,
        Meta(description="The plan that is offered from the file; null where none is."),
    ]
    offered: Annotated[
        bool,
        Meta(description="The plan is offered as this text says it; false: it was refused."),
    ]
    findings: list[PlanFinding]


# --- what is known of it -------------------------------------------------------------------------


class TimedStep(Answer, frozen=True, kw_only=True):
    """A phase on the longest way, how it is left, and how long it takes at most."""

    phase: str
    outcome: str | None
    takes: Milliseconds


class LongestWayView(Answer, frozen=True, kw_only=True):
    """A way that takes longest; where it is not ``exact``, all known is that none takes longer."""

    takes: Milliseconds
    exact: bool
    steps: list[TimedStep]


class PlanEnding(Answer, frozen=True, kw_only=True):
    """A phase with which an operation can end, and as what."""

    phase: str
    title: str
    end: EndStatus


class PlanApproval(Answer, frozen=True, kw_only=True):
    """Who must approve."""

    phase: str
    title: str
    role: str
    quorum: int
    expires: Milliseconds
    allow_requester: bool


class PlanFacts(Answer, frozen=True, kw_only=True):
    """What is known of a plan before it runs."""

    deadline: Milliseconds
    longest: LongestWayView
    when_late: Annotated[
        LongestWayView | None,
        Meta(description="From where the deadline leads; null where it ends the operation."),
    ]
    endings: Annotated[list[PlanEnding], Meta(description="Those that some way leads to.")]
    approvals: list[PlanApproval]
    destructive: PhaseNames
    point_of_no_return: Annotated[
        list[str],
        Meta(description="The phases with which cancelling is first refused, on different ways."),
    ]
    committed: Annotated[list[str], Meta(description="The phases behind such a phase, always.")]
    open_waits: Annotated[list[str], Meta(description="Phases that only the deadline limits.")]
    asked_again: Annotated[
        list[str], Meta(description="Approvals that are asked for again when a proof changes.")
    ]
    lengths: Annotated[
        dict[str, int], Meta(description="For each phase one visit at most, in milliseconds.")
    ]
    dominators: Annotated[
        dict[str, list[str]],
        Meta(description="For each phase the others through which every way to it leads."),
    ]


class PlanSaid(Answer, frozen=True, kw_only=True):
    """One thing that is said of a plan or phase: what it is about, and a sentence."""

    about: str
    words: str


class PlanPhaseTold(Answer, frozen=True, kw_only=True):
    """A phase in words."""

    name: str
    title: str
    kind: Annotated[str, Meta(description="In words, such as `destructive` or `approval`.")]
    hue: Annotated[str, Meta(description="What it is coloured by: a safety, a kind or an end.")]
    committed: bool
    branch: bool
    says: list[PlanSaid]


class PlanProof(Answer, frozen=True, kw_only=True):
    """One rule that the plan was held against: it is kept where there are no findings."""

    code: str
    severity: Literal["error", "warning"]
    meaning: Annotated[str, Meta(description="What is so where the rule is broken.")]
    remedy: str
    findings: Count


class PlanKnowledge(Answer, frozen=True, kw_only=True):
    """What is proved of a plan and known of it: as facts, and in words."""

    plan: PlanRef
    facts: PlanFacts
    says: list[PlanSaid]
    phases: list[PlanPhaseTold]
    proofs: list[PlanProof]


# --- its versions --------------------------------------------------------------------------------


class PlanVersionEntry(Answer, frozen=True, kw_only=True):
    """A version of a plan in a list."""

    version: int
    digest: str
    first_seen_at: Instant
    offered: Annotated[bool, Meta(description="It is what submissions get now.")]
    kept: Annotated[bool, Meta(description="It is known what is in it.")]


class PlanVersionList(Answer, frozen=True, kw_only=True):
    """Every version of a plan that was ever loaded, newest first."""

    name: str
    versions: list[PlanVersionEntry]


class PlanVersionWhole(PlanVersionEntry, frozen=True, kw_only=True):
    """A version of a plan, with what is in it."""

    name: str
    title: str
    text: Annotated[str, Meta(description="As it was first loaded; empty where that was not kept.")]
    document: Annotated[dict[str, Any], Meta(description="The plan as it was written, as JSON.")]


class PlanChange(Answer, frozen=True, kw_only=True):
    """One difference, and whether it takes a safeguard away."""

    code: str
    bearing: Bearing
    phase: Annotated[str | None, Meta(description="Null for the plan itself.")]
    words: str
    way: Annotated[str, Meta(description="On which a proof that was lost shows; else empty.")]


class TextLine(Answer, frozen=True, kw_only=True):
    """A line of two texts; it has no number in the one that it is not in."""

    old: Count | None
    new: Count | None
    text: str


class PlanDifference(Answer, frozen=True, kw_only=True):
    """What a version does differently from another, the most serious first."""

    old: PlanRef
    new: PlanRef
    version: Annotated[Version, Meta(description="Whether the version says so.")]
    worst: Bearing | None
    changes: list[PlanChange]
    in_flight: Annotated[str, Meta(description="What it means for operations of the old one.")]
    hunks: Annotated[
        list[list[TextLine]],
        Meta(description="Where the texts differ, with some lines around; empty without texts."),
    ]
