"""What is doubtful about what a plan lets its callers send.

Callers send intent. Where the product lives, under which ids and with which keys, is in the lane's
target record: a request that carries it goes around the record, and keeps it for everyone to read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from laneway.core.findings import Finding
from laneway.core.schemas import Path

from .graph import Graph, mapping
from .rules import found

_SECRETS = frozenset({"credential", "credentials", "passphrase", "password", "secret", "token"})
_PLACES = frozenset({"id", "ids", "uri", "uris", "url", "urls"})
_KEYS = frozenset({"access", "api", "private"})
_CLOSED = ("additionalProperties", "unevaluatedProperties")


def request_findings(graph: Graph) -> Iterator[Finding]:
    """Warnings about the schema of a plan's requests; one that is left out accepts nothing."""
    schema = mapping(graph.document, "request")
    if schema and not any(schema.get(keyword) is False for keyword in _CLOSED):
        yield found(
            "request_open",
            "a request may carry anything beside what its schema names",
            ("request",),
            "add `additionalProperties: false`, so that what is misspelt or secret is refused",
            about_key=True,
        )
    for path in _properties(schema, ("request",)):
        what = _not_intent(str(path[-1]))
        if what:
            yield found(
                "request_not_intent",
                f"{path[-1]!r} looks like {what}, and a request carries intent only",
                path,
                "let it come from the lane's target record, or give it a name that says its intent",
                about_key=True,
            )


def _properties(value: Any, path: Path) -> Iterator[Path]:
    """Every property that a schema names, however deep."""
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _properties(inner, (*path, place))
    if not isinstance(value, Mapping):
        return
    for key, inner in value.items():
        if key == "properties" and isinstance(inner, Mapping):
            yield from ((*path, key, name) for name in inner)
            for name, schema in inner.items():
                yield from _properties(schema, (*path, key, name))
        elif key not in ("const", "default", "enum", "examples"):
            yield from _properties(inner, (*path, key))


def _not_intent(name: str) -> str:
    """What a property's name says that it is, or empty where it may well be intent."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)
    said = [word.lower() for word in words]
    if _SECRETS.intersection(said) or (said[-1:] == ["key"] and _KEYS.intersection(said)):
        return "a secret"
    return "an id or address of the provider" if said and said[-1] in _PLACES else ""
