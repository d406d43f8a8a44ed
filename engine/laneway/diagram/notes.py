"""What is said of a phase in a picture: short, and the same in every form of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from laneway.core.cancelling import own_policy
from laneway.core.model import (
    ActionPhase,
    ApprovalPhase,
    CancelPolicy,
    EndPhase,
    ParallelPhase,
    Phase,
    Plan,
    Retry,
    Safety,
)
from laneway.core.proofs import in_words
from laneway.core.run import TERMINAL, PhaseStatus

from .overlay import Overlay, Trace


class Sign(StrEnum):
    """What a note is about; each form of a picture draws it in its own way."""

    NONE = ""
    TIME = "time"
    AGAIN = "again"
    VISITS = "visits"
    PEOPLE = "people"
    NEEDS = "needs"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Note:
    """A few words about a phase.

    Attributes:
        code: they are the plan's own (an action's id, an expression), not for people alone.
    """

    sign: Sign
    words: str
    code: bool = False


def hue(phase: Phase) -> str:
    """What a phase is coloured by: its safety, its kind, or how it ends."""
    if isinstance(phase, ActionPhase):
        return phase.action.safety.value
    if isinstance(phase, EndPhase):
        return phase.end.value
    if isinstance(phase, ParallelPhase):
        return max((b.action.safety for b in phase.branches), key=[*Safety].index).value
    return "approval" if isinstance(phase, ApprovalPhase) else "wait"


def tag(phase: Phase) -> str:
    """What kind of phase it is, in a word or two."""
    if isinstance(phase, ParallelPhase):
        return "parallel"
    return hue(phase).replace("_", " ")


def subject(phase: Phase) -> Note:
    """What a phase does: the action it performs, whom it asks, what it waits for."""
    if isinstance(phase, ActionPhase):
        return Note(Sign.NONE, phase.action.action_id, code=True)
    if isinstance(phase, ApprovalPhase):
        who = phase.role if phase.quorum == 1 else f"{phase.quorum} × {phase.role}"
        return Note(Sign.PEOPLE, who, code=True)
    if isinstance(phase, ParallelPhase):
        return Note(Sign.NONE, _join(phase))
    if isinstance(phase, EndPhase):
        return Note(Sign.NONE, f"ends as {phase.end}")
    if phase.until is not None:
        return Note(Sign.TIME, f"until {phase.until}", code=True)
    return Note(Sign.TIME, in_words(phase.duration or 0))


def _join(phase: ParallelPhase) -> str:
    everything = phase.join == "all"
    return "side by side: all must pass" if everything else "side by side: one must pass"


def notes(phase: Phase, *, committed: bool) -> tuple[Note, ...]:
    """How long, how often, and what cancelling does.

    Args:
        committed: the point of no return is behind it, so cancelling is refused anyhow.
    """
    return tuple(_notes(phase, committed=committed))


def _notes(phase: Phase, *, committed: bool) -> Iterator[Note]:
    if isinstance(phase, ActionPhase):
        yield Note(Sign.TIME, in_words(phase.timeout))
        if phase.retry.attempts > 1:
            yield Note(Sign.AGAIN, f"{phase.retry.attempts}×")
    if isinstance(phase, ApprovalPhase):
        yield Note(Sign.TIME, f"expires in {in_words(phase.expires)}")
        if phase.allow_requester:
            yield Note(Sign.NONE, "requester may approve")
    if phase.max_visits is not None:
        yield Note(Sign.VISITS, f"at most {phase.max_visits}×")
    cancelling = _CANCELLING.get(own_policy(phase), "")
    if cancelling and (phase.cancel is not None or not committed):
        yield Note(Sign.CANCEL, cancelling)


_CANCELLING = {
    CancelPolicy.DEFER: "cancel waits",
    CancelPolicy.REFUSE: "cancel refused",
}


def needs(plan: Plan, phase: Phase) -> str:
    """``Policy proof · Target proof ≤ 15m``: what must have passed, and how old it may be."""
    told = []
    for each in phase.requires:
        age = "" if each.max_age is None else f" ≤ {in_words(each.max_age)}"
        told.append(plan.phase(each.phase).title + age)
    return " · ".join(told)


def retries(retry: Retry) -> str:
    """``up to 4 attempts, on timeout; pauses of 1s, growing 2-fold to 15s, or a part of that``."""
    if retry.attempts == 1:
        return "one attempt"
    jitter = ", or a part of that" if retry.jitter == "full" else ""
    pause = f"{in_words(retry.delay)}, growing {retry.factor:g}-fold to {in_words(retry.max_delay)}"
    return f"up to {retry.attempts} attempts, on {', '.join(retry.on)}; pauses of {pause}{jitter}"


# --- what became of it ---------------------------------------------------------------------------


def traced(phase: Phase, trace: Trace) -> str:
    """``passed in 1.2s · 2 attempts``."""
    if isinstance(phase, EndPhase):
        return "ended here"
    word = _word(phase, trace)
    so_long = "" if trace.took is None else f" {_JOINTS.get(word, 'after')} {took(trace.took)}"
    told = [word + so_long]
    if trace.attempts > 1:
        told.append(f"{trace.attempts} attempts")
    if trace.visits > 1:
        told.append(f"{trace.visits} visits")
    return " · ".join(told)


def _word(phase: Phase, trace: Trace) -> str:
    if isinstance(phase, ApprovalPhase) and trace.status is PhaseStatus.PASS:
        return "approved"
    return _WORDS.get(trace.status.value, trace.status.value)


_WORDS = {
    "pass": "passed",
    "fail": "failed",
    "skipped": "carried over",
    "pending": "next",
    "reconciliation_required": "outcome unknown: a person must say",
}
_JOINTS = {"passed": "in", "running": "for", "waiting": "for"}


def took(milliseconds: int) -> str:
    """``8ms``, ``1.2s``, ``4m 5s``."""
    if milliseconds < 1_000:
        return f"{milliseconds}ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1_000:.1f}s"
    return in_words(milliseconds // 1_000 * 1_000)


def headline(plan: Plan) -> str:
    """``odoo-stable-bootstrap · version 1 · exclusive lane · deadline 8h``."""
    named = plan.name, f"version {plan.version}", f"{plan.lane.mode} lane"
    return " · ".join((*named, f"deadline {in_words(plan.deadline)}"))


def path_line(plan: Plan, path: Overlay) -> str:
    """``op_… on odoo/cm/prod: fail after 12s``, and where it was taken away from the plan."""
    dry = "dry run " if path.dry_run else ""
    status = path.status.value.replace("_", " ")
    so_long = "" if path.took is None else f" after {took(path.took)}"
    if so_long and path.status not in TERMINAL:
        so_long = f", {took(path.took or 0)} so far"
    left = f", out of {plan.phase(path.left).title}" if path.left else ""
    return f"{dry}{path.operation} on {path.lane}: {status}{left}{so_long}"
