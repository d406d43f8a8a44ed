"""JSON Schema 2020-12, with messages for the person who wrote the document.

``mistakes`` says everything that is wrong with a value, each with its place. It serves plans and
target records, parameters of actions, the schemas that plans hold, and request documents.
References to other documents are never followed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError, best_match
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]
from referencing.exceptions import Unresolvable

from .names import listed, nearest
from .schema_references import Mistake, Path, reference_mistakes

__all__ = ["Checker", "Mistake", "Path", "UnusableSchema", "mistakes", "schema_mistakes"]

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}

_CODES = {
    "type": "wrong_type",
    "enum": "wrong_value",
    "const": "wrong_value",
    "pattern": "bad_format",
    "format": "bad_format",
    "additionalProperties": "unknown_property",
    "required": "missing_property",
    "oneOf": "not_exactly_one",
    "minimum": "out_of_range",
    "maximum": "out_of_range",
    "exclusiveMinimum": "out_of_range",
    "exclusiveMaximum": "out_of_range",
    "minLength": "out_of_range",
    "maxLength": "out_of_range",
    "minItems": "out_of_range",
    "maxItems": "out_of_range",
    "minProperties": "out_of_range",
    "maxProperties": "out_of_range",
}


MOST = 100
"""How many mistakes are told of one value: whoever made so many gains nothing by another."""


def mistakes(schema: Mapping[str, Any], value: Any) -> list[Mistake]:
    """Everything that is wrong with a value.

    Raises:
        UnusableSchema: the schema refers to something that is not there.
    """
    return Checker(schema).mistakes(value)


class Checker:
    """A schema that many values are checked against."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        checker = Draft202012Validator.FORMAT_CHECKER
        self._takes_all = not schema
        # A registry of our own: with the default, jsonschema fetches references from the network.
        self._validator = _Validator(schema, format_checker=checker, registry=REGISTRY)

    def mistakes(self, value: Any) -> list[Mistake]:
        """Everything that is wrong with a value, up to `MOST` mistakes.

        Raises:
            UnusableSchema: the schema refers to something that is not there.
        """
        if self._takes_all:
            return []
        try:
            errors = list(islice(self._validator.iter_errors(value), MOST))
        except Unresolvable as unknown:
            raise UnusableSchema(f"$ref leads nowhere: {unknown.ref}") from None
        found = dict.fromkeys(m for error in errors for m in _mistakes(error, value))
        return list(found)[:MOST]


class UnusableSchema(Exception):
    """A schema that nothing can be checked against."""


def schema_mistakes(schema: Mapping[str, Any]) -> list[Mistake]:
    """Everything that is wrong with a JSON Schema itself, its references included."""
    return mistakes(Draft202012Validator.META_SCHEMA, schema) or list(reference_mistakes(schema))


@dataclass(frozen=True)
class _Broken:
    """A rule of a schema that a value breaks; what jsonschema reports, with its types settled."""

    rule: str
    asks: Any
    value: Any
    schema: Mapping[str, Any]
    path: Path
    rules: tuple[str | int, ...]
    message: str


def _broken(error: ValidationError) -> _Broken:
    schema: Any = error.schema
    return _Broken(
        rule=str(error.validator),
        asks=error.validator_value,
        value=error.instance,
        schema=schema if isinstance(schema, Mapping) else {},
        path=tuple(error.absolute_path),
        rules=tuple(error.absolute_schema_path),
        message=error.message,
    )


def _mistakes(error: ValidationError, root: Any) -> list[Mistake]:
    """An error in words; one that concerns several keys gives a mistake for each."""
    broken = _broken(error)
    if error.context and not _excludes(broken):
        return _mistakes(_most_telling(error), root)
    words = _WORDS.get(broken.rule, _as_it_is)
    found = islice(words(broken, _CODES.get(broken.rule, "invalid")), MOST)
    if _is_name_of(broken, root):
        named = (*broken.path, broken.value)
        return [replace(mistake, path=named, about_key=True) for mistake in found]
    return [replace(mistake, path=broken.path + mistake.path) for mistake in found]


def _most_telling(error: ValidationError) -> ValidationError:
    """The error within one that has alternatives: the one that is about the value itself."""
    best: ValidationError | None = best_match([error])
    if best is not None and best is not error:
        return best
    # Alternatives that fail alike: a wrong value says more than a wrong type.
    alternatives: list[ValidationError] = list(error.context or [])
    return next((e for e in alternatives if e.validator != "type"), alternatives[0])


def _is_name_of(broken: _Broken, root: Any) -> bool:
    """Whether it is about the name of a property (``propertyNames``)."""
    if "propertyNames" not in broken.rules[-3:]:
        return False
    for step in broken.path:
        root = root[step]
    return isinstance(root, Mapping) and broken.value in root


def _excludes(broken: _Broken) -> bool:
    """Whether it is a ``oneOf`` that only says which properties exclude each other."""
    return broken.rule == "oneOf" and all(set(each) == {"required"} for each in broken.asks)


