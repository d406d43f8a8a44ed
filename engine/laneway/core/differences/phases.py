"""What has changed in the phases: what they do, how often, for how long, and on whose word."""

from collections.abc import Iterator

from laneway.core.cancelling import STRICTNESS, own_policy
from laneway.core.model import (
    ActionPhase,
    ApprovalPhase,
    EndPhase,
    EndStatus,
    ParallelPhase,
    Phase,
    Safety,
    WaitPhase,
)
from laneway.core.names import listed
from laneway.core.standing import changes_something

from .change import Bearing, Change, Tell, about, length, more_is
from .matching import Pair

_SEVERITY = {safety: place for place, safety in enumerate(Safety)}


def phase_changes(pair: Pair) -> Iterator[Change]:
    """The changes in phases, but for where they lead."""
    for phase in pair.removed:
        yield about(phase.name)("phase_removed", *_gone(phase))
    for phase in pair.added:
        yield about(phase.name)("phase_added", *_new(phase))
    for old, new in pair.kept:
        tell = about(new.name)
        if old.name != new.name:
            yield tell("phase_renamed", Bearing.NEUTRAL, f"was called {old.name}")
        if type(old) is not type(new):
            yield tell("phase_kind", _weightier(_gone(old)[0], _new(new)[0]), "is of another kind")
        elif old.title != new.title:
            yield tell("title", Bearing.NEUTRAL, f"is titled {new.title!r}, not {old.title!r}")
        yield from _common(pair, old, new, tell)
        yield from _kind(old, new, tell)


def _gone(phase: Phase) -> tuple[Bearing, str]:
    if isinstance(phase, ApprovalPhase):
        return Bearing.DANGEROUS, f"nobody with the role {phase.role} is asked any more"
    if isinstance(phase, ActionPhase) and phase.action.safety is Safety.READ:
        return Bearing.LOOSER, f"{phase.action.action_id} is not looked at any more"
    if isinstance(phase, ActionPhase):
        return Bearing.NEUTRAL, f"{phase.action.action_id} is not done any more"
    if isinstance(phase, WaitPhase):
        return Bearing.LOOSER, "it does not wait any more"
    return Bearing.NEUTRAL, "is not there any more"


def _new(phase: Phase) -> tuple[Bearing, str]:
    if isinstance(phase, ApprovalPhase):
        return Bearing.STRICTER, f"{phase.role} is asked"
    if isinstance(phase, WaitPhase):
        return Bearing.STRICTER, "it waits"
    if not isinstance(phase, ActionPhase):
        return Bearing.NEUTRAL, "is new"
    bearing = {
        Safety.READ: Bearing.STRICTER,
        Safety.SAFE_WRITE: Bearing.LOOSER,
        Safety.MUTATION: Bearing.LOOSER,
        Safety.DESTRUCTIVE: Bearing.DANGEROUS,
    }[phase.action.safety]
    return bearing, f"is new, and does {phase.action.action_id} ({_safety(phase)})"


def _weightier(one: Bearing, other: Bearing) -> Bearing:
    return min(one, other, key=[*Bearing].index)


def _safety(phase: ActionPhase) -> str:
    return phase.action.safety.value.replace("_", " ")


# --- every phase ---------------------------------------------------------------------------------


def _common(pair: Pair, old: Phase, new: Phase, tell: Tell) -> Iterator[Change]:
    yield from _requirements(pair, old, new, tell)
    was, now = own_policy(old), own_policy(new)
    if was != now:
        looser = STRICTNESS[now] < STRICTNESS[was]
        bearing = Bearing.LOOSER if looser else Bearing.STRICTER
        yield tell("cancel", bearing, f"cancelling in it: {now}, not {was}")
    if old.max_visits != new.max_visits:
        most = float("inf")
        bearing = more_is(True, old.max_visits or most, new.max_visits or most)
        told = f"may be entered {new.max_visits or 'any number of'} times"
        yield tell("max_visits", bearing, f"{told}, not {old.max_visits or 'any number of'}")


def _requirements(pair: Pair, old: Phase, new: Phase, tell: Tell) -> Iterator[Change]:
    was = {pair.name_now(each.phase): each.max_age for each in old.requires}
    now = {each.phase: each.max_age for each in new.requires}
    lost = Bearing.DANGEROUS if changes_something(new) else Bearing.LOOSER
    for name in (name for name in was if name not in now):
        yield tell("requires_lost", lost, f"no longer requires that {name} has passed")
    for name in (name for name in now if name not in was):
        yield tell("requires_added", Bearing.STRICTER, f"requires that {name} has passed")
    for name in (name for name in now if name in was and now[name] != was[name]):
        ages = was[name], now[name]
        older, newer = (float("inf") if age is None else age for age in ages)
        told = f"{name} may be {length(ages[1])} old, not {length(ages[0])}"
        yield tell("max_age", more_is(True, older, newer), told)


# --- by kind -------------------------------------------------------------------------------------


