from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway.core.instants import (
    Instant,
    as_datetime,
    elapsed,
    format_duration,
    instant,
    later,
    parse_duration,
    parse_instant,
)

MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001  # Hypothesis wants bounds without a zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001  # as above
    timezones=st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(timezone),
)
DURATIONS = st.integers(0, 10_000 * 86_400_000)


@given(MOMENTS)
def test_an_instant_is_canonical(moment: datetime) -> None:
    text = instant(moment)
    assert text.endswith("Z")
    assert len(text) == 24
    assert parse_instant(text) == text
    assert timedelta(0) <= moment - as_datetime(text) < timedelta(milliseconds=1)


@given(MOMENTS, MOMENTS)
def test_instants_sort_as_time_does(one: datetime, other: datetime) -> None:
    if abs(one - other) >= timedelta(milliseconds=1):
        assert (instant(one) < instant(other)) is (one < other)


@given(MOMENTS, st.integers(-(10**12), 10**12))
def test_later_and_elapsed_are_each_others_inverse(moment: datetime, milliseconds: int) -> None:
    start = instant(moment)
    assert elapsed(start, later(start, milliseconds)) == milliseconds


def test_a_time_with_any_offset_is_read() -> None:
    assert parse_instant("2026-01-31T10:30:00+01:00") == "2026-01-31T09:30:00.000Z"
    assert parse_instant("2026-01-31T09:30:00.1239Z") == "2026-01-31T09:30:00.123Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T10:30:00",
        "tomorrow",
        "",
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_what_is_no_time_with_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


def test_a_datetime_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 1, 1))  # noqa: DTZ001  # that is what is refused
    assert as_datetime(Instant("2026-01-01T00:00:00.000Z")) == datetime(2026, 1, 1, tzinfo=UTC)


@given(DURATIONS)
def test_a_duration_is_written_exactly(milliseconds: int) -> None:
    text = format_duration(milliseconds)
    if len(text.rstrip("mshd")) <= 9:
        assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0s", 0),
        ("500ms", 500),
        ("30s", 30_000),
        ("10m", 600_000),
        ("2h", 7_200_000),
        ("7d", 604_800_000),
    ],
)
def test_durations(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "5", "s", "1.5h", "-1s", "01s", "1 s", "1w", "1h30m", "1s\n"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write 500ms, 30s, 10m, 2h or 7d"):
        parse_duration(text)


def test_a_duration_is_written_in_its_largest_whole_unit() -> None:
    texts = [format_duration(ms) for ms in (0, 1_500, 90_000, 60_000, 5_400_000, 172_800_000)]
    assert texts == ["0ms", "1500ms", "90s", "1m", "90m", "2d"]
