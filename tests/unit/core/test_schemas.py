"""What is said of a value that is not as its schema says, and of schemas that are none."""

from typing import Any

import pytest

from laneway.core.schemas import UnusableSchema, mistakes, schema_mistakes


def said(schema, value):
    return [(m.path, m.code, m.message) for m in mistakes(schema, value)]


@pytest.mark.parametrize(
    ("schema", "value", "path", "code", "message"),
    [
        ({"type": "string"}, 5, (), "wrong_type", "must be text, not a whole number"),
        ({"type": ["array", "null"]}, True, (), "wrong_type", "a list or null, not true or false"),
        ({"type": "integer"}, True, (), "wrong_type", "a whole number, not true or false"),
        ({"type": "object"}, [1], (), "wrong_type", "a mapping, not a list"),
        ({"enum": ["a", "b", 3]}, "c", (), "wrong_value", "must be a, b or 3, not 'c'"),
        ({"const": 1}, 2, (), "wrong_value", "must be 1, not 2"),
        ({"pattern": "^a$"}, "b", (), "bad_format", "'b' is not of the form ^a$"),
        ({"pattern": "^a$"}, "a\n", (), "bad_format", "is not of the form"),
        ({"pattern": "a\\$"}, "a", (), "bad_format", "is not of the form"),
        ({"title": "a name", "pattern": "^a"}, "b", (), "bad_format", "'b' is not a name"),
        ({"format": "regex"}, "(", (), "bad_format", "'(' is not a valid regex"),
        ({"minimum": 1}, 0, (), "out_of_range", "must be at least 1"),
        ({"exclusiveMaximum": 1}, 1, (), "out_of_range", "must be less than 1"),
        ({"maxLength": 2}, "abc", (), "out_of_range", "must have 2 characters at most"),
        ({"minItems": 1}, [], (), "out_of_range", "must have 1 entries or more"),
        ({"items": {"type": "null"}}, [None, 1], (1,), "wrong_type", "must be null"),
        ({"not": {}}, 1, (), "invalid", "should not be valid"),
        ({"uniqueItems": True}, [1, 1], (), "invalid", "non-unique"),
    ],
)
def test_each_mistake_is_told_in_words(schema, value, path, code, message):
    ((found_path, found_code, found_message),) = said(schema, value)
    assert (found_path, found_code) == (path, code)
    assert message in found_message


def test_long_values_are_shortened():
    ((_, _, message),) = said({"const": 1}, "x" * 500)
    assert len(message) < 100


def test_each_unknown_and_each_missing_property_is_a_mistake_of_its_own():
    schema = {
        "title": "it",
        "properties": {"alpha": {}, "beta": {"examples": ["x", 1]}, "gamma": {}},
        "required": ["alpha", "beta"],
        "additionalProperties": False,
    }
    found = mistakes(schema, {"alpa": 1, "zzz": 2})
    assert [(m.path, m.code, m.message, m.hint, m.about_key) for m in found] == [
        ((), "missing_property", "it lacks 'alpha'", "", True),
        ((), "missing_property", "it lacks 'beta'", "for example x or 1", True),
        (("alpa",), "unknown_property", "it has no 'alpa'", "did you mean 'alpha'?", True),
        (
            ("zzz",),
            "unknown_property",
            "it has no 'zzz'",
            "it may have alpha, beta and gamma",
            True,
        ),
    ]


def test_alternatives_that_exclude_each_other_are_told_as_that():
    schema: dict[str, Any] = {
        "title": "a box",
        "type": "object",
        "oneOf": [{"required": ["open"]}, {"required": ["shut"]}],
    }
    assert mistakes(schema, {"open": 1}) == []
    (none,) = mistakes(schema, {"opne": 1})
    assert none.message == "a box is exactly one of open or shut; this one has none of them"
    assert none.hint == "did you mean 'open'?"
    (both,) = mistakes(schema, {"open": 1, "shut": 1})
    assert both.message == "a box is exactly one of open or shut; this one has open and shut"
    assert [m.code for m in mistakes(schema, 5)] == ["wrong_type"]


def test_the_name_of_a_property_is_told_at_the_property():
    schema = {"properties": {"a": {"propertyNames": {"pattern": "^[a-z]+$"}}}}
    (mistake,) = mistakes(schema, {"a": {"fine": 1, "B": 2}})
    assert (mistake.path, mistake.about_key) == (("a", "B"), True)


def test_other_alternatives_are_told_by_the_nearest():
    schema = {"anyOf": [{"type": "integer"}, {"enum": ["auto"]}]}
    ((_, code, message),) = said(schema, "aut")
    assert (code, message) == ("wrong_value", "must be auto, not 'aut'")


@pytest.mark.parametrize(
    ("schema", "path", "message"),
    [
        ({"type": "strng"}, ("type",), "must be array, boolean"),
        ({"properties": {"a": {"minimum": "1"}}}, ("properties", "a", "minimum"), "a number"),
        ({"properties": {"a": {"pattern": "("}}}, ("properties", "a", "pattern"), "regex"),
        ({"required": "a"}, ("required",), "must be a list, not text"),
        ({"$ref": "https://example.org/x"}, ("$ref",), "leads to no schema"),
        ({"$ref": "other.json"}, ("$ref",), "leads to no schema"),
        ({"$ref": "#/$defs/a"}, ("$ref",), "leads to no schema"),
        ({"$ref": "#"}, ("$ref",), "leads back to itself"),
        ({"allOf": [{"anyOf": [{"$ref": "#"}]}]}, ("allOf", 0, "anyOf", 0, "$ref"), "itself"),
        ({"if": {"not": {"$ref": "#"}}}, ("if", "not", "$ref"), "itself"),
        (
            {
                "$ref": "#/$defs/a",
                "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
            },
            ("$defs", "a", "$ref"),
            "itself",
        ),
        ({"properties": {"a": {"$id": "urn:x"}}}, ("properties", "a", "$id"), "cannot be used"),
        ({"$dynamicRef": "#x"}, ("$dynamicRef",), "cannot be used"),
    ],
)
def test_what_is_no_schema_is_told_at_its_place(schema, path, message):
    found = {mistake.path: mistake.message for mistake in schema_mistakes(schema)}
    assert path in found
    assert message in found[path]


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$id": "urn:x", "$ref": "#/$defs/a~1b", "$defs": {"a/b": True}},
        {"properties": {"child": {"$ref": "#"}}},
        {"properties": {"$ref": {"type": "string"}, "default": {"$ref": "#/properties/$ref"}}},
        {"const": {"$ref": "nowhere"}, "examples": [{"$id": "x"}], "default": {"$ref": "x"}},
    ],
)
def test_what_is_a_schema_is_left_alone(schema):
    assert schema_mistakes(schema) == []
    mistakes(schema, {"child": {"child": {}}})


def test_a_reference_that_leads_nowhere_makes_a_schema_unusable_and_is_not_followed():
    with pytest.raises(UnusableSchema, match="leads nowhere"):
        mistakes({"$ref": "http://127.0.0.1:9/schema.json"}, 1)
