"""Example values of JSON Schemas: requests and evidence for rehearsals that were given none."""

from collections.abc import Callable, Mapping
from typing import Any

from laneway.core.schemas import mistakes

Schema = Mapping[str, Any]

_TEXTS = (
    "example",
    "example-1",
    "a",
    "A",
    "1",
    "1.0",
    "2000-01-01T00:00:00Z",
    "2000-01-01",
    "00:00:00Z",
    "https://example.org",
    "/example",
    "example.org",
    "someone@example.org",
    "30s",
    "0" * 40,
    "0" * 64,
    "sha256:" + "0" * 64,
    "00000000-0000-0000-0000-000000000000",
)
"""What is tried where a text must have a form."""


_DEEPEST = 16
"""Levels of a schema that are looked into; one that refers to itself has no end."""


class NoExample(Exception):
    """A schema of which no example was found."""


def example_request(schema: Schema) -> dict[str, Any]:
    """A request document with what its schema requires, and nothing else.

    Raises:
        NoExample: none was found; somebody has to give one.
    """
    made = _Maker(schema, whole=False).value(schema or {"type": "object"})
    wrong = mistakes(schema, made) if schema else []
    if wrong or not isinstance(made, dict):
        told = "; ".join(f"{each.pointer or 'it'}: {each.message}" for each in wrong)
        raise NoExample(told or "the request is no mapping")
    return made


def example_evidence(schema: Schema) -> dict[str, Any]:
    """Evidence with everything that its schema names, as far as that can be made up."""
    made = _Maker(schema, whole=True).value(schema)
    return made if isinstance(made, dict) else {}


class _Maker:
    """Makes values of the parts of one schema."""

    def __init__(self, root: Schema, *, whole: bool) -> None:
        self._root = root
        self._whole = whole

    def value(self, schema: Any, depth: int = 0) -> Any:
        """A value of a part of the schema; None where nothing is known of it."""
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return None
        said = _said(schema)
        if said:
            return said[0]
        other = self._other(schema)
        if other is not None:
            return self.value(other, depth + 1)
        make = _MAKERS.get(_type(schema))
        return make(self, schema, depth) if make else None

    def object(self, schema: Schema, depth: int) -> dict[str, Any]:
        """A mapping with what is required, or with all that is named."""
        known: Mapping[str, Any] = schema.get("properties", {})
        named = [*schema.get("required", ()), *(known if self._whole else ())]
        return {name: self.value(known.get(name, {}), depth + 1) for name in dict.fromkeys(named)}

    def array(self, schema: Schema, depth: int) -> list[Any]:
        """A list that is as short as it may be."""
        return [self.value(schema.get("items"), depth + 1)] * int(schema.get("minItems", 0))

    def text(self, schema: Schema, depth: int) -> str:
        """A text of the right form and length."""
        fitting = (text for text in _TEXTS if not mistakes(schema, text))
        longer = "example".ljust(int(schema.get("minLength", 0)), "e")
        return next(fitting, longer[: int(schema.get("maxLength", len(longer)))])

    def number(self, schema: Schema, depth: int) -> float:
        """The number nearest to nothing that may be."""
        least: float = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
        most: float = schema.get("maximum", max(0, least))
        return min(max(0, least), most)

    def flag(self, schema: Schema, depth: int) -> bool:
        """Yes."""
        return True

    def _other(self, schema: Schema) -> Any:
        """The part of the schema that says what a value is, where that stands elsewhere."""
        if "$ref" in schema:
            return self._referred(schema["$ref"])
        alternatives = (schema.get(word) for word in ("oneOf", "anyOf", "allOf"))
        found = next(filter(None, alternatives), None)
        return found[0] if found and not _type(schema) else None

    def _referred(self, reference: str) -> Any:
        found: Any = self._root
        for step in filter(None, reference.lstrip("#").split("/")):
            found = found.get(step) if isinstance(found, Mapping) else None
        return found


_MAKERS: Mapping[str, Callable[[_Maker, Schema, int], Any]] = {
    "object": _Maker.object,
    "array": _Maker.array,
    "string": _Maker.text,
    "integer": _Maker.number,
    "number": _Maker.number,
    "boolean": _Maker.flag,
}


def _said(schema: Schema) -> list[Any]:
    """The values that the schema itself names."""
    alone = [schema[word] for word in ("default", "const") if word in schema]
    return [*alone, *schema.get("enum", ()), *schema.get("examples", ())]


def _type(schema: Schema) -> str:
    named = schema.get("type", "object" if "properties" in schema else "")
    return str(named[0] if isinstance(named, list) else named)
