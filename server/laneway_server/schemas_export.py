"""The JSON Schemas of the wire, for people and programs without a server at hand.

``python -m laneway_server.schemas_export`` writes them into ``schemas/`` (or the folder that is
named); a test holds that the files there are those of the types.
"""

import json
import sys
from collections.abc import Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from laneway.evidence.predicate import Predicate, WireEvent

from . import forms, wire
from .event_schema import event_schema
from .settings import Settings

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_TITLES: Mapping[str, tuple[type[msgspec.Struct], str]] = {
    "request": (forms.SubmitRequest, "a submission"),
    "operation": (wire.OperationView, "an operation"),
    "problem": (wire.ProblemView, "a problem"),
    "config": (Settings, "laneway.yaml"),
}


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema, by the name of its file."""
    found = {name: _of_type(name, *about) for name, about in _TITLES.items()}
    return found | {"event": _of_events(), "evidence": _of_evidence()}


def _of_type(name: str, kind: type[msgspec.Struct], title: str) -> dict[str, Any]:
    definitions = msgspec.json.schema(kind)["$defs"]
    whole = definitions.pop(kind.__name__)
    return _finished(name, {**whole, "title": title}, definitions)


def _of_events() -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    whole = event_schema("#/$defs/{name}", definitions)
    return _finished("event", {**whole, "title": "an event"}, definitions)


def _of_evidence() -> dict[str, Any]:
    """Of the predicate; its events are described as they are everywhere."""
    definitions = msgspec.json.schema(Predicate)["$defs"]
    whole = definitions.pop(Predicate.__name__)
    definitions[WireEvent.__name__] = event_schema("#/$defs/{name}", definitions)
    return _finished("evidence", {**whole, "title": "an evidence bundle's predicate"}, definitions)


def _finished(name: str, whole: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    for schema in (whole, *definitions.values()):
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])
    begins = {"$schema": DRAFT, "$id": f"urn:laneway:schema:{name}:v1"}
    return {**begins, **whole, "$defs": definitions} if definitions else {**begins, **whole}


def text(schema: dict[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write every schema into a folder."""
    for name, schema in schemas().items():
        (folder / f"{name}.schema.json").write_text(text(schema), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("schemas"))
