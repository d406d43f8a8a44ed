"""YAML 1.2 as it is read here: what values mean, what is refused, and where everything stands."""

import math

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from laneway.loading.yaml import LARGEST_BYTES, Place, YamlInvalid, read_yaml


def data(text):
    return read_yaml(text).data


def tried(text):
    """The document, or why there is none."""
    try:
        return read_yaml(text), None
    except YamlInvalid as invalid:
        return None, invalid


def refused(text):
    with pytest.raises(YamlInvalid) as invalid:
        read_yaml(text)
    return invalid.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: {yes: no}", {"on": {"yes": "no"}}),
        ("at: 12:30", {"at": "12:30"}),
        ("a: [y, n, off, On, YES]", {"a": ["y", "n", "off", "On", "YES"]}),
        ("a: [true, True, TRUE, false, False, FALSE]", {"a": [True] * 3 + [False] * 3}),
        ("a: [tRUE, truee]", {"a": ["tRUE", "truee"]}),
        ("a: [null, Null, NULL, ~]\nb:", {"a": [None] * 4, "b": None}),
        ("a: [1, -1, +1, 007, 0o17, 0x1F]", {"a": [1, -1, 1, 7, 15, 31]}),
        ("a: [1_000, 0b1, 0o8, 0xg]", {"a": ["1_000", "0b1", "0o8", "0xg"]}),
        ("a: [1.5, .5, -2.25e-1, 1e3, 2.0]", {"a": [1.5, 0.5, -0.225, 1000, 2]}),
        ("a: [., e3, 1.2.3, +-1]", {"a": [".", "e3", "1.2.3", "+-1"]}),
        ("a: 2026-01-31", {"a": "2026-01-31"}),
        ("a: ['1', \"true\", 'null']", {"a": ["1", "true", "null"]}),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        ("'<<': 1", {"<<": 1}),
        ("\ufeffa: 1", {"a": 1}),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
    ],
)
def test_values_are_those_of_the_core_schema_of_yaml_1_2(text, value):
    read = data(text)
    assert read == value
    assert repr(read) == repr(value)  # 1 is not true, and 1.0 is not 1


def test_an_alias_is_the_value_of_its_anchor():
    assert data("a: &x {n: [1]}\nb: *x\nc: [*x, *x]") == {
        "a": {"n": [1]},
        "b": {"n": [1]},
        "c": [{"n": [1]}, {"n": [1]}],
    }


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "empty", (1, 1)),
        ("# nothing\n", "empty", (1, 1)),
        ("a: 1\nb: 2\na: 3", "duplicate_key", (3, 1)),
        ("a: {b: 1, 'b': 2}", "duplicate_key", (1, 11)),
        ("a: 1\n---\nb: 1", "second_document", (2, 1)),
        ("a: &x {b: 1}\nc:\n  <<: *x", "merge_key", (3, 3)),
        ("a: !!python/object:os.system x", "tag", (1, 4)),
        ("a: !!str 1", "tag", (1, 4)),
        ("a: !x {b: 1}", "tag", (1, 4)),
        ("1: a", "key_not_text", (1, 1)),
        ("a:\n  true: b", "key_not_text", (2, 3)),
        ("~: a", "key_not_text", (1, 1)),
        ("? [a]\n: b", "key_not_text", (1, 3)),
        ("a: &x [b]\n? *x\n: c", "key_not_text", (2, 3)),
        ("a: *b", "unknown_alias", (1, 4)),
        ("a: &a [*a]", "unknown_alias", (1, 8)),
        ("a: .inf", "not_json", (1, 4)),
        ("a: -.INF", "not_json", (1, 4)),
        ("a: .nan", "not_json", (1, 4)),
        ("a: 1e400", "not_json", (1, 4)),
        ("a: 9007199254740992", "not_json", (1, 4)),
        ("a: " + "9" * 10_000, "not_json", (1, 4)),
        ("a: [1, 2", "syntax", (1, 9)),
        ("a:\n\tb: 1", "syntax", (2, 1)),
        ("a: b\x00", "syntax", (1, 5)),
        ("é: \x07", "syntax", (1, 4)),
        ("a: \ud800", "syntax", (1, 4)),
        ("a: 'x\u2028y'", "syntax", (1, 6)),
        ('a: "\\ud800"', "syntax", (1, 7)),
        ("%YAML 9.9\n---\na", "syntax", (1, 1)),
    ],
)
def test_what_is_refused_and_where(text, code, place):
    invalid = refused(text)
    assert (invalid.code, invalid.place) == (code, place)


