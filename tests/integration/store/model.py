"""What a store is, in plain Python: lists and dicts, one commit after the other."""

from typing import Any, NamedTuple

from laneway.core.commands import AnyCommand, SetTimer
from laneway.core.envelope import Recorded
from laneway.core.instants import Instant
from laneway.core.model import EndStatus, Lane
from laneway.ports.store import (
    Commit,
    Freeze,
    KeyTaken,
    LaneHeld,
    LaneRecord,
    OperationFilter,
    OperationRow,
    PendingCommand,
    SequenceConflict,
)
from laneway.testing.store_samples import (
    LANE,
    OTHER_PLAN,
    PLAN,
    accepted,
    begun,
    ended,
    followed,
    key_of,
    moment,
    start_action,
    timer,
)

LANES = (LANE, Lane("odoo", "cm", "prod"))
_ENDED = {status.value for status in EndStatus}


class Intent(NamedTuple):
    """What is to be tried, on one of the newest operations or as a new one."""

    kind: str
    pick: int
    lane: Lane
    begins: bool
    key: str
    at: int
    stale: bool


class Model:
    """The operations by the order of their creation, and what goes with them."""

    def __init__(self) -> None:
        self.history: dict[str, list[Commit]] = {}
        self.commands: dict[tuple[str, str], AnyCommand] = {}
        self.keys: dict[tuple[str, str], str] = {}
        self.freezes: dict[Lane, Freeze | None] = {}
        self.events: list[Recorded] = []
        self.tried = 0

    def planned(self, intent: Intent) -> tuple[Commit, int | type[Exception]]:
        """A commit, and what must come of it; it is as good as done then."""
        commit = self.commit_of(intent)
        refusal = self._refusal(commit)
        if refusal is not None:
            return commit, refusal
        self._apply(commit)
        return commit, len(self.events)

    def commit_of(self, intent: Intent) -> Commit:
        live = [past for past in self.history.values() if past[-1].row.status not in _ENDED]
        if intent.kind in {"create", "share"} or not live:
            return self._creation(intent)
        past = live[intent.pick % len(live)]
        previous = past[0] if intent.stale else past[-1]
        return self._next(intent, previous)

    def rows(self) -> list[OperationRow]:
        return [past[-1].row for past in self.history.values()]

    def unfinished(self) -> list[OperationRow]:
        return [row for row in self.rows() if row.status not in _ENDED]

    def listed(self, where: OperationFilter) -> list[OperationRow]:
        found = enumerate(row for row in self.rows() if _matches(row, where))
        newest = sorted(found, key=lambda pair: (pair[1].created_at, pair[0]), reverse=True)
        return [row for _, row in newest]

    def lane(self, lane: Lane) -> LaneRecord:
        rows = [row for row in self.rows() if row.lane == lane]
        live = [row for row in rows if row.status not in _ENDED and row.status != "pending"]
        passed = [row for row in rows if row.status == "pass" and not row.dry_run]
        destructive = [row for row in rows if row.destructive_at]
        destructive.sort(key=lambda row: str(row.destructive_at))
        return LaneRecord(
            lane=lane,
            holder=next((row for row in rows if row.holds_lane), None),
            queue=tuple(row for row in rows if row.status == "pending"),
            running_shared=tuple(row for row in live if not row.exclusive),
            last_pass=passed[-1] if passed else None,
            last_destructive={row.plan: row for row in destructive},
            freeze=self.freezes.get(lane),
        )

    def queued_lanes(self) -> list[Lane]:
        held = {row.lane for row in self.rows() if row.holds_lane}
        waiting = [row for row in self.rows() if row.status == "pending" and row.exclusive]
        return list(dict.fromkeys(row.lane for row in waiting if row.lane not in held))

    def timers(self, until: Instant) -> list[PendingCommand]:
        due = [
            (command.due_at, operation_id, command)
            for (operation_id, _), command in self.commands.items()
            if isinstance(command, SetTimer) and command.due_at <= until
        ]
        due.sort(key=lambda entry: (entry[0], entry[1], entry[2].key))
        return [PendingCommand(operation_id, command) for _, operation_id, command in due]

    def actions(self) -> list[PendingCommand]:
        return [
            PendingCommand(operation_id, command)
            for (operation_id, _), command in sorted(self.commands.items(), key=lambda c: c[0])
            if not isinstance(command, SetTimer)
        ]

    def _creation(self, intent: Intent) -> Commit:
        self.tried += 1
        operation_id = f"op_{intent.pick}{self.tried}"
        changes: dict[str, Any] = {"lane": intent.lane, "exclusive": intent.kind != "share"}
        return accepted(
            operation_id,
            at=intent.at,
            begins=intent.begins,
            key=key_of(operation_id, intent.key) if intent.key else None,
            plan=(PLAN, OTHER_PLAN)[intent.pick % 2],
            commands=(timer(at=intent.at), timer("late", 9)),
            **changes,
        )

    def _next(self, intent: Intent, previous: Commit) -> Commit:
        if intent.kind == "begin":
            return begun(previous, at=intent.at, commands=(start_action(),))
        if intent.kind == "end":
            status = list(EndStatus)[intent.pick % len(EndStatus)]
            keys = ("timer:deadline", "timer:late", "action:bootstrap")
            return ended(previous, status, at=intent.at, withdraw=keys)
        if intent.kind == "destroy":
            return followed(previous, destructive_at=moment(intent.at))
        if intent.begins:
            return followed(previous, commands=(timer(at=intent.at), start_action("verify")))
        return followed(previous, withdraw=("timer:late", "action:verify"))

    def _refusal(self, commit: Commit) -> type[Exception] | None:
        if commit.key is not None and (commit.key.scope, commit.key.key) in self.keys:
            return KeyTaken
        past = self.history.get(commit.row.id)
        if (past[-1].row.seq if past else 0) != commit.expected_seq:
            return SequenceConflict
        if past and past[-1].row.head != commit.events[0].prev_hash:
            return SequenceConflict
        holder = next((row for row in self.rows() if self._blocks(row, commit.row)), None)
        return None if holder is None else LaneHeld

    def _blocks(self, row: OperationRow, wanted: OperationRow) -> bool:
        same = row.lane == wanted.lane and row.id != wanted.id
        return same and row.holds_lane and wanted.holds_lane

    def _apply(self, commit: Commit) -> None:
        operation_id = commit.row.id
        self.history.setdefault(operation_id, []).append(commit)
        self.events.extend(commit.events)
        if commit.key is not None:
            self.keys[commit.key.scope, commit.key.key] = operation_id
        for key in commit.withdraw:
            self.commands.pop((operation_id, key), None)
        for command in commit.commands:
            self.commands[operation_id, command.key] = command


def _matches(row: OperationRow, where: OperationFilter) -> bool:
    pairs = (
        (where.plan, row.plan),
        (where.status, row.status),
        (where.product, row.lane.product),
        (where.context, row.lane.context),
        (where.instance, row.lane.instance),
        (where.requested_by, row.requested_by),
    )
    after = where.created_after is None or row.created_at > where.created_after
    before = where.created_before is None or row.created_at < where.created_before
    return after and before and all(want in {None, value} for want, value in pairs)
