"""A lane, put together from the rows of its one query."""

from collections.abc import Sequence
from typing import Any

from laneway.core.model import Lane
from laneway.ports.store import LaneRecord, OperationRow

from . import rows
from .rows import Values


def lane_record(lane: Lane, found: Sequence[Values]) -> LaneRecord:
    """The lane from the rows of ``queries.LANE``: a part's name, a freeze, an operation."""
    parts = _by_part(found)
    (frozen,) = (values[1:4] for values in found if values[0] == "freeze")
    return LaneRecord(
        lane=lane,
        holder=_only(parts["holder"]),
        queue=tuple(parts["queue"]),
        running_shared=tuple(parts["shared"]),
        last_pass=_only(parts["pass"]),
        last_destructive={row.plan: row for row in parts["destructive"]},
        freeze=rows.stored_freeze(frozen),
    )


def _by_part(found: Sequence[Values]) -> dict[str, list[OperationRow]]:
    names: tuple[str, ...] = ("holder", "queue", "shared", "pass", "destructive")
    parts: dict[str, list[OperationRow]] = {name: [] for name in names}
    for part, operation in ((values[0], values[4:]) for values in found):
        if _is_there(operation):
            parts[part].append(rows.operation_row(operation))
    return parts


def _is_there(operation: Sequence[Any]) -> bool:
    return operation[0] is not None


def _only(operations: list[OperationRow]) -> OperationRow | None:
    return operations[0] if operations else None
