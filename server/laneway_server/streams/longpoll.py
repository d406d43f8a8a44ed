"""Long-polling: a request that waits for the next commit of an operation."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from laneway.ports.environment import Clock
from laneway.runtime.engine import Engine
from laneway.runtime.operations import Operation

from .feed import Feed


async def news(
    engine: Engine, feed: Feed, clock: Clock, operation_id: str, after: int, wait: int
) -> Operation:
    """The operation, as soon as its seq is greater than ``after``.

    It comes as it is after ``wait`` milliseconds; and at once where it has ended, so that nothing
    more will come, or where the server is about to stop.

    Raises:
        OperationNotFound: there is none.
    """
    with feed.follow(operation_id) as follower:
        over = asyncio.ensure_future(clock.sleep(wait))
        try:
            while True:
                follower.heed()
                operation = await engine.operation(operation_id)
                done = operation.run.seq > after or operation.run.terminal
                if done or over.done() or feed.closing:
                    return operation
                await _first(over, follower.wait())
        finally:
            over.cancel()


async def _first(over: "asyncio.Future[None]", woken: Coroutine[Any, Any, None]) -> None:
    waiting = asyncio.ensure_future(woken)
    try:
        await asyncio.wait({over, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
