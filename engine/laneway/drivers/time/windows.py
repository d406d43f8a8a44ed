"""Maintenance windows: the hours in which a lane may be worked on, week by week. Pure.

Hours are those of the window's own time zone, so that a window at two in the morning stays there
when clocks are changed. One whose end is not after its beginning ends on the next day; with both
the same it is a whole day.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_LOOKED_AHEAD = 8  # days: every window comes again within a week


class WindowInvalid(ValueError):
    """A window is not written as windows are."""


class Window(msgspec.Struct, frozen=True, kw_only=True, rename={"opens": "from", "closes": "to"}):
    """A window that comes again every week, as target records write it.

    Attributes:
        opens: ``from``, such as ``"02:00"``.
        closes: ``to``.
        days: on which it opens; every day where none is named.
        timezone: an IANA name.
    """

    opens: str
    closes: str
    days: tuple[str, ...] = DAYS
    timezone: str = "UTC"


class Opening(msgspec.Struct, frozen=True, order=True):
    """One time that a window is open: from the first moment until before the last, in UTC."""

    opens: datetime
    closes: datetime


def next_opening(windows: tuple[Window, ...], now: datetime, least: timedelta) -> Opening | None:
    """The first time from now on at which a window is open for so long; None where none is.

    Of one that is open already, what is left counts.

    Raises:
        WindowInvalid: a window is not written as windows are.
    """
    found = (
        Opening(max(each.opens, now), each.closes)
        for window in windows
        for each in _openings(window, now)
    )
    return min((each for each in found if each.closes - each.opens >= least), default=None)


def _openings(window: Window, now: datetime) -> Iterator[Opening]:
    zone = _zone(window.timezone)
    opens, closes = _hour(window.opens), _hour(window.closes)
    unknown = set(window.days) - set(DAYS)
    if unknown:
        raise WindowInvalid(f"{min(unknown)!r} is no day: {', '.join(DAYS)} are")
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    for number in range(_LOOKED_AHEAD + 1):
        day = yesterday + timedelta(days=number)
        if DAYS[day.weekday()] in window.days:
            end = day + timedelta(days=1) if closes <= opens else day
            yield Opening(_moment(day, opens, zone), _moment(end, closes, zone))


def _moment(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def _hour(text: str) -> time:
    found = _HOUR.fullmatch(text)
    if found is None:
        raise WindowInvalid(f"{text!r} is no hour such as 02:30")
    return time(int(found[1]), int(found[2]))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WindowInvalid(f"{name!r} is no time zone that this server knows") from error
