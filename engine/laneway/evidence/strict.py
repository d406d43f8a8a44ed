"""JSON of which there is only one reading: no key twice, nothing that a number cannot carry.

It is written without white space, in the order in which it was made: not in RFC 8785's form, which
sorts keys and writes ``2.0`` as ``2``. The order of a plan's phases means something, and its
expressions tell 2 and 2.0 apart, so whoever plays a plan again must get it as it was.
"""

import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 200
"""How deep a document may be nested; plans and requests are far flatter."""

Path = tuple[str | int, ...]
"""Keys and indexes that lead into a JSON value."""


class NotStrict(Exception):
    """What was read is no JSON, or has more than one reading; ``where`` is a JSON pointer."""

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(message)
        self.where = where


class Difference(NamedTuple):
    """The first place at which two values are not the same, and what is so there."""

    where: Path
    message: str


def pointer(*path: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


# --- writing -------------------------------------------------------------------------------------


def encode(value: Any) -> bytes:
    """The bytes of a JSON value: equal values, in the same order, give equal bytes.

    Raises:
        ValueError: a number or a text in it is none that JSON can carry.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


# --- reading -------------------------------------------------------------------------------------


class _Twice(dict[str, Any]):
    """An object in which a key is there twice."""

    key = ""


def parse(content: bytes) -> Any:
    """Read JSON.

    Raises:
        NotStrict: see there.
    """
    try:
        value = json.loads(
            content.decode(),
            object_pairs_hook=_members,
            parse_constant=_no_constant,
            parse_int=_exact,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise NotStrict(f"it is no UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise NotStrict(f"it is no JSON: {error.msg} at byte {error.pos}") from None
    except RecursionError:
        raise NotStrict(f"it is nested deeper than {DEEPEST} levels") from None
    except ValueError as error:
        raise NotStrict(str(error)) from None
    _check(value)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            twice = _Twice(found)
            twice.key = key
            return twice
        found[key] = value
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _exact(text: str) -> int:
    # The length first: Python refuses to read very long integers, in words of its own.
    if len(text) > 20 or abs(int(text)) > LARGEST_INTEGER:
        raise ValueError(f"{text[:20]} is an integer that JSON cannot carry exactly")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is a number that JSON cannot carry")
    return number


def _check(value: Any) -> None:
    """Look at each value once, without recursion."""
    ahead: list[tuple[Path, Any]] = [((), value)]
    while ahead:
        path, found = ahead.pop()
        if isinstance(found, _Twice):
            raise NotStrict(f"the key {found.key!r} is there twice", pointer(*path, found.key))
        if len(path) >= DEEPEST and isinstance(found, dict | list):
            raise NotStrict(f"it is nested deeper than {DEEPEST} levels")
        ahead += [((*path, key), inner) for key, inner in _inner(found)]
        texts = [found, *found] if isinstance(found, dict) else [found]
        if any(isinstance(text, str) and _broken(text) for text in texts):
            raise NotStrict("a text has half a character (a lone surrogate)", pointer(*path))


def _inner(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _broken(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


# --- comparing -----------------------------------------------------------------------------------

_SHOWN = 80
"""Characters of a value that a message shows."""


def difference(expected: Any, given: Any, *, more: bool = True) -> Difference | None:
    """The first place at which a value is not what it must be, or None.

    Unlike ``==`` it tells ``1``, ``1.0`` and ``true`` apart, as their bytes do.

    Args:
        more: what is given may not lack anything either; else only what it has is compared.
    """
    return next(_differences((), expected, given, more=more), None)


def _differences(path: Path, expected: Any, given: Any, *, more: bool) -> Iterator[Difference]:
    if isinstance(expected, dict) and isinstance(given, dict):
        for key in sorted({*given, *(expected if more else ())}):
            yield from _of_member((*path, key), expected, given, key, more=more)
    elif isinstance(expected, list) and isinstance(given, list):
        for place, (one, other) in enumerate(zip(expected, given, strict=False)):
            yield from _differences((*path, place), one, other, more=more)
        if len(expected) != len(given):
            message = f"has {len(given)} items, and must have {len(expected)}"
            yield Difference(path, message)
    elif encode(expected) != encode(given):
        yield Difference(path, f"is {shown(given)}, and must be {shown(expected)}")


def _of_member(
    path: Path, expected: dict[str, Any], given: dict[str, Any], key: str, *, more: bool
) -> Iterator[Difference]:
    if key not in expected:
        yield Difference(path, "is there, and must not be")
    elif key not in given:
        yield Difference(path, f"is not there, and must be {shown(expected[key])}")
    else:
        yield from _differences(path, expected[key], given[key], more=more)


def shown(value: Any) -> str:
    """A value as messages show it: its JSON, not too long."""
    text = encode(value).decode()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
