"""What is proved of a plan, against brute force: every way of small plans is gone."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.test_prove import action, told

NAMES = ("a", "b", "c", "d")
TARGET = st.sampled_from([*NAMES, "pass"])


@st.composite
def graphs(draw):
    """Phases with random targets; some may be entered only so often, some are destructive."""
    return {
        name: action(
            draw(st.sampled_from(["x.probe", "x.probe", "x.destroy"])),
            draw(TARGET),
            draw(TARGET),
            **({"max_visits": draw(st.integers(1, 2))} if draw(st.booleans()) else {}),
        )
        for name in NAMES
    }


def walks(phases, length):
    """Every way of so many transitions from the start, or to an end; limits are kept."""
    ways: list[tuple[str, ...]] = [("a",)]
    for _ in range(length):
        longer = [
            (*way, target)
            for way in ways
            if way[-1] in phases
            for target in dict.fromkeys(phases[way[-1]]["on"].values())
            if _allowed(phases, way, target)
        ]
        yield from longer
        ways = longer


def _allowed(phases, way, target):
    return way.count(target) < phases.get(target, {}).get("max_visits", 99)


def codes(phases):
    return {code for code, _ in told(phases)}


@settings(deadline=None)
@given(graphs())
def test_what_is_said_to_be_unreachable_is_on_no_way(phases):
    free = {name: {**phase, "max_visits": 99} for name, phase in phases.items()}
    reached = {"a"} | {target for way in walks(free, 4) for target in way}
    unreachable = {pointer[1] for code, pointer in told(phases) if code == "unreachable_phase"}
    assert unreachable == set(phases) - reached


@settings(deadline=None)
@given(graphs())
def test_an_endless_loop_is_a_round_of_phases_without_a_limit(phases):
    unlimited = {name for name, phase in phases.items() if "max_visits" not in phase}
    rounds = [
        way
        for size in range(1, len(NAMES) + 1)
        for way in itertools.permutations(sorted(unlimited), size)
        if _is_round(phases, way)
    ]
    assert ("endless_loop" in codes(phases)) == bool(rounds)


@settings(deadline=None)
@given(graphs())
def test_without_an_endless_loop_every_way_ends_within_the_limits(phases):
    if "endless_loop" in codes(phases):
        return
    visits = sum(phase.get("max_visits", 0) for phase in phases.values())
    longest = (visits + 1) * len(NAMES)
    way: tuple[str, ...] = ("a",)
    for _ in range(longest + 1):
        if way[-1] not in phases:
            return
        # Go round where one can: a phase that may still be entered, rather than an end.
        ahead = [t for t in phases[way[-1]]["on"].values() if _allowed(phases, way, t)]
        if not ahead:
            return
        way = (*way, min(ahead))
    pytest.fail(f"{way} goes on and on")


def _is_round(phases, way):
    following = zip(way, (*way[1:], way[0]), strict=True)
    return all(target in phases[name]["on"].values() for name, target in following)


@settings(deadline=None)
@given(graphs())
def test_what_is_said_to_be_destructive_again_is_done_twice_on_some_way(phases):
    found = {pointer[1] for code, pointer in told(phases) if code == "destructive_again"}
    destructive = {name for name in NAMES if phases[name]["action"] == "x.destroy"}
    ways = (way for way in walks(phases, 8) if way[-1] in destructive)
    again = {way[-1] for way in ways if not destructive.isdisjoint(way[:-1])}
    assert found == again


@settings(deadline=None)
@given(graphs(), st.sampled_from(NAMES[:3]))
def test_a_requirement_is_proved_when_no_way_comes_without_it(phases, required):
    free = {name: {**phase, "max_visits": 99} for name, phase in phases.items()}
    for phase in free.values():
        phase["action"] = "x.probe"
    free["d"]["requires"] = {required: {}}
    avoiding = [
        way
        for way in [("a",), *walks(free, 5)]
        if way[-1] == "d" and not _passed(free, way, required)
    ]
    assert ("requires_not_before" in codes(free)) == bool(avoiding)


def _passed(phases, way, required):
    """Whether the way leaves the required phase by its `pass` and could not have left otherwise."""
    for name, target in itertools.pairwise(way):
        on = phases[name]["on"] if name == required else {}
        if on and on["pass"] == target and on["fail"] != target:
            return True
    return False
