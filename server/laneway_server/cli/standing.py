"""Where an operation stands, in words: what it waits for, why it did not pass, and what to do."""

from datetime import datetime

from laneway_server.client.snapshots import Approval, Failure, Phase, Snapshot, WaitingFor

from .text import clean, deadline, moment, span

_UNWELL = ("fail", "refused", "reconciliation_required")


def waiting(now: Snapshot, at: datetime) -> str:
    """What the operation waits for; empty where it does not."""
    if now.status == "reconciliation_required":
        named = ", ".join(clean(phase.label) for phase in now.unsettled()) or "a phase"
        return f"nobody can tell what became of {named}: look at the provider, then say so"
    reason = now.waiting_for
    if reason is None or now.ended:
        return ""
    if reason.kind == "lane":
        return _in_line(reason)
    until = deadline(reason.until, at)
    label = clean(now.label(reason.phase))
    if reason.kind == "approval":
        return _approval(now.find(reason.phase), label, until)
    if reason.kind == "retry":
        return f"{label} is tried again {_in(reason.until, at)}"
    return f"{label} {until}".rstrip()


def _in_line(reason: WaitingFor) -> str:
    told = "waiting for its lane"
    if reason.position:
        told += f", number {reason.position} in line"
    return told + (f", behind {clean(reason.operation)}" if reason.operation else "")


def _approval(phase: Phase | None, label: str, until: str) -> str:
    asked = phase.approval if phase else None
    if asked is None:
        return f"{label} {until}".rstrip()
    missing = asked.quorum - len(_approvers(asked))
    whose = f"{missing} × {clean(asked.role)}" if missing > 1 else clean(asked.role)
    return f"{label}: needs the approval of {whose} {until}".rstrip()


def so_far(asked: Approval) -> str:
    """``approved by ada (1 of 2)``; empty where nobody has."""
    given = _approvers(asked)
    return f"approved by {', '.join(given)} ({len(given)} of {asked.quorum})" if given else ""


def _approvers(asked: Approval) -> list[str]:
    given = [each for each in asked.decisions if each.decision == "approve"]
    return [clean(each.by.subject, 60) for each in given]


def _in(until: object, at: datetime) -> str:
    due = moment(until)
    return "soon" if due is None or due <= at else f"in {span(due - at)}"


def why(now: Snapshot) -> str:
    """Why the operation did not pass; empty where nothing says so."""
    return failure_words(now.failure)


def failures(now: Snapshot) -> list[str]:
    """What went wrong in single phases, in full, where that is not what `why` says."""
    if not now.ended and now.status != "reconciliation_required":
        return []
    failed = (phase for phase in now.phases if phase.status in _UNWELL and phase.failure)
    told = [(clean(phase.label), failure_words(phase.failure)) for phase in failed]
    return [f"{label}: {words}" for label, words in told if words != why(now)]


def failure_words(failure: Failure | None) -> str:
    """``code: message``; empty without a failure."""
    if failure is None:
        return ""
    return ": ".join(filter(None, (clean(failure.code, 60), clean(failure.message))))


def advice(now: Snapshot) -> list[str]:
    """What a person may want to do now, as command lines with a few words before each."""
    if now.status == "reconciliation_required":
        return _reconcile(now)
    if now.status == "paused":
        return [f"go on: laneway resume {now.id}"]
    if now.status in ("fail", "cancelled"):
        return [f"take it up again from there: laneway retry {now.id}"]
    approvals = (phase for phase in now.awaiting_approval() if phase.kind == "approval")
    return [
        f"decide: laneway approve {now.id} --phase {phase.name}   (or laneway reject …)"
        for phase in approvals
    ]


def _reconcile(now: Snapshot) -> list[str]:
    unsettled = now.unsettled()
    options = [f" --phase {phase.name}" for phase in unsettled] if len(unsettled) > 1 else [""]
    outcomes = "--outcome pass|fail|retry --note TEXT"
    return [f"laneway reconcile {now.id}{option} {outcomes}" for option in options]
