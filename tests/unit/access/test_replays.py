"""A token serves for one change, and for the very same again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway_server.access.refusals import CredentialRefused, Reason
from laneway_server.access.replay import Replays
from laneway_server.problems import Problem

ONE = ("https://issuer.example", "jti-1")


def replayed(replays: Replays, token: tuple[str, str], use: str | None, now: int = 0) -> bool:
    try:
        replays.take(token, use, until=100, now=now)
    except CredentialRefused:
        return True
    return False


def test_the_refusal_says_why_and_not_what():
    replays = Replays()
    replays.take(ONE, "a", until=100, now=0)
    with pytest.raises(CredentialRefused) as caught:
        replays.take(ONE, "b", until=100, now=0)
    assert caught.value.reason is Reason.REPLAYED
    assert ONE[1] not in caught.value.detail


def test_a_token_serves_for_the_same_again_and_for_nothing_else():
    replays = Replays()
    assert [replayed(replays, ONE, use) for use in ("a", "a", "b", "a")] == [0, 0, 1, 0]


def test_what_must_not_be_repeated_is_not():
    replays = Replays()
    assert [replayed(replays, ONE, None) for _ in range(2)] == [False, True]
    assert replayed(replays, ONE, "a")
    taken = Replays()
    assert not replayed(taken, ONE, "a")
    assert replayed(taken, ONE, None)


def test_the_same_name_from_another_issuer_is_another_token():
    replays = Replays()
    assert not replayed(replays, ONE, "a")
    assert not replayed(replays, ("https://other.example", ONE[1]), "b")


def test_a_token_is_remembered_until_it_has_expired():
    replays = Replays()
    assert not replayed(replays, ONE, "a")
    assert replayed(replays, ONE, "b", now=100)
    assert not replayed(replays, ONE, "b", now=101)


def test_when_no_more_can_be_remembered_none_is_taken():
    replays = Replays(capacity=2)
    for number in range(2):
        replays.take(("iss", str(number)), "a", until=10 + number, now=0)
    with pytest.raises(Problem) as caught:
        replays.take(("iss", "2"), "a", until=20, now=0)
    assert caught.value.kind.code == "rate_limited"
    replays.take(("iss", "0"), "a", until=10, now=0)
    replays.take(("iss", "2"), "a", until=20, now=11)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20)), max_size=60))
def test_no_more_is_remembered_than_is_valid(taken: list[tuple[int, int]]):
    replays = Replays()
    for number, (now, lasts) in enumerate(sorted(taken)):
        replays.take(("iss", str(number)), "a", until=now + lasts, now=now)
        valid = [at + life for at, life in sorted(taken)[: number + 1] if at + life >= now]
        assert len(replays) == len(valid)
