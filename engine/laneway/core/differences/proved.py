"""What was proved of the old plan and is not of the new one, and what has become known instead."""

from collections.abc import Iterator

from laneway.core.findings import Finding
from laneway.core.model import ActionPhase, ApprovalPhase, Plan, Safety
from laneway.core.proofs import Facts, facts, in_words, prove
from laneway.core.proofs.rules import RULES
from laneway.core.standing import changes_something

from .change import Bearing, Change, about
from .matching import Pair

_GRAVE = frozenset(
    {
        "approval_of_nothing",
        "destructive_when_late",
        "failure_ignored",
        "nothing_verified",
        "proof_not_required",
        "repeat_allowed",
    }
)
"""Doubts about what keeps a plan from doing harm."""


def proof_changes(pair: Pair) -> Iterator[Change]:
    """The changes that show only in the plans as wholes."""
    was, now = facts(pair.old), facts(pair.new)
    yield from _bypassed(pair, was, now)
    yield from _no_return(pair, was, now)
    yield from _doubts(pair)
    if was.worst_case != now.worst_case:
        words = in_words(now.worst_case), in_words(was.worst_case)
        told = f"takes {words[0]} in the worst case, not {words[1]}"
        yield about()("worst_case", Bearing.NEUTRAL, told)


def _bypassed(pair: Pair, was: Facts, now: Facts) -> Iterator[Change]:
    """What every way to a change led through, and now one does not."""
    names = {phase.name for phase in pair.new.phases.values()}
    for old, new in pair.kept:
        if not changes_something(new) or new.name not in now.dominators:
            continue
        before = [pair.name_now(name) for name in was.dominators.get(old.name, ())]
        for name in before:
            if name in names and name not in now.dominators[new.name] and _guards(pair.new, name):
                told = f"can be come to without {name}, which every way led through"
                yield about(new.name)("bypass", Bearing.DANGEROUS, told)


def _guards(plan: Plan, name: str) -> bool:
    """Whether a phase keeps others from being begun: it asks people, or proves something."""
    phase = plan.phases[name]
    reads = isinstance(phase, ActionPhase) and phase.action.safety is Safety.READ
    return reads or isinstance(phase, ApprovalPhase)


def _no_return(pair: Pair, was: Facts, now: Facts) -> Iterator[Change]:
    before = tuple(pair.name_now(name) for name in was.point_of_no_return)
    after = now.point_of_no_return
    if {*before} == {*after}:
        return
    told = f"the point of no return is {_named(after)}, not {_named(before)}"
    if before and after:
        yield about()("no_return", Bearing.NEUTRAL, told)
    else:
        yield about()("no_return", Bearing.STRICTER if after else Bearing.LOOSER, told)


def _named(names: tuple[str, ...]) -> str:
    return " or ".join(names) or "nowhere"


def _doubts(pair: Pair) -> Iterator[Change]:
    was = {_key(pair, finding): finding for finding in _findings(pair.old)}
    now = {_key(None, finding): finding for finding in _findings(pair.new)}
    for key, finding in now.items():
        if key not in was:
            bearing = Bearing.DANGEROUS if finding.code in _GRAVE else Bearing.LOOSER
            told = f"no longer proved: {finding.message}"
            yield Change("proof_lost", bearing, told, key[1], finding.witness)
    for key in (key for key in was if key not in now):
        told = f"no longer doubtful: {RULES[key[0]].meaning}" if key[0] in RULES else key[0]
        yield Change("proof_won", Bearing.STRICTER, told, key[1])


def _findings(plan: Plan) -> list[Finding]:
    return prove(plan.document, {p.action.action_id: p.action for p in plan.action_phases()})


def _key(pair: Pair | None, finding: Finding) -> tuple[str, str]:
    """What a finding is about: its code and its phase, by the new name."""
    names = [str(part) for part in finding.pointer[1:2] if finding.pointer[0] == "phases"]
    name = names[0] if names else ""
    return finding.code, pair.name_now(name) if pair is not None and name else name
