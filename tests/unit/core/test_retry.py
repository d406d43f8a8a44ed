from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway.core.events import Failure
from laneway.core.model import Retry
from laneway.core.retry import delay, wants_retry

SLOW = Failure("x", "x", retry_class="unavailable")
PLAIN = Retry(
    attempts=4, delay=2_000, factor=2, max_delay=7_000, jitter="none", on=("unavailable",)
)
RETRIES = st.builds(
    Retry,
    attempts=st.integers(1, 100),
    delay=st.integers(1, 999_999_999),
    factor=st.floats(1, 10),
    max_delay=st.integers(1, 999_999_999),
    jitter=st.sampled_from(["full", "none"]),
)


def test_each_delay_is_longer_than_the_one_before_up_to_the_longest() -> None:
    assert [delay(PLAIN, tries, "t") for tries in (1, 2, 3, 4)] == [2_000, 4_000, 7_000, 7_000]


@given(RETRIES, st.integers(1, 100), st.text(min_size=1))
def test_a_delay_is_never_longer_than_the_longest(retry: Retry, tries: int, token: str) -> None:
    assert 0 <= delay(retry, tries, token) <= retry.max_delay


@given(RETRIES, st.integers(1, 100), st.text(min_size=1))
def test_the_same_history_gives_the_same_delay(retry: Retry, tries: int, token: str) -> None:
    assert delay(retry, tries, token) == delay(retry, tries, token)


def test_full_jitter_spreads_the_delays_over_the_whole_range() -> None:
    jittered = Retry(attempts=2, delay=1_000, jitter="full")
    delays = sorted(delay(jittered, 1, f"op_{number}_look_1") for number in range(200))
    assert delays[0] < 50
    assert delays[-1] > 950
    assert max(b - a for a, b in pairwise(delays)) < 60


@pytest.mark.parametrize(
    ("failure", "tries", "wanted"),
    [
        (SLOW, 1, True),
        (SLOW, 3, True),
        (SLOW, 4, False),
        (Failure("x", "x", retry_class="invalid"), 1, False),
        (Failure("x", "x"), 1, False),
        (None, 1, False),
    ],
)
def test_only_failures_of_a_named_class_are_retried_and_so_often(
    failure: Failure | None, tries: int, wanted: bool
) -> None:
    assert wants_retry(PLAIN, failure, tries) is wanted


def test_a_phase_without_a_policy_is_tried_once() -> None:
    assert not wants_retry(Retry(), SLOW, 1)
