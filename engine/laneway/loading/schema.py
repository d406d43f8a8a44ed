"""The shipped JSON Schemas, and what they say of a document."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from laneway.core.findings import Finding, from_mistake
from laneway.core.schemas import Mistake, mistakes


@cache
def shipped_schema(name: str) -> Mapping[str, Any]:
    """The JSON Schema of a kind of document: ``plan`` or ``targets``."""
    path = files("laneway") / "schemas" / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def schema_findings(name: str, document: Any) -> list[Finding]:
    """Everything in which a document is not as its JSON Schema says."""
    found = mistakes(shipped_schema(name), document)
    unclear = {m.path for m in found if m.code == "not_exactly_one"}
    return [from_mistake(mistake) for mistake in found if not _follows(mistake, unclear)]


def _follows(mistake: Mistake, unclear: set[tuple[str | int, ...]]) -> bool:
    """Whether a mistake only follows from it not being clear what the mapping is meant to be."""
    depends = mistake.code in {"unknown_property", "missing_property"}
    return depends and (mistake.path in unclear or mistake.path[:-1] in unclear)
