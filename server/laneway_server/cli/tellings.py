"""What an event says to people, as one line. Events that only matter to programs say nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from laneway_server.client.snapshots import TERMINAL_EVENT, Event, Snapshot

from .look import AGAIN, BY_HAND, NOTICE, Look, look
from .text import between, clean, deadline, moment, span

Line = tuple[Look, str]
"""A line's symbol, and its text."""

_CHANGING = ("mutation", "destructive")
_BEGINNINGS = ("phase_started", "approval_requested", "wait_started", "parallel_started")


class Story:
    """Turns an operation's events into lines, in their order.

    Attributes:
        operation: as it was read last; it knows what things are called.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.operation: Snapshot | None = None
        self._now = now
        self._accepted = ""
        self._begun: dict[str, str] = {}
        self._progress: dict[str, str] = {}
        self._tried: set[str] = set()

    def line(self, event: Event) -> Line | None:
        """What the event says; None where that is nothing to people."""
        if event.type == "operation_accepted":
            self._accepted = event.at
        if event.type in _BEGINNINGS:
            self._begun.setdefault(event.phase or "", event.at)
        teller = _TELLERS.get(event.type)
        return teller(self, event) if teller else None

    def label(self, phase: object) -> str:
        """``Verify: Health``: a phase's name for people, after that of the phase it is part of."""
        known, name = self.operation, str(phase or "")
        found = known.find(name) if known else None
        if known is None or found is None:
            return clean(name, 60)
        parent = f"{known.label(found.parent)}: " if found.parent else ""
        return clean(parent + found.label, 120)

    def title(self) -> str:
        """What the operation is called for people."""
        if self.operation is None:
            return "the operation"
        return clean(self.operation.title, 80) + (" (dry run)" if self.operation.dry_run else "")

    def tries(self, event: Event) -> bool:
        """Whether the event begins an attempt that only says what it would do; remembered."""
        tried = event.data.get("dry_run") is True
        if tried:
            self._tried.add(event.phase or "")
        return tried

    def tried(self, event: Event) -> str:
        """That nothing was done in the event's phase, with a space before it."""
        return " (dry run: nothing was done)" if event.phase in self._tried else ""

    def until(self, text: object) -> str:
        """``until 16:00:01``, with a space before it."""
        told = deadline(text, self._now())
        return f" {told}" if told else ""

    def since_it_began(self, event: Event) -> str:
        """How long the event's phase has taken, with a space before it."""
        return _spaced(between(self._begun.pop(event.phase or "", None), event.at))

    def altogether(self, event: Event) -> str:
        """How long the operation has taken, with a space before it."""
        return _spaced(between(self._accepted, event.at))

    def repeats(self, phase: str, message: str) -> bool:
        """Whether a phase says the same as before."""
        said, self._progress[phase] = self._progress.get(phase), message
        return said == message


def _spaced(length: Any) -> str:
    told = span(length)
    return f" {told}" if told else ""


def _failure(event: Event) -> str:
    failure = event.data.get("failure")
    if not isinstance(failure, dict):
        return ""
    told = ": ".join(filter(None, (clean(failure.get(name), 500) for name in ("code", "message"))))
    return f" · {told}" if told else ""


def _by(event: Event) -> str:
    who = event.data.get("by")
    subject = clean(who.get("subject"), 80) if isinstance(who, dict) else ""
    return f" by {subject}" if subject else ""


def _quoted(event: Event, name: str) -> str:
    text = clean(event.data.get(name), 300)
    return f": {text}" if text else ""


def _accepted(story: Story, event: Event) -> Line:
    place = story.operation.lane if story.operation else ""
    operation = clean(event.operation_id, 60)
    return BY_HAND, f"{story.title()} on {clean(place)} accepted as {operation}"


def _started(story: Story, event: Event) -> Line | None:
    again = (event.attempt or 1) > 1
    if event.data.get("safety") not in _CHANGING and not again:
        return None
    attempt = f", attempt {event.attempt}" if again else ""
    begins = "is only tried" if story.tries(event) else "begins"
    return look("running"), f"{story.label(event.phase)} {begins}{attempt}"


def _progressed(story: Story, event: Event) -> Line | None:
    message = clean(event.data.get("message"), 500)
    if not message or story.repeats(event.phase or "", message):
        return None
    return look("running"), f"{story.label(event.phase)}: {message}"


