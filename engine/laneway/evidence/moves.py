"""Rules of a replay: how an operation begins, moves along its plan, and ends.

Where a transition leads is asked of the plan's statechart, with the plan's guards evaluated over
what was known then.
"""

from collections.abc import Callable, Iterator, Mapping

from laneway.core import events as ev
from laneway.core.attempts import has_changed
from laneway.core.envelope import Recorded
from laneway.core.expressions import ExpressionFailed
from laneway.core.instants import later
from laneway.core.machine import Guards, NotAllowed
from laneway.core.model import (
    EndPhase,
    EndStatus,
    LaneMode,
    ParallelPhase,
    Phase,
    Plan,
    WaitPhase,
)
from laneway.core.run import PhaseRun, PhaseStatus, Stage
from laneway.core.schemas import UnusableSchema, mistakes
from laneway.core.standing import changes_something, missing
from laneway.core.step import ENDS

from .moment import Complaint, Complaints, Moment, is_so

PASSED = (PhaseStatus.PASS, PhaseStatus.SKIPPED)
AT_WORK = tuple(stage for stage in Stage if stage is not Stage.NONE)


# --- beginning -----------------------------------------------------------------------------------


def accepted(plan: Plan, recorded: Recorded, event: ev.OperationAccepted) -> Complaints:
    """The first event: what was asked for, under this plan."""
    named = (event.plan, event.plan_version, event.plan_digest)
    pinned = (plan.name, plan.version, plan.digest)
    yield from is_so(named == pinned, "it was accepted under another plan", "plan_digest")
    exclusive = plan.lane.mode is LaneMode.EXCLUSIVE
    yield from is_so(event.exclusive is exclusive, "the plan shares lanes otherwise", "exclusive")
    yield from is_so(recorded.actor == event.requested_by, _ANOTHER, "requested_by")
    yield from _retries(plan, event)
    yield from _request(plan, event)


_ANOTHER = "somebody else caused it than it says"


def _retries(plan: Plan, event: ev.OperationAccepted) -> Complaints:
    begin = event.retry_from
    known = begin is None or not isinstance(plan.phases.get(begin), EndPhase | None)
    both = (begin is None) == (event.retry_of is None)
    yield from is_so(known and both, "it is no retry as one can be made", "retry_from")


def _request(plan: Plan, event: ev.OperationAccepted) -> Complaints:
    if not plan.request_schema:
        return
    try:
        found = mistakes({"title": "the request", **plan.request_schema}, event.request)
    except UnusableSchema as unusable:
        yield Complaint(f"the plan's request schema cannot be used: {unusable}", "request")
        return
    for mistake in found:
        yield Complaint(f"the plan takes no such request: {mistake.message}", "request")


def started(m: Moment[ev.OperationStarted]) -> Complaints:
    """The operation gets its lane, once."""
    yield from is_so(m.run.started_at is None, "the operation had begun before")
    due = later(m.at, m.plan.deadline)
    yield from is_so(m.event.deadline_at == due, f"the plan's deadline is {due}", "deadline_at")


# --- moving --------------------------------------------------------------------------------------


def transition(m: Moment[ev.TransitionTaken]) -> Complaints:
    """A transition that the plan allows, for the reason that it gives."""
    event = m.event
    if event.source != m.run.place:
        yield Complaint(
            f"it leaves {event.source}, and the operation is in {m.run.place}", "source"
        )
        return
    try:
        target = m.step.target(event.on, _guards(m))
    except NotAllowed as refused:
        yield Complaint(str(refused), "on")
    except ExpressionFailed as failed:
        yield Complaint(f"the plan leads nowhere from here: {failed}", "on")
    else:
        led = f"on {event.on!r} the plan leads from {event.source} to {target}"
        yield from is_so(event.target == target, f"{led}, not to {event.target}", "target")
        kind, _, name = event.on.partition(":")
        yield from _leaves_nothing(m, kind)
        yield from _REASONS[kind](m, name)


