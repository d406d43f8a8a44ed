"""A scene: everything of a rehearsed operation at one moment, and what one input makes of it.

What a store would keep is in the run and the commands; ``idle`` and ``untold`` are what a killed
engine leaves to the next. As in the runtime, an input is decided on, what follows is committed as
one, and only then is anything performed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from laneway.core import inputs
from laneway.core.commands import AnyCommand, RecoverAction, SetTimer, StartAction
from laneway.core.compile import CompiledPlan
from laneway.core.decide import Decision
from laneway.core.events import OperationAccepted, Ruling
from laneway.core.evolve import begin
from laneway.core.instants import Instant
from laneway.core.model import Frozen
from laneway.core.run import Run

from .deeds import after_decision

BEGINNING = Instant("2000-01-01T00:00:00.000Z")
"""When every rehearsal begins. Only the time since then means anything."""

OPERATION = "op_rehearsed"
"""The id of every rehearsed operation: retry delays hang on it, so it is always the same."""

Decide = Callable[[CompiledPlan, Run, inputs.AnyInput, Instant, Ruling | None], Decision]
"""The core, or something that is put in its place to see whether it is caught."""

ActionCommand = StartAction | RecoverAction


class Scene(Frozen, frozen=True, kw_only=True):
    """An operation at one moment of a rehearsal.

    Attributes:
        commands: what is outstanding, by key.
        idle: keys of action commands that nobody works on, as the engine that did was killed.
        untold: tokens, by phase, of attempts that the next engine has found outstanding, and whose
            loss it has not yet told.
        deeds: how often each careful action may have been done since it was last allowed.
        disturbed: how many disturbances there were, of those that bounds limit.
        assumed: guards on what is not known, and how they were taken.
    """

    run: Run
    now: Instant
    commands: dict[str, AnyCommand] = {}
    idle: frozenset[str] = frozenset()
    untold: dict[str, str] = {}
    deeds: dict[str, int] = {}
    disturbed: int = 0
    assumed: dict[str, bool] = {}

    def actions(self) -> list[ActionCommand]:
        """The outstanding commands that are a driver's to perform."""
        return [c for c in self.commands.values() if not isinstance(c, SetTimer)]

    def performing(self) -> list[ActionCommand]:
        """Those that the engine has given to a driver."""
        return [command for command in self.actions() if command.key not in self.idle]

    def timers(self) -> list[SetTimer]:
        """The timers that are set."""
        return [c for c in self.commands.values() if isinstance(c, SetTimer)]


@dataclass(frozen=True)
class Commit:
    """One input, what was decided on it, and the scene before and after.

    Attributes:
        ruling: what the policy said of the requester, where there is one.
    """

    plan: CompiledPlan
    before: Scene
    told: inputs.AnyInput
    now: Instant
    decision: Decision
    after: Scene
    ruling: Ruling | None = None


def opening(asked: OperationAccepted, operation_id: str = OPERATION) -> Scene:
    """An operation that was accepted, and waits for its lane."""
    return Scene(run=begin(operation_id, asked, BEGINNING), now=BEGINNING)


def commit(
    plan: CompiledPlan,
    scene: Scene,
    told: inputs.AnyInput,
    now: Instant,
    decide: Decide,
    ruling: Ruling | None = None,
) -> Commit:
    """Tell an operation something, and commit what follows.

    Raises:
        inputs.InputRefused: nothing follows, and nothing has changed.
    """
    decision = decide(plan, scene.run, told, now, ruling)
    commands = _outstanding(scene.commands, decision)
    anew = {command.key for command in decision.commands}
    after = Scene(
        run=decision.run,
        now=now,
        commands=commands,
        idle=frozenset(k for k in scene.idle if k in commands and k not in anew),
        untold=_untold(scene, told),
        deeds=after_decision(plan.plan, scene.deeds, scene.run, told, decision),
        disturbed=scene.disturbed,
        assumed=scene.assumed,
    )
    return Commit(plan, scene, told, now, decision, after, ruling)


def _outstanding(before: Mapping[str, AnyCommand], decision: Decision) -> dict[str, AnyCommand]:
    if not decision.commands and not decision.withdraw:
        return dict(before)
    kept = {key: command for key, command in before.items() if key not in decision.withdraw}
    return kept | {command.key: command for command in decision.commands}


def _untold(scene: Scene, told: inputs.AnyInput) -> dict[str, str]:
    if not scene.untold:
        return scene.untold
    lost = told.phase if isinstance(told, inputs.AttemptLost) else None
    return {phase: token for phase, token in scene.untold.items() if phase != lost}
