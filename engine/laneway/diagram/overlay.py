"""The path of an operation, to be drawn over its plan: where it was, and what came of it there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from laneway.core.envelope import Recorded
from laneway.core.events import TransitionTaken
from laneway.core.evolve import fold
from laneway.core.instants import Instant, elapsed
from laneway.core.machine import ACCEPTED, CANCELLED, FAILED, REFUSED
from laneway.core.model import EndPhase, Plan
from laneway.core.run import PhaseRun, PhaseStatus, Run, Status

Step = tuple[str, str, str]
"""A phase, its outcome (or ``cancelled``), and the phase that this led to."""

_OUTCOME = "outcome:"


@dataclass(frozen=True)
class Trace:
    """What became of a phase.

    Attributes:
        attempts: how many there were, over all visits.
        took: milliseconds from when it was entered last until it was over, or until now; None where
            that is not known.
        told: why it did not pass, or the newest that a driver said.
    """

    status: PhaseStatus
    attempts: int = 0
    visits: int = 0
    took: int | None = None
    told: str = ""


@dataclass(frozen=True)
class Overlay:
    """An operation's path.

    Attributes:
        operation: its id; lane: as ``product/context/instance``.
        took: milliseconds since it has its lane, until it ended or until now; None before that.
        traces: by phase (or branch) what became of it; only of those it came to.
        taken: every transition that was taken.
        current: the phase it is in, or ended in; empty where it is in none of the plan's.
        late: the deadline led it to where the plan says.
        failure: why it did not pass, where it has ended so.
        left: the phase that it was taken away from, where the plan names none for that.
        dry_run: it changes nothing.
    """

    operation: str
    status: Status
    lane: str
    took: int | None
    traces: Mapping[str, Trace]
    taken: frozenset[Step]
    current: str
    late: bool = False
    failure: str = ""
    left: str = ""
    dry_run: bool = False

    def took_way(self, source: str, outcomes: Iterable[str], target: str) -> bool:
        """Whether it went from a phase to another one on one of these outcomes."""
        return any((source, outcome, target) in self.taken for outcome in outcomes)


def overlay(plan: Plan, events: Sequence[Recorded], now: Instant | None = None) -> Overlay:
    """The path of an operation, by its events.

    Args:
        plan: the one that it was accepted under.
        events: all of them, from the first on.
        now: for what is not over yet.
    """
    run = fold(events)
    moves = [each.event for each in events if isinstance(each.event, TransitionTaken)]
    return of_run(plan, run, moves, now)


def of_run(
    plan: Plan, run: Run, moves: Sequence[TransitionTaken], now: Instant | None = None
) -> Overlay:
    """The path of an operation, by its state and the transitions that it took."""
    return Overlay(
        operation=run.id,
        status=run.status,
        lane=str(run.lane),
        took=_took(run.started_at, run.finished_at, now),
        traces=_traces(plan, run, now),
        taken=frozenset(step for move in moves for step in _steps(move)),
        current=run.place if run.place in plan.phases else "",
        late=any(move.on == "deadline" and move.target in plan.phases for move in moves),
        failure="" if run.failure is None else run.failure.message,
        left=_left(moves),
        dry_run=run.accepted.dry_run,
    )


def _steps(move: TransitionTaken) -> Iterable[Step]:
    if move.on.startswith(_OUTCOME):
        yield move.source, move.on.removeprefix(_OUTCOME), move.target
    elif move.on == "cancelled":
        yield move.source, move.on, move.target


def _left(moves: Sequence[TransitionTaken]) -> str:
    last = moves[-1] if moves else None
    own = last is not None and last.target in (CANCELLED, FAILED, REFUSED)
    return last.source if last is not None and own and last.source != ACCEPTED else ""


def _traces(plan: Plan, run: Run, now: Instant | None) -> dict[str, Trace]:
    found = {name: _trace(at, now) for name, at in run.phases.items() if _came_to(at)}
    end = plan.phases.get(run.place)
    if run.terminal and isinstance(end, EndPhase):
        found[end.name] = Trace(PhaseStatus(end.end.value), visits=1)
    return found


def _came_to(at: PhaseRun) -> bool:
    return at.status is not PhaseStatus.PENDING or at.visits > 0


def _trace(at: PhaseRun, now: Instant | None) -> Trace:
    told = at.failure.message if at.failure is not None else at.message
    took = _took(at.started_at, at.finished_at, now)
    return Trace(at.status, at.attempt, at.visits, took, told)


def _took(start: Instant | None, end: Instant | None, now: Instant | None) -> int | None:
    until = end or now
    return None if start is None or until is None else max(elapsed(start, until), 0)
