"""Operations as they are: snapshots, lists, and waiting for news."""

import asyncio

import pytest

from laneway.runtime.operations import Operation
from laneway_server.services import Limits
from tests.integration.server.support import PASS, SUBMISSION, Api, Laneway, becomes, lane, laneway


async def test_a_snapshot_shows_every_phase(server: Laneway, api: Api):
    operation_id = await server.submitted(plan="gate", who="ada")
    shown = (await api.get(f"/v1/operations/{operation_id}")).json
    kinds = [(phase["name"], phase["kind"], phase.get("parent")) for phase in shown["phases"]]
    assert kinds == [
        ("ask", "approval", None),
        ("change", "action", None),
        ("check", "parallel", None),
        ("left", "action", "check"),
        ("right", "action", "check"),
        ("nap", "wait", None),
    ]
    ask, change = shown["phases"][:2]
    assert ask["status"] == "waiting"
    assert ask["approval"]["role"] == "release-manager"
    assert ask["approval"]["decisions"] == []
    assert (change["action"], change["safety"]) == ("test.change", "mutation")
    assert "approval" not in change
    assert "action" not in ask
    assert shown["status"] == "waiting"
    assert shown["waiting_for"] == {
        "kind": "approval",
        "phase": "ask",
        "until": ask["approval"]["expires_at"],
    }
    assert shown["links"]["self"] == f"/v1/operations/{operation_id}"
    assert shown["links"]["lane"] == "/v1/lanes/shop/eu/testing"


async def test_progress_and_evidence_show(server: Laneway, api: Api):
    operation_id = await server.submitted()
    context = await server.action("prove").called()
    await context.progress("half of it")
    shown = (await api.get(f"/v1/operations/{operation_id}")).json
    assert shown["phases"][0]["message"] == "half of it"
    await server.action("prove").answer(PASS)
    await server.until(operation_id, lambda run: run.place == "act")
    proof = (await api.get(f"/v1/operations/{operation_id}")).json["phases"][0]
    assert (proof["outcome"], proof["evidence"]) == ("pass", {"seen": True})


@pytest.mark.parametrize("given", ['"{}"', 'W/"{}"', '"0", "{}"', "*"])
async def test_what_is_known_already_is_not_sent_again(server: Laneway, api: Api, given: str):
    operation_id = await server.submitted()
    path = f"/v1/operations/{operation_id}"
    seq = (await api.get(path)).json["seq"]
    answer = await api.get(path, If_None_Match=given.format(seq))
    assert (answer.status, answer.content) == (304, b"")
    assert answer.headers["ETag"] == f'"{seq}"'


async def test_what_is_known_of_the_past_is_sent_anew(server: Laneway, api: Api):
    operation_id = await server.submitted()
    answer = await api.get(f"/v1/operations/{operation_id}", If_None_Match='"1"')
    assert answer.status == 200


async def test_waiting_ends_with_the_next_commit(server: Laneway, api: Api):
    operation_id = await server.submitted()
    path = f"/v1/operations/{operation_id}"
    seq = (await api.get(path)).json["seq"]
    waiting = asyncio.ensure_future(api.get(f"{path}?after={seq}&wait=60s"))
    await server.asleep(60_000)
    assert not waiting.done()
    await server.action("prove").answer(PASS)
    answer = await waiting
    assert (answer.status, answer.json["phase"]) == (200, "act")
    assert answer.json["seq"] > seq


async def test_waiting_takes_no_turns_while_nothing_happens(
    server: Laneway, api: Api, monkeypatch: pytest.MonkeyPatch
):
    operation_id = await server.submitted()
    context = await server.action("prove").called()
    waiting = asyncio.ensure_future(api.get(f"/v1/operations/{operation_id}?after=1000&wait=60s"))
    await server.asleep(60_000)
    await context.progress("not the news that is waited for")
    looked: list[str] = []
    operation = server.engine.operation

    async def counted(asked: str) -> Operation:
        looked.append(asked)
        return await operation(asked)

    monkeypatch.setattr(server.engine, "operation", counted)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(looked) <= 1
    server.clock.move(60_000)
    assert (await waiting).status == 200


async def test_waiting_ends_when_the_time_is_up(server: Laneway, api: Api):
    operation_id = await server.submitted()
    path = f"/v1/operations/{operation_id}"
    known = (await api.get(path)).json
    waiting = asyncio.ensure_future(api.get(f"{path}?after={known['seq']}&wait=3s"))
    await server.asleep(3_000)
    server.clock.move(3_000)
    answer = await waiting
    assert (answer.status, answer.json["seq"]) == (200, known["seq"])


async def test_news_that_is_there_is_given_at_once(server: Laneway, api: Api):
    operation_id = await server.submitted()
    answer = await api.get(f"/v1/operations/{operation_id}?after=1&wait=60s")
    assert answer.status == 200


async def test_an_operation_that_has_ended_is_not_waited_for(server: Laneway, api: Api):
    operation_id = await server.passed()
    path = f"/v1/operations/{operation_id}"
    seq = (await api.get(path)).json["seq"]
    assert (await api.get(f"{path}?after={seq}&wait=60s")).json["status"] == "pass"
    page = await api.get(f"{path}/events?after={seq}&wait=60s")
    assert page.json == {"events": [], "next_after": seq, "end": True}


