"""Temporal: a workflow of eight activities, or local activities, on its development server.

The server keeps its data in SQLite, told to sync every commit.
"""

import asyncio
import contextlib
import itertools
import os
import re
import subprocess
import sys
import time
from datetime import timedelta
from importlib.metadata import version

from temporalio import activity, workflow  # type: ignore[import-not-found]  # peers' environment
from temporalio.client import Client  # type: ignore[import-not-found]  # as above
from temporalio.worker import UnsandboxedWorkflowRunner, Worker  # type: ignore[import-not-found]

from tests.benchmarks.peers.measure import STEPS, asked, measure
from tests.support.ports import kept_port

SOON = timedelta(seconds=60)


@activity.defn
async def step(number: int) -> int:
    return number


@workflow.defn
class Steps:
    @workflow.run
    async def run(self, local: bool) -> None:
        for number in range(STEPS):
            if local:
                await workflow.execute_local_activity(step, number, start_to_close_timeout=SOON)
            else:
                await workflow.execute_activity(step, number, start_to_close_timeout=SOON)


async def main() -> None:
    how, local = asked(), sys.argv[4] == "local"
    with kept_port() as kept:
        port = int(kept.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        *(sys.argv[5], "server", "start-dev", "--headless", "--log-level", "error"),
        *("--port", str(port), "--db-filename", str(how.folder / "temporal.db")),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=full"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"HOME": str(how.folder)},
    )
    try:
        client = await _connected(f"127.0.0.1:{port}")
        numbers = itertools.count()

        async def operate() -> float:
            begin = time.perf_counter()
            handle = await client.start_workflow(
                Steps.run, local, id=f"operation-{next(numbers)}", task_queue="peer"
            )
            submitted = time.perf_counter() - begin
            await handle.result()
            return submitted

        runner = UnsandboxedWorkflowRunner()
        async with Worker(
            client, task_queue="peer", workflows=[Steps], activities=[step], workflow_runner=runner
        ):
            await measure(operate, how, _release(sys.argv[5]))
    finally:
        process.kill()
        await process.wait()


def _release(program: str) -> str:
    """Of the server, and of the library that the workflow is written with."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"Server (\S+?)[,)]", said.stdout)
    return f"server {found[1] if found else said.stdout.strip()}, SDK {version('temporalio')}"


async def _connected(address: str) -> Client:
    for _ in range(300):
        with contextlib.suppress(RuntimeError):
            return await Client.connect(address)
        await asyncio.sleep(0.1)
    raise RuntimeError("the server did not start")


if __name__ == "__main__":
    asyncio.run(main())
