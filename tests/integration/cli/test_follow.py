"""An operation is followed to its end, whatever becomes of the connections on the way."""

from collections import deque
from typing import Any

import pytest
from aiohttp import web

from laneway_server.client import LanewayClient
from laneway_server.client.follow import FRUITLESS, QUIET
from laneway_server.client.patience import Attempt, LostContact
from laneway_server.client.problems import Refused
from laneway_server.client.snapshots import Event, Snapshot
from tests.integration.cli.support import (
    ACCEPTED,
    OPERATION,
    STARTED,
    Clock,
    Connection,
    Speaker,
    at,
    ended,
    events,
    happy,
    passes,
    problem,
    speaking,
)

EVERY = [event["seq"] for event in happy()]


class Witness:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.seen: list[str] = []
        self.attempts: list[Attempt | None] = []

    def changed(self, now: Snapshot) -> None:
        self.seen.append(now.status)

    def happened(self, event: Event, raw: str) -> None:
        self.seqs.append(event.seq)

    def waiting(self, attempt: Attempt | None) -> None:
        self.attempts.append(attempt)


async def follow(
    speaker: Speaker,
    clock: Clock | None = None,
    *,
    limit: float = 60,
    after: int | None = 0,
    quiet: float = QUIET,
) -> tuple[Snapshot, Witness]:
    witness, around = Witness(), (clock or Clock()).surroundings
    async with LanewayClient(speaker.url, patience=limit, quiet=quiet, around=around) as client:
        return await client.follow(OPERATION, None, witness, after), witness


async def test_every_event_is_told_once_and_in_order():
    async with speaking() as speaker:
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs, witness.attempts) == ("pass", EVERY, [])


async def test_the_events_before_are_left_out_where_they_are_not_wanted():
    async with speaking(happened=4) as speaker:
        now, witness = await follow(speaker, after=None)
    assert (now.status, witness.seqs) == ("pass", EVERY[4:])


@pytest.mark.parametrize("then", ["cut", "close"])
async def test_a_connection_that_ends_is_taken_up_where_it_ended(then: str):
    clock = Clock()
    broken = deque([Connection(gives=3, then=then), Connection(gives=2, then=then)])
    async with speaking(connections=broken) as speaker:
        now, witness = await follow(speaker, clock)
    assert (now.status, witness.seqs) == ("pass", EVERY)
    assert speaker.resumed == ["0", "3", "5"]
    assert len(clock.slept) == 2


async def test_what_is_sent_twice_is_told_once():
    twice = deque([Connection(gives=4, then="close"), Connection(repeats=3)])
    async with speaking(connections=twice) as speaker:
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs) == ("pass", EVERY)


async def test_a_gap_is_not_believed():
    gap = deque([Connection(gives=2, then="close"), Connection(skips=2)])
    async with speaking(connections=gap) as speaker:
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs) == ("pass", EVERY)
    assert speaker.resumed == ["0", "2", "2"]


async def test_proxies_that_answer_in_the_servers_place_are_waited_out():
    away = deque([Connection(status=502), Connection(status=503), Connection(status=504)])
    async with speaking(connections=away) as speaker:
        snapshot = f"GET /v1/operations/{OPERATION}"
        speaker.next(snapshot, web.Response(status=502, text="<html>bad gateway</html>"))
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs) == ("pass", EVERY)
    assert witness.attempts[-1] is None


async def test_a_clean_end_without_the_terminal_event_is_no_answer():
    closes = deque(Connection(gives=0, then="close") for _ in range(40))
    clock = Clock()
    async with speaking(connections=closes) as speaker:
        now, witness = await follow(speaker, clock)
    assert (now.status, witness.seqs) == ("pass", EVERY)
    # It was answered every time: the intervals stay short, and contact is never lost.
    assert set(clock.slept) == {1.0}


@pytest.mark.parametrize(
    "broken", [Connection(status=502), Connection(gives=0, then="cut"), Connection(status=204)]
)
async def test_where_streams_lead_nowhere_the_server_is_asked_again_and_again(broken: Connection):
    async with speaking(connections=deque([broken] * 100)) as speaker:
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs) == ("pass", EVERY)
    assert speaker.resumed == ["0"] * FRUITLESS, "no more streams after that"
    assert speaker.polled == [seq - 1 for seq in EVERY]
    assert witness.attempts[-1] is None


async def test_streams_that_bring_anything_are_kept():
    cut = deque(Connection(gives=1, then="cut") for _ in range(100))
    async with speaking(connections=cut) as speaker:
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs) == ("pass", EVERY)
    assert speaker.polled == []


async def test_a_stream_that_is_held_back_is_given_up_once_there_is_news():
    silent = deque([Connection(gives=0, then="hold")])
    async with speaking(connections=silent, happened=3) as speaker:
        now, witness = await follow(speaker, quiet=0.01)
    assert (now.status, witness.seqs) == ("pass", EVERY)
    assert speaker.resumed == ["0"]
    assert witness.attempts == [], "the server was there all the time"


