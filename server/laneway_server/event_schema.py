"""The JSON Schema of events on the wire, made from the vocabulary of the core.

An event's class has all its fields side by side; on the wire some stand in the envelope and the
rest in ``data`` (see ``laneway.core.chain.to_wire``).
"""

from inspect import cleandoc
from typing import Any, get_args

import msgspec

from laneway.core.events import Actor, AnyEvent

HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}

_ENVELOPE = ("type", "phase", "attempt")


def event_schema(reference: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of any event.

    Args:
        reference: how schemas refer to each other, with ``{name}``.
        definitions: the schemas that it refers to are put here.
    """
    kinds = get_args(AnyEvent)
    _, found = msgspec.json.schema_components([*kinds, Actor], ref_template=reference)
    own = {kind.__name__ for kind in kinds}
    definitions |= {name: schema for name, schema in found.items() if name not in own}
    return {
        "title": "Event",
        "description": "One thing that happened to an operation. `type` tells what `data` holds.",
        "type": "object",
        "required": ["operation_id", "seq", "at", "type", "actor", "data", "prev_hash", "hash"],
        "properties": _common(reference),
        "oneOf": [_kind(found[kind.__name__]) for kind in kinds],
    }


def _common(reference: str) -> dict[str, Any]:
    return {
        "operation_id": {"type": "string"},
        "seq": {"type": "integer", "minimum": 1},
        "at": {"type": "string", "format": "date-time"},
        "type": {"type": "string"},
        "phase": {"type": "string"},
        "attempt": {"type": "integer", "minimum": 0},
        "actor": {"$ref": reference.format(name=Actor.__name__)},
        "data": {"type": "object"},
        "prev_hash": HASH,
        "hash": HASH,
    }


def _kind(schema: dict[str, Any]) -> dict[str, Any]:
    """One kind of event: its fields, those of the envelope apart."""
    fields, required = schema["properties"], schema.get("required", [])
    (name,) = fields["type"]["enum"]
    data = {key: value for key, value in fields.items() if key not in _ENVELOPE}
    asked = [key for key in required if key not in _ENVELOPE]
    envelope = [key for key in required if key in ("phase", "attempt")]
    return {
        "title": name,
        "description": cleandoc(schema.get("description", "")),
        "required": ["type", *envelope],
        "properties": {
            "type": {"const": name},
            "data": {"type": "object", "properties": data, "required": asked},
        },
    }
