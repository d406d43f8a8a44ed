"""How old proofs may grow in an exhaustive rehearsal, where time is a choice like any other.

Whether a proof is too old is all that matters of its age. It grows so where something lasts long
enough: an approval, an attempt, a wait, a pause, a person who must say what became of an attempt,
an engine that is not there.
"""

from collections.abc import Iterator

from laneway.core.instants import Instant, elapsed, later
from laneway.core.model import ActionPhase, ApprovalPhase, Phase, Plan, WaitPhase
from laneway.core.run import PhaseStatus, Run, Stage
from laneway.core.step import RECOVERY_TIME

from .scene import Scene

_LASTING = (Stage.ACTING, Stage.RECOVERING, Stage.RETRY, Stage.APPROVAL, Stage.WAIT)
_FOR_EVER = 1 << 62


class Ages:
    """The ages that a plan's requirements ask for.

    Attributes:
        limits: each proof with an age (ms) beyond which something asks for it again.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ahead = {name: _ahead(plan, name) for name in plan.phases}
        self.limits: dict[tuple[str, int], set[str]] = {}
        for phase in plan.phases.values():
            for requirement in phase.requires:
                if requirement.max_age is not None:
                    limit = (requirement.phase, requirement.max_age)
                    self.limits.setdefault(limit, set()).add(phase.name)

    def too_old(self, scene: Scene) -> tuple[bool, ...]:
        """Of each limit, whether the proof is beyond it; also where nobody will ask any more."""
        return tuple(
            not self._matters(scene, proof, most, by) for (proof, most), by in self.limits.items()
        )

    def growing(self, scene: Scene) -> Iterator[tuple[str, Instant]]:
        """Proofs that may grow too old where the operation is, and when they are."""
        for (proof, most), by in self.limits.items():
            if self._matters(scene, proof, most, by) and self._lasts(scene, most):
                yield proof, later(_made(scene, proof), most + 1)

    def fresh_until(self, scene: Scene) -> Instant | None:
        """The moment until which no proof that matters grows too old; None where none does."""
        moments = (
            later(_made(scene, proof), most)
            for (proof, most), by in self.limits.items()
            if self._matters(scene, proof, most, by)
        )
        return min(moments, default=None)

    def _matters(self, scene: Scene, proof: str, most: int, by: set[str]) -> bool:
        return self._wanted(scene.run, by) and _fresh(scene, proof, most)

    def _wanted(self, run: Run, by: set[str]) -> bool:
        """Whether one of the phases that ask for the proof may still begin."""
        ahead = self._ahead.get(run.place, frozenset())
        return bool(by & ahead) or bool(by.intersection(run.detours))

    def _lasts(self, scene: Scene, most: int) -> bool:
        run = scene.run
        if run.paused or scene.idle or run.staged(Stage.UNKNOWN):
            return True
        return any(_length(self._plan.phase(n), run, n) > most for n in run.staged(*_LASTING))


def _made(scene: Scene, proof: str) -> Instant:
    made = scene.run.phase(proof).finished_at
    assert made is not None, f"{proof} has passed"
    return made


def _fresh(scene: Scene, proof: str, most: int) -> bool:
    at = scene.run.phase(proof)
    if at.status is not PhaseStatus.PASS or at.finished_at is None:
        return False
    return elapsed(at.finished_at, scene.now) <= most


def _ahead(plan: Plan, start: str) -> frozenset[str]:
    """The phases that may be entered from one, itself with them."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            on = plan.phases[name].on.values()
            ahead += [target.to for targets in on for target in targets]
    return frozenset(seen)


def _length(phase: Phase, run: Run, name: str) -> int:
    """Milliseconds that the stage a phase is in may last."""
    if isinstance(phase, ApprovalPhase):
        return phase.expires
    if isinstance(phase, WaitPhase):
        return _FOR_EVER if phase.duration is None else phase.duration
    if not isinstance(phase, ActionPhase):
        return 0
    stage = run.phase(name).stage
    if stage is Stage.RETRY:
        return phase.retry.max_delay
    return max(phase.timeout, RECOVERY_TIME) if stage is Stage.RECOVERING else phase.timeout
