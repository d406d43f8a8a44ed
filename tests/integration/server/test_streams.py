"""Server-sent events over real connections: replay, resume, the end, slow readers, the limits."""

import asyncio
import random
import socket
from typing import Any

import pytest

from laneway.core.chain import wire_text
from laneway.core.envelope import Recorded
from laneway.ports.driver import ActionContext
from laneway_server.services import Limits
from laneway_server.streams import frames
from laneway_server.streams.feed import BATCH, TICK
from laneway_server.streams.topic import KEPT, SILENT_TICKS
from tests.integration.server.support import (
    PASS,
    TOO_LONG,
    Api,
    Laneway,
    Sent,
    becomes,
    lane,
    laneway,
)


def events_of(sent: list[Sent]) -> list[Sent]:
    return [each for each in sent if "id" in each.fields]


async def chatty(server: Laneway, **changes) -> tuple[str, ActionContext]:
    """An operation whose action is at work, and can report progress."""
    operation_id = await server.submitted(**changes)
    return operation_id, await server.action("prove").called()


async def ticked(server: Laneway, times: int) -> None:
    """Let the feed look after its followers so many times."""
    for _ in range(times):
        await server.asleep(TICK)
        server.clock.move(TICK)
    await server.asleep(TICK)


async def test_a_stream_tells_everything_from_the_beginning_to_the_end(server: Laneway, api: Api):
    operation_id = await server.passed()
    path = f"/v1/operations/{operation_id}/events"
    recorded = (await api.get(path)).json["events"]
    async with api.stream(path) as stream:
        headers = stream.response.headers
        sent = await stream.rest()
    assert stream.response.status == 200
    assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Accel-Buffering"] == "no"
    assert len(headers["X-Trace-Id"]) == 32
    assert sent[0].fields == {"retry": "2000"}
    assert [each.data for each in events_of(sent)] == recorded
    assert [(each.id, each.event) for each in events_of(sent)] == [
        (event["seq"], event["type"]) for event in recorded
    ]
    assert sent[-1].event == "end"
    assert sent[-1].data == {"operation_id": operation_id, "seq": len(recorded), "status": "pass"}
    assert [each.event for each in sent].count("end") == 1


async def test_what_is_committed_is_sent_at_once(server: Laneway, api: Api):
    operation_id, context = await chatty(server)
    async with api.stream(f"/v1/operations/{operation_id}/events") as stream:
        known = (await api.get(f"/v1/operations/{operation_id}")).json["seq"]
        await stream.events(known)
        await context.progress("half of it")
        (told,) = await stream.events(1)
    assert told.id == known + 1
    assert (told.event, told.data["data"]["message"]) == ("phase_progressed", "half of it")


@pytest.mark.parametrize("how", ["header", "query", "both"])
async def test_a_stream_is_resumed(server: Laneway, api: Api, how: str):
    operation_id = await server.passed()
    path = f"/v1/operations/{operation_id}/events"
    query = {"header": "", "query": "?after=3", "both": "?after=1"}[how]
    headers = {} if how == "query" else {"Last_Event_ID": "3"}
    async with api.stream(path + query, **headers) as stream:
        sent = events_of(await stream.rest())
    assert sent[0].id == 4
    assert [each.id for each in sent] == list(range(4, sent[-1].id + 1))


async def test_after_the_end_there_is_nothing_to_come_back_for(server: Laneway, api: Api):
    operation_id = await server.passed()
    path = f"/v1/operations/{operation_id}"
    seq = (await api.get(path)).json["seq"]
    for last in (seq, seq + 5):
        answer = await api.get(
            f"{path}/events", Accept="text/event-stream", Last_Event_ID=str(last)
        )
        assert (answer.status, answer.content) == (204, b"")


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 40])
async def test_an_id_that_is_none(server: Laneway, api: Api, last: str):
    operation_id = await server.submitted()
    answer = await api.get(
        f"/v1/operations/{operation_id}/events", Accept="text/event-stream", Last_Event_ID=last
    )
    assert (answer.status, answer.code) == (422, "request_invalid")


async def test_streams_take_no_wait_and_no_limit(server: Laneway, api: Api):
    operation_id = await server.submitted()
    path = f"/v1/operations/{operation_id}/events?wait=1s&limit=5"
    answer = await api.get(path, Accept="text/event-stream")
    assert {error["path"] for error in answer.json["errors"]} == {"?wait", "?limit"}


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        ("text/event-stream", True),
        ("application/json, Text/Event-Stream;q=0.5", True),
        ("text/event-stream;q=0", False),
        ("*/*", False),
        ("application/json", False),
    ],
)
async def test_who_accepts_a_stream_gets_one(server: Laneway, api: Api, accept, streams):
    operation_id = await server.passed()
    path = f"/v1/operations/{operation_id}/events"
    answer = await api.get(path, Accept=accept)
    assert answer.headers["Content-Type"].startswith("text/event-stream") is streams


