"""The JSON Schemas that ship: those of the types, and true of what the server sends."""

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator, ValidationError

from laneway_server.schemas_export import schemas, text
from tests.integration.server.support import SUBMISSION, Api, Laneway

NAMES = sorted(schemas())


def shipped(name: str) -> str:
    return (files("laneway") / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")


def valid(name: str, value: object) -> None:
    Draft202012Validator(json.loads(shipped(name))).validate(value)


def test_there_is_one_for_everything_on_the_wire():
    assert {"request", "operation", "event", "evidence", "problem", "config"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_ships_is_what_the_types_say(name: str):
    """Where this fails, run ``python -m laneway_server.schemas_export``."""
    assert shipped(name) == text(schemas()[name])


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_schema(name: str):
    Draft202012Validator.check_schema(json.loads(shipped(name)))


async def test_they_are_true(server: Laneway, api: Api):
    valid("request", SUBMISSION)
    operation_id = await server.passed()
    valid("operation", (await api.get(f"/v1/operations/{operation_id}")).json)
    for event in (await api.get(f"/v1/operations/{operation_id}/events")).json["events"]:
        valid("event", event)
    valid("problem", (await api.submit(key="k2")).json)
    valid("config", {"listen": "127.0.0.1:8080", "demo": True})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("request", {**SUBMISSION, "more": 1}),
        ("operation", {"id": "op_1"}),
        ("event", {"type": "operation_finished", "data": {}}),
        ("problem", {"status": 404}),
        ("config", {"lisen": "127.0.0.1:8080"}),
    ],
)
def test_they_are_not_true_of_everything(name: str, wrong: object):
    with pytest.raises(ValidationError):
        valid(name, wrong)
