"""Every way through a plan, within bounds: each state once, with what every commit must keep.

The states are walked breadth first, so the first way found to where a promise breaks is a shortest
one. A state that was seen before is not walked again; how many ways lead through it is counted
afterwards (``paths``). Every state has a real operation behind it, whose events are chained and
whose times are those of the first way to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from laneway.core import inputs
from laneway.core.chain import GENESIS, seal
from laneway.core.compile import CompiledPlan
from laneway.core.decide import decide as core_decide
from laneway.core.envelope import Recorded
from laneway.core.events import Actor, AnyEvent, AuthorizationChecked, Ruling
from laneway.core.instants import Instant, elapsed
from laneway.core.run import Run

from .assumed import assuming, with_assumptions
from .bounds import Bounds, bounded
from .coverage import Covered, covered_by
from .keys import Key, Keys
from .moves import Move, Moves
from .scene import Commit, Decide, Scene, commit, opening
from .setting import Setting
from .watch import (
    Broken,
    look,
    look_at_chain,
    look_at_links,
    look_at_refusal,
    look_twice,
)

Said = list[tuple[Actor, AnyEvent]]
"""Events, each with who caused it."""

ALLOWED = Ruling(allowed=True, reason="rehearsed")
DENIED = Ruling(allowed=False, reason="rehearsed")
"""What the policy says when it is asked before the first change; it is rehearsed either way."""


@dataclass(frozen=True)
class Step:
    """From one state to another: what happened, and how long that takes, in ms.

    Attributes:
        times: how many steps it stands for, which differ by the name of a branch.
    """

    target: int
    move: Move
    times: int
    soonest: int
    latest: int


@dataclass
class State:
    """A state: the scene that stands for it, and how that was come to.

    Attributes:
        arrangements: how many states it stands for, that differ by the names of branches.
        written: the events of the step to it.
        steps: out of it; filled in when it is walked.
    """

    scene: Scene
    arrangements: int
    parent: int | None = None
    by: Move | None = None
    written: tuple[Recorded, ...] = ()
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Breach:
    """A promise that did not hold, and a shortest way to where it did not."""

    broken: Broken
    way: tuple[Move, ...]


@dataclass
class Walked:
    """What came of it.

    Attributes:
        breaches: for each invariant that broke, the first that was found.
        covered: what of the plan was taken, and came of branches.
        whole_ways: of how many ways to an end the events were read from the first on.
        complete: every state was walked, as far as the bounds allow.
    """

    states: list[State]
    breaches: dict[str, Breach]
    covered: set[Covered]
    both_ways: tuple[str, ...] = ()
    commits: int = 0
    whole_ways: int = 0
    complete: bool = True

    def way_to(self, state: int) -> tuple[Move, ...]:
        """What happened on the way to a state."""
        moves: list[Move] = []
        at = self.states[state]
        while at.parent is not None and at.by is not None:
            moves.append(at.by)
            at = self.states[at.parent]
        return tuple(reversed(moves))

    def events_to(self, state: int) -> list[Recorded]:
        """Every event on the way to a state."""
        written: list[tuple[Recorded, ...]] = []
        number: int | None = state
        while number is not None:
            written.append(self.states[number].written)
            number = self.states[number].parent
        return [event for events in reversed(written) for event in events]


class Walk:
    """A walk through all that may happen to operations of one plan."""

    def __init__(
        self,
        plan: CompiledPlan,
        setting: Setting,
        bounds: Bounds | None = None,
        *,
        crashes: bool = False,
        decide: Decide = core_decide,
    ) -> None:
        self._bounds = bounds or Bounds()
        small = bounded(plan.plan, self._bounds)
        self.plan, self._expressions = assuming(
            CompiledPlan(small, plan.machine, plan.expressions), setting.open
        )
        most = self._bounds.disturbances
        self.moves = Moves(small, setting, crashes=crashes, disturbances=most)
        self.keys = Keys(small, self._expressions)
        self._setting = setting
        self._decide = decide
        self._numbers: dict[Key, int] = {}
        self._found = Walked([], {}, set())

    def walk(self) -> Walked:
        """Walk every way."""
        self._add(self.begin(), None, None)
        number = 0
        while number < len(self._found.states):
            if len(self._found.states) > self._bounds.states:
                self._found.complete = False
                break
            self._leave(number)
            number += 1
        self._found.both_ways = tuple(self._expressions.both_ways)
        return self._found

    def begin(self) -> Scene:
        """The scene that every way begins with."""
        return opening(self._setting.asked(self.plan.plan))

    def turns(
        self, scene: Scene, move: Move, now: Instant
    ) -> Iterator[tuple[Commit | None, Scene]]:
        """What comes of a move, once for each turn that policy and guards may take.

        Raises:
            inputs.InputRefused: nothing comes of it.
        """
        if move.told is None:
            yield None, _after(msgspec.structs.replace(scene, now=now), move)
            return
        for ruling in (ALLOWED, DENIED):
            asked = False
            ask = partial(commit, self.plan, scene, move.told, now, self._decide, ruling)
            for made, assumed in self._expressions.each_way(scene.assumed, ask):
                self._expressions.one_way(assumed)
                asked = asked or _policy_was_asked(made)
                if asked or ruling is ALLOWED:
                    yield made, _after(with_assumptions(made, assumed, self._expressions), move)
            if not asked:
                return

    # --- one state -------------------------------------------------------------------------------

    def _leave(self, number: int) -> None:
        state = self._found.states[number]
        twins = self.keys.twins(state.scene)
        for move in self.moves.of(state.scene):
            times = twins.get(move.phase, 1)
            now = move.at or state.scene.now
            try:
                for made, after in self.turns(state.scene, move, now) if times else ():
                    self._arrive(number, move, made, after, times)
            except inputs.InputRefused as refused:
                self._refused(number, move, refused)

    def _refused(self, number: int, move: Move, refused: inputs.InputRefused) -> None:
        if move.refused or move.told is None:
            return
        run = self._found.states[number].scene.run
        for broken in look_at_refusal(refused, move.told, self.plan.plan, run):
            self._breach(broken, number, move)

    def _arrive(
        self, number: int, move: Move, made: Commit | None, after: Scene, times: int
    ) -> None:
        state = self._found.states[number]
        if made is not None:
            self._found.commits += 1
            for broken in (*look(made), *_taken_all_the_same(move)):
                self._breach(broken, number, move)
            if not made.decision.events and not move.kills and after.untold == state.scene.untold:
                return  # nothing came of it
            self._note(made)
        events = made.decision.events if made else ()
        known = len(self._found.states)
        target = self._add(after, (number, move), [(said.actor, said.event) for said in events])
        if target == known and made is not None:
            for broken in look_twice(made, self._decide):
                self._breach(broken, number, move)
        soonest = elapsed(state.scene.now, after.now)
        latest = elapsed(state.scene.now, self.moves.last_moment(state.scene, move))
        state.steps.append(Step(target, move, times, soonest, latest))

    def _add(
        self,
        scene: Scene,
        origin: tuple[int, Move] | None,
        written: Said | None,
    ) -> int:
        """The number of a scene's state; a new one has its events sealed."""
        key, arrangements = self.keys.of(scene)
        known = self._numbers.get(key)
        if known is not None:
            return known
        number = self._numbers[key] = len(self._found.states)
        accepted = scene.run.accepted
        said: Said = [(accepted.requested_by, accepted)] if written is None else written
        recorded = _sealed(scene, said)
        chained = msgspec.structs.replace(scene, run=_with_head(scene.run, recorded))
        parent, by = origin or (None, None)
        self._found.states.append(State(chained, arrangements, parent, by, recorded))
        self._check_chain(number, scene.run.head or GENESIS)
        return number

    def _check_chain(self, number: int, head: str) -> None:
        """A new state's events follow those before; where it has ended, all of them are read."""
        state = self._found.states[number]
        found = look_at_links(state.written, head)
        if state.scene.run.terminal:
            self._found.whole_ways += 1
            found += look_at_chain(self._found.events_to(number), state.scene.run)
        for broken in found:
            if state.parent is not None and state.by is not None:
                self._breach(broken, state.parent, state.by)

    def _note(self, made: Commit) -> None:
        events = [said.event for said in made.decision.events]
        self._found.covered.update(covered_by(self.plan, made.before.run, events, made.now))

    def _breach(self, broken: Broken, number: int, move: Move) -> None:
        if broken.invariant not in self._found.breaches:
            way = (*self._found.way_to(number), move)
            self._found.breaches[broken.invariant] = Breach(broken, way)


