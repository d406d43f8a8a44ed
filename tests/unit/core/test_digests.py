import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st
from rfc8785 import CanonicalizationError

from laneway.core.digests import canonical, digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


def test_canonical_json_is_rfc_8785s() -> None:
    value = {"b": [1, 1e21, 0.5], "a": "\u20ac\n", "A": None}
    assert canonical(value) == '{"A":null,"a":"€\\n","b":[1,1e+21,0.5]}'.encode()


def test_a_digest_says_its_kind_and_its_domain_matters() -> None:
    one, other = digest("laneway/one/v1", {}), digest("laneway/other/v1", {})
    assert one.startswith("sha256:")
    assert len(one) == len("sha256:") + 64
    assert one != other


@given(st.dictionaries(st.text(max_size=4), JSON, min_size=2))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert digest("d", value) == digest("d", turned)


@given(JSON, JSON)
def test_different_values_have_different_digests(one: object, other: object) -> None:
    assert (digest("d", one) == digest("d", other)) is (canonical(one) == canonical(other))


KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53) + 1, 2**53 - 1)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(ANY_JSON)
@example({"\U0001f600": 1, "\uffff": 2})  # UTF-16 and UTF-8 sort them differently
@example('\x00\x1f\x7f\u2028"\\/\b\f')
def test_the_fast_way_writes_what_the_rfcs_own_library_does(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["\ud800", {"a": ["\udfff"]}])
def test_half_of_a_character_is_refused(value: object) -> None:
    with pytest.raises(CanonicalizationError):
        canonical(value)


@pytest.mark.parametrize(
    "value", [2**53, float("nan"), {1: 2}, b"x", object(), {"a": {1: 2}}, [{2}]]
)
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(CanonicalizationError):
        digest("d", value)


def test_what_is_nested_deeper_than_the_fast_way_reaches_is_digested_too() -> None:
    deep: list[object] = []
    for _ in range(400):
        deep = [deep]
    assert canonical(deep) == b"[" * 401 + b"]" * 401