async def test_silence_is_filled_with_comments(server: Laneway, api: Api):
    operation_id, context = await chatty(server)
    async with api.stream(f"/v1/operations/{operation_id}/events") as stream:
        seq = (await api.get(f"/v1/operations/{operation_id}")).json["seq"]
        await stream.events(seq)
        for _ in range(2):
            await ticked(server, SILENT_TICKS)
            silence = await stream.next()
            assert silence is not None
            assert (silence.comment, set(silence.fields)) == ("nothing new", set())
        await context.progress("still here")
        (told,) = await stream.events(1)
        assert told.id == seq + 1
    assert SILENT_TICKS * TICK <= 15_000


async def test_many_readers_see_everything_once_whenever_they_come(server: Laneway, api: Api):
    """Readers come at any time, from any seq, while events are committed; nobody misses one."""
    operation_id, context = await chatty(server)
    choose = random.Random(7)
    count = BATCH + KEPT + 100  # so that some read from the store while others are in memory

    async def reader(after: int) -> list[int]:
        path = f"/v1/operations/{operation_id}/events?after={after}"
        async with api.stream(path) as stream:
            return [each.id for each in events_of(await stream.rest())]

    readers: list[tuple[int, asyncio.Task[list[int]]]] = []
    for number in range(count):
        if number % 40 == 0:
            after = choose.randint(0, number)
            readers.append((after, asyncio.create_task(reader(after))))
        await context.progress(f"step {number}")
    await server.action("prove").answer(PASS)
    await server.action("act").answer(PASS)
    last = (await server.finished(operation_id)).seq
    assert last > count
    for after, read in readers:
        assert await read == list(range(after + 1, last + 1))


async def test_an_event_is_encoded_once_for_all_its_readers(server: Laneway, api: Api, monkeypatch):
    operation_id, context = await chatty(server)
    encoded: list[int] = []

    def counted(recorded: Recorded) -> str:
        encoded.append(recorded.seq)
        return wire_text(recorded)

    path = f"/v1/operations/{operation_id}/events"
    async with (
        api.stream(path) as first,
        api.stream(path) as second,
        api.stream("/v1/events?after=0") as third,
    ):
        seq = (await api.get(f"/v1/operations/{operation_id}")).json["seq"]
        for stream in (first, second, third):
            await stream.events(seq)
        monkeypatch.setattr(frames, "wire_text", counted)
        await context.progress("once")
        told = [(await stream.events(1))[0].data for stream in (first, second, third)]
    assert told[0] == told[1] == told[2]
    assert encoded == [seq + 1]


async def test_all_events_in_the_order_in_which_they_were_committed(server: Laneway, api: Api):
    async with api.stream("/v1/events?after=0") as stream:
        for action in ("prove", "act"):
            server.action(action).automatic = lambda _: PASS
        ids = await asyncio.gather(
            *(server.submitted(key=f"k{i}", lane=lane(str(i))) for i in range(8))
        )
        for operation_id in ids:
            await server.finished(operation_id)
        recorded = await server.engine.store.all_events(0, 1_000)
        sent = await stream.events(len(recorded))
    assert [each.id for each in sent] == [each.position for each in recorded]
    assert [(each.data["operation_id"], each.data["seq"]) for each in sent] == [
        (each.recorded.operation_id, each.recorded.seq) for each in recorded
    ]
    assert "end" not in {each.event for each in sent}


async def test_all_events_from_now_on_or_from_where_one_was(server: Laneway, api: Api):
    await server.passed(lane=lane("1"))
    before = await server.engine.store.last_position()
    async with api.stream("/v1/events") as stream:
        # A client that is cut off before the first event resumes from where it began.
        began = {"retry": "2000", "id": str(before)}
        assert (await stream.next()).fields == began  # type: ignore[union-attr]
        await server.submitted(key="k2", lane=lane("2"))
        (first,) = await stream.events(1)
    assert (first.id, first.event) == (before + 1, "operation_accepted")
    async with api.stream("/v1/events", Last_Event_ID=str(before - 2)) as stream:
        assert [each.id for each in await stream.events(3)] == [before - 1, before, before + 1]


async def test_who_resumes_after_what_never_was_is_told_where_the_stream_begins(
    server: Laneway, api: Api
):
    """As when the database is another one: its events would be passed over as seen."""
    await server.passed(lane=lane("1"))
    last = await server.engine.store.last_position()
    for after, told in ((last + 5, {"id": str(last)}), (last, {})):
        async with api.stream("/v1/events", Last_Event_ID=str(after)) as stream:
            began = {"retry": "2000"} | told
            assert (await stream.next()).fields == began  # type: ignore[union-attr]
            await server.submitted(key=f"k{after}", lane=lane(str(after % 8)))
            (first,) = await stream.events(1)
            assert first.event == "operation_accepted"


async def test_a_reader_of_an_older_http_is_sent_no_chunks(server: Laneway, api: Api):
    operation_id, context = await chatty(server)
    seq = (await api.get(f"/v1/operations/{operation_id}")).json["seq"]
    host, _, port = api.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    path = f"/v1/operations/{operation_id}/events?after={seq}"
    writer.write(asking_for_stream(path).replace(b"HTTP/1.1", b"HTTP/1.0"))
    async with asyncio.timeout(TOO_LONG):
        head = await reader.readuntil(b"\r\n\r\n")
        assert await reader.readuntil(b"\n\n") == frames.RETRY
        await context.progress("half of it")
        told = await reader.readuntil(b"\n\n")
    assert b"chunked" not in head.lower()
    assert told.startswith(b"id: %d\nevent: phase_progressed\ndata: {" % (seq + 1))
    writer.close()


