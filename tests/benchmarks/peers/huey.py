"""huey: a pipeline of eight tasks on SQLite with fsync, and its threads, in this process.

It takes a task off the queue before it is done: one that is under way in a crash is lost.
"""

import asyncio
import itertools
import threading
import time
from importlib.metadata import version
from typing import Any

import huey as library  # type: ignore[import-not-found]  # is in the peers' environment only

from tests.benchmarks.peers.measure import STEPS, asked, measure

WORKERS = 8


async def main() -> None:
    how = asked()
    queue = library.SqliteHuey(
        "peer", filename=str(how.folder / "huey.db"), fsync=True, journal_mode="wal"
    )
    ended: dict[int, threading.Event] = {}

    @queue.task()
    def step(operation: int, number: int) -> tuple[int, int]:
        if number == STEPS:
            ended[operation].set()
        return operation, number + 1

    numbers = itertools.count()

    def submitted() -> tuple[float, int]:
        operation = next(numbers)
        ended[operation] = threading.Event()
        begin = time.perf_counter()
        pipeline: Any = step.s(operation, 1)
        for _ in range(STEPS - 1):
            pipeline = pipeline.then(step)
        queue.enqueue(pipeline)
        return time.perf_counter() - begin, operation

    def operated() -> float:
        took, operation = submitted()
        ended[operation].wait()
        return took

    async def operate() -> float:
        return await asyncio.to_thread(operated)

    consumer = queue.create_consumer(
        workers=WORKERS, initial_delay=0.001, max_delay=0.01, backoff=1.15, periodic=False
    )
    consumer.start()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(_threads(how.at_once))
    try:
        await measure(operate, how, version("huey"))
    finally:
        consumer.stop()


def _threads(count: int) -> Any:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(count)


if __name__ == "__main__":
    asyncio.run(main())
