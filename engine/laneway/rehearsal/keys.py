"""Which scenes are one state: those in which the same can happen from here on.

Times, tokens, numbers of attempts, evidence and reports are left out of a state's key, as nothing
hangs on them; of a proof's age only whether it is too old is kept. Branches of a parallel phase
that differ by their name alone can be swapped: states that differ so have one key, and it is said
how many there are of them.
"""

from collections import Counter
from collections.abc import Iterator
from math import factorial
from typing import Any

from laneway.core.expressions import texts
from laneway.core.model import ActionPhase, ApprovalPhase, ParallelPhase, Phase, Plan, WaitPhase
from laneway.core.run import Approval, PhaseRun, PhaseStatus, Run
from laneway.core.standing import proofs
from laneway.core.templates import Slot, split

from .ages import Ages
from .assumed import Assuming
from .deeds import destroys
from .scene import Scene

Key = tuple[Any, ...]


class Keys:
    """The keys of scenes of one plan."""

    def __init__(self, plan: Plan, expressions: Assuming) -> None:
        self._plan = plan
        self._ages = Ages(plan)
        asked = _asked(plan, expressions)
        self._outcomes = frozenset(p.name for p in plan.every_phase() if _outcome(p) in asked)
        self._kept = frozenset(self._outcomes | {*proofs(plan), *_approvals(plan), *_loops(plan)})
        self._groups = {
            phase.name: tuple(_groups(phase, asked))
            for phase in plan.phases.values()
            if isinstance(phase, ParallelPhase)
        }

    def of(self, scene: Scene) -> tuple[Key, int]:
        """A scene's key, and how many states have it that differ by the names of branches."""
        run = scene.run
        if run.terminal:
            return (run.status, run.place, run.deadline_over), 1
        branches, arrangements = self._branches(scene)
        flags = (
            run.place,
            run.begun,
            run.paused,
            run.pause_requested,
            run.pending_stop,
            run.answering,
            run.deadline_over,
            run.no_return,
            run.changed,
            run.detours,
        )
        here = (scene.disturbed, tuple(sorted(scene.assumed.items())), self._ages.too_old(scene))
        phases = tuple(self._phase(scene, name) for name in self._plan.phases)
        return (flags, here, phases, branches), arrangements

    def twins(self, scene: Scene) -> dict[str, int]:
        """For each branch of the place, for how many that are as it is it stands; 0: another does.

        What happens to one of them might as well happen to another.
        """
        stands: dict[str, int] = {}
        for group in self._groups.get(scene.run.place, ()):
            first: dict[Key, str] = {}
            for name in group:
                twin = first.setdefault(self._branch(scene, name), name)
                stands[name] = 0
                stands[twin] += 1
        return stands

    def _phase(self, scene: Scene, name: str) -> Key:
        """What matters of a phase that is no branch."""
        at = scene.run.phase(name)
        active = bool(at.stage) or name == scene.run.place or name in scene.run.detours
        deeds = scene.deeds.get(name, 0) if active or destroys(self._plan, name) else 0
        if not active and name not in self._kept:
            return (deeds,)
        outcome = at.outcome if name in self._outcomes else ""
        visits = at.visits if self._plan.phases[name].max_visits is not None else 0
        kept = (at.status, outcome, visits, _approval(scene.run, at.approval))
        return (deeds, kept, _working(scene, name, at) if active else ())

    def _branches(self, scene: Scene) -> tuple[Key, int]:
        """What matters of the branches of the place: of those that are alike, how many are how."""
        keys: list[Key] = []
        arrangements = 1
        for group in self._groups.get(scene.run.place, ()):
            each = [self._branch(scene, name) for name in group]
            keys += [tuple(sorted(each, key=repr))]
            arrangements *= _arrangements(each)
        return tuple(keys), arrangements

    def _branch(self, scene: Scene, name: str) -> Key:
        at = scene.run.phase(name)
        outcome = at.outcome if at.finished else ""
        return (at.status, outcome, scene.deeds.get(name, 0), _working(scene, name, at))


def _working(scene: Scene, name: str, at: PhaseRun) -> Key:
    """What matters of a phase's work while it is not over."""
    if at.finished:
        return ()
    untold = scene.untold.get(name) == at.token
    return (at.stage, at.tries, at.reason, f"action:{name}" in scene.idle, untold, at.dry_run)


def _approval(run: Run, approval: Approval | None) -> Key:
    """How many have decided, and whether the proofs are still those that they were shown."""
    if approval is None:
        return ()
    seen: dict[str, str] = approval.covers["proofs"]
    passed = {n: run.phase(n).digest for n in seen if run.phase(n).status is PhaseStatus.PASS}
    same = (digest == seen[name] for name, digest in passed.items())
    return (len(approval.decisions), approval.used, *same)


def _arrangements(each: list[Key]) -> int:
    """In how many ways so many branches can be as these are."""
    number = factorial(len(each))
    for times in Counter(each).values():
        number //= factorial(times)
    return number


# --- what expressions ask for --------------------------------------------------------------------


def _asked(plan: Plan, expressions: Assuming) -> frozenset[str]:
    """The dotted names that the plan's expressions refer to."""
    return frozenset(name for source in _sources(plan) for name in expressions.references(source))


def _sources(plan: Plan) -> Iterator[str]:
    for phase in plan.every_phase():
        targets = (target for each in phase.on.values() for target in each)
        yield from (target.when for target in targets if target.when is not None)
        if isinstance(phase, WaitPhase) and phase.until is not None:
            yield phase.until
        if isinstance(phase, ActionPhase):
            slots = (part for text in texts(phase.parameters) for part in split(text))
            yield from (part.source for part in slots if isinstance(part, Slot))


def _outcome(phase: Phase) -> str:
    return f"phases.{phase.name}.outcome"


def _groups(phase: ParallelPhase, asked: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """The branches of a phase, those together that can be swapped."""
    alike: dict[Key, list[str]] = {}
    for branch in phase.branches:
        names = (_outcome(branch), f"phases.{branch.name}.evidence")
        own = branch.name if asked.intersection(names) else ""
        retry = (branch.retry.attempts, *sorted(branch.retry.on))
        action = branch.action
        does = (action.safety, action.outcomes, action.idempotent, action.recoverable)
        alike.setdefault((own, retry, does, action.supports_dry_run), []).append(branch.name)
    yield from (tuple(names) for names in alike.values())


def _approvals(plan: Plan) -> list[str]:
    return [phase.name for phase in plan.phases.values() if isinstance(phase, ApprovalPhase)]


def _loops(plan: Plan) -> list[str]:
    return [phase.name for phase in plan.phases.values() if phase.max_visits is not None]
