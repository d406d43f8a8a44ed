"""Many who follow: one operation or many, by streams or by long-polls.

Readers are raw sockets in a process of their own that only counts. The ceiling is a bare aiohttp
that writes the same bytes to as many open responses, to the same readers, in the same run. What an
event took is counted from the moment before it is committed to the moment that it is read.
"""

import asyncio
import re
import statistics
import time

from .frame.metering import Cost, metered, resident
from .frame.results import Result, Target, result
from .frame.running import Options, main
from .load.bare_server import BareServer, bare_server
from .load.readers import Asked, Counted, readers
from .load.server import Server, connection, get, serving, submission
from .load.wire import stream

LANES = 500
_STREAM = ("Accept: text/event-stream", "Connection: close")
_MEMORY = Target(most=16 * 1_024)
_keys = iter(range(10**9))


async def run(options: Options) -> list[Result]:
    """Every figure of fan-out."""
    found: list[Result] = []
    for count, events in ((1_000, 100), (10_000, 20))[: options.some(2, 1)]:
        if options.wants(f"one-{count}"):
            found += await _one(options, options.some(count, 50), options.some(events, 5))
    if options.wants("steady"):
        found += await _steady(options)
    if options.wants("each"):
        found += await _each(options)
    if options.wants("polls"):
        found += await _polls(options)
    return found


# --- one operation, many readers -----------------------------------------------------------------


async def _one(options: Options, count: int, events: int) -> list[Result]:
    """Events of one operation, as fast as they are committed, to all of its readers."""
    rates, ceilings, memory, joined, cost = [], [], [], [], Cost()
    async with serving(options.folder, lanes=LANES) as server, bare_server() as bare:
        for _ in range(min(options.rounds, 3)):
            rate, grown, each, spent = await _told(options, server, count, events)
            rates.append(rate)
            memory.append(grown)
            joined.append(each)
            cost += spent
            content = await _event(server)
            ceilings.append(await _raw(options, bare, count, events, content))
    return [
        result(
            f"one operation, {count:,} readers",
            "events/s",
            rates,
            ceilings=ceilings,
            against="a bare aiohttp that writes the same bytes",
            targets=[Target(of="ratio", least=0.6)],
            cost=cost,
            # A reader that is behind gets several at once, which the ceiling does not do.
            detail={"events in a read": statistics.fmean(joined)},
        ),
        result(f"memory of a reader, of {count:,}", "bytes", memory[:1], targets=[_MEMORY]),
    ]


async def _told(
    options: Options, server: Server, count: int, events: int
) -> tuple[float, float, float, Cost]:
    """Events read in a second, bytes of memory for each reader, events in a read, the cost."""
    path = await _submit(server, 0, "talk", events=events, pause=0)
    before = resident(server.pid)
    asked = [Asked(get(f"{path}/events", *_STREAM), count)]
    async with readers(options.folder, server.port, asked) as many:
        grown = (resident(server.pid) - before) / count
        with metered([server.pid], [many.pid]) as cost:
            begin = time.monotonic_ns()
            server.release()
            told = await many.until(lambda each: not each.open)
        assert told.stamped >= 0.99 * count * events, f"{told.stamped} of {count * events} came"
        rate = count * events * 1e9 / (told.last - begin)
        return rate, grown, told.stamped / told.reads, cost()


async def _event(server: Server) -> bytes:
    """An event, as it comes over the wire."""
    path = await _submit(server, 1, "talk", events=1, pause=0)
    found: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def told(event: bytes, at: int) -> None:
        if b'"sent":' in event:
            found.set_result(event[event.index(b"id: ") :] + b"\n\n")

    events = await stream(server.port, get(f"{path}/events", *_STREAM), told)
    server.release()
    content = await found
    await events.closed
    return content


async def _raw(
    options: Options, bare: BareServer, count: int, events: int, content: bytes
) -> float:
    """Events read in a second, if nothing is done but write."""
    asked = [Asked(get("/stream", *_STREAM), count)]
    async with readers(options.folder, bare.port, asked) as many:
        begin = time.monotonic_ns()
        await bare.send(content, events)
        told = await many.until(lambda each: each.bytes >= count * events * len(content))
        return count * events * 1e9 / (told.last - begin)


# --- at a steady rate ----------------------------------------------------------------------------


async def _steady(options: Options) -> list[Result]:
    """5,000 readers who get 10,000 events a second: all of one operation, and of a hundred."""
    seconds, count = options.some(15, 1), options.some(5_000, 100)
    found = []
    async with serving(options.folder, lanes=LANES) as server, bare_server() as bare:
        content = re.sub(rb'"sent":[0-9]+', b'"sent":0', await _event(server))
        for operations in (1, 100):
            told, spent = await _steadily(options, server, operations, count, 2 * seconds)
            least = await _bare_steadily(options, bare, content, operations, count, 2 * seconds)
            name = f"{operations} operation{'s' * (operations > 1)}"
            found.append(
                result(
                    f"{name}, {count:,} readers, {2 * count:,} events/s: commit to reader p99",
                    "ms",
                    [told.late["p99"]],
                    ceilings=[least.late["p99"]],
                    against="a bare aiohttp that writes the same bytes at such moments",
                    targets=[Target(most=100)],
                    cost=spent,
                    detail={
                        "p50 ms": told.late["p50"],
                        "the bare one's": least.late["p50"],
                        "events": told.stamped,
                    },
                )
            )
    return found


