"""The port's values as rows of the tables, and back."""

from collections.abc import Sequence
from typing import Any

import msgspec

from laneway.core.chain import from_wire, to_wire
from laneway.core.commands import AnyCommand
from laneway.core.events import Actor, Recorded
from laneway.core.instants import Instant
from laneway.core.model import ActionSpec, Lane
from laneway.ports.store import Freeze, KeyRecord, OperationRow, PendingCommand, StoredPlan

Values = tuple[Any, ...]
"""One row, in the order of its statement's columns."""

OPERATION_COLUMNS = (
    *("id", "seq", "head", "status", "phase", "plan", "plan_version", "plan_digest"),
    *("product", "context", "instance", "exclusive", "holds_lane", "requested_by"),
    *("created_at", "updated_at", "finished_at", "supersedes", "retry_of", "dry_run"),
    *("destructive_at", "waiting_for"),
)
_TRUTHS = ("exclusive", "holds_lane", "dry_run")
_EVENT_COLUMNS = ("operation_id", "seq", "at", "type", "phase", "attempt", "actor", "data")
_CHAIN_COLUMNS = ("prev_hash", "hash")
_commands: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)


def json_text(value: Any) -> str:
    """The value as JSON text."""
    return msgspec.json.encode(value).decode()


def creation_values(row: OperationRow) -> Values:
    """Every column of a new operation, in the order of ``OPERATION_COLUMNS``."""
    lane = row.lane
    columns = msgspec.structs.asdict(row) | {
        "product": lane.product,
        "context": lane.context,
        "instance": lane.instance,
        "waiting_for": _optional_json(row.waiting_for),
    }
    return tuple(columns[name] for name in OPERATION_COLUMNS)


def change_values(row: OperationRow, expected_seq: int, expected_head: str) -> Values:
    """What changes of an operation, and then which one it is and how it must be before."""
    return (
        *(row.seq, row.head, row.status, row.phase, row.holds_lane, row.updated_at),
        *(row.finished_at, row.destructive_at, _optional_json(row.waiting_for)),
        *(row.id, expected_seq, expected_head),
    )


def operation_row(values: Sequence[Any]) -> OperationRow:
    """An operation from the columns of ``OPERATION_COLUMNS``."""
    fields: dict[str, Any] = dict(zip(OPERATION_COLUMNS, values, strict=True))
    lane = Lane(fields.pop("product"), fields.pop("context"), fields.pop("instance"))
    waiting_for = fields.pop("waiting_for")
    for name in _TRUTHS:
        fields[name] = bool(fields[name])
    if waiting_for is not None:
        fields["waiting_for"] = msgspec.json.decode(waiting_for)
    return OperationRow(lane=lane, **fields)


def event_values(recorded: Recorded) -> Values:
    """An event's columns, without the position."""
    wire = to_wire(recorded)
    plain = (wire[name] for name in ("operation_id", "seq", "at", "type"))
    envelope = (wire.get(name) for name in ("phase", "attempt"))
    documents = (json_text(wire[name]) for name in ("actor", "data"))
    return (*plain, *envelope, *documents, recorded.prev_hash, recorded.hash)


def recorded_event(values: Sequence[Any]) -> Recorded:
    """An event from its columns, without the position."""
    columns = zip(_EVENT_COLUMNS + _CHAIN_COLUMNS, values, strict=True)
    wire = {name: value for name, value in columns if value is not None}
    for name in ("actor", "data"):
        wire[name] = msgspec.json.decode(wire[name])
    return from_wire(wire)


def command_values(operation_id: str, command: AnyCommand) -> Values:
    """A command's columns. Only a timer has ``due_at``: whatever has none asks for an action."""
    kind = str(command.__struct_config__.tag)
    due_at = getattr(command, "due_at", None)
    return operation_id, command.key, kind, due_at, json_text(command)


def command(body: str) -> AnyCommand:
    """A command from its body."""
    return _commands.decode(body)


def pending_command(values: Sequence[Any]) -> PendingCommand:
    """A command and whose it is, from the operation's id and the body."""
    operation_id, body = values
    return PendingCommand(operation_id, command(body))


def key_values(record: KeyRecord) -> Values:
    """An idempotency key's columns."""
    return msgspec.structs.astuple(record)


def key_record(values: Sequence[Any]) -> KeyRecord:
    """An idempotency key from its columns."""
    return KeyRecord(**dict(zip(KeyRecord.__struct_fields__, values, strict=True)))


def plan_values(plan: StoredPlan) -> Values:
    """A plan's columns."""
    documents = (json_text(plan.document), json_text(plan.actions))
    return (plan.digest, plan.name, plan.version, *documents, plan.first_seen_at)


def stored_plan(values: Sequence[Any]) -> StoredPlan:
    """A plan from its columns."""
    digest, name, version, document, actions, first_seen_at = values
    return StoredPlan(
        digest=digest,
        name=name,
        version=version,
        document=msgspec.json.decode(document),
        actions=msgspec.json.decode(actions, type=dict[str, ActionSpec]),
        first_seen_at=first_seen_at,
    )


def lane_values(lane: Lane) -> Values:
    """The columns that name a lane."""
    return msgspec.structs.astuple(lane)


def freeze_values(freeze: Freeze) -> Values:
    """A freeze's columns."""
    return json_text(freeze.by), freeze.reason, freeze.at


def stored_freeze(values: Sequence[Any]) -> Freeze | None:
    """A freeze from its columns, which are empty where the lane is not frozen."""
    by, reason, at = values
    if by is None:
        return None
    return Freeze(by=msgspec.json.decode(by, type=Actor), reason=reason, at=Instant(at))


def _optional_json(value: Any) -> str | None:
    return None if value is None else json_text(value)
