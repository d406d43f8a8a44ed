"""How much memory an operation takes while it runs, and while it waits."""

import asyncio
import gc
import multiprocessing
import os
from pathlib import Path
from typing import Any

from tests.benchmarks.frame.metering import resident
from tests.benchmarks.frame.results import Result, Target, result
from tests.benchmarks.frame.running import Options

from . import plans
from .engines import World, engine

MOST = 20 * 1_024


async def figures(options: Options) -> list[Result]:
    """Bytes of a running and of a waiting operation."""
    running = await _measured(options, "hold", options.some(10_000, 50))
    waiting = await _measured(options, "wait", options.some(10_000, 50))
    return [
        result("memory of a running operation", "bytes", [running]),
        result("memory of a waiting operation", "bytes", [waiting], targets=[Target(most=MOST)]),
    ]


async def _measured(options: Options, plan: str, count: int) -> float:
    """In a new process: what was freed before would hide what is taken now."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        file = str(options.folder / f"memory-{plan}.db")
        asked = pool.apply_async(_bytes_each, (file, plan, count))
        return await asyncio.to_thread(asked.get)


def _bytes_each(file: str, plan: str, count: int) -> float:
    return asyncio.run(_grown(Path(file), plan, count))


async def _grown(file: Path, plan: str, count: int) -> float:
    async with engine(file, documents=[plans.hold(), plans.wait()]) as world:
        # SQLite's caches, the plan, the interpreter's own: filled by operations that end.
        await _all(world, "eight", "before", 500)
        await asyncio.gather(*(world.over(each) for each in list(world.ended)))
        before = _resident()
        await _all(world, plan, "key", count)
        await _settled(world, plan, count)
        return (_resident() - before) / count


async def _all(world: World, plan: str, key: str, count: int) -> None:
    gate = asyncio.Semaphore(200)

    async def one(number: int) -> None:
        async with gate:
            made = await world.submit(f"{key}-{number}", plan)
            if plan == "eight":
                await world.over(made)

    await asyncio.gather(*(one(number) for number in range(count)))


async def _settled(world: World, plan: str, count: int) -> None:
    """Return when all of them are where they stay."""
    status = "waiting" if plan == "wait" else "running"
    counts: Any = {}
    while counts.get(status) != count:
        await asyncio.sleep(0.05)
        counts = await world.store.unfinished_counts()


def _resident() -> int:
    gc.collect()
    return resident(os.getpid())