async def test_a_curl_loop_sees_every_change_to_the_end(server: Laneway, api: Api):
    operation_id = await server.submitted()
    server.actions.answer_all(lambda _: PASS)
    seen, status = [0], ""
    for name in ("prove", "act"):  # those that were called already
        if server.action(name).calls["run"]:
            await server.action(name).answer(PASS)
    while status != "pass":
        answer = await api.get(f"/v1/operations/{operation_id}?after={seen[-1]}&wait=30s")
        seen.append(answer.json["seq"])
        status = answer.json["status"]
    assert seen == sorted(set(seen))


async def test_waiters_are_limited_and_places_come_free(tmp_path):
    async with laneway(tmp_path, Limits(waiters=1)) as server:
        operation_id = await server.submitted()
        path = f"/v1/operations/{operation_id}"
        asked = f"{path}?after={(await server.api.get(path)).json['seq']}&wait=50s"
        first = asyncio.ensure_future(server.api.get(asked))
        await server.asleep(50_000)
        second = await server.api.get(asked)
        assert (second.status, second.code) == (429, "too_many_waiters")
        assert second.headers["Retry-After"] == "5"
        await server.action("prove").answer(PASS)
        assert (await first).status == 200
        assert server.services.waiters.taken == 0


async def test_who_stops_waiting_leaves_no_trace(server: Laneway, api: Api):
    operation_id = await server.submitted()
    path = f"/v1/operations/{operation_id}?after=1000&wait=60s"
    waiting = asyncio.ensure_future(api.get(path))
    await server.asleep(60_000)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await becomes(lambda: not server.services.waiters.taken)
    assert server.services.feed._topics == {}


async def test_waiting_ends_when_the_server_stops(server: Laneway, api: Api):
    operation_id = await server.submitted()
    waiting = asyncio.ensure_future(api.get(f"/v1/operations/{operation_id}?after=1000&wait=60s"))
    await server.asleep(60_000)
    server.services.feed.close()
    assert (await waiting).status == 200


async def test_a_list_is_newest_first_and_goes_on(server: Laneway, api: Api):
    made = [await server.submitted(key=f"k{i}", lane=lane(str(i))) for i in range(5)]
    first = (await api.get("/v1/operations?limit=2")).json
    second = (await api.get(f"/v1/operations?limit=2&cursor={first['next_cursor']}")).json
    last = (await api.get(f"/v1/operations?limit=2&cursor={second['next_cursor']}")).json
    pages = (first, second, last)
    assert [entry["id"] for page in pages for entry in page["operations"]] == made[::-1]
    assert last["next_cursor"] is None


async def test_a_list_is_filtered(server: Laneway, api: Api):
    passed = await server.passed(lane=lane("1"))
    server.clock.move(10_000)
    running = await server.submitted(key="k2", who="ada", lane=lane("2"))
    waiting = await server.submitted(key="k3", plan="gate", lane=lane("3"))

    async def ids(query: str) -> list[str]:
        answer = await api.get(f"/v1/operations?{query}")
        return [entry["id"] for entry in answer.json["operations"]]

    assert await ids("status=pass") == [passed]
    assert await ids("plan=gate") == [waiting]
    assert await ids("requested_by=ada") == [running]
    assert await ids("product=shop&context=eu&instance=2") == [running]
    assert await ids("created_after=2026-01-01T01:00:05%2B01:00") == [waiting, running]
    assert await ids("created_before=2026-01-01T00:00:05Z") == [passed]
    assert await ids("product=nothing") == []


async def test_a_list_says_what_pending_operations_wait_for(server: Laneway, api: Api):
    holder = await server.submitted()
    queued = (await api.submit({**SUBMISSION, "when_busy": "queue"}, key="k2")).json["id"]
    listed = (await api.get("/v1/operations?status=pending")).json["operations"]
    assert [entry["id"] for entry in listed] == [queued]
    assert listed[0]["waiting_for"]["operation"] == holder
    assert listed[0]["waiting_for"]["position"] == 1


async def test_events_as_json(server: Laneway, api: Api):
    operation_id = await server.passed()
    path = f"/v1/operations/{operation_id}/events"
    seen, after, end = [], 0, False
    while not end:
        page = (await api.get(f"{path}?after={after}&limit=3")).json
        assert len(page["events"]) <= 3
        seen += page["events"]
        after, end = page["next_after"], page["end"]
    assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
    assert seen[0]["type"] == "operation_accepted"
    assert seen[-1]["type"] == "operation_finished"


async def test_events_as_json_are_waited_for(server: Laneway, api: Api):
    operation_id = await server.submitted()
    path = f"/v1/operations/{operation_id}"
    seq = (await api.get(path)).json["seq"]
    waiting = asyncio.ensure_future(api.get(f"{path}/events?after={seq}&wait=60s"))
    await server.asleep(60_000)
    await server.action("prove").answer(PASS)
    page = (await waiting).json
    assert page["events"][0]["seq"] == seq + 1
    assert page["end"] is False
