"""The director of a scenario: it says what the scenario says, in its order."""

from collections import Counter
from collections.abc import Iterable, Iterator

from laneway.core import events as ev
from laneway.core.commands import StartAction

from .scenario import NEVER_BEGAN, Answer, Doing, Scenario
from .scene import ActionCommand, Scene

_BEGINS = (ev.PhaseStarted, ev.ApprovalRequested, ev.WaitStarted, ev.ParallelStarted)
_WAITS_FOR: dict[str, tuple[type[ev.PhaseEvent], ...]] = {
    "approve": (ev.ApprovalRequested,),
    "reject": (ev.ApprovalRequested,),
    "revoke": (ev.ApprovalDecided,),
    "reconcile": (ev.PhaseOutcomeUnknown,),
    "cancel": _BEGINS,
    "pause": _BEGINS,
    "crash": _BEGINS,
    "resume": (),
}
"""The events of a phase for which somebody's doing waits."""


class Script:
    """Directs a play as a scenario says.

    Attributes:
        wrong: answers that were given to a call to which they are none.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._answers = {phase: list(said) for phase, said in scenario.answers.items()}
        self._ahead = list(scenario.meanwhile)
        self._seen: Counter[tuple[str, str]] = Counter()
        self.wrong: list[str] = []

    def answer(self, command: ActionCommand, scene: Scene) -> Answer:
        """The next answer for the phase; what is not said passes."""
        left = self._answers.get(command.phase)
        if not left:
            return Answer()
        answer = left.pop(0)
        if answer.answer == NEVER_BEGAN and isinstance(command, StartAction):
            self.wrong.append(f"{command.phase} was to begin, and the answer is that it never did")
        return answer

    def meanwhile(self, events: Iterable[ev.AnyEvent], scene: Scene) -> Iterator[Doing]:
        """What is done because of events; with the first call, what waits for none."""
        at_once = [doing for doing in self._ahead if not doing.phase]
        self._ahead = [doing for doing in self._ahead if doing.phase]
        yield from at_once
        for event in events:
            yield from self._because_of(event)

    def _because_of(self, event: ev.AnyEvent) -> Iterator[Doing]:
        phase = _phase(event)
        if not phase:
            return
        kind = type(event).__name__
        self._seen[kind, phase] += 1
        for doing in list(self._ahead):
            waits = doing.phase == phase and _waits(doing, event)
            if waits and self._seen[kind, phase] == doing.nth:
                self._ahead.remove(doing)
                yield doing

    @property
    def unused(self) -> list[str]:
        """What the scenario gives, and nobody asked for."""
        unasked = (
            f"{phase} has {len(left)} more answer{'s' * (len(left) > 1)} than it was asked for"
            for phase, left in self._answers.items()
            if left
        )
        undone = (f"nobody came to {doing.do} at {doing.phase}" for doing in self._ahead)
        return [*unasked, *undone]


def _phase(event: ev.AnyEvent) -> str:
    if isinstance(event, ev.OperationPaused):
        return event.next_phase
    return event.phase if isinstance(event, ev.PhaseEvent) else ""


def _waits(doing: Doing, event: ev.AnyEvent) -> bool:
    if doing.do == "resume":
        return isinstance(event, ev.OperationPaused)
    return isinstance(event, _WAITS_FOR[doing.do])