async def _bare_steadily(
    options: Options, bare: BareServer, content: bytes, operations: int, count: int, events: int
) -> Counted:
    """The same number of bytes a second, in bursts as large, if nothing is done but write."""
    asked = [Asked(get("/stream", *_STREAM), count // operations)]
    async with readers(options.folder, bare.port, asked) as many:
        await bare.send(content, events * operations, 0.5 / operations)
        total = events * operations * (count // operations)
        return await many.until(lambda each: each.stamped >= total)


async def _steadily(
    options: Options, server: Server, operations: int, count: int, events: int
) -> tuple[Counted, Cost]:
    """From when all have come until the first ends: thousands who come or go are another load."""
    more = events + 4
    paths = [
        await _submit(server, lane, "talk", events=more, pause=500) for lane in range(operations)
    ]
    asked = [Asked(get(f"{path}/events", *_STREAM), count // operations) for path in paths]
    async with readers(options.folder, server.port, asked) as many:
        await many.settled()
        with metered([server.pid], [many.pid]) as cost:
            server.release()
            told = await many.until(lambda each: each.stamped >= events * count)
        await many.until(lambda each: not each.open)  # its lane is free for the next
        return told, cost()


# --- many operations, one reader each ------------------------------------------------------------


async def _each(options: Options) -> list[Result]:
    """All operations end at once, and each has one reader."""
    count = options.some(10_000, 50)
    async with serving(options.folder, lanes=LANES) as server:
        paths = await _held(server, count)
        before = resident(server.pid)
        asked = [Asked(get(f"{path}/events", *_STREAM)) for path in paths]
        async with readers(options.folder, server.port, asked) as many:
            grown = (resident(server.pid) - before) / count
            with metered([server.pid], [many.pid]) as cost:
                begin = time.monotonic_ns()
                server.release()
                told = await many.until(lambda each: not each.open)
            seconds = (told.last - begin) / 1e9
    name = f"{count:,} operations, a reader each"
    return [
        result(
            f"{name}: until all have read the end",
            "s",
            [seconds],
            cost=cost(),
            detail={"ends/s": count / seconds},
        ),
        result(f"{name}: memory of a reader", "bytes", [grown], targets=[_MEMORY]),
    ]


async def _held(server: Server, count: int) -> list[str]:
    """The paths of operations that run until they are released."""
    paths: list[str] = []
    numbers = iter(range(count))

    async def some() -> None:
        async with connection(server.port) as http:
            for number in numbers:
                request = submission(f"key-{next(_keys)}", number % LANES, "hold")
                paths.append(_path((await http.request(request)).body))

    await asyncio.gather(*(some() for _ in range(50)))
    return paths


# --- long-polls ----------------------------------------------------------------------------------


async def _polls(options: Options) -> list[Result]:
    """Requests that wait for news of one operation, which then comes."""
    count = options.some(10_000, 50)
    async with serving(options.folder, lanes=LANES) as server:
        (path,) = await _held(server, 1)
        before = resident(server.pid)
        request = get(f"{path}?after=4&wait=60s", "Connection: close")
        async with readers(options.folder, server.port, [Asked(request, count, True)]) as many:
            await _waiting(server, count)
            grown = (resident(server.pid) - before) / count
            with metered([server.pid], [many.pid]) as cost:
                begin = time.monotonic_ns()
                server.release()
                told = await many.until(lambda each: not each.open)
            seconds = (told.last - begin) / 1e9
    name = f"{count:,} long-polls"
    return [
        result(f"{name}: memory of each", "bytes", [grown], targets=[_MEMORY]),
        result(f"{name}: until all are answered", "s", [seconds], cost=cost()),
    ]


async def _waiting(server: Server, count: int) -> None:
    """Return when so many requests wait: each has a task, and no more tasks come."""
    last, now = 0, await server.tasks()
    while now < count or now != last:
        await asyncio.sleep(0.3)
        last, now = now, await server.tasks()


# --- what they have in common --------------------------------------------------------------------


async def _submit(server: Server, lane: int, plan: str, **request: int) -> str:
    asked = submission(f"key-{next(_keys)}", lane, plan, **request)
    async with connection(server.port) as http:
        return _path((await http.request(asked)).body)


def _path(body: bytes) -> str:
    assert b'"id":"' in body, body.decode()
    at = body.index(b'"id":"') + 6
    return f"/v1/operations/{body[at : at + 29].decode()}"


if __name__ == "__main__":
    main(run)
