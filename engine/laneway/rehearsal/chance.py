"""Chance as the director: weighted, and the same each time for a seed.

What is not weighted otherwise has the weights below. They are no statistics of anything: they make
most answers pass, so that operations come far, and everything else happen often enough to be seen.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from laneway.core import events as ev
from laneway.core.commands import RecoverAction
from laneway.core.compile import CompiledPlan
from laneway.core.decide import decide as core_decide
from laneway.core.model import ActionPhase, ApprovalPhase, Plan

from .assumed import assuming
from .coverage import Covered
from .play import Play
from .scenario import CRASH, HELD, NEVER_BEGAN, NO_ANSWER, UNKNOWN, Answer, Doing
from .scene import OPERATION, ActionCommand, Decide, Scene
from .setting import Setting
from .watch import Broken

WEIGHTS: Mapping[str, float] = {
    "pass": 80,
    "fail": 4,
    "retryable": 10,
    UNKNOWN: 2,
    NO_ANSWER: 2,
    NEVER_BEGAN: 10,
    CRASH: 3,
    HELD: 1,
    "approve": 85,
    "reject": 10,
    "nobody": 5,
    "revoke": 3,
    "cancel": 1,
    "pause": 1,
}
"""Weights of answers, among those that a driver can give; of decisions on an approval, among
``approve``, ``reject`` and ``nobody``; and, out of a hundred phases that begin, those in which
somebody cancels, pauses, or takes an approval back. An outcome that is not here has that of
``fail``; ``retryable`` is shared by the classes of failure that a phase retries."""

HOUR = 3_600_000


@dataclass
class Sampled:
    """What came of many operations.

    Attributes:
        durations: by status and place of the end, of each operation that ended so, in ms.
        breaches: for each invariant that broke, the number of the shortest operation in which it
            did, what was found, and what had happened.
    """

    durations: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    covered: set[Covered] = field(default_factory=set)
    breaches: dict[str, tuple[int, Broken, tuple[str, ...]]] = field(default_factory=dict)
    both_ways: set[str] = field(default_factory=set)
    commits: int = 0


def sample(
    plan: CompiledPlan,
    setting: Setting,
    *,
    operations: int,
    seed: int,
    crashes: bool = False,
    weights: Mapping[str, float] | None = None,
    decide: Decide = core_decide,
) -> Sampled:
    """Play many operations by chance; the same seed plays the same ones."""
    found = Sampled()
    for number in range(operations):
        chance = Chance(f"{seed} {number}", plan.plan, setting, weights or {}, crashes=crashes)
        open_plan, expressions = assuming(plan, setting.open, chance.flip)
        play = Play(
            open_plan,
            setting.asked(plan.plan),
            chance,
            target=setting.target,
            operation_id=f"{OPERATION}_{number}",
            decide=decide,
            expressions=expressions,
        ).to_the_end()
        found.both_ways.update(expressions.both_ways)
        _keep(found, number, play)
    return found


def _keep(found: Sampled, number: int, play: Play) -> None:
    run = play.scene.run
    found.durations.setdefault((run.status, run.place), []).append(play.duration)
    found.covered |= play.covered
    found.commits += len(play.story)
    for broken, length in play.broken:
        known = found.breaches.get(broken.invariant)
        story = tuple(line.words for line in play.story[:length])
        if known is None or len(story) < len(known[2]):
            found.breaches[broken.invariant] = (number, broken, story)


class Chance:
    """Directs a play by chance."""

    def __init__(
        self,
        seed: str,
        plan: Plan,
        setting: Setting,
        weights: Mapping[str, float],
        *,
        crashes: bool,
    ) -> None:
        self._random = Random(seed)  # noqa: S311 - to be repeated by anybody, not to be guessed
        self._plan = plan
        self._setting = setting
        self._weights = {**WEIGHTS, **weights}
        self._crashes = crashes

    def flip(self, guard: str) -> bool:
        """How a guard is taken that nobody can evaluate."""
        return self._random.random() < 0.5

    def answer(self, command: ActionCommand, scene: Scene) -> Answer:
        """What comes of a call of a driver."""
        phase = self._plan.phase(command.phase)
        assert isinstance(phase, ActionPhase), f"{command.phase} performs no action"
        word = self._choose(self._answers(phase, isinstance(command, RecoverAction)))
        kind = ""
        if word == "retryable":
            word, kind = "fail", self._random.choice(phase.retry.on)
        after = round(phase.timeout * self._random.random() ** 4)
        down = round(HOUR * self._random.random() ** 6)
        evidence = self._setting.evidence_of(phase, word) if word in phase.action.outcomes else {}
        return Answer(answer=word, kind=kind, after=after, down=down, evidence=evidence)

    def _answers(self, phase: ActionPhase, recovering: bool) -> Iterator[str]:
        yield from phase.action.outcomes
        yield from (UNKNOWN, NO_ANSWER)
        if recovering:
            yield NEVER_BEGAN
        elif phase.retry.attempts > 1 and phase.retry.on:
            yield "retryable"
        if self._crashes:
            yield from (CRASH,) if recovering else (CRASH, HELD)

    def _choose(self, words: Iterable[str]) -> str:
        known = list(words)
        weights = [self._weights.get(word, self._weights["fail"]) for word in known]
        return self._random.choices(known, weights)[0] if any(weights) else known[0]

    def meanwhile(self, events: Iterable[ev.AnyEvent], scene: Scene) -> Iterator[Doing]:
        """What people do because of events."""
        for event in events:
            if isinstance(event, ev.ApprovalRequested):
                yield from self._decisions(event)
            elif isinstance(event, ev.PhaseOutcomeUnknown):
                outcome = self._random.choice(("pass", "fail", "retry"))
                yield self._soon("reconcile", event.phase, outcome=outcome)
            elif isinstance(event, ev.OperationPaused):
                yield self._soon("resume")
            elif isinstance(event, ev.PhaseStarted):
                yield from self._disturbances(event)

    def _decisions(self, event: ev.ApprovalRequested) -> Iterator[Doing]:
        phase = self._plan.phase(event.phase)
        assert isinstance(phase, ApprovalPhase), f"{event.phase} asks nobody"
        for number in range(phase.quorum):
            word = self._choose(("approve", "reject", "nobody"))
            by, after = f"approver {number + 1}", round(phase.expires * self._random.random() ** 3)
            if word != "nobody":
                yield Doing(do=word, phase=event.phase, after=after, by=by)
            if self._happens("revoke"):
                yield Doing(do="revoke", phase=event.phase, after=after + 1, by=by)

    def _disturbances(self, event: ev.PhaseStarted) -> Iterator[Doing]:
        for word in ("cancel", "pause"):
            if self._happens(word):
                yield Doing(do=word, after=self._random.randrange(60_000))

    def _happens(self, word: str) -> bool:
        return self._random.random() * 100 < self._weights[word]

    def _soon(self, do: str, phase: str = "", outcome: str = "") -> Doing:
        after = self._random.randrange(HOUR)
        return Doing(do=do, phase=phase, after=after, outcome=outcome)


def percentile(durations: list[int], percent: int) -> int:
    """The duration that so many percent are not longer than, in ms."""
    ordered = sorted(durations)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
