"""Change any one thing of a shipped plan, and its check, its scenarios or its rehearsal notice.

``pytest tests/acceptance/test_plan_mutations.py -s`` prints who noticed what.
"""

import json
import sys
from functools import cache

import pytest

from laneway.core.model import ActionSpec
from laneway.loading.plans import LoadedPlan, PlanInvalid, load_plan
from laneway.loading.scenarios import load_scenarios
from laneway.loading.yaml import read_yaml
from laneway.rehearsal.bounds import Bounds
from laneway.rehearsal.rehearse import rehearse
from laneway.rehearsal.scenario import read_scenarios
from laneway.rehearsal.scenario_findings import scenario_findings
from laneway.rehearsal.setting import setting
from laneway.rehearsal.suite import play_all
from laneway_server.bootstrap import action_specs
from tests.golden.test_traces import SHIPPED
from tests.support.mutations import Document, mutants

PLANS = ("odoo-stable-bootstrap", "odoo-verify-lane", "odoo-smoke")


@cache
def specs() -> dict[str, ActionSpec]:
    return dict(action_specs())


@cache
def document(name: str) -> Document:
    data: Document = read_yaml((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")).data
    return data


@cache
def scenarios(name: str) -> Document:
    data: Document = load_scenarios(SHIPPED / f"{name}.scenarios.yaml").document.data
    return data


def warnings(plan: LoadedPlan) -> set[str]:
    return {warning.code for warning in plan.warnings}


def loaded(changed: Document) -> LoadedPlan:
    return load_plan(json.dumps(changed), "changed.yaml", specs())


def noticed(name: str, changed: Document) -> str:
    """Who notices that a plan is not what it was, and how; empty where nobody does."""
    try:
        plan = loaded(changed)
    except PlanInvalid as invalid:
        return f"check      {invalid.errors[0].code}"
    doubtful = warnings(plan) - warnings(loaded(document(name)))
    if doubtful:
        return f"check      {', '.join(sorted(doubtful))} (warning)"
    return _by_scenarios(name, plan) or _by_rehearsal(plan)


def _by_scenarios(name: str, plan: LoadedPlan) -> str:
    findings = scenario_findings(scenarios(name), plan.compiled.plan)
    if findings:
        return f"scenarios  {findings[0].message}"
    suite = play_all(plan.compiled, read_scenarios(scenarios(name)))
    failed = [result.scenario.name for result in suite.results if not result.passed]
    more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"scenarios  {failed[0]}{more}" if failed else ""


def _by_rehearsal(plan: LoadedPlan) -> str:
    bounds = Bounds(disturbances=1, branch_attempts=1)
    found = rehearse(plan.compiled, setting(plan.compiled.plan), bounds, crashes=True)
    told = [breach.broken.invariant for breach in found.breaches]
    told += [f"not reached: {each}" for each in found.unreached]
    return f"rehearsal  {told[0]}" if told else ""


@pytest.mark.parametrize("name", PLANS)
def test_no_change_of_a_shipped_plan_goes_unnoticed(name: str):
    table = {m.name: noticed(name, m.of(document(name))) for m in mutants(document(name))}
    sys.stdout.write(f"\n{name}: {len(table)} changes\n")
    for change, who in table.items():
        sys.stdout.write(f"  {change:<48} {who or 'NOBODY'}\n")
    assert [change for change, who in table.items() if not who] == []


@pytest.mark.parametrize("name", PLANS)
def test_in_a_shipped_plan_as_it_is_nothing_is_noticed(name: str):
    assert noticed(name, document(name)) == ""