def _kind(old: Phase, new: Phase, tell: Tell) -> Iterator[Change]:
    if isinstance(old, ActionPhase) and isinstance(new, ActionPhase):
        yield from _action(old, new, tell)
    elif isinstance(old, ApprovalPhase) and isinstance(new, ApprovalPhase):
        yield from _approval(old, new, tell)
    elif isinstance(old, WaitPhase) and isinstance(new, WaitPhase):
        yield from _wait(old, new, tell)
    elif isinstance(old, ParallelPhase) and isinstance(new, ParallelPhase):
        if old.join != new.join:
            bearing = Bearing.DANGEROUS if new.join == "any" else Bearing.STRICTER
            yield tell("join", bearing, f"passes with {new.join} of its branches, not {old.join}")
    elif isinstance(old, EndPhase) and isinstance(new, EndPhase) and old.end != new.end:
        bearing = Bearing.DANGEROUS if new.end is EndStatus.PASS else Bearing.NEUTRAL
        yield tell("end", bearing, f"ends as {new.end}, not as {old.end}")


def _action(old: ActionPhase, new: ActionPhase, tell: Tell) -> Iterator[Change]:
    was, now = old.action, new.action
    graver = _SEVERITY[now.safety] - _SEVERITY[was.safety]
    if graver:
        bearing = Bearing.STRICTER if graver < 0 else _graver(now.safety)
        yield tell("safety", bearing, f"is {_safety(new)}, not {_safety(old)}")
    if was.action_id != now.action_id:
        told = f"does {now.action_id}, not {was.action_id}"
        yield tell("action", Bearing.NEUTRAL, told)
    elif old.parameters != new.parameters:
        yield tell("with", *_parameters(old, new))
    if old.timeout != new.timeout:
        told = f"an attempt may take {length(new.timeout)}, not {length(old.timeout)}"
        yield tell("timeout", more_is(True, old.timeout, new.timeout), told)
    yield from _retry(old, new, tell)


def _graver(safety: Safety) -> Bearing:
    return Bearing.DANGEROUS if safety is Safety.DESTRUCTIVE else Bearing.LOOSER


def _parameters(old: ActionPhase, new: ActionPhase) -> tuple[Bearing, str]:
    was, now = old.parameters, new.parameters
    keys = sorted(key for key in {*was, *now} if was.get(key) != now.get(key))
    destroys = new.action.safety is Safety.DESTRUCTIVE
    bearing = Bearing.DANGEROUS if destroys else Bearing.NEUTRAL
    what = ", and it destroys" if destroys else ""
    return bearing, f"what the action is given: {listed(keys, 'and')}{what}"


def _retry(old: ActionPhase, new: ActionPhase, tell: Tell) -> Iterator[Change]:
    was, now = old.retry, new.retry
    if was.attempts != now.attempts:
        told = f"{now.attempts} attempts at most, not {was.attempts}"
        again = now.attempts > was.attempts and new.action.safety is Safety.DESTRUCTIVE
        bearing = more_is(True, was.attempts, now.attempts)
        yield tell("attempts", Bearing.DANGEROUS if again else bearing, told)
    if was.attempts == 1 or now.attempts == 1:
        return  # then there were no pauses, or there are none
    if {*was.on} != {*now.on}:
        more = {*now.on} - {*was.on}
        bearing = Bearing.LOOSER if more else Bearing.STRICTER
        yield tell("retry_on", bearing, f"tries again on {', '.join(now.on)}")
    pauses = [(r.delay, r.factor, r.max_delay, r.jitter) for r in (was, now)]
    if pauses[0] != pauses[1]:
        yield tell("retry_delay", Bearing.NEUTRAL, "the pauses between attempts")


def _approval(old: ApprovalPhase, new: ApprovalPhase, tell: Tell) -> Iterator[Change]:
    if old.role != new.role:
        told = f"{new.role} is asked, not {old.role}"
        yield tell("approval_role", Bearing.DANGEROUS, told)
    if old.quorum != new.quorum:
        fewer = new.quorum < old.quorum
        bearing = Bearing.DANGEROUS if fewer else Bearing.STRICTER
        yield tell("approval_quorum", bearing, f"{new.quorum} must approve, not {old.quorum}")
    if old.allow_requester != new.allow_requester:
        bearing = Bearing.DANGEROUS if new.allow_requester else Bearing.STRICTER
        may = "may" if new.allow_requester else "may not"
        yield tell("approval_requester", bearing, f"who requested it {may} approve it")
    if old.expires != new.expires:
        told = f"expires in {length(new.expires)}, not {length(old.expires)}"
        yield tell("approval_expires", more_is(True, old.expires, new.expires), told)


def _wait(old: WaitPhase, new: WaitPhase, tell: Tell) -> Iterator[Change]:
    if (old.duration, old.until) == (new.duration, new.until):
        return
    told = f"waits {_until(new)}, not {_until(old)}"
    if old.duration is None or new.duration is None:
        yield tell("wait", Bearing.NEUTRAL, told)
    else:
        yield tell("wait", more_is(False, old.duration, new.duration), told)


def _until(phase: WaitPhase) -> str:
    return f"until {phase.until}" if phase.until is not None else length(phase.duration)
