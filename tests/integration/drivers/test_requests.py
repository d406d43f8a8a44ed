"""What the drivers send is what Dokploy's own request schemas take."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from laneway.testing.recording_proxy import Recorded, RecordingProxy
from tests.integration.drivers.rig import Bench, bench

SCHEMAS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "dokploy-requests.json").read_text()
)["procedures"]
WITHOUT_INPUT = {"settings.getDokployVersion"}


def check(request: Recorded) -> None:
    procedure = request.path.removeprefix("/api/")
    assert request.headers["x-api-key"]
    if procedure in WITHOUT_INPUT:
        assert (request.method, request.query, request.json) == ("GET", {}, None)
        return
    schema = SCHEMAS[procedure]
    assert request.method == schema["method"]
    if request.method == "POST":
        assert request.headers["content-type"] == "application/json"
        assert set(request.json) <= {*schema["body"]["properties"], "userId"}
        Draft202012Validator(schema["body"]).validate(request.json)
    else:
        query: dict[str, Any] = dict(request.query)
        if "tail" in query:
            query["tail"] = int(query["tail"])
        assert set(query) <= set(schema["query"]["properties"])
        Draft202012Validator(schema["query"]).validate(query)


async def deploy_and_run(b: Bench, record: dict[str, Any]) -> None:
    known = b.world.dokploy.schedules()[0]
    recorded = {"schedule_id": known.schedule_id, "name": known.name}
    record["dokploy"]["schedules"] = {"again": recorded}
    for again in (False, True):
        deploy = {"redeploy": again}
        await b.action("dokploy.deploy").dry_run(b.context(target=record, parameters=deploy))
        assert (await b.run("dokploy.deploy", target=record, parameters=deploy)).outcome == "pass"
    asked = {"schedule": "again"}
    await b.action("dokploy.run_schedule").dry_run(b.context(target=record, parameters=asked))
    assert (await b.run("dokploy.run_schedule", target=record, parameters=asked)).outcome == "pass"


async def promote_and_stop(b: Bench, record: dict[str, Any]) -> None:
    """What the newer actions send: another artifact and back, a backup, a restore, stop, start."""
    spec = b.world.lanes["testing"].spec
    old = {"artifact_id": spec.artifact_id, "source_git_ref": spec.source_git_ref}
    new = {"artifact_id": "registry.example.invalid/odoo-cm:next", "source_git_ref": "next"}
    taken = await b.run("odoo.backup", target=record, token="op_C_b", parameters=old)
    proof = {"artifact_id": spec.artifact_id, "max_age_minutes": 30}
    assert (await b.run("odoo.prove_backup", target=record, parameters=proof)).outcome == "pass"
    for token, there, back in (("op_C_1", new, old), ("op_C_2", old, new)):
        given = {**there, "replaces": back["artifact_id"]}
        asked: dict[str, Any] = {"target": record, "token": token, "parameters": given}
        assert (await b.run("dokploy.deploy_artifact", **asked)).outcome == "pass"
    restore = {**old, "backup": taken.evidence["marker"]}
    done = await b.run("odoo.restore", target=record, token="op_C_r", parameters=restore)
    assert done.outcome == "pass"
    for action in ("dokploy.stop", "dokploy.start", "dokploy.read_artifact"):
        assert (await b.run(action, target=record)).outcome == "pass"


@pytest.mark.parametrize("server_id", ["server-1", None])
async def test_every_request_validates(server_id: str | None):
    async with bench(server_id=server_id) as b, RecordingProxy(b.world.dokploy.url) as proxy:
        record = b.record()
        record["dokploy"]["url"] = proxy.url + "/"
        proved = await b.run("dokploy.prove_target", target=record)
        for number in range(2):
            given = {"target": record, "evidence": {"target_proof": proved.evidence}}
            token = f"op_{number}_phase_1"
            await b.action("odoo.bootstrap").dry_run(b.context(target=record))
            assert (await b.run("odoo.bootstrap", token=f"{token}_b", **given)).outcome == "pass"
            assert (await b.run("odoo.post_deploy", token=f"{token}_p", **given)).outcome == "pass"
        await deploy_and_run(b, record)
        await promote_and_stop(b, record)
        for request in proxy.requests:
            check(request)
        called = {request.path.removeprefix("/api/") for request in proxy.requests}
        assert called == {*SCHEMAS, *WITHOUT_INPUT}


async def test_an_owner_of_host_schedules_is_sent_where_the_record_names_one():
    async with bench(server_id=None) as b, RecordingProxy(b.world.dokploy.url) as proxy:
        record = b.record()
        record["dokploy"].update(url=proxy.url, user_id="user-1")
        assert (await b.run("odoo.bootstrap", target=record)).outcome == "pass"
        listed = [request for request in proxy.requests if request.path.endswith("schedule.list")]
        assert {request.query["id"] for request in listed} == {"user-1"}
        created = [req for req in proxy.requests if req.path.endswith("schedule.create")]
        assert [request.json["userId"] for request in created] == ["user-1"]
