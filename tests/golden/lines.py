"""How events, commands and states are written in a trace: one line each, with what matters."""

from collections.abc import Callable, Mapping
from typing import Any

from laneway.core import events as ev
from laneway.core.commands import AnyCommand, RecoverAction, SetTimer, StartAction
from laneway.core.envelope import Recorded
from laneway.core.instants import Instant, elapsed
from laneway.core.run import Run, Status
from tests.support.play import START

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


def moment(at: Instant | None) -> str:
    """A moment, as the time since the start of the trace: ``+1h2m``."""
    return "never" if at is None else f"+{duration(elapsed(START, at))}"


def duration(milliseconds: int) -> str:
    """A duration in as many units as it takes."""
    parts = []
    for unit, size in _UNITS:
        count, milliseconds = divmod(milliseconds, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def event_line(recorded: Recorded) -> str:
    """An event: seq, time, actor, type, phase, and what matters."""
    event = recorded.event
    said = [ev.event_type(event), *_phase(event), *_matters(event)]
    who = recorded.actor.subject if recorded.actor.kind != "engine" else "-"
    return f"{recorded.seq:3} {moment(recorded.at):<9} {who:<21} {' '.join(said)}".rstrip()


def _phase(event: ev.AnyEvent) -> list[str]:
    found = []
    if isinstance(event, ev.PhaseEvent):
        found.append(event.phase)
    if isinstance(event, ev.AttemptEvent | ev.PhaseFinished) and event.attempt:
        found.append(f"#{event.attempt}")
    return found


def _matters(event: ev.AnyEvent) -> list[str]:
    write = _WRITE.get(type(event))
    return [part for part in write(event) if part] if write else []


def _accepted(event: ev.OperationAccepted) -> list[str]:
    return [
        f"{event.plan} on {event.lane}",
        "dry run" if event.dry_run else "",
        f"supersedes {event.supersedes}" if event.supersedes else "",
        f"retry of {event.retry_of} from {event.retry_from}" if event.retry_of else "",
        f"approvals needed: {', '.join(event.approvals_needed)}" if event.approvals_needed else "",
        f"carried: {', '.join(event.carried)}" if event.carried else "",
    ]


def _started(event: ev.PhaseStarted) -> list[str]:
    return [
        event.action,
        event.safety,
        f"until {moment(event.timeout_at)}",
        "dry run" if event.dry_run else "",
        "no return" if event.no_return else "",
    ]


def _finished(event: ev.PhaseFinished) -> list[str]:
    status = f"({event.status})" if event.status != event.outcome else ""
    evidence = "" if not event.evidence else "evidence " + _evidence(event.evidence)
    return [event.outcome, status, _failure(event.failure), evidence]


def _checked(event: ev.AuthorizationChecked) -> list[str]:
    ruling = event.ruling
    return [f"allowed by {', '.join(ruling.rules)}" if ruling.allowed else "denied"]


def _evidence(evidence: dict[str, Any]) -> str:
    return ", ".join(f"{k}={_short(v)}" for k, v in evidence.items())


def _short(value: Any) -> str:
    """Digests of approvals hang on the plan's text: they are left out, so that traces do not."""
    if isinstance(value, str) and value.startswith("sha256:"):
        return "sha256:…"
    if isinstance(value, list):
        return "[" + ", ".join(map(_short, value)) + "]"
    return "{" + _evidence(value) + "}" if isinstance(value, dict) else str(value)


def _failure(failure: ev.Failure | None) -> str:
    if failure is None:
        return ""
    kind = f"/{failure.retry_class}" if failure.retry_class else ""
    return f"[{failure.code}{kind}: {failure.message}]"


def _asked(event: ev.ApprovalRequested) -> list[str]:
    proofs = event.covers["proofs"]
    return [
        f"of {event.quorum} {event.role}",
        f"until {moment(event.expires_at)}",
        f"covers {_evidence(proofs)}" if proofs else "covers no proofs",
    ]


_WRITE: Mapping[type, Callable[[Any], list[str]]] = {
    ev.OperationAccepted: _accepted,
    ev.OperationStarted: lambda e: [f"deadline {moment(e.deadline_at)}"],
    ev.TransitionTaken: lambda e: [f"{e.source} --{e.on}--> {e.target}"],
    ev.PhaseStarted: _started,
    ev.PhaseProgressed: lambda e: [repr(e.message), "checkpoint" if e.checkpoint else ""],
    ev.PhaseRetryScheduled: lambda e: [f"at {moment(e.retry_at)}", _failure(e.failure)],
    ev.PhaseHeld: lambda e: [f"({e.reason})"],
    ev.PhaseResumed: lambda e: [f"until {moment(e.timeout_at)} ({e.reason})"],
    ev.PhaseRecovering: lambda e: [
        e.reason,
        f"until {moment(e.recover_until)}",
        _failure(e.failure),
    ],
    ev.PhaseOutcomeUnknown: lambda e: [_failure(e.failure)],
    ev.PhaseReconciled: lambda e: [e.outcome, f"by {e.by.subject}"],
    ev.ApprovalRequested: _asked,
    ev.ApprovalDecided: lambda e: [e.decision, f"by {e.by.subject}"],
    ev.ApprovalRevoked: lambda e: [f"by {e.by.subject}"],
    ev.AuthorizationChecked: _checked,
    ev.WaitStarted: lambda e: [f"until {moment(e.until)}"],
    ev.ParallelStarted: lambda e: [", ".join(e.branches)],
    ev.PhaseFinished: _finished,
    ev.OperationPaused: lambda e: [f"before {e.next_phase}"],
    ev.OperationFinished: lambda e: [e.status, _failure(e.failure)],
}


def command_line(command: AnyCommand) -> str:
    """A command that was added."""
    if isinstance(command, SetTimer):
        return f"    ! {command.key} {moment(command.due_at)}"
    verb = "start" if isinstance(command, StartAction) else "recover"
    said = [f"{command.key} {verb} {command.token}"]
    if isinstance(command, RecoverAction) and command.checkpoint is not None:
        said.append(f"checkpoint {_evidence(command.checkpoint)}")
    if isinstance(command, StartAction) and command.dry_run:
        said.append("dry run")
    return f"    ! {' '.join(said)}"


def status_line(run: Run) -> str:
    """Where the operation is now."""
    said = [f"    = {run.status}"]
    if not run.terminal and run.started_at is not None:
        said.append(f"at {run.place}")
    waiting = run.waiting_for()
    if waiting is not None and run.status is Status.WAITING:
        said.append(f"for {waiting['kind']} until {moment(waiting['until'])}")
    if run.pause_requested:
        said.append("(will pause)")
    if run.pending_stop:
        said.append(f"(will stop: {run.pending_stop})")
    return " ".join(said)