def _retry(story: Story, event: Event) -> Line:
    start, due = moment(event.at), moment(event.data.get("retry_at"))
    again = f", again in {span(due - start)}" if start and due and due >= start else ""
    told = f"{story.label(event.phase)} attempt {event.attempt} failed{again}{_failure(event)}"
    return AGAIN, told


def _resumed(story: Story, event: Event) -> Line:
    return AGAIN, f"{story.label(event.phase)} goes on{_quoted(event, 'reason')}"


def _recovering(story: Story, event: Event) -> Line:
    reason = clean(event.data.get("reason"), 80)
    label = story.label(event.phase)
    return AGAIN, f"{label}: finding out what became of attempt {event.attempt} ({reason})"


def _unknown(story: Story, event: Event) -> Line:
    told = f"{story.label(event.phase)}: the outcome is unknown{_failure(event)}"
    return look("reconciliation_required"), told


def _reconciled(story: Story, event: Event) -> Line:
    outcome = clean(event.data.get("outcome"), 40)
    told = f"{story.label(event.phase)} reconciled as {outcome}{_by(event)}{_quoted(event, 'note')}"
    return BY_HAND, told


def _approval(story: Story, event: Event) -> Line:
    role, until = clean(event.data.get("role"), 60), story.until(event.data.get("expires_at"))
    return look("waiting"), f"{story.label(event.phase)} needs {role}{until}"


def _decided(story: Story, event: Event) -> Line:
    decision = "approved" if event.data.get("decision") == "approve" else "rejected"
    told = f"{story.label(event.phase)} {decision}{_by(event)}{_quoted(event, 'comment')}"
    return BY_HAND, told


def _revoked(story: Story, event: Event) -> Line:
    told = f"the approval of {story.label(event.phase)} is taken back"
    return BY_HAND, f"{told}{_by(event)}{_quoted(event, 'reason')}"


def _checked(story: Story, event: Event) -> Line | None:
    ruling = event.data.get("ruling")
    if not isinstance(ruling, dict) or ruling.get("allowed"):
        return None
    return NOTICE, f"{story.label(event.phase)} is not allowed any more"


def _waits(story: Story, event: Event) -> Line:
    until = story.until(event.data.get("until"))
    return look("waiting"), f"{story.label(event.phase)} waits{until}"


def _finished(story: Story, event: Event) -> Line:
    status, outcome = str(event.data.get("status")), clean(event.data.get("outcome"), 40)
    seen = look(status)
    more = f" ({outcome})" if outcome not in (status, "") else ""
    took = story.since_it_began(event)
    told = f"{story.label(event.phase)} {seen.word}{more}{took}"
    return seen, f"{told}{story.tried(event)}{_failure(event)}"


def _ended(story: Story, event: Event) -> Line:
    seen = look(str(event.data.get("status")))
    return seen, f"{story.title()} {seen.word}{story.altogether(event)}{_failure(event)}"


def _pause(story: Story, event: Event) -> Line:
    return BY_HAND, f"a pause is asked for{_by(event)}{_quoted(event, 'reason')}"


def _paused(story: Story, event: Event) -> Line:
    return look("paused"), f"paused before {story.label(event.data.get('next_phase'))}"


def _goes_on(story: Story, event: Event) -> Line:
    return BY_HAND, f"resumed{_by(event)}"


def _cancel(story: Story, event: Event) -> Line:
    return BY_HAND, f"a cancel is asked for{_by(event)}{_quoted(event, 'reason')}"


def _deadline(story: Story, event: Event) -> Line:
    return NOTICE, "the operation's deadline has passed"


_TELLERS: dict[str, Callable[[Story, Event], Line | None]] = {
    "operation_accepted": _accepted,
    "phase_started": _started,
    "phase_progressed": _progressed,
    "phase_retry_scheduled": _retry,
    "phase_resumed": _resumed,
    "phase_recovering": _recovering,
    "phase_outcome_unknown": _unknown,
    "phase_reconciled": _reconciled,
    "approval_requested": _approval,
    "approval_decided": _decided,
    "approval_revoked": _revoked,
    "authorization_checked": _checked,
    "wait_started": _waits,
    "phase_finished": _finished,
    "pause_requested": _pause,
    "operation_paused": _paused,
    "operation_resumed": _goes_on,
    "cancel_requested": _cancel,
    "deadline_passed": _deadline,
    TERMINAL_EVENT: _ended,
}
