"""A driver's descriptor as a document: what ``GET /v1/drivers`` shows and the schema describes.

The names are Launchplane's, whose users know an action's ``parameters`` as ``input_schema`` and its
``evidence`` as ``output_schema``.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from laneway.core.model import ActionSpec
from laneway.core.schemas import Checker, Path, schema_mistakes

from .driver import DriverDescriptor


def described(descriptor: DriverDescriptor) -> dict[str, Any]:
    """A descriptor as JSON values; its shape is that of ``schemas/driver.schema.json``.

    Raises:
        TypeError: something in it is not JSON.
    """
    document = _json({**_fields(descriptor), "actions": []})
    return {**document, "actions": [_action(spec) for spec in descriptor.actions]}


def descriptor_mistakes(descriptor: DriverDescriptor) -> list[str]:
    """Everything in which a descriptor is not as its schema says, each with its field."""
    try:
        document = described(descriptor)
    except (TypeError, ValueError) as error:
        return [f"the descriptor: it is not JSON: {error}"]
    found = _checker().mistakes(document)
    wrong = [f"{_place(document, mistake.path)}: {mistake.message}" for mistake in found]
    return wrong or list(_schemas(document))


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the JSON Schemas in a descriptor."""
    for index, action in enumerate(document["actions"]):
        for field in ("input_schema", "output_schema"):
            for mistake in schema_mistakes(action[field]):
                place = _place(document, ("actions", index, field, *mistake.path))
                yield f"{place}: {mistake.message}"


@cache
def _checker() -> Checker:
    path = files("laneway") / "schemas" / "driver.schema.json"
    return Checker(json.loads(path.read_text(encoding="utf-8")))


def _place(document: dict[str, Any], path: Path) -> str:
    """The field, with an action's own name rather than its number."""
    match path:
        case ("actions", int(index), *rest):
            named = document["actions"][index]["action_id"] or f"actions/{index}"
            return "/".join(map(str, (named, *rest)))
        case _:
            return "/".join(map(str, path)) or "the descriptor"


def _action(spec: ActionSpec) -> dict[str, Any]:
    fields = _fields(spec)
    renamed = {"input_schema": fields.pop("parameters"), "output_schema": fields.pop("evidence")}
    authz_action = fields.pop("authz_action") or spec.action_id
    return _json({**fields, **renamed, "authz_action": authz_action})


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _json(fields: dict[str, Any]) -> dict[str, Any]:
    # There and back: a tuple is a list in JSON, and an enumeration its value.
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(fields))
    return decoded
