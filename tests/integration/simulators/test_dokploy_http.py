"""How Dokploy answers, whatever the procedure: keys, errors, content types, empty results."""

from __future__ import annotations

import pytest

from tests.integration.simulators.support import VERSIONS, Site, dokploy_of


async def test_health_needs_no_key_and_the_version_does():
    async with dokploy_of() as (world, dokploy):
        stranger = Site(dokploy.session, world.dokploy.url)
        assert (await stranger.get("/api/health")).json == {"ok": True}
        refused = await stranger.query("settings.getDokployVersion")
        assert (refused.status, refused.json) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_version_is_a_json_string(version: str):
    async with dokploy_of(dokploy_version=version) as (_world, dokploy):
        assert (await dokploy.query("settings.getDokployVersion")).json == f"v{version}"


async def test_a_wrong_key_is_401_for_every_route_even_an_unknown_one():
    async with dokploy_of() as (world, dokploy):
        stranger = Site(dokploy.session, world.dokploy.url, "not-the-key")
        for procedure in ("compose.one", "no.such"):
            answer = await stranger.query(procedure)
            assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})


async def test_an_unknown_procedure_and_a_wrong_method_are_404_with_the_error_shape():
    async with dokploy_of() as (_world, dokploy):
        unknown = await dokploy.query("deployment.one", deploymentId="x")
        assert unknown.status == 404
        assert unknown.json == {
            "message": "Not found",
            "code": "NOT_FOUND",
            "data": {
                "code": "NOT_FOUND",
                "httpStatus": 404,
                "path": "deployment.one",
                "zodError": None,
            },
        }
        assert (await dokploy.query("schedule.runManually", scheduleId="x")).status == 404


async def test_a_post_without_json_content_type_is_415():
    async with dokploy_of() as (world, dokploy):
        for procedure in ("schedule.runManually", "schedule.create", "compose.stop"):
            answer = await dokploy.call("POST", f"/api/{procedure}", data=b'{"scheduleId": "x"}')
            assert (answer.status, answer.json["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
        assert world.dokploy.deliveries == []


@pytest.mark.parametrize(
    ("procedure", "body"),
    [
        ("schedule.runManually", {}),
        ("schedule.create", {"name": "n", "cronExpression": "* * * * *"}),
        ("schedule.create", {"name": "n", "cronExpression": "*", "command": 1}),
        ("schedule.update", {"name": "n", "cronExpression": "*", "command": "c"}),
        ("deployment.killProcess", {"deploymentId": ""}),
        ("compose.deploy", {"composeId": ""}),
    ],
)
async def test_input_that_does_not_fit_the_schema_is_400_with_issues(
    procedure: str, body: dict[str, object]
):
    async with dokploy_of() as (_world, dokploy):
        answer = await dokploy.mutate(procedure, **body)
        assert (answer.status, answer.json["code"]) == (400, "BAD_REQUEST")
        assert answer.json["issues"][0]["message"]


async def test_a_body_that_is_no_json_is_400():
    async with dokploy_of() as (_world, dokploy):
        headers = {**dokploy.headers, "content-type": "application/json"}
        answer = await dokploy.call("POST", "/api/compose.stop", data=b"{", headers=headers)
        assert (answer.status, answer.json["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("procedure", "params"),
    [
        ("compose.one", {"composeId": "nope"}),
        ("domain.byComposeId", {"composeId": "nope"}),
        ("deployment.allByCompose", {"composeId": "nope"}),
        ("deployment.allByType", {"id": "nope", "type": "schedule"}),
        ("deployment.readLogs", {"deploymentId": "nope"}),
        ("schedule.one", {"scheduleId": "nope"}),
    ],
)
async def test_reading_what_is_not_there_is_404(procedure: str, params: dict[str, str]):
    async with dokploy_of() as (_world, dokploy):
        answer = await dokploy.query(procedure, **params)
        assert (answer.status, answer.json["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("version", "status"), [("0.29.13", 500), ("0.29.14", 404), ("0.30.2", 404)]
)
async def test_running_a_schedule_that_is_not_there_by_version(version: str, status: int):
    async with dokploy_of(dokploy_version=version) as (world, dokploy):
        answer = await dokploy.run("nope")
        assert (answer.status, answer.json["message"]) == (status, "Schedule not found")
        assert world.dokploy.deliveries == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_logs_can_be_read_since_0_29_6(version: str):
    there = version not in ("0.28.0", "0.29.5")
    async with dokploy_of(dokploy_version=version) as (_world, dokploy):
        schedule = await dokploy.create_schedule()
        await dokploy.run(schedule)
        [row] = await dokploy.rows(schedule)
        answer = await dokploy.query("deployment.readLogs", deploymentId=row["deploymentId"])
        assert answer.status == (200 if there else 404)
        assert isinstance(answer.json, str if there else dict)
