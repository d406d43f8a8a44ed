"""A plan that has everything a rehearsal looks at, and is small: a proof, an approval, a deed."""

from collections.abc import Callable
from functools import cache
from typing import Any

from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.decide import Decision
from laneway.core.evolve import evolve
from laneway.core.run import Run
from laneway.core.step import Attributed
from laneway.rehearsal.bounds import Bounds
from laneway.rehearsal.rehearse import Rehearsed, rehearse
from laneway.rehearsal.scene import Decide
from laneway.rehearsal.setting import setting
from tests.support.random_plans import ACTIONS

Document = dict[str, Any]
ENDS: Document = {
    "pass": {"end": "pass"},
    "fail": {"end": "fail"},
    "refused": {"end": "refused"},
}
DEED: Document = {
    "plan": "deed",
    "version": 1,
    "deadline": "2h",
    "start": "proof",
    "phases": {
        "proof": {
            "action": "w.prove",
            "timeout": "30s",
            "on": {"pass": "ask", "fail": "fail", "refused": "refused"},
        },
        "ask": {
            "approval": {"role": "boss", "expires": "20m"},
            "on": {"approved": "deed", "rejected": "refused", "expired": "refused"},
        },
        "deed": {
            "action": "w.destroy",
            "timeout": "10m",
            "requires": {"proof": {"max_age": "5m"}},
            "on": {"pass": "pass", "fail": "fail"},
        },
        **ENDS,
    },
}


@cache
def deed() -> CompiledPlan:
    return compile_plan(DEED, ACTIONS)


def compiled(phases: Document, **more: Any) -> CompiledPlan:
    """A plan of some phases, and the three ends."""
    frame = {"plan": "p", "version": 1, "deadline": "2h", "start": next(iter(phases))}
    return compile_plan({**frame, **more, "phases": {**phases, **ENDS}}, ACTIONS)


def every_way(
    plan: CompiledPlan,
    decide: Decide | None = None,
    *,
    crashes: bool = True,
    given: Document | None = None,
    **bounds: int,
) -> Rehearsed:
    """Every way through a plan, with one disturbance where nothing else is said."""
    limits = Bounds(**{"disturbances": 1, **bounds})
    core = {} if decide is None else {"decide": decide}
    return rehearse(plan, setting(plan.plan, **(given or {})), limits, crashes=crashes, **core)


def retold(
    run: Run, decision: Decision, now: Any, change: Callable[[Any], Any], *more: Any
) -> Decision:
    """A decision with other events, and the state that follows from them; None leaves one out."""
    told = [(change(said.event), said.actor) for said in decision.events]
    events = [Attributed(event, actor) for event, actor in told if event is not None]
    events += [Attributed(event, events[-1].actor) for event in more]
    for said in events:
        run = evolve(run, said.event, now)
    return Decision(tuple(events), decision.commands, decision.withdraw, run)
