"""A server over loopback HTTP, called by another process: how many, how soon.

The server is started as its operators start it, with its log going to a file. The ceiling is a bare
aiohttp that answers a body of the same size, to the same client, in the same run.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence

from .frame.metering import Cost, metered
from .frame.results import Result, Target, percentile, result
from .frame.running import Options, main, undisturbed
from .load.bare_server import bare_server
from .load.callers import Callers, calling
from .load.news import news
from .load.plans import PHASES
from .load.server import Server, connection, get, serving, submission
from .load.wire import stream

LANES = 1_000
AT_ONCE = 50


async def run(options: Options) -> list[Result]:
    """Every figure over HTTP."""
    async with serving(options.folder, lanes=LANES) as server:
        async with calling(server, LANES, AT_ONCE) as callers:
            await callers.many(AT_ONCE, AT_ONCE)  # warms up
            throughput = await _throughput(options, server, callers)
        async with calling(server, LANES, LANES) as callers:
            steady = await _steady(options, server, callers, throughput.median / 2)
        idle = await _idle(options, server)
        return [throughput, *steady, idle, *await news(options, server)]


async def _throughput(options: Options, server: Server, callers: Callers) -> Result:
    total = options.some(2_000, AT_ONCE)
    rates, ceilings, cost, events = [], [], Cost(), []
    async with bare_server() as bare:
        body, asked = await _sample(server)
        for _ in range(options.rounds):
            before = callers.events
            with undisturbed(), metered([server.pid]) as measured:
                await callers.many(total, AT_ONCE)
            rates.append(total / measured().wall)
            events.append((callers.events - before) / measured().wall)
            cost += measured()
            ceilings.append(await bare.answers(body, asked, total * 5, AT_ONCE))
    detail = {
        "events/s": statistics.median(events),
        "server's CPU ms each": cost.server * 1_000 / (total * options.rounds),
    }
    return result(
        f"{PHASES} phases submitted over HTTP, {AT_ONCE} at once",
        "operations/s",
        rates,
        ceilings=ceilings,
        against="requests to a bare aiohttp with the same bodies",
        targets=[Target(least=1_000)],
        cost=cost,
        detail=detail,
    )


async def _sample(server: Server) -> tuple[bytes, bytes]:
    """The body of an answer, and the request that got it."""
    asked = submission("sample", LANES - 1)
    async with connection(server.port) as http:
        return (await http.request(asked)).body, asked


async def _steady(
    options: Options, server: Server, callers: Callers, rate: float
) -> Sequence[Result]:
    """Latencies at half of the load that it can take."""
    with undisturbed(), metered([server.pid]) as cost:
        seen = await callers.steadily(rate, 1 if options.quick else 15)
    answered = [(each.answered - each.asked) / 1e6 for each in seen]
    first = [(each.first - each.asked) / 1e6 for each in seen]
    whole = [(each.ended.result() - each.asked) / 1e6 for each in seen]
    load = f"at {rate:,.0f} operations/s"
    return [
        result(
            f"submit p99 {load}",
            "ms",
            [percentile(answered, 99)],
            targets=[Target(most=10)],
            cost=cost(),
            detail=_percentiles(answered),
        ),
        result(
            f"submit to first event p99 {load}",
            "ms",
            [percentile(first, 99)],
            detail=_percentiles(first),
        ),
        result(
            f"submit to end p99 {load}", "ms", [percentile(whole, 99)], detail=_percentiles(whole)
        ),
    ]


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    return {f"p{each} ms": percentile(values, each) for each in (50, 90, 99)}


async def _idle(options: Options, server: Server) -> Result:
    """One operation at a time: from the request to the end of its own stream."""
    with undisturbed(), metered([server.pid]) as cost:
        took = [await _followed(server, number) for number in range(options.some(300, 5))]
    return result(
        "one operation end to end on an idle server",
        "ms",
        took,
        targets=[Target(most=8)],
        cost=cost(),
        detail=_percentiles(took),
    )


async def _followed(server: Server, number: int) -> float:
    async with connection(server.port) as http:
        begin = time.monotonic_ns()
        answer = await http.request(submission(f"idle-{number}", number % LANES))
        at = answer.body.index(b'"id":"') + 6
        path = f"/v1/operations/{answer.body[at : at + 29].decode()}/events"
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def told(event: bytes, at: int) -> None:
            if b"event: operation_finished" in event:
                ended.set_result(at)

        events = await stream(server.port, get(path, "Accept: text/event-stream"), told)
        took = (await ended - begin) / 1e6
        events.close()
        await events.closed
        return took


if __name__ == "__main__":
    main(run)
