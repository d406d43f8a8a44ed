"""What one caller may have and do: submissions in a minute, streams, requests that wait."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from laneway_server.services import Limits
from tests.integration.server.support import SUBMISSION, Laneway, lane, laneway

LIMITS = Limits(submissions=60, burst=2, streams=4, caller_streams=2, waiters=4, caller_waiters=1)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Laneway]:
    async with laneway(tmp_path, LIMITS) as running:
        yield running


async def test_a_caller_who_submits_too_often_is_told_when_to_come_back(server: Laneway):
    for number in range(2):
        submission = {**SUBMISSION, "lane": lane(str(number))}
        assert (await server.api.submit(submission, key=f"k{number}", who="ada")).status == 202
    submission = {**SUBMISSION, "lane": lane("2")}
    refused = await server.api.submit(submission, key="k2", who="ada")
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert refused.headers["Retry-After"] == "1"
    assert (await server.api.submit(submission, key="g1", who="grace")).status == 202
    server.clock.move(1_000)
    assert (await server.api.submit(SUBMISSION, key="k2", who="ada")).status == 202


async def test_retries_count_as_submissions(server: Laneway):
    operation = await server.submitted(who="ada")
    for status in (409, 429):
        answer = await server.api.post(
            f"/v1/operations/{operation}/retry", {"reason": "again"}, key="r", who="ada"
        )
        assert answer.status == status


async def test_a_call_that_comes_too_often_is_no_entry_of_the_audit_log(server: Laneway):
    for number in range(4):
        await server.api.submit({**SUBMISSION, "plan": "none"}, key=f"k{number}", who="ada")
    codes = [entry.code for entry in await server.engine.store.audit.entries()]
    assert codes == ["plan_not_found", "plan_not_found"]


async def test_one_caller_has_so_many_streams(server: Laneway):
    ada = {"Authorization": "Bearer ada"}
    async with AsyncExitStack() as stack:
        for _ in range(2):
            stream = await stack.enter_async_context(server.api.stream("/v1/events", **ada))
            assert stream.response.status == 200
        answer = await server.api.get("/v1/events", Accept="text/event-stream", **ada)
        assert (answer.status, answer.code) == (429, "too_many_streams")
        assert "one caller" in answer.json["detail"]
        assert answer.headers["Retry-After"] == "5"
        other = server.api.stream("/v1/events", Authorization="Bearer grace")
        assert (await stack.enter_async_context(other)).response.status == 200


async def test_one_caller_has_so_many_requests_that_wait(server: Laneway):
    operation = await server.submitted(who="ada")
    with server.services.waiters.one("ada"):
        path = f"/v1/operations/{operation}/events?after=9&wait=1s"
        answer = await server.api.get(path, Authorization="Bearer ada")
        assert (answer.status, answer.code) == (429, "too_many_waiters")
        assert server.services.waiters.taken == 1
