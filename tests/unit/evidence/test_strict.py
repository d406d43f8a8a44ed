"""JSON of which there is only one reading."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway.evidence.strict import DEEPEST, NotStrict, difference, encode, parse, pointer

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(VALUES)
def test_what_is_written_is_read_as_it_was_and_written_the_same(value: Any):
    content = encode(value)
    assert difference(value, parse(content)) is None
    assert encode(parse(content)) == content


def test_order_and_fractions_stay():
    assert encode({"b": 2.0, "a": 2}) == b'{"b":2.0,"a":2}'


@pytest.mark.parametrize(
    ("content", "message", "where"),
    [
        (b'{"a": {"b": 1, "b": 2}}', "the key 'b' is there twice", "/a/b"),
        (b'[{"x/y": 1, "x/y": 1}]', "the key 'x/y' is there twice", "/0/x~1y"),
        (b"[1, NaN]", "NaN is no JSON", ""),
        (b"[1e999]", "1e999 is a number that JSON cannot carry", ""),
        (b"[9007199254740993]", "an integer that JSON cannot carry exactly", ""),
        (b"[" + b"9" * 5000 + b"]", "an integer that JSON cannot carry exactly", ""),
        (b'["\\ud800"]', "half a character", "/0"),
        (b'{"\\ud800": 1}', "half a character", ""),
        (b"\xff", "no UTF-8 at byte 0", ""),
        (b'{"a": ', "no JSON: Expecting value at byte 6", ""),
        (b"", "no JSON", ""),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nested deeper than 200 levels", ""),
        (b"[" * 100_000, "nested deeper than 200 levels", ""),
    ],
)
def test_what_has_another_reading_is_refused_at_its_place(content: bytes, message: str, where: str):
    with pytest.raises(NotStrict, match=message) as refused:
        parse(content)
    assert refused.value.where == where


def test_what_is_nested_as_deep_as_may_be_is_read():
    content = b"[" * DEEPEST + b"]" * DEEPEST
    assert encode(parse(content)) == content


@pytest.mark.parametrize(
    ("expected", "given", "where", "message"),
    [
        (1, True, "", "is true, and must be 1"),
        (1, 1.0, "", "is 1.0, and must be 1"),
        ({"a": 1}, {"a": 1, "b": 2}, "/b", "is there, and must not be"),
        ({"a": 1, "b": 2}, {"a": 1}, "/b", "is not there, and must be 2"),
        ([1, 2], [1], "", "has 1 items, and must have 2"),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, "/a/0/b", 'is "y", and must be "x"'),
        ({"a": {}}, {"a": []}, "/a", "is [], and must be {}"),
        ("x" * 200, "", "", 'is "", and must be "' + "x" * 79 + "…"),
    ],
)
def test_the_first_difference_is_named(expected: Any, given: Any, where: str, message: str):
    found = difference(expected, given)
    assert found is not None
    assert (pointer(*found.where), found.message) == (where, message)


def test_what_is_given_may_lack_something_where_that_is_said():
    assert difference({"a": 1, "b": {"c": 2}}, {"b": {}}, more=False) is None
    found = difference({"a": 1}, {"z": 1}, more=False)
    assert found is not None
    assert found.message == "is there, and must not be"
