"""A day's load in ten minutes: nothing may grow but the database.

A day's load is 86,400 operations, one a second. Some are followed by streams and long-polls, of
which some hang up in the middle; lists and lanes are looked at. Meanwhile the server's memory, open
files, threads, tasks and write-ahead log are looked at from outside. What is said of each is by how
much it has grown for certain: see `frame.trend`. The first fifth is not counted, in which caches
fill up.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .frame.metering import Cost, handles, metered, resident
from .frame.results import Result, Target, result
from .frame.running import Options, main
from .frame.trend import BLOCKS, trend
from .load.callers import Callers, calling
from .load.server import Server, connection, get, serving
from .load.wire import stream

A_DAY = 86_400
MINUTES = 10.0
LANES = 1_000
_ACCEPT = "Accept: text/event-stream"

Samples = dict[str, list[float]]


async def run(options: Options) -> list[Result]:
    """Every figure of the soak."""
    minutes = options.minutes or (0.1 if options.quick else MINUTES)
    rate = A_DAY / (MINUTES * 60)
    samples: Samples = {}
    async with (
        serving(options.folder, lanes=LANES) as server,
        calling(server, LANES, LANES) as callers,
    ):
        with metered([server.pid]) as cost:
            done = await _load(server, callers, samples, rate, minutes * 60)
    return _figures(samples, done, rate * minutes * 60, cost())


def _figures(samples: Samples, done: int, asked: float, cost: Cost) -> list[Result]:
    found = [
        result("operations", "", [float(done)], ceilings=[asked], against="a day's", cost=cost)
    ]
    for name, seen in samples.items():
        counted = seen[len(seen) // 5 :]
        if len(counted) < BLOCKS:
            continue
        line = trend(counted)
        found.append(
            result(
                f"{name}: growth that is certain",
                "% of its mean",
                [100 * line.certain],
                targets=[Target(most=1)],
                detail={
                    "mean": line.mean,
                    "growth": line.growth,
                    "± at 95 %": line.margin,
                    "first": seen[0],
                    "most": max(seen),
                    "last": seen[-1],
                },
            )
        )
    return found


async def _load(
    server: Server, callers: Callers, samples: Samples, rate: float, seconds: float
) -> int:
    """Do everything at once, until the time is over; how many operations have ended."""
    over = time.monotonic() + seconds
    sampling = asyncio.create_task(_sample(server, samples, seconds / 120))
    looking = asyncio.create_task(_look(server))
    under_way: set[asyncio.Task[object]] = set()
    done = 0
    for number in itertools.count():
        await asyncio.sleep(over - seconds + number / rate - time.monotonic())
        if time.monotonic() >= over:
            break
        if len(under_way) < LANES // 2:  # a server that is behind is not to be drowned
            one: asyncio.Task[object] = asyncio.create_task(callers.one())
            under_way.add(one)
            one.add_done_callback(under_way.discard)
            done += 1
    await asyncio.gather(*under_way)
    for task in (sampling, looking):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return done


async def _sample(server: Server, samples: Samples, pause: float) -> None:
    threads = Path(f"/proc/{server.pid}/task")
    log = Path(f"{server.database}-wal")
    seen: dict[str, Callable[[], float]] = {
        "resident memory": lambda: resident(server.pid),
        "open files": lambda: handles(server.pid),
        "threads": lambda: len(list(threads.iterdir())),
        "write-ahead log": lambda: log.stat().st_size,
    }
    while True:
        await asyncio.sleep(pause)
        samples.setdefault("tasks", []).append(await server.tasks())
        for name, look in seen.items():
            samples.setdefault(name, []).append(look())


async def _look(server: Server) -> None:
    """Do what people do meanwhile: follow, hang up, wait, list."""
    random.seed(7)
    while True:
        async with connection(server.port) as http:
            answer = await http.request(get("/v1/operations?limit=20"))
            await http.request(get(f"/v1/lanes/bench/load/lane-{random.randrange(LANES)}"))
            at = answer.body.find(b'"id":"')
            if at >= 0:
                await _follow(server, f"/v1/operations/{answer.body[at + 6 : at + 35].decode()}")
        await asyncio.sleep(0.1)


async def _follow(server: Server, path: str) -> None:
    """Read a stream, and hang up wherever it is; wait for news, and do not wait for the answer."""
    events = await stream(server.port, get(f"{path}/events", _ACCEPT), lambda *_: None)
    async with connection(server.port) as http:
        with suppress(TimeoutError):
            await asyncio.wait_for(http.request(get(f"{path}?after=15&wait=5s")), 0.05)
    events.close()
    await events.closed


if __name__ == "__main__":
    main(run)