async def test_a_long_poll_waits_for_less_where_waiting_breaks_it():
    async with speaking(connections=deque([Connection(status=502)] * 3)) as speaker:
        events_of = f"GET /v1/operations/{OPERATION}/events"
        bad = [web.Response(status=502) for _ in range(FRUITLESS + 3)]
        speaker.next(events_of, *bad)
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs) == ("pass", EVERY)
    polls = [heard["query"] for heard in speaker.heard if "wait" in heard["query"]]
    assert [query["wait"] for query in polls[:5]] == [
        "25000ms",
        "12500ms",
        "6250ms",
        "3125ms",
        "3125ms",
    ]


async def test_an_end_that_comes_too_early_is_no_answer():
    async with speaking(connections=deque([Connection(status=204)])) as speaker:
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs) == ("pass", EVERY)


async def test_intervals_rise_until_the_server_is_back():
    clock = Clock()
    async with speaking() as speaker:
        away = [web.Response(status=502) for _ in range(6)]
        speaker.next(f"GET /v1/operations/{OPERATION}", *away)
        await follow(speaker, clock)
    assert clock.slept == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0]


async def test_contact_is_lost_when_the_time_is_up():
    clock = Clock()
    async with speaking() as speaker:
        url = speaker.url
    gone = Speaker(url=url)
    with pytest.raises(LostContact, match="does not answer"):
        await follow(gone, clock, limit=20)
    assert sum(clock.slept) == pytest.approx(20)


async def test_the_end_counts_also_where_what_led_to_it_is_not_to_be_had():
    async with speaking(happened=len(EVERY)) as speaker:
        never = [web.Response(status=502) for _ in range(100)]
        speaker.next(f"GET /v1/operations/{OPERATION}/events", *never)
        now, witness = await follow(speaker, limit=20)
    assert (now.status, witness.seqs) == ("pass", [])


async def test_an_operation_that_is_over_is_told_from_its_first_event():
    async with speaking(happened=len(EVERY)) as speaker:
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs) == ("pass", EVERY)


async def test_an_operation_that_needs_a_person_is_not_followed_any_further():
    unknown = {"attempt": 1, "failure": {"code": "unknown", "message": "nobody can tell"}}
    log = events(
        ACCEPTED,
        STARTED,
        ("phase_started", "bootstrap", {"attempt": 1}),
        ("phase_outcome_unknown", "bootstrap", unknown),
    )
    async with speaking(log=log) as speaker:
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs) == ("reconciliation_required", [1, 2, 3, 4])


async def test_a_refusal_is_an_answer():
    async with speaking() as speaker:
        denied = problem(401, "authentication_required", "Say who you are", "the token expired")
        speaker.next(f"GET /v1/operations/{OPERATION}", denied)
        with pytest.raises(Refused) as refused:
            await follow(speaker)
    assert refused.value.code == "authentication_required"


async def test_events_that_are_gone_are_done_without():
    async with speaking(happened=4) as speaker:
        gone = problem(410, "events_expired", "Events are gone", "they were pruned")
        speaker.next(f"GET /v1/operations/{OPERATION}/events", gone)
        now, witness = await follow(speaker)
    assert (now.status, witness.seqs) == ("pass", EVERY[4:])


@pytest.mark.parametrize("nonsense", [b"[]", b"{}", b'{"id": 5}', b"<html>", b'{"seq":"x"}'])
async def test_what_is_no_operation_is_waited_out(nonsense: bytes):
    async with speaking() as speaker:
        answer = web.Response(body=nonsense, content_type="application/json")
        speaker.next(f"GET /v1/operations/{OPERATION}", answer)
        now, _ = await follow(speaker)
    assert now.status == "pass"


async def test_the_token_is_asked_for_anew_for_every_request():
    tokens = iter(f"token-{number}" for number in range(100))

    async def token() -> str:
        return next(tokens)

    async with speaking() as speaker, LanewayClient(speaker.url, token) as client:
        assert (await client.wait(OPERATION)).status == "pass"
    used: list[Any] = [heard["authorization"] for heard in speaker.heard]
    assert used == [f"Bearer token-{number}" for number in range(len(used))]
    assert len(used) > 2


async def test_a_failure_is_told_as_it_is():
    failure = {"code": "unhealthy", "message": "502 from the site"}
    log = events(ACCEPTED, STARTED, *passes("policy_proof"), ended("fail", failure))
    async with speaking(log=log) as speaker:
        now, _ = await follow(speaker)
    assert now.failure is not None
    assert (now.status, now.failure.code, now.finished_at) == ("fail", "unhealthy", at(4))
