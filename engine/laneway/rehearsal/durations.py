"""How long the quickest and the slowest ways to the ends of operations take, in virtual time.

A way is chosen by the times of the states on it, and then really gone, answer by answer: at once,
or each at its last moment. So the times that are told are those of operations that can be, and the
slowest is the slowest that was found so.
"""

from collections.abc import Iterable, Sequence

from laneway.core import inputs
from laneway.core.instants import Instant, elapsed, later
from laneway.core.step import DEADLINE

from .exhaustive import Step, Walk, Walked
from .moves import Move
from .scene import BEGINNING, Scene

_LATE = (0, 60_000, 600_000)
"""What is tried: everything comes late, or only what may be a minute late, or ten. Proofs that grow
too old meanwhile would lead elsewhere."""

Chosen = dict[int, tuple[int, int, Step]]
"""For each state the time to it, and the state and step that a chosen way comes from."""


class Times:
    """The times to the states of a walk.

    Args:
        order: the states, each before those that its steps lead to.
    """

    def __init__(self, walk: Walk, found: Walked, order: Sequence[int]) -> None:
        self._walk = walk
        self._found = found
        self._soon = _chosen(found, order, late=False)
        self._late = _chosen(found, order, late=True)
        self._in_time = _chosen(found, order, late=True, limit=walk.plan.plan.deadline)

    def shortest(self, number: int) -> int:
        """The time of the quickest way to a state, in ms."""
        gone = self._gone(_steps(self._soon, number), late=False)
        own = elapsed(BEGINNING, self._found.states[number].scene.now)
        return own if gone is None else min(gone, own)

    def longest(self, number: int) -> int | None:
        """The time of the slowest way to a state that was found, in ms; None where none was."""
        ways = (_steps(chosen, number) for chosen in (self._late, self._in_time))
        found = (self._slowest(steps) for steps in ways)
        return max((time for time in found if time is not None), default=None)

    def _slowest(self, steps: Sequence[Step]) -> int | None:
        """How long a way takes at most; where it cannot be gone so slowly, less of it is late."""
        times = (self._gone(steps, late=True, least=least) for least in _LATE)
        return next((time for time in times if time is not None), None)

    def _gone(self, steps: Sequence[Step], *, late: bool, least: int = 0) -> int | None:
        """How long a way takes; None where it cannot be gone so, or not before the deadline.

        Args:
            late: what may happen late, does.
            least: but not what may only be so many ms late.
        """
        scene = self._found.states[0].scene
        left = sum(step.soonest for step in steps)
        awaited = any(_is_deadline(step) for step in steps)
        for step in steps:
            left -= step.soonest
            until = _before_deadline(scene, left) if late and not awaited else None
            waits = late and step.latest >= least
            after = self._latest(scene, step, until) if waits else self._step(scene, step)
            if after is None:
                return None
            scene = after
        deadline = scene.run.deadline_at
        too_late = deadline is not None and scene.now > deadline and not scene.run.deadline_over
        return None if too_late else elapsed(BEGINNING, scene.now)

    def _latest(self, scene: Scene, step: Step, until: Instant | None) -> Scene | None:
        return self._step(scene, step, late=True, until=until) or self._step(scene, step)

    def _step(
        self, scene: Scene, step: Step, *, late: bool = False, until: Instant | None = None
    ) -> Scene | None:
        """The scene after a step, where it leads to the same state as in the walk."""
        walk = self._walk
        wanted, _ = walk.keys.of(self._found.states[step.target].scene)
        for move in sorted(walk.moves.of(scene), key=lambda move: _unlike(move, step.move)):
            if _unlike(move, step.move) == (True, True):
                break
            now = walk.moves.last_moment(scene, move) if late else move.at or scene.now
            if until is not None and move.at is None:
                now = max(scene.now, min(now, until))
            try:
                turns = list(walk.turns(scene, move, now))
            except inputs.InputRefused:
                continue
            for _, after in turns:
                if walk.keys.of(after)[0] == wanted:
                    return after
        return None


def _unlike(move: Move, chosen: Move) -> tuple[bool, bool]:
    """How a move differs from the one that was chosen.

    The way to this state may be another one than the states' own: then branches may be swapped, and
    what a proof says may be told by another word.
    """
    return (move.word != chosen.word, move.phase != chosen.phase)


def _before_deadline(scene: Scene, left: int) -> Instant | None:
    """The last moment from which what is left of a way is over before the deadline passes."""
    deadline = scene.run.deadline_at
    return None if deadline is None else later(deadline, -left - 1)


def _chosen(found: Walked, order: Iterable[int], *, late: bool, limit: int | None = None) -> Chosen:
    """A quickest, or a slowest, way to each state, as far as the states' own times tell.

    The deadline passes on it only where it must: else each slowest way would wait for that. With a
    limit, ways that take longer (ms) are not chosen.
    """
    before: Chosen = {}
    behind: Chosen = {}
    for number in order:
        for step in found.states[number].steps:
            for chosen in (before, behind):
                passes = chosen is before and _is_deadline(step)
                if not passes and (number in chosen or number == 0):
                    _choose(chosen, number, step, late=late, limit=limit)
    return behind | before


def _choose(chosen: Chosen, number: int, step: Step, *, late: bool, limit: int | None) -> None:
    so_far = chosen[number][0] if number in chosen else 0
    time = so_far + (step.latest if late else step.soonest)
    known = chosen.get(step.target)
    if limit is not None and time > limit:
        return
    if known is None or (time > known[0] if late else time < known[0]):
        chosen[step.target] = (time, number, step)


def _steps(chosen: Chosen, number: int) -> list[Step]:
    steps: list[Step] = []
    while number in chosen:
        _, number, step = chosen[number]
        steps.append(step)
    return steps[::-1]


def _is_deadline(step: Step) -> bool:
    return isinstance(step.move.told, inputs.TimerFired) and step.move.told.name == DEADLINE
