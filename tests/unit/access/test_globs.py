"""Globs: what they match, what they cover, and which are refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway_server.access.globs import covers, matches, mistake

TEXTS = st.text(alphabet="ab/*", max_size=8)
GLOBS = st.lists(st.sampled_from(["a", "b", "/", "*", "**"]), max_size=6).map(
    lambda parts: re.sub(r"\*{3,}", "**", "".join(parts))
)


@pytest.mark.parametrize(
    ("glob", "text", "expected"),
    [
        ("refs/heads/main", "refs/heads/main", True),
        ("refs/heads/main", "refs/heads/main2", False),
        ("refs/heads/main", "refs/heads/mai", False),
        ("refs/heads/main", "refs/heads/MAIN", False),
        ("refs/heads/*", "refs/heads/main", True),
        ("refs/heads/*", "refs/heads/", True),
        ("refs/heads/*", "refs/heads/feature/x", False),
        ("refs/heads/**", "refs/heads/feature/x", True),
        ("refs/*/main", "refs/heads/main", True),
        ("refs/*/main", "refs/heads/x/main", False),
        ("refs/**/main", "refs/heads/x/main", True),
        ("refs/heads/release-*", "refs/heads/release-18.0", True),
        ("refs/heads/v1.0", "refs/heads/v1x0", False),
        ("*", "anything\nat all", True),
        ("*", "a/b", False),
        ("**", "", True),
        ("**a*b", "a/ab", True),
        ("a/b.yml@refs/heads/*", "a/b.yml@refs/heads/main", True),
        ("a+(b)", "a+(b)", True),
    ],
)
def test_what_a_glob_is_for(glob: str, text: str, expected: bool):
    assert matches(glob, text) is expected


def as_expression(glob: str) -> str:
    parts = re.findall(r"\*+|[^*]", glob)
    known = {"*": "[^/]*", "**": ".*"}
    return "".join(known.get(part) or re.escape(part) for part in parts)


@given(GLOBS, TEXTS)
def test_a_glob_is_for_what_the_regular_expression_says(glob: str, text: str):
    assert matches(glob, text) is bool(re.fullmatch(as_expression(glob), text, re.DOTALL))


@given(GLOBS, GLOBS, TEXTS)
def test_what_covers_a_glob_is_for_all_that_it_is_for(wide: str, narrow: str, text: str):
    if covers(wide, narrow) and matches(narrow, text):
        assert matches(wide, text)


@given(GLOBS)
def test_a_glob_covers_itself_and_two_asterisks_cover_all(glob: str):
    assert covers(glob, glob)
    assert covers("**", glob)


@pytest.mark.parametrize(("wide", "narrow"), [("*", "**"), ("a*", "*"), ("*", "a/b"), ("a", "*")])
def test_what_is_narrower_does_not_cover(wide: str, narrow: str):
    assert not covers(wide, narrow)


def test_many_wildcards_are_no_trap():
    """A regular expression would still be at it tomorrow."""
    assert not matches("**a" * 60, "a" * 59 + "b" * 400)


@pytest.mark.parametrize(
    "glob", ["***", "a?", "[ab]", "{a,b}", "a\\b", "!main", " main", "main ", "a\nb", "a\u200bb"]
)
def test_what_looks_like_more_than_it_is_gets_refused(glob: str):
    assert mistake(glob) is not None


@pytest.mark.parametrize("glob", ["main", "*", "**", "a**b*", "auth0|Ada Lovelace", "a.b+c@d"])
def test_these_are_globs(glob: str):
    assert mistake(glob) is None
