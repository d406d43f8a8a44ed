"""How often: so many at once, then as time passes; for each by itself, and in bounded memory."""

import pytest

from laneway.core.events import Actor
from laneway.testing.clock import ManualClock
from laneway_server.access.identity import Caller
from laneway_server.access.limits import MINUTE, Failures, Rate, Submissions
from laneway_server.problems import Problem
from laneway_server.streams.places import Places


def caller(name: str) -> Caller:
    return Caller(actor=Actor("caller", f"token:{name}"), key_scope=name)


def refusal(problem: Problem) -> tuple[str, int, str]:
    return problem.kind.code, problem.kind.status, problem.headers.get("Retry-After", "")


def taken(rate: Rate, key: str, tries: int) -> list[bool]:
    return [rate.take(key) == 0 for _ in range(tries)]


def test_a_burst_is_taken_at_once_and_then_one_as_time_passes():
    clock = ManualClock()
    rate = Rate(clock, burst=3, window=3_000)
    assert taken(rate, "ada", 4) == [True, True, True, False]
    assert rate.wait("ada") == 1_000
    clock.move(999)
    assert rate.wait("ada") == 1
    clock.move(1)
    assert taken(rate, "ada", 2) == [True, False]


def test_what_is_refused_costs_nothing():
    clock = ManualClock()
    rate = Rate(clock, burst=1, window=1_000)
    assert taken(rate, "ada", 100).count(True) == 1
    clock.move(1_000)
    assert taken(rate, "ada", 1) == [True]


def test_a_whole_burst_is_made_good_and_no_more_than_that():
    clock = ManualClock()
    rate = Rate(clock, burst=3, window=3_000)
    taken(rate, "ada", 3)
    clock.move(100_000)
    assert taken(rate, "ada", 4) == [True, True, True, False]


@pytest.mark.parametrize("burst", [1, 3, 7, 60, 1_000])
def test_a_rate_that_does_not_divide_gives_its_whole_burst(burst: int):
    rate = Rate(ManualClock(), burst=burst, window=1_000)
    assert taken(rate, "ada", burst + 1) == [True] * burst + [False]


@pytest.mark.parametrize("burst", [1, 3, 7, 60])
def test_waiting_as_long_as_is_said_is_enough(burst: int):
    clock = ManualClock()
    rate = Rate(clock, burst=burst, window=1_000)
    taken(rate, "ada", burst)
    for _ in range(20):
        wait = rate.wait("ada")
        assert wait > 0
        clock.move(wait)
        assert rate.take("ada") == 0


def test_one_key_knows_nothing_of_another():
    rate = Rate(ManualClock(), burst=1, window=1_000)
    assert taken(rate, "ada", 2) == [True, False]
    assert taken(rate, "grace", 2) == [True, False]


def test_memory_is_bounded_and_forgets_whoever_was_not_heard_of_for_longest():
    clock = ManualClock()
    rate = Rate(clock, burst=1, window=1_000_000, keys=3)
    for key in ("a", "b", "c"):
        rate.take(key)
    rate.take("d")
    assert rate.remembered == 3
    assert [rate.wait(key) > 0 for key in "abcd"] == [False, True, True, True]


def test_a_clock_that_is_set_back_keeps_nobody_out_for_longer_than_the_window():
    clock = ManualClock()
    clock.move(10_000_000)
    rate = Rate(clock, burst=1, window=1_000)
    rate.take("ada")
    clock._now = ManualClock().now()
    assert 0 < rate.wait("ada") <= 1_000


def test_submissions_are_so_many_a_minute_with_a_burst():
    clock = ManualClock()
    submissions = Submissions(clock, per_minute=60, burst=2)
    submissions.admit(caller("ada"))
    submissions.admit(caller("ada"))
    with pytest.raises(Problem) as refused:
        submissions.admit(caller("ada"))
    assert refusal(refused.value) == ("rate_limited", 429, "1")
    submissions.admit(caller("grace"))
    clock.move(MINUTE // 60)
    submissions.admit(caller("ada"))


def test_without_a_limit_submissions_are_as_many_as_they_are():
    submissions = Submissions(ManualClock(), per_minute=None, burst=1)
    for _ in range(1_000):
        submissions.admit(caller("ada"))


def test_an_address_whose_credentials_fail_is_not_listened_to_for_a_while():
    clock = ManualClock()
    failures = Failures(clock, most=3, window=60_000)
    for _ in range(3):
        failures.check("192.0.2.1")
        failures.count("192.0.2.1")
    with pytest.raises(Problem) as refused:
        failures.check("192.0.2.1")
    assert refusal(refused.value) == ("rate_limited", 429, "20")
    failures.check("192.0.2.2")
    assert failures.total == 3
    clock.move(20_000)
    failures.check("192.0.2.1")


def test_a_network_of_64_bits_is_one_address():
    failures = Failures(ManualClock(), most=1, window=60_000)
    failures.count("2001:db8:0:1::1")
    with pytest.raises(Problem):
        failures.check("2001:db8:0:1:ffff::2")
    failures.check("2001:db8:0:2::1")


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        ("authentication_required", True),
        ("token_replayed", True),
        ("sign_in_failed", True),
        ("authorization_denied", False),
        ("store_unavailable", False),
    ],
)
def test_only_what_leaves_it_open_who_calls_is_counted(code: str, counted: bool):
    failures = Failures(ManualClock(), most=1, window=60_000)
    with pytest.raises(Problem, match="because"), failures.watching("192.0.2.1"):
        raise Problem(code, "because")
    assert failures.total == int(counted)


def test_what_would_succeed_is_refused_too_once_too_many_have_failed():
    failures = Failures(ManualClock(), most=1, window=60_000)
    with failures.watching("192.0.2.1"):
        pass
    failures.count("192.0.2.1")
    with pytest.raises(Problem, match="too many credentials"), failures.watching("192.0.2.1"):
        pytest.fail("nothing is tried")


def test_places_are_limited_for_all_and_for_each():
    places = Places(3, "too_many_streams", each=2)
    with places.one("ada"), places.one("ada"):
        with pytest.raises(Problem, match="places of one caller"), places.one("ada"):
            pytest.fail("there is no third one for her")
        with places.one("grace"), pytest.raises(Problem, match="all 3"), places.one("joan"):
            pytest.fail("there is no fourth one at all")
        assert places.taken == 2
    with places.one("ada"), places.one("ada"):
        assert places.taken == 2
    assert (places.taken, len(places._callers)) == (0, 0)
