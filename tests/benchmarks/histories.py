"""Large databases, made fast: what the real engine wrote of a few operations, copied many times.

Every copy has ids, lanes and times of its own, and its hash chain is computed anew, so that a copy
reads and verifies as if it had been run. What is copied is asked of the engine on an empty
database first; only the rows are multiplied here.
"""

import asyncio
import hashlib
import json
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import rfc8785

from laneway.core.chain import GENESIS
from laneway.core.events import Actor
from laneway.core.instants import Instant, instant, later
from laneway.core.model import Lane, WhenBusy
from laneway.core.retention import DAY
from laneway.core.run import Status
from laneway.ports.driver import ActionResult
from laneway.stores.sqlite.store import SqliteStore
from tests.support.engines import World, in_status

STEP = "x.check"
"""The one action of the plans; it reads."""

LONG = {"timeout": "7d"}
"""A database can be used for days before what is under way in it is too late."""

PLACE = Lane("aproduct", "acontext", "aninstance")
BY = Actor("caller", "arequester")
_DOMAIN = b"laneway/event/v1"
_AT_ONCE = 20_000
_BULK = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000")


def plan(name: str, steps: int = 8, last: dict[str, Any] | None = None) -> dict[str, Any]:
    """Steps that pass, one after the other, and then (where there is one) a last phase."""
    names = [f"step_{n}" for n in range(1, steps + 1)] + (["last"] if last else [])
    following = dict(zip(names, [*names[1:], "pass"], strict=True))
    phases: dict[str, Any] = {
        step: {"action": STEP, **LONG, "on": {"pass": following[step], "fail": "fail"}}
        for step in names
    }
    if last:
        phases["last"] = last
    ends = {end: {"end": end} for end in ("pass", "fail", "refused")}
    head = {"plan": name, "version": 1, "deadline": "30d", "start": names[0]}
    return head | {"phases": phases | ends}


_APPROVAL = {
    "approval": {"role": "r", "quorum": 1, "expires": "7d"},
    "on": {"approved": "pass", "rejected": "refused", "expired": "refused"},
}
PLANS = {
    document["plan"]: document
    for document in (
        plan("eight"),
        plan("short", steps=1),
        plan("asks", steps=2, last=_APPROVAL),
        plan("waits", steps=2, last={"wait": "7d", "on": {"pass": "pass"}}),
    )
}


class Kind(NamedTuple):
    """A kind of operation: how it is brought into its state.

    Attributes:
        plan: of `PLANS`.
        answers: the outcomes of its attempts; one more is under way where it still runs.
        behind: it waits in the queue of the operation that is copied before it, on its lane.
    """

    plan: str
    status: Status
    answers: tuple[str, ...]
    behind: bool = False


_SEVEN = ("pass",) * 7
ENDED = (
    *(Kind("eight", Status.PASS, (*_SEVEN, "pass")),) * 3,
    Kind("eight", Status.FAIL, (*_SEVEN, "fail")),
)
ENDED_SHORT = (
    *(Kind("short", Status.PASS, ("pass",)),) * 3,
    Kind("short", Status.FAIL, ("fail",)),
)
UNDER_WAY = Kind("eight", Status.RUNNING, ("pass",) * 3)
ASKING = Kind("asks", Status.WAITING, ("pass",) * 2)
WAITING = Kind("waits", Status.WAITING, ("pass",) * 2)
QUEUED = Kind("eight", Status.PENDING, (), behind=True)
UNFINISHED = (*(UNDER_WAY,) * 6, QUEUED, ASKING, ASKING, WAITING)


class Place(NamedTuple):
    """What a copy has of its own."""

    number: int
    lane: Lane
    requested_by: str
    at: str

    @property
    def id(self) -> str:
        """Its id; ids sort as the numbers do."""
        return f"op_{self.number:026d}"


