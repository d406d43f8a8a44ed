"""Submissions: what comes of them, and every way in which one is refused."""

import asyncio

import pytest

from tests.integration.server.support import (
    FAIL,
    LANE,
    PASS,
    SUBMISSION,
    Api,
    Laneway,
    becomes,
    lane,
)


async def test_a_submission_is_accepted(server: Laneway, api: Api):
    answer = await api.submit({**SUBMISSION, "request": {"note": "x"}, "reason": "why"}, who="ada")
    operation = answer.json
    assert answer.status == 202
    assert answer.headers["Location"] == f"/v1/operations/{operation['id']}"
    assert answer.headers["ETag"] == f'"{operation["seq"]}"'
    assert operation["requested_by"] == {"kind": "caller", "subject": "ada", "claims": {}}
    assert operation["request"] == {"note": "x"}
    assert operation["reason"] == "why"
    assert operation["lane"] == LANE
    assert operation["status"] == "running"
    assert operation["phase"] == "prove"
    assert [phase["name"] for phase in operation["phases"]] == ["prove", "act"]


async def test_the_same_key_and_body_give_the_same_operation_as_it_is_now(
    server: Laneway, api: Api
):
    first = await server.passed()
    again = await api.submit()
    assert again.status == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == f"/v1/operations/{first}"
    assert (again.json["id"], again.json["status"]) == (first, "pass")


async def test_many_at_once_with_one_key_make_one_operation(server: Laneway, api: Api):
    answers = await asyncio.gather(*(api.submit() for _ in range(20)))
    assert {answer.json["id"] for answer in answers} == {answers[0].json["id"]}
    assert sorted(answer.status for answer in answers) == [200] * 19 + [202]


async def test_a_key_belongs_to_its_caller(server: Laneway, api: Api):
    first = await server.submitted(who="ada")
    other = await server.submitted(who="bob", lane=lane("prod"))
    assert first != other


async def test_a_key_with_another_body_is_refused(server: Laneway, api: Api):
    first = await server.submitted()
    answer = await api.submit({**SUBMISSION, "reason": "another"})
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert answer.json["operation"] == first


@pytest.mark.parametrize("key", ["", " ", "two words", "ü", "x" * 256])
async def test_a_key_is_required(api: Api, key: str):
    answer = await api.post("/v1/operations", SUBMISSION, Idempotency_Key=key)
    assert (answer.status, answer.code) == (400, "idempotency_key_required")


async def test_a_key_may_have_255_characters(api: Api):
    assert (await api.submit(key="~" * 255)).status == 202


async def test_an_unknown_plan(api: Api):
    answer = await api.submit({**SUBMISSION, "plan": "wrk"})
    assert (answer.status, answer.code) == (404, "plan_not_found")


async def test_a_lane_without_target_record(api: Api):
    answer = await api.submit({**SUBMISSION, "lane": lane("nowhere")})
    assert (answer.status, answer.code) == (404, "target_not_found")


async def test_a_request_that_is_not_what_the_plan_asks_for(api: Api):
    answer = await api.submit({**SUBMISSION, "request": {"note": 1, "a/b": "x", "more": 1}})
    assert (answer.status, answer.code) == (422, "request_invalid")
    paths = {error["path"] for error in answer.json["errors"]}
    assert paths == {"/request/note", "/request/a~1b", "/request/more"}


async def test_a_busy_lane_names_the_operation_in_the_way(server: Laneway, api: Api):
    holder = await server.submitted()
    answer = await api.submit(key="k2")
    assert (answer.status, answer.code) == (409, "lane_busy")
    assert answer.json["operation"] == holder