async def test_who_comes_second_need_not_ask_the_store(server: Laneway, api: Api, monkeypatch):
    operation_id, context = await chatty(server)
    path = f"/v1/operations/{operation_id}/events"
    seq = (await api.get(f"/v1/operations/{operation_id}")).json["seq"]
    asked, events = [], server.engine.store.events

    async def counted(*what: Any) -> Any:
        asked.append(what)
        return await events(*what)

    async with api.stream(path) as first, api.stream(path) as second:
        await first.events(seq)
        await second.events(seq)
        monkeypatch.setattr(server.engine.store, "events", counted)
        async with api.stream(path) as third:
            assert [each.id for each in await third.events(seq)] == list(range(1, seq + 1))
            await context.progress("for all three")
            for stream in (first, second, third):
                assert [each.id for each in await stream.events(1)] == [seq + 1]
    assert asked == []


async def test_a_reader_that_is_too_slow_is_cut_off_and_loses_nothing(tmp_path):
    async with laneway(tmp_path, Limits(behind=5)) as server:
        operation_id, context = await chatty(server)
        path = f"/v1/operations/{operation_id}/events"
        with slow_connection(server.api.url) as connection:
            connection.sendall(asking_for_stream(path))
            await becomes(lambda: server.services.streams.taken)
            written = 0
            while server.services.streams.taken:
                written += 1
                assert written < 500, "a reader that takes nothing is not cut off"
                await context.progress("x" * 200_000)
        async with server.api.stream(f"{path}?after=1") as stream:
            resumed = await stream.events(written)
        assert [each.id for each in resumed] == list(range(2, written + 2))


def asking_for_stream(path: str) -> bytes:
    lines = (f"GET {path} HTTP/1.1", "Host: localhost", "Accept: text/event-stream", "", "")
    return "\r\n".join(lines).encode()


def slow_connection(url: str) -> socket.socket:
    """A connection that reads nothing, and whose kernel keeps little for it."""
    host, _, port = url.removeprefix("http://").partition(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((host, int(port)))
    return connection


async def test_a_reader_that_takes_nothing_is_cut_off_after_a_while(server: Laneway, api: Api):
    operation_id, context = await chatty(server)
    path = f"/v1/operations/{operation_id}/events"
    for _ in range(80):
        await context.progress("x" * 200_000)
    with slow_connection(api.url) as connection:
        connection.sendall(asking_for_stream(path))
        await becomes(lambda: server.services.streams.taken)
        while server.services.streams.taken:
            await ticked(server, 1)
    assert server.services.feed._topics == {}


async def test_streams_are_limited_and_places_come_free(tmp_path):
    async with laneway(tmp_path, Limits(streams=2)) as server:
        operation_id, _ = await chatty(server)
        path = f"/v1/operations/{operation_id}/events"
        async with server.api.stream(path) as first, server.api.stream("/v1/events") as second:
            await first.next()
            await second.next()
            for refused in (path, "/v1/events"):
                answer = await server.api.get(refused, Accept="text/event-stream")
                assert (answer.status, answer.code) == (429, "too_many_streams")
                assert answer.headers["Retry-After"] == "5"
        await becomes(lambda: not server.services.streams.taken)
        async with server.api.stream(path) as third:
            assert (await third.next()) is not None


async def test_who_leaves_is_forgotten(server: Laneway, api: Api):
    operation_id, context = await chatty(server)
    async with api.stream(f"/v1/operations/{operation_id}/events") as stream:
        await stream.next()
        stream.response.close()
    await becomes(lambda: not server.services.streams.taken)
    assert server.services.feed._topics == {}
    await context.progress("nobody listens")


async def test_a_server_that_stops_sends_its_readers_away_to_come_back(server: Laneway, api: Api):
    operation_id, context = await chatty(server)
    path = f"/v1/operations/{operation_id}/events"
    async with api.stream(path) as stream, api.stream("/v1/events") as everything:
        seq = (await api.get(f"/v1/operations/{operation_id}")).json["seq"]
        await stream.events(seq)
        await everything.next()
        server.services.feed.close()
        for each in (stream, everything):
            (goodbye,) = await each.rest()
            assert "about to stop" in goodbye.comment
            assert goodbye.fields == {"retry": "2000"}
    assert context.token


async def test_a_store_that_fails_ends_the_stream_without_an_end(
    server: Laneway, api: Api, monkeypatch
):
    from laneway.ports.store import StoreUnavailable

    async def failing(*_: object):
        raise StoreUnavailable("the disk is gone")

    operation_id = await server.passed()
    monkeypatch.setattr(server.engine.store, "events", failing)
    async with api.stream(f"/v1/operations/{operation_id}/events") as stream:
        sent = await stream.rest()
    assert [each.fields for each in sent] == [{"retry": "2000"}]
