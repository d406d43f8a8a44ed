"""The list of lanes: those with a target record, and those on which something has happened."""

from typing import Any

from laneway.core.model import Lane
from laneway.ports.store import Freeze
from laneway.testing.store_samples import ADA
from tests.integration.server.support import FAIL, LANE, PASS, SUBMISSION, Api, Laneway, lane

PATH = "/v1/lanes"
INSTANCES = ["0", "1", "2", "3", "4", "5", "6", "7", "prod", "testing"]
IDLE: dict[str, Any] = {
    "declared": True,
    "busy": False,
    "holder": None,
    "queued": 0,
    "running_shared": 0,
    "frozen": False,
    "freeze": None,
    "last_pass": None,
    "last_destructive": None,
}


async def listed(api: Api, query: str = "") -> list[dict[str, Any]]:
    answer = await api.get(f"{PATH}{query}")
    assert answer.status == 200
    found: list[dict[str, Any]] = answer.json["lanes"]
    return found


def instances(lanes: list[dict[str, Any]]) -> list[str]:
    return [each["lane"]["instance"] for each in lanes]


async def shown(api: Api, instance: str = "testing") -> dict[str, Any]:
    (found,) = await listed(api, f"?product=shop&context=eu&instance={instance}")
    return found


async def test_lanes_with_a_target_record_are_there_before_anything_happens(api: Api):
    assert await listed(api) == [{"lane": lane(name)} | IDLE for name in INSTANCES]


async def test_the_list_says_from_where_it_is_to_be_followed(server: Laneway, api: Api):
    assert (await api.get(PATH)).headers["Laneway-Position"] == "0"
    operation_id = await server.submitted()
    events = (await api.get(f"/v1/operations/{operation_id}/events")).json["events"]
    assert (await api.get(PATH)).headers["Laneway-Position"] == str(len(events))


async def test_a_holder_is_told_with_its_phase_and_since_when(server: Laneway, api: Api):
    operation_id = await server.submitted()
    begun = (await api.get(f"/v1/operations/{operation_id}")).json
    server.clock.move(5_000)
    await api.submit({**SUBMISSION, "when_busy": "queue"}, key="k2")
    at_first = await shown(api)
    holder = at_first["holder"]
    assert (at_first["busy"], at_first["queued"]) == (True, 1)
    assert (holder["id"], holder["status"]) == (operation_id, "running")
    assert (holder["phase"], holder["phase_title"]) == ("prove", "Prove")
    assert (holder["plan"]["name"], holder["plan"]["title"]) == ("work", "Work")
    assert holder["since"] == begun["started_at"]
    await server.action("prove").answer(PASS)
    await server.action("act").called()
    moved = (await shown(api))["holder"]
    assert (moved["phase"], moved["phase_title"]) == ("act", "Act")
    assert moved["since"] == server.clock.now() > holder["since"]


async def test_what_a_holder_waits_for(server: Laneway, api: Api):
    await server.submitted(plan="gate")
    holder = (await shown(api))["holder"]
    assert holder["status"] == "waiting"
    assert holder["waiting_for"]["kind"] == "approval"
    assert holder["waiting_for"]["until"] > holder["since"]


async def test_what_was_done_last(server: Laneway, api: Api):
    passed = await server.passed()
    record = await shown(api)
    assert record["holder"] is None
    assert (record["last_pass"]["id"], record["last_pass"]["plan"]) == (passed, "work")
    assert record["last_destructive"]["id"] == passed
    failed = await api.submit({**SUBMISSION, "supersedes": passed}, key="k2")
    await server.action("prove").answer(PASS)
    await server.action("act").answer(FAIL)
    await server.finished(failed.json["id"])
    record = await shown(api)
    assert record["last_pass"]["id"] == passed
    assert record["last_destructive"]["id"] == failed.json["id"]
    assert record["last_destructive"]["status"] == "fail"


async def test_a_frozen_lane_and_one_that_has_no_target_record_any_more(server: Laneway, api: Api):
    await api.post(f"{PATH}/shop/eu/prod/freeze", {"reason": "audit"}, who="ada")
    gone = Lane("shop", "eu", "gone")
    freeze = Freeze(ADA, "it is taken down", server.clock.now())
    await server.engine.store.set_freeze(gone, freeze)
    lanes = {each["lane"]["instance"]: each for each in await listed(api)}
    assert lanes["prod"]["frozen"]
    assert lanes["prod"]["freeze"]["reason"] == "audit"
    assert (lanes["gone"]["declared"], lanes["gone"]["frozen"]) == (False, True)
    assert list(lanes) == sorted([*INSTANCES, "gone"])


async def test_pages_have_every_lane_once(server: Laneway, api: Api):
    """Also where some lanes are known from their target record and some from the database."""
    for number in (1, 4, 7):
        await server.submitted(key=f"k{number}", lane=lane(str(number)))
    for limit in (1, 3, 10, 11):
        found, cursor = [], ""
        while True:
            page = (await api.get(f"{PATH}?limit={limit}{cursor}")).json
            found += instances(page["lanes"])
            assert len(page["lanes"]) <= limit
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert found == INSTANCES


async def test_pages_of_more_lanes_than_are_read_at_once(server: Laneway, api: Api):
    store, now = server.engine.store, server.clock.now()
    names = [f"lane-{number:03}" for number in range(230)]
    for name in names:
        await store.set_freeze(Lane("a", "b", name), Freeze(ADA, "full", now))
    assert instances(await listed(api, "?product=a&limit=1000")) == names
    few = (await api.get(f"{PATH}?q=lane-2&limit=20")).json
    assert instances(few["lanes"]) == names[200:220]
    rest = (await api.get(f"{PATH}?q=LANE-2&limit=20&cursor={few['next_cursor']}")).json
    assert instances(rest["lanes"]) == names[220:]
    assert rest["next_cursor"] is None


async def test_filters(api: Api):
    assert instances(await listed(api, "?product=shop&context=eu&instance=3")) == ["3"]
    assert instances(await listed(api, "?q=EU/t")) == ["testing"]
    for nothing in ("?product=sho", "?context=us", "?q=nowhere"):
        assert await listed(api, nothing) == []


async def test_what_is_wrong_with_a_query_is_told(api: Api):
    for query in ("?limit=0", "?limit=1001", "?cursor=a/b", "?cursor=a", "?nonsense=1"):
        answer = await api.get(f"{PATH}{query}")
        assert (answer.status, answer.code) == (422, "request_invalid"), query


async def test_the_list_and_the_lane_say_the_same(server: Laneway, api: Api):
    await server.submitted()
    (one,) = await listed(api, "?instance=testing")
    whole = (await api.get(f"{PATH}/shop/eu/testing")).json
    for name in ("lane", "busy", "queued", "frozen", "freeze"):
        assert one[name] == whole[name]
    for name in ("id", "status", "phase", "waiting_for", "created_at", "dry_run"):
        assert one["holder"][name] == whole["holder"][name]
    assert one["lane"] == LANE