async def test_a_busy_lane_queues_when_asked_until_the_queue_is_full(server: Laneway, api: Api):
    holder = await server.submitted()
    queued = await api.submit({**SUBMISSION, "when_busy": "queue"}, key="k2")
    assert (queued.status, queued.json["status"]) == (202, "pending")
    assert queued.json["waiting_for"] == {
        "kind": "lane",
        "phase": None,
        "until": None,
        "operation": holder,
        "position": 1,
    }
    full = await api.submit({**SUBMISSION, "when_busy": "queue"}, key="k3")
    assert (full.status, full.code) == (409, "lane_busy")


async def test_one_that_waited_behind_a_bootstrap_is_refused(server: Laneway, api: Api):
    holder = await server.submitted()
    queued = await api.submit({**SUBMISSION, "when_busy": "queue"}, key="k2")
    await server.action("prove").answer(PASS)
    await server.action("act").answer(PASS)
    ended = await server.finished(queued.json["id"])
    assert ended.status == "refused"
    shown = (await api.get(f"/v1/operations/{queued.json['id']}")).json
    assert shown["failure"]["code"] == "repeat_not_accepted"
    assert shown["failure"]["detail"] == {"operation": holder}


@pytest.mark.parametrize("outcome", [PASS, FAIL])
async def test_a_repeat_must_name_what_it_supersedes(server: Laneway, api: Api, outcome):
    first = await server.submitted()
    await server.action("prove").answer(PASS)
    await server.action("act").answer(outcome)
    await server.finished(first)
    refused = await api.submit(key="k2")
    assert (refused.status, refused.code) == (409, "repeat_not_accepted")
    assert refused.json["operation"] == first
    accepted = await api.submit({**SUBMISSION, "supersedes": first}, key="k3")
    assert (accepted.status, accepted.json["supersedes"]) == (202, first)


async def test_supersedes_must_name_the_latest(server: Laneway, api: Api):
    first = await server.passed()
    other = "op_00000000000000000000000000"
    answer = await api.submit({**SUBMISSION, "supersedes": other}, key="k2")
    assert (answer.status, answer.code) == (409, "repeat_not_accepted")
    assert answer.json["operation"] == first


async def test_supersedes_must_name_something_that_there_is(api: Api):
    other = "op_00000000000000000000000000"
    answer = await api.submit({**SUBMISSION, "supersedes": other})
    assert (answer.status, answer.code) == (422, "request_invalid")
    assert answer.json["errors"][0]["path"] == "/supersedes"


async def test_a_frozen_lane(server: Laneway, api: Api):
    await api.post("/v1/lanes/shop/eu/testing/freeze", {"reason": "audit"})
    answer = await api.submit()
    assert (answer.status, answer.code) == (409, "lane_frozen")
    assert "audit" in answer.json["detail"]


async def test_while_draining_nothing_new_is_taken_but_keys_are_still_known(
    server: Laneway, api: Api
):
    first = await server.passed()
    await server.engine.drain(0)
    refused = await api.submit(key="k2")
    assert (refused.status, refused.code) == (503, "draining")
    assert refused.headers["Retry-After"] == "5"
    known = await api.submit()
    assert (known.status, known.json["id"]) == (200, first)


async def test_a_dry_run_changes_nothing_and_says_so(server: Laneway, api: Api):
    operation_id = await server.submitted(dry_run=True)
    await server.action("prove").answer(PASS)
    await server.finished(operation_id)
    shown = (await api.get(f"/v1/operations/{operation_id}")).json
    assert shown["dry_run"] is True
    assert [phase["status"] for phase in shown["phases"]] == ["pass", "skipped"]
    assert (await api.submit(key="k2")).status == 202


async def test_a_client_that_goes_away_changes_nothing(server: Laneway, api: Api):
    """The connection is cut while the commit is under way; the operation is there all the same."""
    gone = asyncio.ensure_future(api.submit())
    waiting = server.engine.store._writer._waiting  # type: ignore[attr-defined]
    await becomes(lambda: waiting)
    assert not gone.done()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    again = await api.submit()
    assert again.status == 200
    assert again.headers["Idempotent-Replayed"] == "true"
