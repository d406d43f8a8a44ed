"""Every plan in tests/data/broken-plans, and exactly what is wrong with it.

``expected.txt`` has for each file, indented, ``line:column code`` of every error, by place.
"""

from pathlib import Path

import pytest

from laneway.loading.plans import PlanInvalid, load_plan
from tests.support.actions import ACTIONS

FOLDER = Path(__file__).parents[2] / "data" / "broken-plans"


def _expected():
    expected: dict[str, list[str]] = {}
    name = ""
    for line in (FOLDER / "expected.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            expected[name].append(line.strip())
        else:
            name = line
            expected[name] = []
    return expected


EXPECTED = _expected()


def _errors_of(name):
    with pytest.raises(PlanInvalid) as invalid:
        load_plan((FOLDER / name).read_text(encoding="utf-8"), name, ACTIONS)
    return invalid.value.errors


@pytest.mark.parametrize("name", EXPECTED)
def test_a_broken_plan_has_exactly_these_errors_at_these_places(name):
    assert [f"{e.line}:{e.column} {e.code}" for e in _errors_of(name)] == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_error_is_one_line_that_names_its_place(name):
    for error in _errors_of(name):
        shown = str(error)
        assert shown.startswith(f"{name}:{error.line}:{error.column}: error: {error.message}")
        assert "\n" not in shown
        assert shown.endswith(error.hint)


def test_every_broken_plan_is_expected_to_be_broken():
    assert set(EXPECTED) == {path.name for path in FOLDER.glob("*.yaml")}
    assert len(EXPECTED) >= 20
    assert all(EXPECTED.values())


def test_each_broken_plan_is_broken_in_one_way_only_unless_it_says_so():
    codes = {name: {line.split()[1] for line in lines} for name, lines in EXPECTED.items()}
    several = {name for name, found in codes.items() if len(found) > 1}
    assert several <= {
        "deadline-is-a-number.yaml",
        "everything-at-once.yaml",
        "guard-is-not-a-truth-value.yaml",
        "requires-itself-and-unknown.yaml",
        "unknown-fields-in-expressions.yaml",
        "wait-for-nothing.yaml",
    }
