"""A small plan: a look, on prod an approval, and a change that no driver can be asked about."""

from functools import cache
from typing import Any

from laneway.core.compile import CompiledPlan, compile_plan
from tests.support.random_plans import ACTIONS

PLAN: dict[str, Any] = {
    "plan": "small",
    "version": 1,
    "deadline": "2h",
    "start": "look",
    "phases": {
        "look": {
            "action": "w.prove",
            "retry": {"attempts": 2},
            "on": {
                "pass": [{"to": "ask", "when": "lane.instance == 'prod'"}, {"to": "change"}],
                "fail": "fail",
                "refused": "refused",
            },
        },
        "ask": {
            "approval": {"role": "r"},
            "on": {"approved": "change", "rejected": "refused", "expired": "refused"},
        },
        "change": {"action": "w.change", "on": {"pass": "pass", "fail": "fail"}},
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
        "refused": {"end": "refused"},
    },
}


@cache
def plan() -> CompiledPlan:
    return compile_plan(PLAN, ACTIONS)
