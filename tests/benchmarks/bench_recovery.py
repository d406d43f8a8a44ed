"""A server that starts on a large database; and what is asked of a larger one.

The databases are made once, in ``build/bench``, of rows that the engine wrote, each copy with a
hash chain of its own (`histories`). A server is started as its operators start it; the time until
it is ready is from the start of the process.
"""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from .frame.metering import metered
from .frame.results import Result, Target, percentile, result
from .frame.running import Options, main
from .load.kept import copied, history
from .load.server import Server, connection, get, serving
from .load.wire import Connection

PAGE = Target(most=5)
SEQ_IN_PHASE_4 = 13
"""The seq of an operation in its fourth phase: 4 events until the first begins, 3 for each more."""


async def run(options: Options) -> list[Result]:
    """Every figure of recovery and of long lists."""
    found: list[Result] = []
    if options.wants("start"):
        found += await _starts(options)
    if options.wants("lists"):
        found += await _lists(options)
    return found


# --- starting ------------------------------------------------------------------------------------


async def _starts(options: Options) -> list[Result]:
    finished, unfinished = options.some(100_000, 60), options.some(10_000, 20)
    kept = options.folder if options.quick else options.kept
    database = await asyncio.to_thread(history, kept, finished, unfinished)
    empty, ready, going, over = [], [], [], []
    with metered() as cost:
        for _ in range(min(options.rounds, 3)):
            async with serving(options.folder) as server:
                empty.append(server.ready_after)
            copy = copied(database, options.folder)
            async with serving(options.folder, database=copy) as server:
                ready.append(server.ready_after)
                went, ended = await _all_go_on(server, copy, unfinished)
            going.append(went)
            over.append(ended)
            for file in options.folder.glob("laneway.db*"):
                file.unlink()
    of = f"{finished:,} finished and {unfinished:,} unfinished operations"
    return [
        result(
            f"ready with {of}",
            "s",
            ready,
            ceilings=empty,
            against="an empty database",
            targets=[Target(most=2)],
            cost=cost(),
        ),
        result(f"all {unfinished:,} go on", "s", going, targets=[Target(most=15)]),
        result(f"all {unfinished:,} have ended", "s", over),
    ]


async def _all_go_on(server: Server, database: Path, unfinished: int) -> tuple[float, float]:
    """Seconds from the start until every operation has an event more, and until all have ended."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connected:
        newest = (
            f"FROM operations WHERE ticket > (SELECT max(ticket) - {unfinished} FROM operations)"
        )
        going = f"SELECT count(*) {newest} AND seq > {SEQ_IN_PHASE_4}"
        over = f"SELECT count(*) {newest} AND finished_at IS NOT NULL"
        return (
            await _until(connected, going, unfinished) - server.began,
            await _until(connected, over, unfinished) - server.began,
        )


async def _until(connected: sqlite3.Connection, sql: str, count: int) -> float:
    # The server is another process, and is not to be asked: it has enough to do.
    while connected.execute(sql).fetchone()[0] < count:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.05)
    return time.perf_counter()


# --- lists ---------------------------------------------------------------------------------------


async def _lists(options: Options) -> list[Result]:
    """Pages of lists, lanes and operations, one request after the other."""
    count = options.some(1_000_000, 2_000)
    kept = options.folder if options.quick else options.kept
    database = await asyncio.to_thread(history, kept, count, short=True)
    found = []
    async with (
        serving(options.folder, database=database) as server,
        connection(server.port) as http,
    ):
        for name, path in await _paths(http):
            found.append(await _asked(options, server, http, f"{name}, of {count:,}", path))
    return found


async def _paths(http: Connection) -> list[tuple[str, str]]:
    """What is asked: each list's first page and one from its middle, and single things."""
    paths = []
    for name, where in _filters().items():
        paths.append((f"list {name}: first page", _list(where)))
        middle = await _page(http, where | {"created_before": await _middle(http)})
        if middle.next_cursor is not None:
            paths.append((f"list {name}: deep page", _list(where | {"cursor": middle.next_cursor})))
    deep = (await _page(http, {"created_before": await _middle(http)})).operations[0]
    return [
        *paths,
        ("lane", "/v1/lanes/product0/context0/instance0"),
        ("operation, not in memory", f"/v1/operations/{deep.id}"),
        ("events of an operation", f"/v1/operations/{deep.id}/events"),
    ]


def _filters() -> dict[str, dict[str, str]]:
    lane = {"product": "product0", "context": "context0", "instance": "instance0"}
    return {
        "of all": {},
        "by plan": {"plan": "short"},
        "by status": {"status": "fail"},
        "by a status that none has": {"status": "running"},
        "by product": {"product": "product1"},
        "by context": {"product": "product1", "context": "context1"},
        "by lane": lane,
        "by instance alone": {"instance": "instance7"},
        "by requester": {"requested_by": "person7"},
        "by lane and status": lane | {"status": "fail"},
        "by plan, status and requester": {
            "plan": "short",
            "status": "fail",
            "requested_by": "person7",
        },
    }


class Entry(msgspec.Struct):
    """An operation of a list."""

    id: str
    created_at: str


class Page(msgspec.Struct):
    """A page of a list."""

    operations: list[Entry]
    next_cursor: str | None


async def _page(http: Connection, where: dict[str, str]) -> Page:
    answer = await http.request(get(_list(where)))
    assert answer.status == 200, answer.body.decode()
    return msgspec.json.decode(answer.body, type=Page)


async def _middle(http: Connection) -> str:
    """A time that half of the operations came before; they are spread over a year."""
    newest = (await _page(http, {"limit": "1"})).operations[0].created_at
    year, month = int(newest[:4]) - (newest[5:7] < "07"), (int(newest[5:7]) + 5) % 12 + 1
    return f"{year}-{month:02}-01T00:00:00Z"


def _list(where: dict[str, str]) -> str:
    return f"/v1/operations?{urlencode(where)}"


async def _asked(
    options: Options, server: Server, http: Connection, name: str, path: str
) -> Result:
    took = []
    with metered([server.pid]) as cost:
        for _ in range(options.some(200, 3)):
            begin = time.monotonic_ns()
            answer = await http.request(get(path))
            took.append((answer.at - begin) / 1e6)
            assert answer.status == 200, answer.body.decode()
    return result(
        name, "ms", took, targets=[PAGE], cost=cost(), detail={"p99 ms": percentile(took, 99)}
    )


if __name__ == "__main__":
    main(run)
