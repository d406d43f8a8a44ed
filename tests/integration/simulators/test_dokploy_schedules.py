"""Schedules as rows: what is kept, what is defaulted, what is listed."""

from __future__ import annotations

import pytest

from tests.integration.simulators.support import bootstrap_script, dokploy_of, schedule_fields


async def test_a_created_schedule_is_answered_and_read_back():
    async with dokploy_of() as (_world, dokploy):
        created = await dokploy.mutate("schedule.create", **schedule_fields())
        read = await dokploy.query("schedule.one", scheduleId=created.json["scheduleId"])
        assert read.json == created.json
        assert schedule_fields().items() <= read.json.items()


async def test_a_schedule_is_enabled_and_an_application_s_unless_it_says_otherwise():
    async with dokploy_of() as (_world, dokploy):
        created = await dokploy.mutate(
            "schedule.create", name="n", cronExpression="0 0 31 2 *", command="true"
        )
        assert (created.json["enabled"], created.json["scheduleType"]) == (True, "application")
        assert created.json["appName"].startswith("schedule-")


async def test_the_same_name_and_app_name_twice_are_two_schedules():
    async with dokploy_of() as (world, dokploy):
        first = await dokploy.create_schedule()
        second = await dokploy.create_schedule()
        assert first != second
        assert len(world.dokploy.schedules()) == 2


async def test_an_update_keeps_what_it_leaves_out():
    async with dokploy_of() as (_world, dokploy):
        schedule = await dokploy.create_schedule()
        script = bootstrap_script("op_other")
        changed = await dokploy.mutate(
            "schedule.update",
            scheduleId=schedule,
            name="platform-odoo-bootstrap",
            cronExpression="0 0 31 2 *",
            command="true",
            script=script,
        )
        assert changed.json == {**schedule_fields(), **changed.json}
        assert (changed.json["script"], changed.json["enabled"]) == (script, False)
        assert changed.json["scheduleId"] == schedule


async def test_updating_what_is_not_there_is_404():
    async with dokploy_of() as (_world, dokploy):
        answer = await dokploy.mutate("schedule.update", scheduleId="nope", **schedule_fields())
        assert answer.status == 404


@pytest.mark.parametrize(
    ("fields", "listed_by"),
    [
        ({}, {"id": "server-laneway-demo", "scheduleType": "server"}),
        (
            {"scheduleType": "dokploy-server", "serverId": None},
            {"id": "whatever", "scheduleType": "dokploy-server"},
        ),
        (
            {"scheduleType": "compose", "composeId": "demo-compose-cm-testing", "serverId": None},
            {"id": "demo-compose-cm-testing", "scheduleType": "compose"},
        ),
    ],
)
async def test_a_list_names_the_schedules_of_one_owner_with_their_runs(fields, listed_by):
    async with dokploy_of() as (_world, dokploy):
        schedule = await dokploy.create_schedule(**fields)
        await dokploy.run(schedule)
        [listed] = (await dokploy.query("schedule.list", **listed_by)).json
        assert listed["scheduleId"] == schedule
        assert [row["scheduleId"] for row in listed["deployments"]] == [schedule]
        other = {**listed_by, "scheduleType": "application"}
        assert (await dokploy.query("schedule.list", **other)).json == []


async def test_a_deleted_schedule_takes_its_rows_along():
    async with dokploy_of() as (_world, dokploy):
        schedule = await dokploy.create_schedule()
        await dokploy.run(schedule)
        [row] = await dokploy.rows(schedule)
        assert (await dokploy.mutate("schedule.delete", scheduleId=schedule)).json is True
        assert (await dokploy.query("schedule.one", scheduleId=schedule)).status == 404
        gone = await dokploy.query("deployment.readLogs", deploymentId=row["deploymentId"])
        assert gone.status == 404
