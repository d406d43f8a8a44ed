"""Example values that are made of JSON Schemas fit them; where none is found, that is said."""

from typing import Any

import pytest

from laneway.core.schemas import mistakes
from laneway.rehearsal.examples import NoExample, example_evidence, example_request


def wanted(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object", "additionalProperties": False},
        wanted(a={"type": "string"}),
        wanted(a={"type": "string", "minLength": 12}),
        wanted(a={"type": "string", "maxLength": 3}),
        wanted(a={"type": "string", "pattern": "^[0-9a-f]{64}$"}),
        wanted(a={"type": "string", "pattern": "^https://"}),
        wanted(a={"type": "string", "format": "date-time"}),
        wanted(a={"type": "integer", "minimum": 3}),
        wanted(a={"type": "integer", "exclusiveMinimum": 3}),
        wanted(a={"type": "integer", "maximum": -3}),
        wanted(a={"type": "number"}, b={"type": "boolean"}, c={"type": "null"}),
        wanted(a={"type": "array", "minItems": 2, "items": {"type": "string"}}),
        wanted(a={"enum": ["x", "y"]}, b={"const": 7}, c={"type": "string", "default": "z"}),
        wanted(a={"type": ["string", "null"]}),
        wanted(a={"examples": ["x"], "type": "string", "pattern": "^x$"}),
        wanted(a={"oneOf": [{"type": "integer"}, {"type": "string"}]}),
        wanted(a=wanted(b={"type": "string"})),
        {**wanted(a={"$ref": "#/$defs/x"}), "$defs": {"x": {"type": "integer"}}},
    ],
)
def test_an_example_fits_its_schema(schema: dict[str, Any]):
    assert mistakes(schema, example_request(schema)) == []


def test_what_is_not_required_is_left_out_of_a_request():
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert example_request(schema) == {}


def test_evidence_has_all_that_its_schema_names():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}}
    assert example_evidence(schema) == {"a": 0, "b": None}
    assert example_evidence({}) == {}


@pytest.mark.parametrize(
    "schema",
    [
        wanted(a={"type": "string", "pattern": "^Laneway-[0-9]{3}$"}),
        {"type": "array"},
        {
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"$ref": "#"}},
            "maxProperties": 0,
        },
    ],
)
def test_where_none_is_found_that_is_said(schema: dict[str, Any]):
    with pytest.raises(NoExample):
        example_request(schema)
