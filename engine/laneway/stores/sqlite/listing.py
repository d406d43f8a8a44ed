"""Lists of operations, as SQL: newest first, a page at a time, along an index that has that order.

A list whose caller may see a part only is put together from lists that each have one lane, plan or
the like, and an index of their own; SQLite merges them as it reads. So a page costs what is on it,
however much else there is that the caller may not see.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

from laneway.ports.store import OperationFilter, Scope

from .queries import COLUMNS, Query

MOST_PARTS = 100
"""Lists that are merged at most; where it would take more, one list is looked through."""

_LIVE = frozenset({"pending", "running", "waiting", "paused", "reconciliation_required"})
_EQUAL = ("plan", "status", "product", "context", "instance", "requested_by", "dry_run")
_SCOPED = {"plan": "plans", "product": "products", "context": "contexts", "instance": "instances"}

# The one that leads to the fewest operations comes first.
_INDEXES = (
    ("operations_by_lane", ("product", "context", "instance")),
    ("operations_by_instance", ("instance",)),
    ("operations_by_requester", ("requested_by",)),
    ("operations_by_context", ("context",)),
    ("operations_by_plan", ("plan",)),
    ("operations_by_status", ("status",)),
    ("operations_by_product", ("product",)),
)
_LANE = {"product", "context", "instance"}
_ORDER = "ORDER BY created_at DESC, ticket DESC LIMIT :limit"
# A cursor whose operation is no longer there stands for the newest one with a smaller id.
_BEFORE = """(created_at, ticket) < (
  (SELECT created_at FROM operations WHERE id <= :before ORDER BY id DESC LIMIT 1),
  (SELECT ticket + (id < :before) FROM operations WHERE id <= :before ORDER BY id DESC LIMIT 1))"""

_Wanted = dict[str, Any]
"""Columns, and the value that each must have."""


class _Part(NamedTuple):
    """The operations that have some values, as far as a condition holds."""

    wanted: _Wanted
    condition: str = ""


def listing(where: OperationFilter, limit: int, before: str | None) -> Query:
    """The newest operations that match, after the one of the id ``before``."""
    named = _Named()
    wanted = {name: getattr(where, name) for name in _EQUAL if getattr(where, name) is not None}
    bounds = {
        "created_at > :after": where.created_after,
        "created_at < :until": where.created_before,
        _BEFORE: before,
    }
    limits = [condition for condition, value in bounds.items() if value is not None]
    parts = [_along_index(part, limits, named) for part in _parts(wanted, where.within, named)]
    times = {"after": where.created_after, "until": where.created_before}
    return Query(_statement(parts), named.values | times | {"limit": limit, "before": before})


def _statement(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return f"SELECT {COLUMNS} FROM {parts[0]} {_ORDER}"  # noqa: S608 - this module's own text
    merged = " UNION ".join(map("SELECT created_at, ticket FROM {}".format, parts))
    return f"""SELECT {COLUMNS} FROM ({merged} {_ORDER}) AS listed
      CROSS JOIN operations ON operations.ticket = listed.ticket
      ORDER BY listed.created_at DESC, listed.ticket DESC"""  # noqa: S608 - as above


class _Named:
    """The values that a statement names."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def name(self, value: Any) -> str:
        """What stands for a value."""
        name = f"value_{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def _along_index(part: _Part, limits: Iterable[str], named: _Named) -> str:
    """A part of the operations, by the index that leads to few and gives the list's order."""
    conditions = [_equals(column, value, named) for column, value in part.wanted.items()]
    conditions += [*limits, *filter(None, [part.condition])]
    selection = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"operations INDEXED BY {_index(part.wanted)} {selection}"


def _equals(column: str, value: Any, named: _Named) -> str:
    # Only written out does it show SQLite that an index of dry runs has all that is asked for.
    return f"{column} = {int(value) if column == 'dry_run' else named.name(value)}"


def _index(wanted: _Wanted) -> str:
    """What leads to the fewest, as far as that can be told without a look."""
    if wanted.get("dry_run") and wanted.keys() >= _LANE:
        return "operations_dry_runs"
    if "instance" not in wanted and wanted.get("status") in _LIVE:
        return "operations_by_status"
    for name, columns in _INDEXES:
        if wanted.keys() >= set(columns):
            return name
    return "operations_by_time"


def _parts(wanted: _Wanted, scopes: Sequence[Scope] | None, named: _Named) -> Sequence[_Part]:
    """What a list is merged from; a caller with no scope sees what nothing is equal to."""
    if scopes is None:
        return [_Part(wanted)]
    if _count(scopes) > MOST_PARTS:
        return [_Part(wanted, _either(scopes, named))]
    parts = {tuple(each.items()): each for scope in scopes for each in _narrowed(wanted, scope)}
    every = [part for part in parts.values() if not _is_within_another(part, parts.values())]
    return [_Part(part) for part in every] or [_Part(wanted, "FALSE")]


def _count(scopes: Sequence[Scope]) -> int:
    total = 0
    for scope in scopes:
        most = 1
        for field in _SCOPED.values():
            most *= max(1, len(getattr(scope, field)))
        total += most
    return total


def _narrowed(wanted: _Wanted, scope: Scope) -> Iterator[_Wanted]:
    """What is wanted, for every lane and plan that a scope names; what contradicts is left out."""
    columns = [column for column, field in _SCOPED.items() if getattr(scope, field)]
    for values in product(*(sorted(getattr(scope, _SCOPED[column])) for column in columns)):
        named = dict(zip(columns, values, strict=True))
        if all(wanted.get(column, value) == value for column, value in named.items()):
            both = wanted | named
            yield {column: both[column] for column in _EQUAL if column in both}


def _is_within_another(part: _Wanted, parts: Iterable[_Wanted]) -> bool:
    return any(other is not part and other.items() <= part.items() for other in parts)


def _either(scopes: Sequence[Scope], named: _Named) -> str:
    """The condition that a row is in one of the scopes."""
    return f"({' OR '.join(_in_scope(scope, named) for scope in scopes)})"


def _in_scope(scope: Scope, named: _Named) -> str:
    parts = []
    for column, field in _SCOPED.items():
        names = [named.name(value) for value in getattr(scope, field)]
        parts += [f"{column} IN ({', '.join(names)})"] if names else []
    return f"({' AND '.join(parts) or 'TRUE'})"
