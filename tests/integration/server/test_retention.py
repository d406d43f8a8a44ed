"""What was pruned is told apart from what never was; and holds, by those who may."""

from dataclasses import replace
from typing import Any

import pytest

from laneway.core.events import Actor
from laneway.core.model import Retention
from laneway.core.retention import DAY
from laneway.runtime.artifacts import ArtifactLimits
from laneway.runtime.pruning import PruningSettings
from laneway_server import bootstrap, from_settings
from laneway_server.access.open_access import OpenAccess
from laneway_server.access.ruling import Act, Question, Verdict
from laneway_server.config import load
from laneway_server.services import Services
from tests.integration.server.support import FAIL, SUBMISSION, Api, Laneway, laneway

GONE = Retention(keep_days=1, keep_last=0)


async def failed(server: Laneway, key: str = "k1") -> str:
    operation_id = await server.submitted(key=key)
    await server.action("prove").answer(FAIL)
    await server.finished(operation_id)
    return operation_id


async def prune(server: Laneway) -> int:
    """Prune as if every plan said so; how many went."""
    server.clock.move(2 * DAY)
    retention, now = server.engine.store.retention, server.clock.now()
    gone = 0
    for digest in await retention.limits():
        looked = await retention.candidates(digest, GONE, now, 100)
        gone += len((await server.engine._operations.prune(looked, now)).tombstones)
    return gone


async def test_what_was_pruned_is_gone_and_what_is_left_is_told(server: Laneway, api: Api):
    operation_id = await failed(server)
    before = (await api.get(f"/v1/operations/{operation_id}")).json
    head = (await server.engine.operation(operation_id)).run.head
    assert await prune(server) == 1
    for path in ("", "/events", "/evidence", "/hold", "/artifacts/run.log", "?after=9&wait=1s"):
        answer = await api.get(f"/v1/operations/{operation_id}{path}")
        assert (answer.status, answer.code) == (410, "events_expired"), path
        left = answer.json["operation"]
        for name in ("id", "seq", "status", "lane", "created_at", "finished_at", "dry_run"):
            assert left[name] == before[name], name
        assert left["plan"] == {n: before["plan"][n] for n in ("name", "version", "digest")}
        assert left["requested_by"] == {"subject": before["requested_by"]["subject"]}
        assert (left["head"], left["rule"]) == (head, "keep_days 1, keep_last 0")
        assert left["pruned_at"] == server.clock.now()
    never = await api.get("/v1/operations/op_01JA2B3C4D5E6F7G8H9JKMNPQR")
    assert (never.status, never.code) == (404, "not_found")
    assert (await api.get("/v1/operations")).json["operations"] == []
    assert (await api.get("/problems/events_expired")).status == 200


@pytest.mark.parametrize("last", ["0", "3", "999"])
async def test_a_stream_that_is_resumed_too_late_is_told_so(server: Laneway, api: Api, last: str):
    operation_id = await failed(server)
    await prune(server)
    path = f"/v1/operations/{operation_id}/events"
    answer = await api.get(path, Accept="text/event-stream", Last_Event_ID=last)
    assert (answer.status, answer.code) == (410, "events_expired")


async def test_nothing_is_told_to_what_was_pruned(server: Laneway, api: Api):
    operation_id = await failed(server)
    await prune(server)
    path = f"/v1/operations/{operation_id}"
    for verb in ("cancel", "pause", "resume", "hold", "release"):
        body = {"reason": "late"} if verb != "resume" else {}
        answer = await api.post(f"{path}/{verb}", body)
        assert (answer.status, answer.code) == (410, "events_expired"), verb
    again = await api.post(f"{path}/retry", {}, key="k2")
    assert (again.status, again.code) == (410, "events_expired")


