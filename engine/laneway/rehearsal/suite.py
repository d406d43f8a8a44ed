"""A plan's scenarios, played one after the other: what came of each, and what they cover."""

from collections.abc import Sequence
from dataclasses import dataclass

from laneway.core.admission import NothingToRetry, first_event, retry
from laneway.core.compile import CompiledPlan
from laneway.core.decide import decide as core_decide
from laneway.core.events import Actor, OperationAccepted
from laneway.core.model import Plan, WhenBusy

from .coverage import Covered, to_cover
from .director import Script
from .judge import Mismatch, mismatches
from .play import Play
from .scenario import Scenario
from .scene import OPERATION, Decide


@dataclass(frozen=True)
class Result:
    """What came of a scenario; ``play`` is None where it could not begin."""

    scenario: Scenario
    play: Play | None
    mismatches: tuple[Mismatch, ...]

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.mismatches


@dataclass(frozen=True)
class Suite:
    """What came of a plan's scenarios."""

    plan: Plan
    results: tuple[Result, ...]

    @property
    def covered(self) -> frozenset[Covered]:
        """What was covered by scenarios that went as expected."""
        plays = (result.play for result in self.results if result.passed)
        return frozenset(each for play in plays if play is not None for each in play.covered)

    @property
    def missing(self) -> tuple[Covered, ...]:
        """What is not covered, in the plan's order."""
        covered = self.covered
        return tuple(each for each in to_cover(self.plan) if each not in covered)

    @property
    def coverage(self) -> float:
        """How much is covered, in percent; a plan with nothing to cover is covered."""
        all_there_is = len(to_cover(self.plan))
        return 100 * (1 - len(self.missing) / all_there_is) if all_there_is else 100.0


def play_all(
    plan: CompiledPlan, scenarios: Sequence[Scenario], decide: Decide = core_decide
) -> Suite:
    """Play every scenario; one that retries another comes after it."""
    ended: dict[str, Play] = {}
    results: list[Result] = []
    for scenario in scenarios:
        result = _play(plan, scenario, ended.get(scenario.retry_of), decide)
        results.append(result)
        if result.play is not None:
            ended[scenario.name] = result.play
    return Suite(plan.plan, tuple(results))


def _play(plan: CompiledPlan, scenario: Scenario, before: Play | None, decide: Decide) -> Result:
    script = Script(scenario)
    try:
        asked = _asked(plan, scenario, before)
    except NothingToRetry as error:
        return Result(scenario, None, (Mismatch("retry", "is possible", str(error)),))
    operation = f"{before.scene.run.id}_again" if before else OPERATION
    play = Play(
        plan, asked, script, target=scenario.target, operation_id=operation, decide=decide
    ).to_the_end()
    return Result(scenario, play, tuple(mismatches(play, script, scenario.expect)))


def _asked(plan: CompiledPlan, scenario: Scenario, before: Play | None) -> OperationAccepted:
    asked = {
        "lane": scenario.lane,
        "request": scenario.request,
        "requested_by": Actor("caller", scenario.requested_by),
        "when_busy": WhenBusy.REJECT,
        "dry_run": scenario.dry_run,
    }
    if before is not None:
        again = retry(plan, before.scene.run)
        asked |= {
            "lane": before.scene.run.lane,
            "request": before.scene.run.accepted.request,
            "retry_of": before.scene.run.id,
            "retry_from": again.begin,
            "approvals_needed": again.approvals,
            "carried": again.carried,
        }
    return first_event(plan.plan, **asked)
