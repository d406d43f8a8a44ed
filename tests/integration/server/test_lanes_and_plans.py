"""Lanes, plans, drivers, health: what the server has, and how it is."""

import pytest

import laneway
from laneway.ports.store import StoreUnavailable
from tests.integration.server.support import LANE, SPECS, SUBMISSION, Api, Laneway, lane

PATH = "/v1/lanes/shop/eu/testing"


async def test_a_lane_on_which_nothing_has_happened(api: Api):
    answer = await api.get(PATH)
    assert answer.json == {
        "lane": LANE,
        "busy": False,
        "holder": None,
        "queue": [],
        "queued": 0,
        "running_shared": [],
        "last_pass": None,
        "last_destructive": {},
        "frozen": False,
        "freeze": None,
    }


async def test_a_lane_at_work(server: Laneway, api: Api):
    holder = await server.submitted()
    queued = (await api.submit({**SUBMISSION, "when_busy": "queue"}, key="k2")).json["id"]
    shown = (await api.get(PATH)).json
    assert shown["holder"]["id"] == holder
    assert [entry["id"] for entry in shown["queue"]] == [queued]
    assert shown["queue"][0]["waiting_for"]["position"] == 1


async def test_what_was_done_on_a_lane(server: Laneway, api: Api):
    operation_id = await server.passed()
    shown = (await api.get(PATH)).json
    assert shown["holder"] is None
    assert shown["last_pass"]["id"] == operation_id
    assert shown["last_destructive"]["work"]["id"] == operation_id


async def test_freezing_and_unfreezing(server: Laneway, api: Api):
    frozen = await api.post(f"{PATH}/freeze", {"reason": "audit"}, who="ada")
    assert (frozen.status, frozen.json["frozen"]) == (200, True)
    assert frozen.json["freeze"]["reason"] == "audit"
    assert frozen.json["freeze"]["by"]["subject"] == "ada"
    free = await api.post(f"{PATH}/unfreeze")
    assert (free.status, free.json["frozen"], free.json["freeze"]) == (200, False, None)
    assert (await api.post(f"{PATH}/unfreeze")).status == 200
    assert (await api.submit()).status == 202


async def test_freezing_needs_a_reason(api: Api):
    answer = await api.post(f"{PATH}/freeze")
    assert (answer.status, answer.code) == (422, "request_invalid")


@pytest.mark.parametrize("verb", ["", "/freeze", "/unfreeze"])
async def test_a_misspelt_lane_is_not_silently_another(api: Api, verb: str):
    path = f"/v1/lanes/shop/eu/tesitng{verb}"
    answer = await (api.post(path, {"reason": "x"}) if verb else api.get(path))
    assert (answer.status, answer.code) == (404, "target_not_found")


async def test_a_lane_without_target_record_that_has_a_past_is_shown(server: Laneway, api: Api):
    await server.passed(lane=lane("1"))
    server.services.targets.records.clear()  # type: ignore[attr-defined]
    assert (await api.get("/v1/lanes/shop/eu/1")).status == 200
    assert (await api.post("/v1/lanes/shop/eu/1/freeze", {"reason": "x"})).status == 404


async def test_plans_and_the_errors_of_those_that_did_not_load(api: Api):
    listed = (await api.get("/v1/plans")).json
    assert [plan["name"] for plan in listed["plans"]] == ["gate", "work"]
    assert listed["plans"][1]["actions"] == ["test.act", "test.prove"]
    assert listed["errors"]
    assert {error["file"] for error in listed["errors"]} == {"broken.yaml"}
    assert all(error["line"] >= 1 and error["message"] for error in listed["errors"])


async def test_a_plan_whole(api: Api):
    listed = (await api.get("/v1/plans")).json["plans"][1]
    plan = (await api.get(listed["links"]["self"])).json
    assert plan["digest"] == listed["digest"]
    assert plan["request"]["properties"]["note"] == {"type": "string"}
    assert [phase["kind"] for phase in plan["phases"]] == ["action", "action", "end", "end"]
    assert plan["document"]["plan"] == "work"


async def test_a_plan_that_is_not_there(api: Api):
    for path in ("/v1/plans/nothing", "/v1/plans/nothing/diagram", "/v1/plans/broken"):
        answer = await api.get(path)
        assert (answer.status, answer.code) == (404, "plan_not_found")


async def test_drivers(api: Api):
    (driver,) = (await api.get("/v1/drivers")).json["drivers"]
    assert {action["action_id"] for action in driver["actions"]} == set(SPECS)
    safeties = {action["action_id"]: action["safety"] for action in driver["actions"]}
    assert safeties["test.act"] == "destructive"


async def test_health(api: Api):
    answer = await api.get("/v1/health")
    assert answer.json == {"status": "ok", "version": laneway.__version__}


async def test_ready(api: Api):
    assert (await api.get("/v1/ready")).json == {"status": "ready"}


async def test_a_draining_server_is_alive_and_not_ready(server: Laneway, api: Api):
    await server.engine.drain(0)
    answer = await api.get("/v1/ready")
    assert (answer.status, answer.code) == (503, "draining")
    assert (await api.get("/v1/health")).status == 200


async def test_a_fenced_server_is_not_ready_and_writes_nothing(server: Laneway, api: Api):
    operation_id = await server.submitted()
    await server.engine.store.claim("another", server.clock.now())
    refused = await api.post(f"/v1/operations/{operation_id}/cancel")
    assert (refused.status, refused.code) == (503, "fenced")
    ready = await api.get("/v1/ready")
    assert (ready.status, ready.code) == (503, "fenced")
    assert (await api.get(f"/v1/operations/{operation_id}")).json["status"] == "running"


async def test_a_database_that_is_gone(server: Laneway, api: Api, tmp_path):
    """The file is taken away under the server: it says so, and acknowledges nothing."""
    (tmp_path / "laneway.db").rename(tmp_path / "elsewhere.db")
    ready = await api.get("/v1/ready")
    assert (ready.status, ready.code) == (503, "store_unavailable")
    submitted = await api.submit()
    assert (submitted.status, submitted.code) == (503, "store_unavailable")
    assert submitted.headers["Retry-After"] == "5"
    (tmp_path / "elsewhere.db").rename(tmp_path / "laneway.db")
    assert (await api.get("/v1/ready")).status == 200
    assert (await api.submit()).status == 202


async def test_a_store_that_fails_while_reading(server: Laneway, api: Api, monkeypatch):
    async def failing(*_: object):
        raise StoreUnavailable("the disk is gone")

    operation_id = await server.passed()
    monkeypatch.setattr(server.engine.store, "events", failing)
    answer = await api.get(f"/v1/operations/{operation_id}/events")
    assert (answer.status, answer.code) == (503, "store_unavailable")
