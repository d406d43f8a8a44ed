"""Laneway beside other engines that survive a crash: the same work, on the same disk, in one run.

Eight steps that do nothing, fifty operations at once, everything synced to the disk. Each engine
runs as its own documentation begins, with what it needs to be durable and no more; what that is
stands in its module. What is not installed is left out, with a word.
"""

import asyncio
import json
import os
import signal
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tests.benchmarks.frame.machine import ROOT
from tests.benchmarks.frame.results import Result, Target, percentile, result
from tests.benchmarks.frame.running import Options, main
from tests.benchmarks.load.callers import calling
from tests.benchmarks.load.engines import engine
from tests.benchmarks.load.server import serving

from .postgres import binaries, postgres

ENVIRONMENT = ROOT / ".venv-peers"
AT_ONCE = 50
PATIENCE = 600.0
"""Seconds after which a peer is given up."""


class Figures(msgspec.Struct, kw_only=True):
    """What one engine did in one round: operations a second, and milliseconds."""

    version: str
    rate: float
    submit_p50: float
    submit_p99: float
    alone_p50: float


class Peer(NamedTuple):
    """Another engine.

    Attributes:
        module: of this package, which measures it.
        total: operations in a round: those that are slow do fewer.
        needs: files that must be there; the first is the program that it is given.
        database: it is given a new PostgreSQL.
    """

    name: str
    module: str
    total: int
    words: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    database: bool = False


RESTATE = "node/node_modules/@restatedev/restate-server-*/bin/restate-server"
TEMPORAL = "bin/temporal"
PEERS = (
    Peer("Restate", "restate", 400, needs=(RESTATE,)),
    Peer("huey on SQLite", "huey", 300),
    Peer("procrastinate on PostgreSQL", "procrastinate", 150, database=True),
    Peer("DBOS on SQLite", "dbos", 100),
    Peer("DBOS on PostgreSQL", "dbos", 100, database=True),
    Peer("Temporal, activities", "temporal", 60, ("remote",), (TEMPORAL,)),
    Peer("Temporal, local activities", "temporal", 100, ("local",), (TEMPORAL,)),
)


class Left(Exception):
    """A peer is left out; the message says why."""


async def run(options: Options) -> list[Result]:
    """Every engine, in turn, as often as there are rounds."""
    found: dict[str, list[Figures]] = {}
    for number in range(min(options.rounds, 3)):
        for name, measured in _everyone(options):
            if number and name not in found:
                continue  # it was left out before
            folder = options.folder / f"{number}-{len(name)}-{name[:1]}"
            folder.mkdir(exist_ok=True)
            try:
                found.setdefault(name, []).append(await measured(folder))
            except Left as why:
                found.pop(name, None)
                print(f"left out: {name}: {why}", flush=True)
    return list(_results(found))


def _everyone(options: Options) -> Iterator[tuple[str, Callable[[Path], Awaitable[Figures]]]]:
    yield "Laneway, over HTTP", partial(_over_http, options)
    yield "Laneway, by its API", partial(_by_api, options)
    for peer in PEERS:
        yield peer.name, partial(_peer, options, peer=peer)


def _results(found: dict[str, list[Figures]]) -> Iterator[Result]:
    ours = [each.rate for each in found["Laneway, over HTTP"]]
    for name, rounds in found.items():
        rates = [each.rate for each in rounds]
        middle = {
            field: statistics.median(getattr(each, field) for each in rounds)
            for field in ("submit_p50", "submit_p99", "alone_p50")
        }
        is_restate = name == "Restate"
        yield result(
            name,
            "operations/s",
            rates,
            detail={"version": rounds[0].version, **middle},
        )
        if is_restate:
            yield result(
                "Laneway, over HTTP, beside Restate",
                "operations/s",
                ours,
                ceilings=rates,
                against="Restate",
                targets=[Target(of="ratio", least=10)],
            )


# --- Laneway -------------------------------------------------------------------------------------


async def _over_http(options: Options, folder: Path) -> Figures:
    """As a program that calls the server would have it."""
    count = options.some(1_000, 10)
    async with (
        serving(folder, lanes=1_000) as server,
        calling(server, 1_000, AT_ONCE) as callers,
    ):
        await callers.many(AT_ONCE, AT_ONCE)
        alone = [await callers.one() for _ in range(options.some(50, 2))]
        begin = time.perf_counter()
        seen = await callers.many(count, AT_ONCE)
        seconds = time.perf_counter() - begin
    submits = [(each.answered - each.asked) / 1e6 for each in seen]
    whole = [(each.ended.result() - each.asked) / 1e6 for each in alone]
    return _figures(count / seconds, submits, whole)


async def _by_api(options: Options, folder: Path) -> Figures:
    """As a program that holds the engine itself would have it."""
    count, gate = options.some(1_000, 10), asyncio.Semaphore(AT_ONCE)
    async with engine(folder / "laneway.db") as world:

        async def one(key: str, submits: list[float]) -> float:
            async with gate:
                begin = time.perf_counter()
                made = await world.submit(key)
                submits.append((time.perf_counter() - begin) * 1_000)
                await world.over(made)
                return (time.perf_counter() - begin) * 1_000

        await asyncio.gather(*(one(f"first-{n}", []) for n in range(AT_ONCE)))
        alone = [await one(f"alone-{n}", []) for n in range(options.some(50, 2))]
        submits: list[float] = []
        begin = time.perf_counter()
        await asyncio.gather(*(one(f"key-{n}", submits) for n in range(count)))
        return _figures(count / (time.perf_counter() - begin), submits, alone)


def _figures(rate: float, submits: list[float], alone: list[float]) -> Figures:
    return Figures(
        version="this commit",
        rate=rate,
        submit_p50=percentile(submits, 50),
        submit_p99=percentile(submits, 99),
        alone_p50=percentile(alone, 50),
    )


# --- the others ----------------------------------------------------------------------------------


async def _peer(options: Options, folder: Path, peer: Peer) -> Figures:
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        raise Left("make bench-peers installs it")
    words = [*peer.words, *(str(_found(each)) for each in peer.needs)]
    with ExitStack() as stack:
        if peer.database:
            where = binaries()
            if where is None:
                raise Left("there is no PostgreSQL on this machine (apt install postgresql)")
            words.append(stack.enter_context(postgres(folder, where)))
        count = str(options.some(peer.total, 10))
        return await _ran(python, f"{__package__}.{peer.module}", str(folder), count, words)


async def _ran(python: Path, module: str, folder: str, count: str, words: list[str]) -> Figures:
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-m", module, folder, count, str(AT_ONCE), *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,  # so that its server ends with it
    )
    try:
        said, wrong = await asyncio.wait_for(process.communicate(), PATIENCE)
    except TimeoutError:
        raise Left(f"it took more than {PATIENCE:.0f} s") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    for line in said.decode().splitlines():
        if line.startswith("{"):
            told: dict[str, Any] = json.loads(line)
            return msgspec.convert(told, Figures)
    raise Left(wrong.decode().strip().splitlines()[-1] if wrong else "it said nothing")


def _found(pattern: str) -> Path:
    found = sorted(ENVIRONMENT.glob(pattern))
    if not found:
        raise Left(f"{Path(pattern).name} is not installed")
    return found[0]


if __name__ == "__main__":
    main(run)
