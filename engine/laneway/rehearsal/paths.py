"""How many ways there are, where they end, and how long they take: counted over the states."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from laneway.core.run import Status

from .durations import Times
from .exhaustive import Breach, Walk, Walked
from .moves import Move
from .watch import Broken


@dataclass(frozen=True)
class End:
    """One end of a plan's operations.

    Attributes:
        paths: how many different ways end here.
        shortest: the time of the quickest way, where every answer comes at once, in ms.
        longest: of the slowest that was found, where every answer comes at its last moment. How
            long people take to resume or to reconcile is not in it, as nothing limits that. None
            where no slow way could be gone without a proof growing too old on it.
    """

    status: Status
    place: str
    paths: int
    shortest: int
    longest: int | None


@dataclass(frozen=True)
class Counted:
    """What was counted. ``endless`` is a way that does not end, where there is one."""

    paths: int
    states: int
    steps: int
    ends: tuple[End, ...]
    endless: Breach | None = None


def count(walk: Walk, found: Walked) -> Counted:
    """Count the ways of a walk."""
    order = _order(found)
    states = sum(state.arrangements for state in found.states)
    steps = sum(state.arrangements * step.times for state in found.states for step in state.steps)
    if order is None:
        return Counted(0, states, steps, (), _never_ends(found))
    ways = _ways(found, order)
    runs = {n: found.states[n].scene.run for n in order if found.states[n].scene.run.terminal}
    times = Times(walk, found, order)
    ends: dict[tuple[Status, str], End] = {}
    for number, run in sorted(runs.items(), key=lambda each: each[1].deadline_over):
        known = ends.get((run.status, run.place))
        if known is None:
            known = End(run.status, run.place, 0, times.shortest(number), times.longest(number))
        # The same end behind the deadline is no other one for people, and its time says nothing.
        paths = known.paths + ways[number]
        ends[run.status, run.place] = replace(known, paths=paths)
    listed = sorted(ends.values(), key=lambda end: (list(Status).index(end.status), end.place))
    return Counted(sum(end.paths for end in listed), states, steps, tuple(listed), _dead_end(found))


def _order(found: Walked) -> list[int] | None:
    """The states, each before those that its steps lead to; None where a way leads back."""
    before = [0] * len(found.states)
    for state in found.states:
        for step in state.steps:
            before[step.target] += 1
    ready = [number for number, count in enumerate(before) if count == 0]
    order: list[int] = []
    while ready:
        number = ready.pop()
        order.append(number)
        for step in found.states[number].steps:
            before[step.target] -= 1
            if before[step.target] == 0:
                ready.append(step.target)
    return order if len(order) == len(found.states) else None


def _ways(found: Walked, order: Iterable[int]) -> list[int]:
    """How many ways lead to each state."""
    ways = [0] * len(found.states)
    ways[0] = 1
    for number in order:
        for step in found.states[number].steps:
            ways[step.target] += ways[number] * step.times
    return ways


def _never_ends(found: Walked) -> Breach:
    """A way that leads back to where it has been."""
    seen: dict[int, int] = {}
    number = 0
    way: list[Move] = []
    while number not in seen:
        seen[number] = len(way)
        step = next(s for s in found.states[number].steps if _leads_back(found, s.target))
        way.append(step.move)
        number = step.target
    told = "this way leads back to where it was, without a bound"
    return Breach(Broken("always_ends", told), tuple(way))


def _leads_back(found: Walked, start: int) -> bool:
    """Whether a way from a state leads into a loop."""
    seen, ahead = {start}, [start]
    while ahead:
        number = ahead.pop()
        for step in found.states[number].steps:
            if step.target in seen and _reaches(found, step.target, number):
                return True
            if step.target not in seen:
                seen.add(step.target)
                ahead.append(step.target)
    return False


def _reaches(found: Walked, start: int, goal: int) -> bool:
    seen, ahead = {start}, [start]
    while ahead:
        number = ahead.pop()
        if number == goal:
            return True
        new = {step.target for step in found.states[number].steps} - seen
        seen |= new
        ahead += new
    return False


def _dead_end(found: Walked) -> Breach | None:
    """A state that has not ended, and from which nothing leads on."""
    if not found.complete:
        return None
    for number, state in enumerate(found.states):
        if not state.steps and not state.scene.run.terminal:
            told = f"nothing can happen any more at {state.scene.run.place}"
            return Breach(Broken("always_ends", told), found.way_to(number))
    return None
