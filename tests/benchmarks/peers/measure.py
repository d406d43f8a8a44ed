"""How every peer is measured: operations of eight steps that do nothing, many at once.

What a peer is made of stands in its own module, which is run in the peers' environment. It gives an
``operate`` that submits one operation, waits for its end, and returns how long the submission took.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

STEPS = 8

Operate = Callable[[], Awaitable[float]]


class Asked(NamedTuple):
    """What is to be measured: so many operations, so many at once, with files in a folder."""

    folder: Path
    total: int
    at_once: int


def asked() -> Asked:
    """What the command line says."""
    folder, total, at_once = sys.argv[1:4]
    return Asked(Path(folder), int(total), int(at_once))


async def measure(operate: Operate, how: Asked, release: str) -> None:
    """Measure, and print the figures as a line of JSON; ``release`` is what was measured."""
    await asyncio.gather(*(operate() for _ in range(min(how.at_once, 10))))  # warms up
    alone = [await _timed(operate) for _ in range(min(how.total, 20))]
    gate, submits = asyncio.Semaphore(how.at_once), []

    async def one() -> None:
        async with gate:
            submits.append(await operate())

    begin = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(how.total)))
    seconds = time.perf_counter() - begin
    figures = {
        "version": release,
        "rate": how.total / seconds,
        "submit_p50": _at(submits, 50),
        "submit_p99": _at(submits, 99),
        "alone_p50": _at(alone, 50),
    }
    print(json.dumps(figures), flush=True)


async def _timed(operate: Operate) -> float:
    begin = time.perf_counter()
    await operate()
    return time.perf_counter() - begin


def _at(values: list[float], percent: float) -> float:
    """In milliseconds."""
    ordered = sorted(values)
    return ordered[round((len(ordered) - 1) * percent / 100)] * 1_000