def _leaves_nothing(m: Moment[ev.TransitionTaken], kind: str) -> Complaints:
    """Nothing is under way where a phase is left; what is to be made again may be made first."""
    unbegun = kind in ("renew", "denied")
    open_ = [] if unbegun else m.run.staged(*AT_WORK)
    yield from is_so(not open_, f"{', '.join(open_)} had not ended", "source")
    if kind in ("cancelled", "deadline") and m.event.source in m.plan.phases:
        between = m.run.paused or m.state(m.event.source).finished
        yield from is_so(between, f"{m.event.source} was not given up", "source")


def _guards(m: Moment[ev.TransitionTaken]) -> Guards:
    kind, _, outcome = m.event.on.partition(":")
    if kind in ("outcome", "cancelled") and m.event.source in m.plan.phases:
        return m.step.outcome_transition(outcome or kind)[1]
    return ()


def _start(m: Moment[ev.TransitionTaken], name: str) -> Complaints:
    asked = m.run.accepted.retry_from
    yield from is_so(m.run.started_at is not None, "the operation has no lane yet")
    yield from is_so((asked or "") == name, f"it was to begin with {asked or m.plan.start}", "on")


def _refused(m: Moment[ev.TransitionTaken], _: str) -> Complaints:
    yield from is_so(m.run.started_at is None, "the lane is refused before it is given", "on")


def _outcome(m: Moment[ev.TransitionTaken], name: str) -> Complaints:
    at = m.state(m.event.source)
    passed = at.status in PASSED
    over = at.finished and at.outcome == name
    told = f"{m.event.source} is not over with {name!r}"
    yield from is_so(over, told, "on")
    back = m.run.detours[-1] if m.run.detours and passed else ""
    yield from is_so(not back, f"it passed, and {back} waits for that", "on")
    stops = passed and m.run.pending_stop and not _ends(m.plan, m.event.target)
    yield from is_so(not stops, "it goes on although it was to stop here", "on")


def _ends(plan: Plan, place: str) -> bool:
    return place in ENDS or isinstance(plan.phases.get(place), EndPhase)


def _renew(m: Moment[ev.TransitionTaken], name: str) -> Complaints:
    needed = missing(m.plan, m.run, m.phase(m.event.source), m.at)
    yield from is_so(needed == name, f"{name} did not have to be made again", "on")
    yield from _not_over(m, m.event.source)


def _not_over(m: Moment[ev.Event], name: str) -> Complaints:
    """What is about to begin has been entered (again) since it was last over."""
    over = m.state(name).finished
    yield from is_so(not over, f"{name} is over, and was not entered again")


def _renewed(m: Moment[ev.TransitionTaken], name: str) -> Complaints:
    waits = m.run.detours[-1:] == (name,)
    at = m.state(m.event.source)
    yield from is_so(waits, f"{name} does not wait for {m.event.source}", "on")
    yield from is_so(at.finished and at.status in PASSED, f"{m.event.source} has not passed", "on")


def _cancelled(m: Moment[ev.TransitionTaken], _: str) -> Complaints:
    asked = m.run.pending_stop == "cancelled"
    said = m.state(m.event.source).outcome == "cancelled"
    yield from is_so(asked or said, "nobody had asked to cancel", "on")


def _deadline(m: Moment[ev.TransitionTaken], _: str) -> Complaints:
    yield from is_so(m.run.pending_stop == "deadline", "the deadline had not passed", "on")


def _denied(m: Moment[ev.TransitionTaken], _: str) -> Complaints:
    asked = isinstance(m.before, ev.AuthorizationChecked) and not m.before.ruling.allowed
    yield from is_so(asked, "the policy had not denied it", "on")


def _broken(m: Moment[ev.TransitionTaken], _: str) -> Complaints:
    """The plan itself says nothing that the engine can do: an expression fails, a loop is over."""
    phase = m.plan.phases.get(m.event.source)
    if phase is None or not (_visited_too_often(m, phase) or _says_nothing(m, phase)):
        yield Complaint("the plan could be followed from here", "on")


