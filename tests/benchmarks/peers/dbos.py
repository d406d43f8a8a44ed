"""DBOS: a workflow of eight steps, on SQLite or PostgreSQL, in this process."""

import asyncio
import sys
import time
from importlib.metadata import version

from dbos import DBOS  # type: ignore[import-not-found]  # is in the peers' environment only

from tests.benchmarks.peers.measure import STEPS, asked, measure


@DBOS.step()
async def step(number: int) -> int:
    return number


@DBOS.workflow()
async def steps() -> None:
    for number in range(STEPS):
        await step(number)


async def operate() -> float:
    begin = time.perf_counter()
    handle = await DBOS.start_workflow_async(steps)
    submitted = time.perf_counter() - begin
    await handle.get_result()
    return submitted


async def main() -> None:
    how = asked()
    url = sys.argv[4] if len(sys.argv) > 4 else f"sqlite:///{how.folder / 'dbos.db'}"
    DBOS(
        config={
            "name": "peer",
            "system_database_url": url,
            "run_admin_server": False,
            "log_level": "ERROR",
        }
    )
    DBOS.launch()
    try:
        await measure(operate, how, version("dbos"))
    finally:
        DBOS.destroy()


if __name__ == "__main__":
    asyncio.run(main())