def _with_head(run: Run, recorded: Sequence[Recorded]) -> Run:
    return msgspec.structs.replace(run, head=recorded[-1].hash) if recorded else run


def _sealed(scene: Scene, said: Said) -> tuple[Recorded, ...]:
    """The events that led to a scene, chained to those before."""
    run, head = scene.run, scene.run.head or GENESIS
    recorded: list[Recorded] = []
    for number, (actor, event) in enumerate(said, start=run.seq - len(said) + 1):
        recorded.append(seal(run.id, number, scene.now, actor, event, head))
        head = recorded[-1].hash
    return tuple(recorded)


def _after(scene: Scene, move: Move) -> Scene:
    """The scene after a move, with what the engine forgets where it is killed."""
    untold = {
        phase: token
        for phase, token in scene.untold.items()
        if scene.run.phase(phase).token == token and f"action:{phase}" in scene.commands
    }
    if move.kills:
        untold = {command.phase: command.token for command in scene.actions()}
    return msgspec.structs.replace(
        scene,
        untold=untold,
        idle=frozenset(c.key for c in scene.actions()) if move.kills else scene.idle,
        disturbed=scene.disturbed + move.disturbs,
    )


def _policy_was_asked(made: Commit) -> bool:
    return any(isinstance(said.event, AuthorizationChecked) for said in made.decision.events)


def _taken_all_the_same(move: Move) -> Iterator[Broken]:
    if move.refused:
        yield Broken("approved", f"the core takes it that {move}")
