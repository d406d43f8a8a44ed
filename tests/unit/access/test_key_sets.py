"""Which keys of a published key set are used."""

from typing import Any

import pytest

from laneway_server.access.jwks import usable
from laneway_server.access.remote import Unavailable
from tests.support.issuer import rsa_key

GOOD = rsa_key("first").as_dict(private=False)
OTHER = rsa_key("second").as_dict(private=False)


def test_a_key_is_found_by_its_kid():
    keys = usable({"keys": [GOOD, OTHER]})
    assert sorted(keys) == ["first", "second"]
    key = keys["first"]
    assert key is not None
    assert key.public_key == rsa_key("first").public_key


@pytest.mark.parametrize(
    "changes",
    [
        {"kid": None},
        {"kid": ""},
        {"kid": 7},
        {"kty": "EC"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"use": "enc"},
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"n": None},
        {"n": "!!"},
        {"n": 12},
        {"n": "A" * 100_000},
        {"e": None},
        {"e": "AA"},
        {"e": "AQ"},
        {"e": GOOD["n"]},
    ],
)
def test_what_is_no_key_for_rs256_is_passed_over(changes: dict[str, Any]):
    odd = {name: value for name, value in (GOOD | changes).items() if value is not None}
    assert sorted(usable({"keys": [odd, "no key", None, OTHER]})) == ["second"]


def test_a_short_key_is_passed_over():
    with pytest.warns(UserWarning, match="2048"):
        short = rsa_key("short", 1024)
    assert usable({"keys": [short.as_dict(private=False)]}) == {}


def test_what_a_key_needs_not_say_may_be_left_out():
    bare = {name: GOOD[name] for name in ("kty", "kid", "n", "e")}
    assert usable({"keys": [bare]})["first"] is not None


def test_of_several_keys_with_one_kid_none_is_used():
    keys = usable({"keys": [GOOD, {**OTHER, "kid": "first"}, {**GOOD, "use": "sig"}]})
    assert keys == {"first": None}


def test_the_same_key_twice_is_one():
    assert usable({"keys": [GOOD, {**GOOD, "x5t": "a"}]})["first"] is not None


def test_an_empty_key_set_is_one():
    assert usable({"keys": []}) == {}


@pytest.mark.parametrize("published", [[], {}, {"keys": {}}, "keys", None, {"keys": [GOOD] * 201}])
def test_what_is_no_key_set(published: Any):
    with pytest.raises(Unavailable):
        usable(published)
