"""What has changed in where phases lead, and under which guards."""

from collections.abc import Iterator

from laneway.core.model import ApprovalPhase, EndPhase, EndStatus, Phase, Target
from laneway.core.proofs.graph import CANCELLED, PASSED

from .change import Bearing, Change, Tell, about
from .matching import Pair

_Targets = tuple[Target, ...]


def transition_changes(pair: Pair) -> Iterator[Change]:
    """For each phase that both plans have, the outcomes that lead elsewhere."""
    for old, new in pair.kept:
        tell = about(new.name)
        was = {outcome: _now(pair, targets) for outcome, targets in old.on.items()}
        for outcome in (outcome for outcome in was if outcome not in new.on):
            bearing = Bearing.LOOSER if outcome == CANCELLED else Bearing.NEUTRAL
            told = f"{outcome} no longer leads to {_told(was[outcome])}"
            yield tell("transition_removed", bearing, told)
        for outcome, targets in new.on.items():
            if outcome not in was:
                bearing = Bearing.STRICTER if outcome == CANCELLED else Bearing.NEUTRAL
                yield tell("transition_added", bearing, f"{outcome} leads to {_told(targets)}")
            elif was[outcome] != targets:
                yield _changed(pair, new, outcome, was[outcome], tell)


def _now(pair: Pair, targets: _Targets) -> _Targets:
    return tuple(Target(pair.name_now(target.to), target.when) for target in targets)


def _changed(pair: Pair, new: Phase, outcome: str, was: _Targets, tell: Tell) -> Change:
    now = new.on[outcome]
    told = f"{outcome} leads to {_told(now)}, not to {_told(was)}"
    only_guards = [target.to for target in was] == [target.to for target in now]
    code = "guard" if only_guards else "transition"
    return tell(code, _bearing(pair, new, outcome, was), told + _why(pair, new, outcome, was))


def _bearing(pair: Pair, new: Phase, outcome: str, was: _Targets) -> Bearing:
    if _why(pair, new, outcome, was):
        return Bearing.DANGEROUS
    now = new.on[outcome]
    more = _always_asks(pair, now) or (_asks(pair, now) and not _asks(pair, was))
    return Bearing.STRICTER if more else Bearing.NEUTRAL


def _why(pair: Pair, new: Phase, outcome: str, was: _Targets) -> str:
    """Why a transition that has changed is dangerous, or nothing."""
    now = new.on[outcome]
    if _asks(pair, was) - {*now} and not _always_asks(pair, now):
        return ": people are asked in other cases than before"
    if outcome not in PASSED and any(_passes(pair, new, each.to) for each in {*now} - {*was}):
        return ": it goes on as if it had passed"
    return ""


def _always_asks(pair: Pair, targets: _Targets) -> bool:
    return targets[0].when is None and bool(_asks(pair, targets[:1]))


def _asks(pair: Pair, targets: _Targets) -> set[Target]:
    """The alternatives that lead to an approval, which the new plan may have lost."""
    plans = pair.new, pair.old
    approvals = {
        phase.name
        for plan in plans
        for phase in plan.phases.values()
        if isinstance(phase, ApprovalPhase)
    }
    return {target for target in targets if target.to in approvals}


def _passes(pair: Pair, new: Phase, target: str) -> bool:
    onwards = {each.to for outcome in PASSED for each in new.on.get(outcome, ())}
    phase = pair.new.phases[target]
    return target in onwards or (isinstance(phase, EndPhase) and phase.end is EndStatus.PASS)


def _told(targets: _Targets) -> str:
    """``approval when lane.instance == 'prod', else bootstrap``."""
    told = [t.to if t.when is None else f"{t.to} when {t.when}" for t in targets]
    return ", else ".join(told)
