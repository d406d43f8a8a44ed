"""Operations a second of eight no-op phases through the engine, against raw commits.

Both are measured in one run on one disk, so that the ratio can be compared between machines.
Durability is production's: WAL, ``synchronous=FULL``, write then act, hash chain, grouped commits.
"""

import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from laneway.core.compile import compile_plan
from laneway.core.model import ActionSpec, Lane, Safety
from laneway.core.run import Run
from laneway.ports.driver import ActionResult
from laneway.runtime.engine import Engine
from laneway.runtime.environment import SystemClock, Ulids
from laneway.runtime.submissions import Submission
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.actions import ScriptedActions
from tests.support.engines import ANN, Known, Offered

PHASES = 8
AT_ONCE = 50
OPERATIONS = 1_000
ROUNDS = 3

SPECS = {"x.step": ActionSpec("x.step", Safety.READ)}
PLAN = {
    "plan": "eight",
    "version": 1,
    "start": "step_1",
    "phases": {
        **{
            f"step_{n}": {
                "action": "x.step",
                "on": {"pass": f"step_{n + 1}" if n < PHASES else "pass", "fail": "fail"},
            }
            for n in range(1, PHASES + 1)
        },
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
    },
}


class Plans:
    """Offers the one plan."""

    def __init__(self) -> None:
        self._plan = Offered(compile_plan(PLAN, SPECS), SPECS)

    def offered(self, name: str) -> Offered:
        return self._plan


async def engine_round(folder: Path) -> tuple[float, int]:
    """Operations a second, and the number of events that they wrote."""
    ended: dict[str, asyncio.Event] = {}
    actions = ScriptedActions(SPECS)
    actions.answer_all(lambda _: ActionResult(outcome="pass"))
    store = await SqliteStore.open(folder / "engine.db")
    engine = Engine(
        store=store,
        actions=actions,
        plans=Plans(),
        targets=Known(),
        clock=SystemClock(),
        ids=Ulids(),
        announce=lambda c: _over(ended, c.operation.run),
    )
    await engine.start("bench")
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            asked = Submission(plan="eight", lane=Lane("bench", "lane", str(number)))
            made = await engine.submit(asked, ANN, "bench", f"key-{number}")
            run = made.operation.run
            if not run.terminal:
                await ended.setdefault(run.id, asyncio.Event()).wait()

    begin = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(OPERATIONS)))
    seconds = time.perf_counter() - begin
    events = await store.last_position()
    await engine.stop()
    await store.close()
    return OPERATIONS / seconds, events


def _over(ended: dict[str, asyncio.Event], run: Run) -> None:
    if run.terminal:
        ended.setdefault(run.id, asyncio.Event()).set()


def ceiling_round(folder: Path, events: int) -> float:
    """Operations a second if nothing were done but commit the rows, grouped as 50 at once allow."""
    db = sqlite3.connect(folder / "raw.db", isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE e (id INTEGER PRIMARY KEY, op TEXT, seq INT, body TEXT, UNIQUE (op, seq));"
    )
    body = json.dumps({"type": "phase_finished", "data": "x" * 350})
    each = events // OPERATIONS
    commits = PHASES + 1
    begin = time.perf_counter()
    for first in range(0, OPERATIONS, AT_ONCE):
        for step in range(commits):
            share = range(each * step // commits, each * (step + 1) // commits)
            rows = [(f"op{n}", s, body) for n in range(first, first + AT_ONCE) for s in share]
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO e (op, seq, body) VALUES (?, ?, ?)", rows)
            db.execute("COMMIT")
    seconds = time.perf_counter() - begin
    db.close()
    return OPERATIONS / seconds


def main() -> None:
    """Measure, and print medians and the ratio."""
    engine, ceiling = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            rate, events = asyncio.run(engine_round(Path(folder)))
            engine.append(rate)
            ceiling.append(ceiling_round(Path(folder), events))
    ours, raw = statistics.median(engine), statistics.median(ceiling)
    print(f"engine   {ours:8.0f} operations/s of {PHASES} phases, {AT_ONCE} at once")
    print(f"ceiling  {raw:8.0f} operations/s: the same number of rows, committed in groups")
    print(f"ratio    {ours / raw:8.2f}")
    print(f"python {sys.version.split()[0]}, sqlite {sqlite3.sqlite_version}, {ROUNDS} rounds")


if __name__ == "__main__":
    main()
