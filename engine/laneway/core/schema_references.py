"""The references within a JSON Schema: each leads somewhere in it, and none round in a circle.

jsonschema would find the first only when a value comes there, and the second by exhausting the
stack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
"""Keys and indexes that lead into a JSON value."""

_DATA = frozenset({"const", "default", "enum", "examples"})
"""Keywords that hold values, not schemas."""

_IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""Keywords whose schemas apply to the same value."""

_UNSUPPORTED = ("$id", "$anchor", "$dynamicAnchor", "$dynamicRef")


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong with a value.

    Attributes:
        path: to the value.
        about_key: what is wrong is the last key of the path, not its value.
    """

    path: Path
    code: str
    message: str
    hint: str = ""
    about_key: bool = False

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer (RFC 6901)."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in self.path)
        return "".join(f"/{step}" for step in steps)


def reference_mistakes(schema: Mapping[str, Any]) -> Iterator[Mistake]:
    """What is wrong with the references of a schema that is otherwise right."""
    broken = False
    for path, inner in _schemas(schema, ()):
        for mistake in _of_one(schema, path, inner):
            broken = True
            yield mistake
    for path, inner in [] if broken else _schemas(schema, ()):
        if "$ref" in inner and _comes_back(schema, inner):
            message = f"{inner['$ref']!r} leads back to itself without end"
            yield Mistake((*path, "$ref"), "wrong_value", message)


def _schemas(value: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every mapping in a schema, except within what is data."""
    if isinstance(value, Mapping):
        yield path, value
        for key, inner in value.items():
            if key not in _DATA or path[-1:] == ("properties",):
                yield from _schemas(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _schemas(inner, (*path, place))


def _of_one(root: Mapping[str, Any], path: Path, schema: Mapping[str, Any]) -> Iterator[Mistake]:
    reference = schema.get("$ref")
    if isinstance(reference, str) and _resolve(root, reference) is None:
        message = f"{reference!r} leads to no schema in this document"
        hint = "references look like '#/$defs/name'"
        yield Mistake((*path, "$ref"), "wrong_value", message, hint)
    for keyword in _UNSUPPORTED:
        if isinstance(schema.get(keyword), str) and (path or keyword != "$id"):
            message = f"{keyword} cannot be used here"
            yield Mistake((*path, keyword), "unknown_property", message, about_key=True)


def _resolve(root: Any, reference: str) -> Any:
    """What a reference leads to, or None."""
    if reference != "#" and not reference.startswith("#/"):
        return None
    found = root
    for raw in reference.split("/")[1:]:
        step = raw.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found if isinstance(found, Mapping | bool) else None


def _comes_back(root: Mapping[str, Any], start: Mapping[str, Any]) -> bool:
    """Whether a schema is applied again to the very value that it is applied to."""
    seen: set[int] = set()
    ahead = list(_applied_too(root, start))
    for schema in ahead:
        if schema is start:
            return True
        if id(schema) not in seen:
            seen.add(id(schema))
            ahead += _applied_too(root, schema)
    return False


def _applied_too(root: Mapping[str, Any], schema: Any) -> Iterator[Any]:
    if not isinstance(schema, Mapping):
        return
    if isinstance(schema.get("$ref"), str):
        yield _resolve(root, schema["$ref"])
    for keyword in _IN_PLACE:
        inner = schema.get(keyword)
        if isinstance(inner, list):
            yield from inner
        elif isinstance(inner, Mapping):
            yield from inner.values() if keyword == "dependentSchemas" else [inner]
