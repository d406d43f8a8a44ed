"""Instants and durations, as the whole product writes them.

An *instant* is RFC 3339 in UTC with milliseconds (``2026-01-31T09:30:00.000Z``). It is kept as
text: the text sorts as the time does, is canonical inside a hash, and reads the same in the store,
in an event and in an answer. A *duration* is a whole number of milliseconds, written ``500ms``,
``30s``, ``10m``, ``2h`` or ``7d``.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType

Instant = NewType("Instant", str)
"""A moment, as RFC 3339 UTC text with milliseconds."""

DURATION_PATTERN = r"^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$"
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def instant(moment: datetime) -> Instant:
    """Turn an aware datetime into an instant; what is finer than a millisecond is cut off.

    Raises:
        ValueError: the datetime has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant needs a datetime with a time zone")
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return Instant(text.replace("+00:00", "Z"))


def parse_instant(text: str) -> Instant:
    """Read any RFC 3339 time with an offset, and give it in the one form that is used here.

    Raises:
        ValueError: the text is no RFC 3339 time, has no offset, or lies outside of the calendar.
    """
    try:
        return instant(datetime.fromisoformat(text))
    except OverflowError:
        raise ValueError("in UTC it is before the year 1, or after the year 9999") from None


def as_datetime(moment: Instant) -> datetime:
    """The aware UTC datetime of an instant."""
    return datetime.fromisoformat(moment)


def later(moment: Instant, milliseconds: int) -> Instant:
    """The instant that many milliseconds after (before, where negative)."""
    return since_epoch(_milliseconds(moment) + milliseconds)


def since_epoch(milliseconds: int) -> Instant:
    """The instant that many milliseconds after 1970-01-01T00:00:00.000Z."""
    seconds, rest = divmod(milliseconds, 1_000)
    return Instant(f"{_second(seconds)}.{rest:03d}Z")


def elapsed(since: Instant, until: Instant) -> int:
    """Milliseconds from one instant to another; negative where ``until`` is earlier."""
    return _milliseconds(until) - _milliseconds(since)


# Many instants lie within the same few seconds: only those are worked out by the calendar.
def _milliseconds(moment: Instant) -> int:
    return _seconds(moment[:-5]) * 1_000 + int(moment[-4:-1])


@lru_cache(1_024)
def _seconds(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(seconds=1)


@lru_cache(1_024)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat(timespec="seconds")


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - both ends of a difference are UTC


def parse_duration(text: str) -> int:
    """Milliseconds of a duration such as ``500ms``, ``30s``, ``10m``, ``2h`` or ``7d``.

    Raises:
        ValueError: the text is not a duration; the message says what one looks like.
    """
    found = re.fullmatch(DURATION_PATTERN, text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration: write 500ms, 30s, 10m, 2h or 7d")
    return int(found[1]) * _UNITS[found[2]]


def format_duration(milliseconds: int) -> str:
    """The shortest exact way to write a duration: ``90000`` is ``90s``, ``60000`` is ``1m``."""
    for unit in ("d", "h", "m", "s"):
        if milliseconds and milliseconds % _UNITS[unit] == 0:
            return f"{milliseconds // _UNITS[unit]}{unit}"
    return f"{milliseconds}ms"
