"""The engine by its own API: operations of eight actions that do nothing, many at once.

Durability is production's: WAL, ``synchronous=FULL``, write then act, hash chain, grouped commits.
The ceiling is what SQLite alone takes to commit the very same rows in groups of the same sizes.
"""

import asyncio
import statistics
import time
from pathlib import Path
from typing import NamedTuple

from laneway.ports.store import Commit

from .frame.metering import Cost, metered
from .frame.results import Result, Target, percentile, result
from .frame.running import Options, main, undisturbed
from .load import memory, raw_commits
from .load.engines import Groups, Recording, World, engine
from .load.plans import PHASES

AT_ONCE = (50, 200)


class Round(NamedTuple):
    """What one round found. Latencies are in milliseconds."""

    operations: int
    seconds: float
    submits: list[float]
    events: int
    size: int
    groups: Groups
    cost: Cost
    commits: list[Commit]


async def run(options: Options) -> list[Result]:
    """Every figure of the engine."""
    found: list[Result] = []
    for at_once in AT_ONCE:
        if options.wants(f"at-once-{at_once}"):
            found += await _throughput(options, at_once)
    if options.wants("idle"):
        found.append(await _idle(options))
    if options.wants("memory"):
        found += await memory.figures(options)
    return found


async def _throughput(options: Options, at_once: int) -> list[Result]:
    rounds: list[Round] = []
    same: list[raw_commits.Spent] = []
    full: list[raw_commits.Spent] = []
    count = options.some(2_000, at_once)
    await _round(options.folder, at_once, at_once)  # warms caches, and what is compiled once
    for _ in range(options.rounds):
        rounds.append(await _round(options.folder, count, at_once))
        same.append(await _raw(options.folder, rounds[-1], rounds[-1].groups.sizes))
        fullest = raw_commits.in_groups(len(rounds[-1].commits), at_once)
        full.append(await _raw(options.folder, rounds[-1], fullest))
        rounds[-1].commits.clear()
    return _figures(rounds, at_once, same, full)


def _figures(
    rounds: list[Round],
    at_once: int,
    same: list[raw_commits.Spent],
    full: list[raw_commits.Spent],
) -> list[Result]:
    count = rounds[0].operations
    name = f"{PHASES} phases, {at_once} at once"
    rates = [each.operations / each.seconds for each in rounds]
    cost = sum((each.cost for each in rounds), Cost())
    sizes = [size for each in rounds for size in each.groups.sizes]
    submits = [each for one in rounds for each in one.submits]
    detail = {
        "events/s": statistics.median(each.events / each.seconds for each in rounds),
        "events each": rounds[0].events / rounds[0].operations,
        "commits in a group, mean": statistics.fmean(sizes),
        "groups by size": rounds[-1].groups.histogram(),
        "submit p50 ms": percentile(submits, 50),
        "submit p99 ms": percentile(submits, 99),
        "CPU ms each": cost.cpu * 1_000 / (count * len(rounds)),
        "the ceiling's": sum(each.cpu for each in same) * 1_000 / (count * len(rounds)),
    }
    targets = [Target(least=2_000), Target(of="ratio", least=0.5)] if at_once == 50 else []
    bytes_each = [each.size / each.operations for each in rounds]
    return [
        result(
            name,
            "operations/s",
            rates,
            ceilings=[count / each.wall for each in same],
            against="raw commits of the same rows in groups of the same sizes",
            targets=targets,
            cost=cost,
            detail=detail,
        ),
        result(
            f"{name}: against full groups",
            "operations/s",
            rates,
            ceilings=[count / each.wall for each in full],
            against=f"raw commits of the same rows, {at_once} in each group",
        ),
        result(f"{name}: on disk", "bytes an operation", bytes_each),
    ]


async def _round(folder: Path, count: int, at_once: int) -> Round:
    file = folder / "engine.db"
    raw_commits.remove(file)
    Recording.commits = []
    async with engine(file, Recording) as world:
        gate = asyncio.Semaphore(at_once)
        submits: list[float] = []
        await _one(world, gate, "first", submits)
        Recording.commits.clear()
        submits.clear()
        before = await world.store.last_position()
        world.groups.sizes.clear()
        with undisturbed(), metered() as cost:
            await asyncio.gather(*(_one(world, gate, f"key-{n}", submits) for n in range(count)))
        events = await world.store.last_position() - before
        spent = cost()
    return Round(
        operations=count,
        seconds=spent.wall,
        submits=submits,
        events=events,
        size=file.stat().st_size,
        groups=world.groups,
        cost=spent,
        commits=Recording.commits,
    )


async def _raw(folder: Path, found: Round, sizes: list[int]) -> raw_commits.Spent:
    return await raw_commits.spent(folder, folder / "engine.db", found.commits, sizes)


async def _one(world: World, gate: asyncio.Semaphore, key: str, submits: list[float]) -> None:
    async with gate:
        begin = time.perf_counter()
        operation_id = await world.submit(key)
        submits.append((time.perf_counter() - begin) * 1_000)
        await world.over(operation_id)


async def _idle(options: Options) -> Result:
    """One operation at a time, with nothing else to do: from submit to the announced end."""
    took: list[float] = []
    count, file = options.some(300, 5), options.folder / "idle.db"
    Recording.commits = []
    async with engine(file, Recording) as world:
        await world.over(await world.submit("first"))
        Recording.commits.clear()
        with undisturbed(), metered() as cost:
            for number in range(count):
                begin = time.perf_counter()
                await world.over(await world.submit(f"key-{number}"))
                took.append((time.perf_counter() - begin) * 1_000)
    alone = [1] * len(Recording.commits)
    raw = await raw_commits.spent(options.folder, file, Recording.commits, alone)
    return result(
        "one operation on an idle engine",
        "ms",
        took,
        ceilings=[raw.wall * 1_000 / count],
        against="raw commits of the same rows, one after the other",
        cost=cost(),
        detail={"p99 ms": percentile(took, 99)},
    )


if __name__ == "__main__":
    main(run, engine_inside=True)
