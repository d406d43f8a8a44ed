"""Every plan in tests/data/doubtful-plans loads, and exactly these warnings come with it.

``expected.txt`` is written as that of the broken plans.
"""

from pathlib import Path

import pytest

from laneway.loading.plans import load_folder, load_plan
from tests.support.actions import ACTIONS

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "data" / "doubtful-plans"

OPEN = """\
plan: said-nothing
version: 1
start: look
phases:
  look: {action: x.probe, on: {pass: pass, fail: fail}}
  pass: {end: pass}
  fail: {end: fail}
"""


def _expected() -> dict[str, list[str]]:
    expected: dict[str, list[str]] = {}
    for line in (FOLDER / "expected.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            expected[list(expected)[-1]].append(line.strip())
        else:
            expected[line] = []
    return expected


EXPECTED = _expected()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_doubtful_plan_loads_with_exactly_these_warnings(name: str):
    warnings = load_plan((FOLDER / name).read_text(encoding="utf-8"), name, ACTIONS).warnings
    assert [f"{each.line}:{each.column} {each.code}" for each in warnings] == EXPECTED[name]
    for each in warnings:
        assert str(each).startswith(f"{name}:{each.line}:{each.column}: warning: ")
        assert each.hint


def test_every_doubtful_plan_is_expected_to_be_so():
    assert set(EXPECTED) == {path.name for path in FOLDER.glob("*.yaml")}
    assert all(EXPECTED.values())


def test_the_plans_that_ship_leave_no_doubt():
    catalog = load_folder(ROOT / "plans", ACTIONS)
    assert catalog.plans
    assert [plan.warnings for plan in catalog.plans.values()] == [()] * len(catalog.plans)


def test_what_is_doubtful_is_not_said_where_something_is_wrong():
    from laneway.loading.plans import PlanInvalid

    text = OPEN.replace("start: look", "request: {type: object}\nstart: nowhere")
    with pytest.raises(PlanInvalid) as invalid:
        load_plan(text, "plan.yaml", ACTIONS)
    assert {error.code for error in invalid.value.errors} == {"unknown_phase"}


def test_a_plan_that_says_nothing_of_its_request_accepts_none():
    plan = load_plan(OPEN, "plan.yaml", ACTIONS)
    assert plan.warnings == ()
    assert plan.check_request({}) == []
    assert plan.check_request({"compose_id": "c1"}) == [
        ("/compose_id", "the request has no 'compose_id'")
    ]


@pytest.mark.parametrize("name", ["compose_id", "url", "api_key"])
def test_the_bootstrap_refuses_what_is_not_intent(name: str):
    plan = load_folder(ROOT / "plans", ACTIONS).plans["odoo-stable-bootstrap"]
    request = {"confirmation": "bootstrap cm testing", name: "x"}
    assert [path for path, _ in plan.check_request(request)] == [f"/{name}"]
