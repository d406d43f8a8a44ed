"""What others wrote does not reach the terminal as anything but text."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway_server.cli.text import ago, clean, clock, deadline, span
from laneway_server.client.sse import LONGEST_LINE, Message, Parser, StreamInvalid
from tests.integration.cli.support import NOON, at


@given(st.text())
def test_no_text_reaches_a_terminal_that_it_would_obey(text: str):
    shown = clean(text)
    assert all(character.isprintable() for character in shown)
    assert clean(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mred\x07", "a␛[31mred␇"),
        ("one\r\ntwo\tthree\u2028four", "one two three four"),
        ("\u202eevil\u2066\u200f", "�evil��"),
        ("\x9b31m\udc80", "�31m�"),
        ("[bold]x[/] :boom:", "[bold]x[/] :boom:"),
        ("Grüße 日本", "Grüße 日本"),
        (None, ""),
        (12, "12"),
        ("x" * 3_000, "x" * 2_000 + "…"),
    ],
)
def test_text_is_kept_as_far_as_it_is_harmless(text: object, shown: str):
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0ms"),
        (99, "99ms"),
        (350, "0.3s"),
        (59_990, "59.9s"),
        (60_000, "1m 00s"),
        (245_000, "4m 05s"),
        (7_800_000, "2h 10m"),
        (273_600_000, "3d 04h"),
    ],
)
def test_a_length_of_time_is_as_precise_as_it_is_worth(milliseconds: int, shown: str):
    assert span(timedelta(milliseconds=milliseconds)) == shown


def test_times_are_the_readers():
    assert clock(at(1.5)) == "12:00:01"
    assert deadline("2026-01-31T16:00:00Z", NOON) == "until 16:00:00"
    assert deadline("2026-02-01T16:00:00Z", NOON) == "until 2026-02-01 16:00"
    assert ago(at(-30), NOON) == "30.0s ago"
    assert ago(at(30), NOON) == "0ms ago"


@pytest.mark.parametrize("nonsense", [None, "", "soon", 5])
def test_what_is_no_time_is_shown_as_none(nonsense: object):
    shown = (clock(nonsense), deadline(nonsense, NOON), ago(nonsense, NOON), span(None))
    assert shown == ("--:--:--", "", "", "")


STREAM = (
    "retry: 2000\r\n\r\n: a comment\r\rid: 1\nevent: phase_started\ndata: {\ndata:}\n\n"
    "data: Grüße\n\nid: 2\nevent: end\ndata\n\nid: 3\nunknown: x\n\ndata: cut"
).encode()
MESSAGES = [
    Message("1", "phase_started", "{\n}"),
    Message("1", "message", "Grüße"),
    Message("2", "end", ""),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_a_stream_says_the_same_however_it_is_cut_into_chunks(cuts: list[int]):
    parser = Parser()
    edges = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[a:b] for a, b in pairwise(edges)]
    assert [message for chunk in chunks for message in parser.feed(chunk)] == MESSAGES
    assert (parser.retry, parser.last_id) == (2_000, "3")


def test_a_line_without_an_end_is_not_collected_for_ever():
    parser = Parser()
    with pytest.raises(StreamInvalid):
        parser.feed(b"data: " + b"x" * LONGEST_LINE)
