"""Plays one operation in virtual time, as a director says: a scenario that was written, or chance.

It does what the runtime does, and keeps its order: what is committed is performed; answers and
people come when their time is there, then the timers that are due; a killed engine forgets what it
was at, and the next one tells of every attempt that it finds outstanding.
"""

import heapq
from collections.abc import Iterable
from itertools import count
from typing import Protocol

import msgspec

from laneway.core import inputs
from laneway.core.attempts import NOT_STARTED
from laneway.core.chain import GENESIS, seal
from laneway.core.commands import SetTimer, StartAction
from laneway.core.compile import CompiledPlan
from laneway.core.decide import decide as core_decide
from laneway.core.envelope import Recorded
from laneway.core.events import Actor, AnyEvent, Failure, OperationAccepted, TransitionTaken
from laneway.core.instants import Instant, elapsed, later

from . import people
from .assumed import Assuming, with_assumptions
from .coverage import Covered, covered_by
from .scenario import CRASH, HELD, NEVER_BEGAN, NO_ANSWER, UNKNOWN, Answer, Doing
from .scene import BEGINNING, OPERATION, ActionCommand, Commit, Decide, Scene, commit, opening
from .watch import Broken, look, look_at_chain, look_at_refusal, look_twice
from .words import in_words

MOST_COMMITS = 20_000
"""An operation that takes more is taken to be one that never ends."""


class Director(Protocol):
    """Who says what happens."""

    def answer(self, command: ActionCommand, scene: Scene) -> Answer:
        """What comes of a call of a driver."""
        ...

    def meanwhile(self, events: Iterable[AnyEvent], scene: Scene) -> Iterable[Doing]:
        """What somebody will do because of events, each ``after`` now."""
        ...


class Refusal(msgspec.Struct, frozen=True):
    """Something that somebody did, and what the core said to it: a code, or empty if it took it."""

    doing: Doing
    code: str


class Told(msgspec.Struct, frozen=True):
    """A line of a story: what the operation was told, and the phases that it came to by that."""

    at: Instant
    words: str
    came_to: tuple[str, ...] = ()


