"""How soon the end of an action is known to somebody who waits for it: by a stream, or by asking.

Each step says in its evidence when it ended; the readers' clock is the same machine's.
"""

import asyncio
import re
from collections.abc import Sequence

from tests.benchmarks.frame.metering import metered
from tests.benchmarks.frame.results import Result, percentile, result
from tests.benchmarks.frame.running import Options

from .server import Server, connection, get, submission
from .wire import Connection, stream

_ENDED = re.compile(rb'"ended":(\d+)')


async def news(options: Options, server: Server) -> Sequence[Result]:
    """Latencies in milliseconds, of one operation at a time."""
    streamed: list[float] = []
    polled: list[float] = []
    with metered([server.pid]) as cost:
        for number in range(options.some(150, 3)):
            await _one(server, number, streamed, polled)
    return [
        result(
            "action's end to a reader of the stream p50",
            "ms",
            [percentile(streamed, 50)],
            cost=cost(),
            detail=_more(streamed),
        ),
        result(
            "action's end to a long-poller p50",
            "ms",
            [percentile(polled, 50)],
            detail=_more(polled),
        ),
    ]


def _more(values: list[float]) -> dict[str, float]:
    return {"p99 ms": percentile(values, 99), "of": len(values)}


async def _one(server: Server, number: int, streamed: list[float], polled: list[float]) -> None:
    async with connection(server.port) as http, connection(server.port) as poller:
        answer = await http.request(submission(f"news-{number}", number))
        at = answer.body.index(b'"id":"') + 6
        path = f"/v1/operations/{answer.body[at : at + 29].decode()}"
        over = asyncio.Event()

        def told(event: bytes, at: int) -> None:
            found = _ENDED.search(event)
            if found is not None:
                streamed.append((at - int(found[1])) / 1e6)
            if b"event: operation_finished" in event:
                over.set()

        accept = "Accept: text/event-stream"
        events = await stream(server.port, get(f"{path}/events", accept), told)
        await _poll(poller, path, polled)
        await over.wait()
        events.close()
        await events.closed


async def _poll(http: Connection, path: str, polled: list[float]) -> None:
    """Ask again and again, each time for what is newer, until the operation has ended."""
    after, known = 1, 0
    while True:
        answer = await http.request(get(f"{path}/events?after={after}&wait=30s"))
        found = _ENDED.findall(answer.body)
        if found and int(found[-1]) != known:
            known = int(found[-1])
            polled.append((answer.at - known) / 1e6)
        at = answer.body.index(b'"next_after":') + 13
        after = int(re.match(rb"\d+", answer.body[at:])[0])  # type: ignore[index]
        if b"operation_finished" in answer.body:
            return
