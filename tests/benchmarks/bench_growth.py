"""What grows with history: bytes on the disk. And what must not: latency, memory."""

import asyncio
import gc
import os
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from .frame.metering import metered, resident
from .frame.results import Result, Target, percentile, result
from .frame.running import Options, main
from .frame.trend import BLOCKS, trend
from .load.engines import World, engine
from .load.kept import copied, history

STEPS = 20


class Step(NamedTuple):
    """How it was after some more operations."""

    size: int
    latency: float
    memory: int


async def run(options: Options) -> list[Result]:
    """Every figure of growth."""
    return [*await _grown(options), await _large(options)]


async def _grown(options: Options) -> list[Result]:
    """As operations are added to a new database."""
    each = options.some(1_000, 20)
    file = options.folder / "growth.db"
    steps = []
    with metered() as cost:
        async with engine(file) as world:
            for number in range(STEPS):
                await _more(world, f"step-{number}", each)
                alone = await _latency(world, f"idle-{number}", options.some(50, 3))
                steps.append(Step(_on_disk(file), alone, _resident()))
    # What is kept in memory is bounded, and fills up in the first half.
    later = steps[STEPS - BLOCKS :]
    sizes = [(b.size - a.size) / each for a, b in pairwise(later)]
    latency, memory = trend([one.latency for one in later]), trend([one.memory for one in later])
    return [
        result("growth of the database", "bytes an operation", sizes, cost=cost()),
        result(
            f"latency at {STEPS * each:,} operations",
            "ms",
            [one.latency for one in later[-3:]],
            ceilings=[one.latency for one in steps[1:4]],
            against=f"at {2 * each:,}",
            detail={"growth, certain to 95 %": f"{latency.certain:.1%}"},
        ),
        result(
            "memory for each further operation",
            "bytes",
            [memory.growth / (BLOCKS * each)],
            detail={"± at 95 %": memory.margin / (BLOCKS * each), "MiB": memory.mean / 2**20},
        ),
    ]


async def _large(options: Options) -> Result:
    """With the history of years, beside a new database."""
    finished = options.some(100_000, 60)
    kept = options.folder if options.quick else options.kept
    unfinished = options.some(10_000, 20)  # the database that recovery is measured with
    database = await asyncio.to_thread(history, kept, finished, unfinished)
    count = options.some(300, 3)
    async with engine(options.folder / "new.db") as world:
        new = await _latencies(world, "new", count)
    async with engine(copied(database, options.folder)) as world:
        await world.engine.recovered()
        await _until_idle(world)
        old = await _latencies(world, "old", count)
    return result(
        f"one operation after {finished:,} others",
        "ms",
        old,
        ceilings=new,
        against="a new database",
        targets=[Target(of="ratio", most=1.25)],
        detail={"p99 ms": percentile(old, 99)},
    )


async def _until_idle(world: World) -> None:
    # The last of thousands: there is nobody to tell which it will be.
    while sum((await world.store.unfinished_counts()).values()):  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.1)


async def _more(world: World, key: str, count: int) -> None:
    gate = asyncio.Semaphore(50)

    async def one(number: int) -> None:
        async with gate:
            await world.over(await world.submit(f"{key}-{number}"))

    await asyncio.gather(*(one(number) for number in range(count)))


async def _latency(world: World, key: str, count: int) -> float:
    return percentile(await _latencies(world, key, count), 50)


async def _latencies(world: World, key: str, count: int) -> list[float]:
    took = []
    for number in range(count):
        begin = time.perf_counter()
        await world.over(await world.submit(f"{key}-{number}"))
        took.append((time.perf_counter() - begin) * 1_000)
    return took


def _on_disk(file: Path) -> int:
    """Of the database itself: its log is bounded, and moved into it now and then."""
    return file.stat().st_size


def _resident() -> int:
    gc.collect()
    return resident(os.getpid())


if __name__ == "__main__":
    main(run, engine_inside=True)
