"""The client as programs use it."""

import asyncio
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import laneway_server.client
from laneway_server.client import LanewayClient, LostContact, NoContact, Refused
from tests.integration.cli.support import (
    OPERATION,
    Clock,
    Connection,
    happy,
    problem,
    speaking,
)

EVERY = [event["seq"] for event in happy()]
BODY = {"plan": "odoo-stable-bootstrap", "lane": {}, "request": {}}


@pytest.mark.parametrize("after", [0, 3])
async def test_every_event_is_given_once_and_in_order(after: int):
    broken = deque([Connection(gives=2, then="cut"), Connection(gives=1, then="close")])
    async with speaking(connections=broken) as speaker:
        around = Clock().surroundings
        async with LanewayClient(speaker.url, around=around) as client:
            seen = [event async for event in client.watch(OPERATION, after)]
    assert [event.seq for event in seen] == EVERY[after:]
    assert seen[-1].data["status"] == "pass"


async def test_who_stops_watching_leaves_nothing_behind():
    holding = deque([Connection(gives=2, then="hold")])
    async with speaking(connections=holding) as speaker, LanewayClient(speaker.url) as client:
        watching = client.watch(OPERATION)
        assert (await anext(watching)).seq == 1
        assert following()
        await watching.aclose()
        assert not following()


def following() -> list[str]:
    coroutines = (str(task.get_coro()) for task in asyncio.all_tasks())
    return [name for name in coroutines if "LanewayClient.follow" in name]


async def test_watching_raises_what_ended_it():
    async with speaking() as speaker:
        denied = problem(404, "not_found", "There is no such thing", "")
        speaker.next(f"GET /v1/operations/{OPERATION}", denied)
        async with LanewayClient(speaker.url) as client:
            with pytest.raises(Refused) as refused:
                [event async for event in client.watch(OPERATION)]
    assert refused.value.code == "not_found"
    async with LanewayClient(speaker.url, patience=5, around=Clock().surroundings) as client:
        with pytest.raises(LostContact):
            [event async for event in client.watch(OPERATION)]


async def test_a_run_submits_until_it_is_answered():
    async with speaking() as speaker:
        speaker.next("POST /v1/operations", *(web.Response(status=502) for _ in range(3)))
        async with LanewayClient(speaker.url, around=Clock().surroundings) as client:
            ended = await client.run(BODY, "mine")
    assert ended.status == "pass"
    submissions = [heard for heard in speaker.heard if heard["call"] == "POST /v1/operations"]
    assert [heard["key"] for heard in submissions] == ["mine"] * 4


@pytest.mark.parametrize(
    ("verb", "given", "sent"),
    [
        ("cancel", ["enough"], {"reason": "enough"}),
        ("pause", [], {"reason": ""}),
        ("resume", [], {}),
        ("reconcile", ["pass", "seen"], {"outcome": "pass", "note": "seen"}),
        ("reconcile", ["fail", "x", "p"], {"outcome": "fail", "note": "x", "phase": "p"}),
        (
            "approve",
            ["p", "d"],
            {"phase": "p", "decision": "approve", "digest": "d", "comment": ""},
        ),
        ("reject", ["p", "d"], {"phase": "p", "decision": "reject", "digest": "d", "comment": ""}),
        ("revoke", ["p", "d"], {"phase": "p", "decision": "revoke", "digest": "d", "comment": ""}),
    ],
)
async def test_an_operation_is_told(verb: str, given: list[str], sent: dict[str, str]):
    path = "approvals" if "decision" in sent else verb
    async with speaking() as speaker, LanewayClient(speaker.url) as client:
        told = await getattr(client, verb)(OPERATION, *given)
    assert told["id"] == OPERATION
    assert speaker.heard[-1]["call"] == f"POST /v1/operations/{OPERATION}/{path}"
    assert speaker.heard[-1]["body"] == sent


async def test_a_retry_has_a_key():
    async with speaking() as speaker, LanewayClient(speaker.url) as client:
        answer = await client.retry(OPERATION, {"reason": "x"}, "mine")
    assert (answer.status, answer.replayed) == (202, False)
    assert speaker.heard[-1]["key"] == "mine"


@asynccontextmanager
async def giving(body: bytes, length: int) -> AsyncIterator[str]:
    """A server that says how long its answer is, and then gives this much."""

    async def give(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(length)})
        await response.prepare(request)
        await response.write(body)
        if len(body) < length:
            assert request.transport is not None
            request.transport.close()
        return response

    app = web.Application()
    app.router.add_get("/v1/operations/{id}/evidence", give)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


def names(folder: Path) -> list[str]:
    return [found.name for found in folder.iterdir()]


async def test_evidence_is_there_whole(tmp_path: Path):
    file = tmp_path / "evidence.json"
    file.write_text("of yesterday")
    async with giving(b"x" * 70_000, 70_000) as url, LanewayClient(url) as client:
        assert await client.evidence(OPERATION, file, {}) == file
    assert file.read_bytes() == b"x" * 70_000
    assert names(tmp_path) == ["evidence.json"]


async def test_or_it_is_not_there(tmp_path: Path):
    async with giving(b"x" * 70_000, 70_001) as url, LanewayClient(url) as client:
        with pytest.raises(NoContact):
            await client.evidence(OPERATION, tmp_path / "evidence.json", {})
    assert names(tmp_path) == []


def test_what_is_offered_is_there_and_is_imported_when_it_is_asked_for():
    offered: list[Any] = [getattr(laneway_server.client, name) for name in dir_of_client()]
    assert all(offered)
    with pytest.raises(AttributeError):
        getattr(laneway_server.client, "nothing")  # noqa: B009 - mypy knows that it is not there
    asked = "import sys, laneway_server.client.snapshots; sys.exit('aiohttp' in sys.modules)"
    subprocess.run([sys.executable, "-c", asked], check=True)


def dir_of_client() -> list[str]:
    return laneway_server.client.__all__