Words = Iterable[Mistake]


def _wrong_type(broken: _Broken, code: str) -> Words:
    wanted = broken.asks
    names = [wanted] if isinstance(wanted, str) else wanted
    kinds = listed(_TYPES[name] for name in names)
    yield Mistake((), code, f"must be {kinds}, not {_kind(broken.value)}", _example(broken))


def _wrong_value(broken: _Broken, code: str) -> Words:
    known = [str(value) for value in broken.asks]
    hint = nearest(str(broken.value), known)
    yield Mistake((), code, f"must be {listed(known)}, not {_short(broken.value)}", hint)


def _wrong_constant(broken: _Broken, code: str) -> Words:
    message = f"must be {_short(broken.asks)}, not {_short(broken.value)}"
    yield Mistake((), code, message)


def _wrong_pattern(broken: _Broken, code: str) -> Words:
    title = broken.schema.get("title") or f"of the form {broken.asks}"
    # Who writes a secret where a reference to one belongs must not find it in the log as well.
    shown = "this" if broken.schema.get("writeOnly") else _short(broken.value)
    yield Mistake((), code, f"{shown} is not {title}", _example(broken))


def _wrong_format(broken: _Broken, code: str) -> Words:
    message = f"{_short(broken.value)} is not a valid {broken.asks}"
    yield Mistake((), code, message)


def _unknown_properties(broken: _Broken, code: str) -> Words:
    known = list(broken.schema.get("properties", {}))
    where = broken.schema.get("title") or "the mapping"
    for key in broken.value:
        if key not in known:
            hint = nearest(key, known) or (f"it may have {listed(known, 'and')}" if known else "")
            yield Mistake((key,), code, f"{where} has no {key!r}", hint, about_key=True)


def _missing_properties(broken: _Broken, code: str) -> Words:
    where = broken.schema.get("title") or "the mapping"
    for key in broken.asks:
        if key not in broken.value:
            message = f"{where} lacks {key!r}"
            yield Mistake((), code, message, _example(broken, key), about_key=True)


def _not_exactly_one(broken: _Broken, code: str) -> Words:
    if not isinstance(broken.value, Mapping):
        return  # that it is no mapping is said by another rule
    names = [name for alternative in broken.asks for name in alternative["required"]]
    there = [name for name in names if name in broken.value]
    has = f"this one has {listed(there, 'and')}" if there else "this one has none of them"
    where = broken.schema.get("title") or "the mapping"
    message = f"{where} is exactly one of {listed(names)}; {has}"
    hints = (nearest(key, names) for key in broken.value if not there)
    yield Mistake((), code, message, next(filter(None, hints), ""), about_key=True)


def _too_small_or_large(words: str) -> Callable[[_Broken, str], Words]:
    def worded(broken: _Broken, code: str) -> Words:
        yield Mistake((), code, f"must {words}".format(broken.asks))

    return worded


def _as_it_is(broken: _Broken, code: str) -> Words:
    yield Mistake((), code, broken.message)


_WORDS: Mapping[str, Callable[[_Broken, str], Words]] = {
    "type": _wrong_type,
    "enum": _wrong_value,
    "const": _wrong_constant,
    "pattern": _wrong_pattern,
    "format": _wrong_format,
    "additionalProperties": _unknown_properties,
    "required": _missing_properties,
    "oneOf": _not_exactly_one,
    "minimum": _too_small_or_large("be at least {}"),
    "maximum": _too_small_or_large("be at most {}"),
    "exclusiveMinimum": _too_small_or_large("be more than {}"),
    "exclusiveMaximum": _too_small_or_large("be less than {}"),
    "minLength": _too_small_or_large("have {} characters or more"),
    "maxLength": _too_small_or_large("have {} characters at most"),
    "minItems": _too_small_or_large("have {} entries or more"),
    "maxItems": _too_small_or_large("have {} entries at most"),
    "minProperties": _too_small_or_large("have {} entries or more"),
    "maxProperties": _too_small_or_large("have {} entries at most"),
}


def _example(broken: _Broken, key: str = "") -> str:
    """``for example 30s or 10m``, where the schema (of the missing key) gives examples."""
    schema = broken.schema.get("properties", {}).get(key, {}) if key else broken.schema
    examples = schema.get("examples") if isinstance(schema, Mapping) else None
    return f"for example {listed(str(each) for each in examples)}" if examples else ""


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    kinds = {
        str: "text",
        int: "a whole number",
        float: "a number",
        list: "a list",
        dict: "a mapping",
    }
    return kinds.get(type(value), "null")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _pattern(_: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    """``pattern`` as JSON Schema means it: its ``$`` is the end, not also before a last newline."""
    if isinstance(value, str) and not _expression(pattern).search(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    closed = pattern.endswith("$") and not pattern.endswith("\\$")
    return re.compile(pattern[:-1] + r"\Z" if closed else pattern)


_extend: Any = validators.extend
_Validator = _extend(Draft202012Validator, {"pattern": _pattern})