class Template:
    """The rows of one real operation, and how a copy differs from them."""

    def __init__(self, connection: sqlite3.Connection, operation_id: str, at: str) -> None:
        self._id, self._at = operation_id, at
        find = f"operation_id = '{operation_id}'"
        self.operation = self._rows(connection, "operations", f"id = '{operation_id}'")[0]
        self.commands = self._rows(connection, "commands", find)
        self.keys = self._rows(connection, "keys", find)
        self.events = self._rows(connection, "events", f"{find} ORDER BY seq")
        self._wires = [rfc8785.dumps(_wire(event)).decode() for event in self.events]

    def _rows(self, connection: sqlite3.Connection, table: str, where: str) -> list[dict[str, Any]]:
        connection.row_factory = sqlite3.Row
        sql = f"SELECT * FROM {table} WHERE {where}"
        return [dict(row) for row in connection.execute(sql)]

    def copies(self, place: Place, position: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows of a copy, each with its table; ``position`` is that of its first event."""
        events, head = self._chained(place, position)
        yield "operations", self._own(self.operation, place) | {"ticket": place.number} | head
        for event in events:
            yield "events", event
        for command in self.commands:
            yield "commands", self._own(command, place)
        for key in self.keys:
            yield "keys", self._own(key, place) | {"key": f"key-{place.number}"}

    def _chained(self, place: Place, position: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        head, events = GENESIS, []
        for number, (event, wire) in enumerate(zip(self.events, self._wires, strict=True)):
            canonical = self._renamed(wire, place).replace(event["prev_hash"], head)
            linked = {"position": position + number, "prev_hash": head}
            head = hashlib.sha256(_DOMAIN + head.encode() + canonical.encode()).hexdigest()
            events.append(self._own(event, place) | linked | {"hash": head})
        return events, {"head": head}

    def _own(self, row: dict[str, Any], place: Place) -> dict[str, Any]:
        return {
            name: self._renamed(value, place) if isinstance(value, str) else value
            for name, value in row.items()
        }

    def _renamed(self, text: str, place: Place) -> str:
        for old, new in (
            (self._id, place.id),
            (self._at, place.at),
            (PLACE.product, place.lane.product),
            (PLACE.context, place.lane.context),
            (PLACE.instance, place.lane.instance),
            (BY.subject, place.requested_by),
        ):
            text = text.replace(old, new)
        return text


def _wire(event: dict[str, Any]) -> dict[str, Any]:
    """An event as JSON shows it, without its hash."""
    wire = {name: value for name, value in event.items() if value is not None}
    del wire["position"], wire["hash"]
    return wire | {name: json.loads(wire[name]) for name in ("actor", "data")}


def fill(
    database: Path,
    finished: int,
    unfinished: int = 0,
    *,
    ended: Sequence[Kind] = ENDED,
    live: Sequence[Kind] = UNFINISHED,
) -> None:
    """Make a database: ``finished`` operations that have ended, and then ``unfinished`` ones.

    Those that have ended are spread over 500 lanes and the year before; each of the others has a
    lane of its own, but for those that are behind another.
    """
    now = instant(datetime.now(UTC))
    templates = asyncio.run(_templates(database, now, (*ended, *live)))
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in _BULK:
            connection.execute(f"PRAGMA {pragma}")
        with _set_aside(connection):
            connection.execute("BEGIN")
            past = _copies(finished, ended, lambda number, _: _past(number, finished, now))
            present = _copies(unfinished, live, lambda n, kind: _present(finished, n, now, kind))
            _write(connection, templates, chain(past, present))
            connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


def _past(number: int, count: int, now: Instant) -> Place:
    year = 360 * DAY
    at = later(now, -3_600_000 - year + year * number // count)
    lane = Lane(f"product{number % 3}", f"context{number % 25}", f"instance{number % 500}")
    return Place(number + 1, lane, f"person{number % 40}", at)


def _present(before: int, number: int, now: Instant, kind: Kind) -> Place:
    lane = Lane("product0", "context0", f"live{number - kind.behind}")
    return Place(before + number + 1, lane, f"person{number % 40}", now)


def _copies(
    count: int, kinds: Sequence[Kind], placed: Callable[[int, Kind], Place]
) -> Iterator[tuple[Kind, Place]]:
    for number in range(count):
        kind = kinds[number % len(kinds)]
        yield kind, placed(number, kind)


def _write(
    connection: sqlite3.Connection,
    templates: dict[Kind, Template],
    copies: Iterable[tuple[Kind, Place]],
) -> None:
    position, waiting = 0, defaultdict[str, list[dict[str, Any]]](list)
    for kind, place in copies:
        for table, row in templates[kind].copies(place, position + 1):
            waiting[table].append(row)
        position += len(templates[kind].events)
        if len(waiting["events"]) > _AT_ONCE:
            _insert(connection, waiting)
    _insert(connection, waiting)


def _insert(connection: sqlite3.Connection, waiting: dict[str, list[dict[str, Any]]]) -> None:
    for table, rows in ((table, rows) for table, rows in waiting.items() if rows):
        names = list(rows[0])
        places = ", ".join(f":{name}" for name in names)
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
        connection.executemany(sql, rows)
    waiting.clear()


@contextmanager
def _set_aside(connection: sqlite3.Connection) -> Iterator[None]:
    """Without triggers and indexes inside: they are made again, and see every row then."""
    made = connection.execute(
        """SELECT type, name, sql FROM sqlite_schema
        WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"""
    ).fetchall()
    for kind, name, _ in made:
        connection.execute(f"DROP {kind} {name}")
    yield
    for _, _, sql in made:
        connection.execute(sql)


async def _templates(database: Path, now: Instant, kinds: Sequence[Kind]) -> dict[Kind, Template]:
    """Run one operation of each kind, and leave an empty database with the plans' rows."""
    templates: dict[Kind, Template] = {}
    await (await SqliteStore.open(database)).close()
    for kind in dict.fromkeys(kinds):
        with tempfile.TemporaryDirectory(dir=database.parent) as folder:
            path = Path(folder) / "template.db"
            operation_id = await _run(path, kind, now)
            with closing(sqlite3.connect(path)) as connection:
                plans = connection.execute("SELECT * FROM plans").fetchall()
                templates[kind] = Template(connection, operation_id, now)
        with closing(sqlite3.connect(database)) as connection, connection:
            sql = "INSERT OR IGNORE INTO plans VALUES (?, ?, ?, ?, ?, ?)"
            connection.executemany(sql, plans)
    return templates


async def _run(path: Path, kind: Kind, now: Instant) -> str:
    """Run one operation, and leave it as a crash would: what is under way stays under way."""
    world = World(path, *PLANS.values())
    world.clock.move_to(now)
    asked: dict[str, Any] = {"plan": kind.plan, "actor": BY, "when_busy": WhenBusy.QUEUE}
    async with world.engine() as engine:
        if kind.behind:
            await world.submit(engine, PLACE, **asked)
        operation_id = (await world.submit(engine, PLACE, **asked)).operation.run.id
        for outcome in () if kind.behind else kind.answers:
            await world.actions.by_id[STEP].answer(ActionResult(outcome=outcome))
        await in_status(engine, operation_id, kind.status)
        if kind.status is Status.RUNNING:
            await world.actions.by_id[STEP].called()
    return operation_id
