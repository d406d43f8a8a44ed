"""An operation as the server shows it: the parts that a client reads.

What is not known here is passed over, so that a newer server can be watched with an older client.
"""

from typing import Any

import msgspec

from .problems import NoContact

TERMINAL = frozenset({"pass", "fail", "refused", "cancelled"})
TERMINAL_EVENT = "operation_finished"


class Plan(msgspec.Struct):
    """Which plan an operation follows."""

    name: str
    version: int = 0
    title: str | None = None


class Lane(msgspec.Struct):
    """Where an operation works."""

    product: str
    context: str
    instance: str

    def __str__(self) -> str:
        return f"{self.product}/{self.context}/{self.instance}"


class Failure(msgspec.Struct):
    """Why something did not pass."""

    code: str = ""
    message: str = ""


class Caller(msgspec.Struct):
    """Who asked."""

    subject: str = ""


class Decision(msgspec.Struct):
    """One person's decision."""

    decision: str = ""
    by: Caller = msgspec.field(default_factory=Caller)
    comment: str = ""


class Approval(msgspec.Struct):
    """What is to be approved, by whom, and what was decided so far and stands."""

    digest: str = ""
    covers: dict[str, Any] = {}
    role: str = ""
    quorum: int = 1
    expires_at: str | None = None
    decisions: list[Decision] = []


class Phase(msgspec.Struct):
    """One phase, or one branch of a parallel phase (``parent`` is that phase)."""

    name: str
    status: str
    title: str | None = None
    kind: str = "action"
    parent: str | None = None
    attempt: int | None = None
    started_at: str | None = None
    finished_at: str | None = None
    failure: Failure | None = None
    message: str | None = None
    until: str | None = None
    safety: str | None = None
    approval: Approval | None = None

    @property
    def label(self) -> str:
        """What it is called for people."""
        return self.title or self.name.replace("_", " ").capitalize()


class WaitingFor(msgspec.Struct):
    """Why nothing happens right now."""

    kind: str = ""
    phase: str | None = None
    until: str | None = None
    operation: str | None = None
    position: int | None = None


class Snapshot(msgspec.Struct):
    """An operation as it is. ``finished_at`` is None until it has ended."""

    id: str
    status: str
    plan: Plan
    lane: Lane
    seq: int = 0
    phase: str | None = None
    phases: list[Phase] = []
    waiting_for: WaitingFor | None = None
    requested_by: Caller | None = None
    reason: str | None = None
    dry_run: bool = False
    supersedes: str | None = None
    retry_of: str | None = None
    created_at: str | None = None
    started_at: str | None = None
    updated_at: str | None = None
    finished_at: str | None = None
    deadline_at: str | None = None
    failure: Failure | None = None
    pause_requested: bool = False
    cancel_requested: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.status in TERMINAL

    @property
    def title(self) -> str:
        """What its plan is called for people."""
        return self.plan.title or self.plan.name

    def find(self, phase: str | None) -> Phase | None:
        """The phase of that name."""
        return next((found for found in self.phases if found.name == phase), None)

    def label(self, phase: str | None) -> str:
        """What a phase is called for people, known here or not."""
        found = self.find(phase)
        return found.label if found else str(phase or "")

    def unsettled(self) -> list[Phase]:
        """The phases whose outcome a person must say."""
        return [phase for phase in self.phases if phase.status == "reconciliation_required"]

    def awaiting_approval(self) -> list[Phase]:
        """The phases that wait for an approval."""
        waiting = (phase for phase in self.phases if phase.status == "waiting")
        return [phase for phase in waiting if phase.approval is not None]

    def approved(self) -> list[Phase]:
        """The phases that somebody has approved, and not taken that back."""
        asked = ((phase, phase.approval) for phase in self.phases if phase.approval is not None)
        return [
            phase
            for phase, approval in asked
            if any(each.decision == "approve" for each in approval.decisions)
        ]


class Event(msgspec.Struct):
    """One event of an operation's log."""

    seq: int
    type: str
    at: str
    operation_id: str = ""
    phase: str | None = None
    attempt: int | None = None
    actor: dict[str, Any] = {}
    data: dict[str, Any] = {}


class EventPage(msgspec.Struct):
    """Events as the server sent them; ``end``: the operation has none after the last of them."""

    events: list[msgspec.Raw] = []
    end: bool = False


def snapshot(document: object) -> Snapshot:
    """Read an operation.

    Raises:
        NoContact: this is no operation, so what answered is no Laneway server.
    """
    try:
        return msgspec.convert(document, Snapshot)
    except msgspec.ValidationError as error:
        raise NoContact(f"what the server sent is not an operation: {error}") from error


def event(text: str) -> Event:
    """Read an event.

    Raises:
        NoContact: this is no event.
    """
    try:
        return msgspec.json.decode(text, type=Event)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise NoContact(f"what the server sent is not an event: {error}") from error