class Play:
    """One operation that is played.

    Attributes:
        events: every event, sealed.
        story: what the operation was told, when, and where that led it.
        broken: promises that did not hold, and how long the story was when that was seen.
        answered: what people were told.
        covered: what of the plan was covered.
    """

    def __init__(
        self,
        plan: CompiledPlan,
        asked: OperationAccepted,
        director: Director,
        *,
        target: dict[str, object],
        operation_id: str = OPERATION,
        decide: Decide = core_decide,
        expressions: Assuming | None = None,
    ) -> None:
        self.plan = plan
        self.scene = opening(asked, operation_id)
        self.events: list[Recorded] = []
        self.story: list[Told] = []
        self.broken: list[tuple[Broken, int]] = []
        self.answered: list[Refusal] = []
        self.covered: set[Covered] = set()
        self._director = director
        self._decide = decide
        self._expressions = expressions
        self._ahead: list[tuple[Instant, int, ActionCommand | Doing, Answer | None]] = []
        self._order = count()
        self._target = target
        self._write([(asked.requested_by, asked)])

    @property
    def duration(self) -> int:
        """How long the operation has taken so far, in ms."""
        return elapsed(BEGINNING, self.scene.now)

    def to_the_end(self) -> "Play":
        """Play until the operation has ended, or nothing can happen to it any more."""
        self._plan_doings([])
        self.tell(inputs.LaneGranted(target=self._target))
        for _ in range(MOST_COMMITS):
            if self.scene.run.terminal or not self._next():
                break
        else:
            self._breaks(Broken("always_ends", f"{MOST_COMMITS} commits, and no end"))
        if self.scene.run.terminal:
            for broken in look_at_chain(self.events, self.scene.run):
                self._breaks(broken)
        return self

    def tell(self, told: inputs.AnyInput) -> Commit:
        """Tell the operation something, and perform what follows.

        Raises:
            inputs.InputRefused: nothing has changed.
        """
        before = self.scene
        made = self._commit(told)
        events = [said.event for said in made.decision.events]
        self.story.append(Told(self.scene.now, in_words(told), _came_to(events)))
        for broken in (*look(made), *look_twice(made, self._decide)):
            self._breaks(broken)
        self.covered.update(covered_by(self.plan, before.run, events, before.now))
        self._write([(said.actor, said.event) for said in made.decision.events])
        for command in made.decision.commands:
            if not isinstance(command, SetTimer):
                self._ask(command)
        self._plan_doings(events)
        return made

    def _commit(self, told: inputs.AnyInput) -> Commit:
        if self._expressions is not None:
            self._expressions.one_way(self.scene.assumed)
        made = commit(self.plan, self.scene, told, self.scene.now, self._decide)
        self.scene = made.after
        if self._expressions is not None:
            self.scene = with_assumptions(made, self._expressions.taken, self._expressions)
        return made

    # --- what happens next -----------------------------------------------------------------------

    def _next(self) -> bool:
        """Let the next thing happen; false where nothing will."""
        timer = min(self.scene.timers(), key=lambda t: (t.due_at, t.key), default=None)
        ahead = self._ahead[0] if self._ahead else None
        if timer is not None and (ahead is None or max(timer.due_at, self.scene.now) < ahead[0]):
            self._pass_time(timer.due_at)
            return not self._try(inputs.TimerFired(name=timer.key.removeprefix("timer:")))
        if ahead is None:
            return False
        heapq.heappop(self._ahead)
        self._pass_time(ahead[0])
        if isinstance(ahead[2], Doing):
            self._do(ahead[2])
        elif ahead[3] is not None and self.scene.commands.get(ahead[2].key) is ahead[2]:
            self._answer(ahead[2], ahead[3])
        return True

    def _pass_time(self, moment: Instant) -> None:
        self.scene = msgspec.structs.replace(self.scene, now=max(self.scene.now, moment))

    def _plan(self, after: int, what: ActionCommand | Doing, answer: Answer | None = None) -> None:
        at = later(self.scene.now, after)
        heapq.heappush(self._ahead, (at, next(self._order), what, answer))

    def _plan_doings(self, events: Iterable[AnyEvent]) -> None:
        for doing in self._director.meanwhile(events, self.scene):
            self._plan(doing.after, doing)

    # --- drivers ---------------------------------------------------------------------------------

    def _ask(self, command: ActionCommand) -> None:
        """Give a command to its driver."""
        answer = self._director.answer(command, self.scene)
        if answer.answer != NO_ANSWER:
            self._plan(0 if answer.answer == HELD else answer.after, command, answer)

    def _answer(self, command: ActionCommand, answer: Answer) -> None:
        driver = Actor("driver", command.action)
        if answer.answer == UNKNOWN:
            failure = Failure(answer.code or "no_answer", answer.message or "it cannot tell")
            phase, token = command.phase, command.token
            self._try(inputs.AttemptUnknown(driver, phase=phase, token=token, failure=failure))
        elif answer.answer == HELD:
            if isinstance(command, StartAction):
                self._try(inputs.AttemptHeld(phase=command.phase, token=command.token))
            self.crash(answer.down)
        elif answer.answer == CRASH:
            self.crash(answer.down)
        else:
            self._try(_finished(command, answer))

    def crash(self, down: int) -> None:
        """The engine is killed, and another one starts."""
        lost = self.scene.actions()
        keys = frozenset(command.key for command in lost)
        self._ahead = [each for each in self._ahead if isinstance(each[2], Doing)]
        self.story.append(Told(self.scene.now, "the engine is killed"))
        heapq.heapify(self._ahead)
        untold = {command.phase: command.token for command in lost}
        self.scene = msgspec.structs.replace(self.scene, idle=keys, untold=untold)
        self._pass_time(later(self.scene.now, down))
        for command in lost:
            told = inputs.AttemptLost(phase=command.phase, token=command.token)
            if self.scene.commands.get(command.key) is command:
                self._try(told)

    def _try(self, told: inputs.AnyInput, *, rightly: bool = True) -> str:
        """Tell it; the code of the refusal, or empty."""
        try:
            self.tell(told)
        except inputs.InputRefused as refused:
            if rightly or isinstance(told, inputs.Cancel):
                run = self.scene.run
                for broken in look_at_refusal(refused, told, self.plan.plan, run):
                    self._breaks(broken)
            return refused.code
        return ""

    # --- people ----------------------------------------------------------------------------------

    def _do(self, doing: Doing) -> None:
        if doing.do == CRASH:
            self.crash(doing.down)
            return
        told = people.told(doing, self.scene.run)
        self.answered.append(Refusal(doing, self._try(told, rightly=False)))

    # --- what is kept ----------------------------------------------------------------------------

    def _write(self, said: list[tuple[Actor, AnyEvent]]) -> None:
        run = self.scene.run
        for actor, event in said:
            seq, head = len(self.events) + 1, self.events[-1].hash if self.events else GENESIS
            self.events.append(seal(run.id, seq, self.scene.now, actor, event, head))
        run = msgspec.structs.replace(run, head=self.events[-1].hash)
        self.scene = msgspec.structs.replace(self.scene, run=run)

    def _breaks(self, broken: Broken) -> None:
        self.broken.append((broken, len(self.story)))


def _came_to(events: Iterable[AnyEvent]) -> tuple[str, ...]:
    return tuple(event.target for event in events if isinstance(event, TransitionTaken))


def _finished(command: ActionCommand, answer: Answer) -> inputs.AttemptFinished:
    outcome = "fail" if answer.answer == NEVER_BEGAN else answer.answer
    return inputs.AttemptFinished(
        Actor("driver", command.action),
        phase=command.phase,
        token=command.token,
        outcome=outcome,
        evidence=answer.evidence,
        digest=people.proof_digest(answer) if outcome == "pass" else "",
        failure=None if outcome == "pass" else _failure(answer, outcome),
    )


def _failure(answer: Answer, outcome: str) -> Failure:
    never_began = answer.answer == NEVER_BEGAN
    code = NOT_STARTED if never_began else answer.code or answer.kind or outcome
    message = answer.message or ("it never began" if never_began else f"it gave {outcome}")
    return Failure(code, message, retry_class=answer.kind)