def test_a_duplicate_key_names_both_places():
    invalid = refused("x:\n  a: 1\n  b: 2\n  a: 3\n")
    assert invalid.place == Place(4, 3)
    assert "2:3" in invalid.message


def test_tabs_are_explained():
    assert "tabs" in refused("a:\n\tb: 1").hint


def test_a_large_file_is_refused_before_it_is_parsed():
    assert refused("a" * (LARGEST_BYTES + 1)).code == "too_large"
    assert refused("é" * (LARGEST_BYTES // 2 + 1)).code == "too_large"
    assert data("a" * LARGEST_BYTES) == "a" * LARGEST_BYTES


def test_an_alias_bomb_is_refused_without_going_off():
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)
    )
    assert refused(bomb).code == "too_many_values"


@pytest.mark.parametrize("nest", ["[", "{a: ", "- ", "? "])
def test_depth_is_limited_however_deep_the_file(nest):
    assert refused(nest * 40_000).code in {"too_deep", "key_not_text"}


def test_aliases_cannot_nest_deeper_than_what_is_written_out():
    deep = "[" * 60 + "]" * 60
    assert refused(f"a: &a {deep}\nb: [[[[[*a]]]]]").code == "too_deep"
    assert data(f"a: &a {deep}\nb: *a")


TEXT = "é: 1\r\n😀k:\n  - {a: [1, zz], b: 'x y'}\n  - |\n    one\n    two ${{ here }}\n"


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ((), (1, 1), (1, 1)),
        (("é",), (1, 1), (1, 4)),
        (("😀k",), (2, 1), (3, 3)),
        (("😀k", 0), (3, 5), (3, 5)),
        (("😀k", 0, "a"), (3, 6), (3, 9)),
        (("😀k", 0, "a", 1), (3, 13), (3, 13)),
        (("😀k", 0, "b"), (3, 18), (3, 21)),
        (("😀k", 0, "gone", "deeper"), (3, 5), (3, 5)),
    ],
)
def test_every_key_and_value_has_its_place(path, key, value):
    document = read_yaml(TEXT)
    assert document.key(path) == key
    assert document.value(path) == value


def test_a_place_within_a_text():
    document = read_yaml(TEXT)
    assert document.within(("😀k", 1), "here", 2) == (6, 15)
    assert document.within(("😀k", 0, "b"), "y", 0) == (3, 24)
    assert document.within(("😀k", 1), "one two", 4) == (4, 5), "folded: the value's own place"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_json_reads_as_itself(value):
    """JSON is YAML 1.2, and what comes back has the same canonical form."""
    document = rfc8785.dumps(value).decode().replace("\x7f", "\\u007f")
    read, invalid = tried(document)
    if invalid:
        # Characters that YAML takes only escaped; floats that JSON writes as large integers.
        assert invalid.code in {"syntax", "not_json"}
    else:
        assert rfc8785.dumps(read.data) == rfc8785.dumps(value)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    read, invalid = tried(text)
    if invalid:
        assert 1 <= invalid.place.line <= len(text.splitlines()) + 1
        assert invalid.place.column >= 1
    else:
        rfc8785.dumps(read.data)


FRAGMENTS = ["a", "b", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ", ", "&x ", "*x", "|", ">", "'"]
FRAGMENTS += [
    '"',
    "#",
    "!",
    "%",
    "---\n",
    "...",
    "? ",
    "<<",
    "on",
    "1",
    "1e9",
    "~",
    "\t",
    "é",
    "\\",
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
def test_any_yaml_like_text_is_read_or_refused(text):
    document, invalid = tried(text)
    if invalid:
        assert invalid.place >= (1, 1)
        return
    assert _finite(document.data)
    for path in document.values:
        assert (1, 1) <= document.key(path) <= document.value(path) or "&" in text or "*" in text


def _finite(value):
    if isinstance(value, dict):
        return all(isinstance(key, str) and _finite(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)