def _visited_too_often(m: Moment[ev.TransitionTaken], phase: Phase) -> bool:
    return phase.max_visits is not None and m.state(phase.name).visits > phase.max_visits


def _says_nothing(m: Moment[ev.TransitionTaken], phase: Phase) -> bool:
    at = m.state(phase.name)
    try:
        if isinstance(phase, WaitPhase) and phase.until is not None and not at.finished:
            m.compiled.expressions.moment(phase.until, m.step.scope())
        for outcome in _leading_on(m, at):
            m.step.outcome_transition(outcome)
    except ExpressionFailed:
        return True
    return False


def _leading_on(m: Moment[ev.TransitionTaken], at: PhaseRun) -> Iterator[str]:
    if m.run.pending_stop == "cancelled":
        yield "cancelled"
    if at.finished:
        yield at.outcome


_REASONS: Mapping[str, Callable[[Moment[ev.TransitionTaken], str], Complaints]] = {
    "start": _start,
    "retry": _start,
    "refused": _refused,
    "outcome": _outcome,
    "renew": _renew,
    "renewed": _renewed,
    "cancelled": _cancelled,
    "deadline": _deadline,
    "denied": _denied,
    "broken": _broken,
}
"""By the kind of a transition's event: what must be so for it to be taken."""


# --- beginning a phase ---------------------------------------------------------------------------


def begins(m: Moment[ev.Event], phase: Phase) -> Complaints:
    """What must be so for a phase's work to begin: all that it requires stands."""
    yield from here(m, phase.name)
    yield from is_so(not m.run.paused, "the operation is paused")
    at = m.state(phase.name)
    yield from _not_over(m, phase.name)
    idle = at.stage in (Stage.NONE, Stage.RETRY)
    yield from is_so(idle, f"{phase.name} has begun already")
    limit = phase.max_visits
    yield from is_so(
        limit is None or at.visits <= limit, f"the plan lets it be entered {limit} times"
    )
    yield from stands(m, phase)


def here(m: Moment[ev.Event], name: str) -> Complaints:
    """The operation is in that phase."""
    yield from is_so(m.run.place == name, f"the operation is in {m.run.place}")


def stands(m: Moment[ev.Event], phase: Phase) -> Complaints:
    """Every proof and approval that the phase requires stands at that moment."""
    needed = missing(m.plan, m.run, phase, m.at)
    yield from is_so(needed is None, f"{phase.name} begins, and {needed} does not stand")


def checked(m: Moment[ev.AuthorizationChecked]) -> Complaints:
    """The policy was asked again before the first change."""
    phase = m.phase(m.event.phase)
    yield from here(m, phase.name)
    yield from _not_over(m, phase.name)
    branches = phase.branches if isinstance(phase, ParallelPhase) else ()
    changed = has_changed(m.step, phase.name, *(branch.name for branch in branches))
    first = changes_something(phase) and not changed and not m.run.accepted.dry_run
    yield from is_so(first, "the policy is asked before the first change only")


# --- ending --------------------------------------------------------------------------------------


def finished(m: Moment[ev.OperationFinished]) -> Complaints:
    """The operation ends where it is at an end, and as that says."""
    end = m.plan.phases.get(m.run.place)
    status = end.end if isinstance(end, EndPhase) else ENDS.get(m.run.place)
    if status is None:
        yield Complaint(f"{m.run.place} is not the end of the plan", "status")
        return
    yield from is_so(m.event.status is status, f"{m.run.place} ends as {status}", "status")
    failed = status in (EndStatus.FAIL, EndStatus.REFUSED)
    yield from is_so(failed or m.event.failure is None, "nothing has failed", "failure")
    if isinstance(end, EndPhase) and failed:
        last = m.run.last_failure
        yield from is_so(m.event.failure == last, "another failure led there", "failure")
