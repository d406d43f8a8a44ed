"""procrastinate: a chain of eight jobs on PostgreSQL; each defers the next. One worker, here."""

import asyncio
import itertools
import sys
import time
from importlib.metadata import version

import procrastinate as library  # type: ignore[import-not-found]  # in the peers' environment only

from tests.benchmarks.peers.measure import STEPS, asked, measure


async def main() -> None:
    how = asked()
    app = library.App(connector=library.PsycopgConnector(conninfo=sys.argv[4], max_size=20))
    ended: dict[int, asyncio.Event] = {}
    numbers = itertools.count()

    @app.task(name="step")
    async def step(operation: int, number: int) -> None:
        if number == STEPS:
            ended.pop(operation).set()
        else:
            await step.defer_async(operation=operation, number=number + 1)

    async def operate() -> float:
        operation = next(numbers)
        over = ended[operation] = asyncio.Event()
        begin = time.perf_counter()
        await step.defer_async(operation=operation, number=1)
        submitted = time.perf_counter() - begin
        await over.wait()
        return submitted

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        worker = asyncio.create_task(
            app.run_worker_async(concurrency=how.at_once, install_signal_handlers=False)
        )
        try:
            await measure(operate, how, version("procrastinate"))
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main())
