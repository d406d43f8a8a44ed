"""Text for terminals: made harmless, and times as people read them.

What a driver, a provider or a caller wrote may hold escape sequences, markup, line breaks or
characters that turn the reading direction. None of it reaches a terminal as anything but text.
"""

import unicodedata
from datetime import UTC, datetime, timedelta

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SPACES = frozenset("\t\n\r\v\f\u0085\u2028\u2029")
_SECOND = timedelta(seconds=1)


def clean(text: object, limit: int = 2_000) -> str:
    """One line of text without anything that a terminal would obey.

    Args:
        text: what somebody else wrote; None gives the empty text.
        limit: characters that are kept; what is longer ends with ``…``.
    """
    if text is None:
        return ""
    whole = str(text)
    kept = "".join(_harmless(character) for character in whole[:limit])
    return " ".join(kept.split()) + ("…" if len(whole) > limit else "")


def _harmless(character: str) -> str:
    if character in _SPACES:
        return " "
    if unicodedata.category(character) not in _HARMFUL:
        return character
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"


def moment(text: object) -> datetime | None:
    """The moment that an instant on the wire names, or None where it names none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def clock(text: object) -> str:
    """``12:00:01``: the time of day of an instant, where the reader is."""
    found = moment(text)
    return "--:--:--" if found is None else found.astimezone().strftime("%H:%M:%S")


def date_and_clock(text: object) -> str:
    """``2026-01-31 12:00:01``, where the reader is; empty where there is no instant."""
    found = moment(text)
    return "" if found is None else found.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def deadline(text: object, now: datetime) -> str:
    """``until 16:00:01``, with the date where that is not today; empty without an instant."""
    found = moment(text)
    if found is None:
        return ""
    local = found.astimezone()
    today = local.date() == now.astimezone().date()
    return local.strftime("until %H:%M:%S" if today else "until %Y-%m-%d %H:%M")


def between(start: object, end: object) -> timedelta | None:
    """The time from one instant to another, where both are known; never less than nothing."""
    first, last = moment(start), moment(end)
    if first is None or last is None:
        return None
    return max(last - first, timedelta())


def span(length: timedelta | None) -> str:
    """``8ms``, ``0.3s``, ``12.4s``, ``4m 05s``, ``2h 10m`` or ``3d 04h``; empty for None."""
    if length is None:
        return ""
    if length < _SECOND / 10:
        return f"{length // timedelta(milliseconds=1)}ms"
    tenths = int(length / (_SECOND / 10))
    if tenths < 600:
        return f"{tenths // 10}.{tenths % 10}s"
    minutes, seconds = divmod(tenths // 10, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours:02}h"
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {seconds:02}s"


def ago(text: object, now: datetime) -> str:
    """``4m 05s ago``; empty where there is no instant."""
    found = moment(text)
    return "" if found is None else f"{span(max(now - found, timedelta()))} ago"
