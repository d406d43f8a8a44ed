"""Rules that another rule makes superfluous: whatever they allow, it allows too."""

from collections.abc import Callable

from . import globs
from .conditions import WHAT, WHO, wanted
from .document import Rule, Who
from .loading import GLOBS


def covers(wide: Rule, narrow: Rule) -> bool:
    """Whether a rule allows everything that another one does; where that is hard to tell, no."""
    return (
        set(narrow.may) <= set(wide.may)
        and _covers_who(wide.who, narrow.who)
        and all(_within(getattr(narrow, name), getattr(wide, name)) for name in WHAT)
    )


def superfluous(rules: tuple[Rule, ...]) -> dict[int, int]:
    """For each rule (its index) that is superfluous, one that covers it.

    Of rules that cover each other, the first is not superfluous.
    """
    found: dict[int, int] = {}
    for index, narrow in enumerate(rules):
        for other, wide in enumerate(rules):
            alike = other > index and covers(narrow, wide)
            if other != index and other not in found and not alike and covers(wide, narrow):
                found[index] = other
                break
    return found


def _covers_who(wide: Who, narrow: Who) -> bool:
    if wide.anyone or narrow.anyone:
        return wide.anyone
    names = (*(asked.name for asked in WHO), "groups")
    return all(
        _within(
            wanted(narrow, name),
            wanted(wide, name),
            globs.covers if name in GLOBS else _same,
        )
        for name in names
    )


def _same(wide: str, narrow: str) -> bool:
    return wide == narrow


def _within(
    narrow: tuple[str, ...],
    wide: tuple[str, ...],
    covering: Callable[[str, str], bool] = _same,
) -> bool:
    """Whether whatever a list is for, another one is for; an empty one is for all."""
    if not wide:
        return True
    return bool(narrow) and all(any(covering(each, one) for each in wide) for one in narrow)
