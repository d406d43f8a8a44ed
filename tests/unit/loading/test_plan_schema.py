"""The JSON Schema of plans, as editors use it: it says of every field what it is, and completes it.

A field without words is a field that nobody finds.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from laneway.core import compile as compiling
from laneway.core.model import LanePolicy, Retention, Retry
from laneway.loading.schema import shipped_schema

SCHEMA: dict[str, Any] = dict(shipped_schema("plan"))
INNER = ("additionalProperties", "items", "propertyNames", "then", "else")


def fields(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field, and every value that a mapping or list can have, however deep."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}/{name}", field
        yield from fields(field, f"{path}/{name}")
    for keyword in INNER:
        inner = schema.get(keyword)
        if isinstance(inner, dict):
            if keyword == "additionalProperties":
                yield f"{path}/*", inner
            yield from fields(inner, f"{path}/({keyword})")


FIELDS = {
    **dict(fields(SCHEMA)),
    **{f"#{name}": definition for name, definition in SCHEMA["$defs"].items()},
    **{p: f for name, d in SCHEMA["$defs"].items() for p, f in fields(d, f"#{name}")},
}


def said(field: dict[str, Any], keyword: str) -> Any:
    """What a field says itself, or what it refers to."""
    referred = SCHEMA["$defs"].get(field.get("$ref", "").removeprefix("#/$defs/"), {})
    return field.get(keyword, referred.get(keyword))


def test_the_walk_comes_everywhere():
    assert len(FIELDS) > 70
    assert {
        "/lane/mode",
        "#retry/jitter",
        "#alternative/when",
        "#wait_phase/wait/(else)/until",
    } <= {*FIELDS}


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_is_described_in_a_sentence(path: str):
    description = said(FIELDS[path], "description")
    assert description, f"{path} says nothing"
    assert description[0].isupper() or description[0] == "`"
    assert description.endswith("."), f"{path} is no sentence: {description}"


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_shows_what_it_may_be(path: str):
    field = FIELDS[path]
    kinds = ("examples", "enum", "const", "default", "oneOf")
    shown = any(said(field, kind) is not None for kind in kinds)
    assert shown or said(field, "type") == "boolean" or said(field, "properties"), path


@pytest.mark.parametrize("path", FIELDS)
def test_what_is_shown_is_right(path: str):
    field = FIELDS[path]
    alone = Draft202012Validator({**field, "$defs": SCHEMA["$defs"]})
    values = [*field.get("examples", []), *([field["default"]] if "default" in field else [])]
    for value in values:
        assert [error.message for error in alone.iter_errors(value)] == []


@pytest.mark.parametrize("path", [path for path, field in FIELDS.items() if "enum" in field])
def test_each_choice_is_explained(path: str):
    if path != "#end_phase/end":  # where the statuses of an operation explain themselves
        for choice in FIELDS[path]["enum"]:
            assert f"`{choice}`" in FIELDS[path]["description"]


def test_defaults_are_those_of_the_core():
    lane, retention, retry = LanePolicy(), Retention(), Retry()
    assert {path: field["default"] for path, field in FIELDS.items() if "default" in field} == {
        "/lane/mode": lane.mode,
        "/lane/when_busy": lane.when_busy,
        "/lane/queue_limit": lane.queue_limit,
        "/lane/repeat": lane.repeat,
        "/deadline": compiling.DEADLINE,
        "/retention/keep_days": retention.keep_days,
        "/retention/keep_last": retention.keep_last,
        "#action_phase/timeout": compiling.ACTION_TIMEOUT,
        "#branch/timeout": compiling.ACTION_TIMEOUT,
        "#approval_phase/approval/quorum": 1,
        "#approval_phase/approval/expires": compiling.APPROVAL_EXPIRES,
        "#approval_phase/approval/allow_requester": False,
        "#parallel_phase/join": "all",
        "#retry/delay": "1s",
        "#retry/factor": retry.factor,
        "#retry/max_delay": "1m",
        "#retry/jitter": retry.jitter,
        "#retry/on": list(compiling.RETRY_ON),
    }
    assert (retry.delay, retry.max_delay) == (1_000, 60_000)
