"""Operations by chance: the same for a seed, weighted, and keeping every promise of any plan."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laneway.core.compile import compile_plan
from laneway.rehearsal.bounds import Bounds
from laneway.rehearsal.chance import Sampled, percentile, sample
from laneway.rehearsal.coverage import to_cover
from laneway.rehearsal.rehearse import rehearse
from laneway.rehearsal.setting import setting
from tests.support.random_plans import ACTIONS, plans
from tests.support.rehearsals import compiled, deed


def by_chance(plan: Any = None, **options: Any) -> Sampled:
    known = plan or deed()
    given = {"operations": 40, "seed": 1, **options}
    return sample(known, setting(known.plan), **given)


def ends(found: Sampled) -> dict[tuple[str, str], int]:
    return {end: len(times) for end, times in found.durations.items()}


def test_a_seed_says_what_happens():
    assert by_chance() == by_chance()
    assert by_chance() != by_chance(seed=2)


def test_as_many_operations_are_played_as_asked_for():
    assert sum(ends(by_chance()).values()) == 40
    assert sum(ends(by_chance(operations=0)).values()) == 0


@pytest.mark.parametrize(
    ("weights", "end"),
    [
        ({"fail": 0, "unknown": 0, "no_answer": 0, "reject": 0, "nobody": 0}, ("pass", "pass")),
        ({"pass": 0, "unknown": 0, "no_answer": 0, "refused": 0}, ("fail", "fail")),
        (
            {"pass": 0, "unknown": 0, "no_answer": 0, "fail": 0, "refused": 9},
            ("refused", "refused"),
        ),
    ],
)
def test_weights_decide(weights: dict[str, float], end: tuple[str, str]):
    calm = {"cancel": 0, "pause": 0, "revoke": 0}
    assert ends(by_chance(weights={**weights, **calm})) == {end: 40}


def test_engines_are_killed_only_where_that_is_asked_for():
    often = {"crash": 400, "held": 100}
    calm, wild = by_chance(weights=often), by_chance(weights=often, crashes=True)
    assert wild.commits > calm.commits
    assert wild.breaches == {}


def test_chance_covers_a_small_plan():
    assert by_chance(operations=200).covered == set(to_cover(deed().plan))


def test_guards_on_what_is_not_given_are_taken_either_way():
    on = {
        "pass": [{"to": "refused", "when": "lane.instance == 'prod'"}, {"to": "pass"}],
        "fail": "fail",
    }
    found = by_chance(compiled({"look": {"action": "w.check", "on": on}}))
    assert found.both_ways == {"lane.instance == 'prod'"}
    assert {("refused", "refused"), ("pass", "pass")} <= set(found.durations)


def test_percentiles_are_of_what_was_measured():
    times = [*range(1, 101)]
    assert [percentile(times, p) for p in (0, 50, 95, 100)] == [1, 51, 96, 100]
    assert percentile([7], 95) == 7


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=plans(), seed=st.integers(0, 1 << 16))
def test_operations_of_any_plan_keep_every_promise(document: dict[str, Any], seed: int):
    plan = compile_plan(document, ACTIONS)
    found = by_chance(plan, operations=3, seed=seed, crashes=True)
    assert found.breaches == {}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=plans())
def test_every_way_through_any_plan_keeps_every_promise(document: dict[str, Any]):
    plan = compile_plan(document, ACTIONS)
    bounds = Bounds(disturbances=1, attempts=2, states=300)
    found = rehearse(plan, setting(plan.plan), bounds, crashes=True)
    assert found.breaches == ()
