"""The port's values as rows of the tables, and back."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from laneway.core.commands import AnyCommand
from laneway.core.envelope import Recorded
from laneway.core.events import Actor, AnyEvent
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
_LASTING = (
    *("plan", "plan_version", "plan_digest", "exclusive", "created_at", "supersedes", "retry_of"),
    "dry_run",
)
_TRUTHS = ("exclusive", "holds_lane", "dry_run")
_commands: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_actors: msgspec.json.Decoder[Actor] = msgspec.json.Decoder(Actor)


def json_text(value: Any) -> str:
    """The value as JSON text."""
    return msgspec.json.encode(value).decode()


def move_values(row: OperationRow) -> Values:
    """What every commit may change of an operation; the last four are what an index looks at."""
    return (
        *(row.seq, row.head, row.phase, row.updated_at, _optional_json(row.waiting_for)),
        *(row.status, row.holds_lane, row.finished_at, row.destructive_at),
    )


def creation_values(row: OperationRow) -> tuple[str, dict[str, Any]]:
    """What no commit changes: whose it is, which a caller may say freely, and the rest by name."""
    rest = {name: getattr(row, name) for name in _LASTING} | msgspec.structs.asdict(row.lane)
    return row.requested_by, rest


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
    """An event's columns, without the position and the operation."""
    said = recorded.said
    return (
        *(recorded.seq, recorded.at, said.type, said.phase, said.attempt),
        *(recorded.actor.json, said.json, recorded.prev_hash, recorded.hash),
    )


def recorded_event(values: Sequence[Any]) -> Recorded:
    """An event from its columns, without the position.

    Raises:
        msgspec.DecodeError: it is no event of this vocabulary.
    """
    operation_id, seq, at, word, phase, attempt, actor, data, prev_hash, own_hash = values
    return Recorded(
        operation_id=operation_id,
        seq=seq,
        at=at,
        actor=_actor(actor),
        event=_events.decode(_whole(data, type=word, phase=phase, attempt=attempt)),
        prev_hash=prev_hash,
        hash=own_hash,
    )


@lru_cache(maxsize=1_000)
def _actor(text: str) -> Actor:
    """Few actors say most of what is read: each is read once, and shared."""
    return _actors.decode(text)


def _whole(data: str, **envelope: str | int | None) -> str:
    """An event's JSON with what stands in columns of its own; read in one go, it takes half."""
    rest = data.strip()[1:-1]
    members = [f'"{n}":{_quoted(value)}' for n, value in envelope.items() if value is not None]
    return f"{{{','.join([*filter(None, [rest]), *members])}}}"


_quoted = lru_cache(maxsize=10_000)(json_text)


def command_values(command: AnyCommand) -> Values:
    """A command's columns, without the operation.

    Only a timer has ``due_at``: whatever has none asks for an action.
    """
    kind = str(command.__struct_config__.tag)
    return command.key, kind, getattr(command, "due_at", None), json_text(command)


def command(body: str) -> AnyCommand:
    """A command from its body."""
    return _commands.decode(body)


def pending_command(values: Sequence[Any]) -> PendingCommand:
    """A command and whose it is, from the operation's id and the body."""
    operation_id, body = values
    return PendingCommand(operation_id, command(body))


def key_values(record: KeyRecord) -> Values:
    """An idempotency key's columns, without the operation."""
    return record.scope, record.key, record.fingerprint, record.created_at


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