async def test_a_replay_is_told_what_became_of_the_operation(server: Laneway, api: Api):
    operation_id = await failed(server)
    await prune(server)
    replay = await api.submit()
    assert (replay.status, replay.code) == (410, "events_expired")
    assert replay.json["operation"]["id"] == operation_id
    other = await api.submit({**SUBMISSION, "reason": "another"})
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert (await api.get("/v1/operations")).json["operations"] == []


async def test_a_hold_keeps_an_operation_until_it_is_released(server: Laneway, api: Api):
    operation_id = await failed(server)
    path = f"/v1/operations/{operation_id}"
    free = {"operation": operation_id, "held": False, "by": None, "reason": None, "at": None}
    assert (await api.get(f"{path}/hold")).json == free
    held = await api.post(f"{path}/hold", {"reason": "the auditors asked"}, who="ann")
    assert held.status == 200
    assert held.json["held"]
    assert (held.json["by"]["subject"], held.json["reason"]) == ("ann", "the auditors asked")
    assert (await api.get(f"{path}/hold")).json == held.json
    assert await prune(server) == 0
    assert (await api.post(f"{path}/release", {"reason": "they are gone"})).json == free
    assert await prune(server) == 1
    acts = [(entry.act, entry.detail) for entry in await server.engine.store.audit.entries()]
    assert [(act, detail.get("reason")) for act, detail in acts] == [
        ("holdOperation", "the auditors asked"),
        ("releaseOperation", "they are gone"),
    ]


async def test_a_hold_says_why(server: Laneway, api: Api):
    operation_id = await failed(server)
    for body in ({}, {"reason": ""}):
        answer = await api.post(f"/v1/operations/{operation_id}/hold", body)
        assert (answer.status, answer.code) == (422, "request_invalid")


async def test_the_settings_say_how_records_are_kept(tmp_path):
    flags = {
        "demo": True,
        "listen": "127.0.0.1:0",
        "database": tmp_path / "laneway.db",
        "prune_interval": "2h",
        "prune_batch": 7,
        "max_artifact": 10,
        "max_operation_artifacts": 20,
        "max_artifacts": 30,
    }
    async with bootstrap.build(load(flags=flags)) as service:
        engine = service.services.engine
        assert engine.pruning._settings == PruningSettings(interval=7_200_000, batch=7)
        assert engine._executor._keeper._limits == ArtifactLimits(
            artifact=10, operation=20, store=30
        )
        assert engine._prunes
    async with bootstrap.build(load(flags=flags | {"prune_interval": "0s"})) as service:
        assert not service.services.engine._prunes


def test_by_default_the_server_prunes_and_moves_the_log_itself():
    settings = load(flags={"demo": True})
    assert from_settings.pruning(settings) == PruningSettings()
    assert bootstrap._opening(settings).checkpoints
    external = load(flags={"demo": True, "checkpoints": "external"})
    assert not bootstrap._opening(external).checkpoints


class _Guarded(OpenAccess):
    """Ann may do everything, bob may read, and eve may do nothing."""

    def judge(self, actor: Actor, question: Question) -> Verdict:
        allowed = actor.subject == "ann" or (actor.subject == "bob" and question.act is Act.READ)
        return Verdict(allowed=allowed, reason="because")


async def test_only_who_might_have_read_it_is_told_that_it_was_pruned(tmp_path):
    def guarded(services: Services) -> Services:
        return replace(services, access=_Guarded())

    async with laneway(tmp_path, adapt=guarded) as server:
        operation_id = await server.submitted(who="ann")
        await server.action("prove").answer(FAIL)
        await server.finished(operation_id)
        path = f"/v1/operations/{operation_id}"
        denied: dict[str, Any] = {"reason": "mine"}
        assert (await server.api.post(f"{path}/hold", denied, who="bob")).status == 403
        assert (await server.api.post(f"{path}/hold", denied, who="eve")).status == 404
        assert await prune(server) == 1
        told = {
            who: (await server.api.get(path, Authorization=f"Bearer {who}")).status
            for who in ("ann", "bob", "eve")
        }
        assert told == {"ann": 410, "bob": 410, "eve": 404}
