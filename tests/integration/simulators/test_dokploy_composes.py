"""Composes: what compose.one shows, their domains, deployments, and stopping and starting."""

from __future__ import annotations

import asyncio

from laneway.testing.simulators import PLANTED_SECRETS, Fault, HeldSleep
from tests.integration.simulators.support import Site, dokploy_of

COMPOSE = "demo-compose-cm-testing"


async def test_compose_one_shows_the_lane_and_decrypted_secrets():
    async with dokploy_of() as (world, dokploy):
        row = (await dokploy.query("compose.one", composeId=COMPOSE)).json
        spec = world.lanes["testing"].spec
        assert (row["name"], row["appName"]) == ("cm-testing", "compose-cm-testing")
        assert row["environment"]["project"]["name"] == "odoo"
        assert row["composeStatus"] == "done"
        assert [domain["host"] for domain in row["domains"]] == list(spec.domains)
        assert all(secret in row["env"] for secret in PLANTED_SECRETS)


async def test_domains_can_be_asked_for_on_their_own():
    async with dokploy_of() as (world, dokploy):
        domains = (await dokploy.query("domain.byComposeId", composeId=COMPOSE)).json
        assert [row["host"] for row in domains] == list(world.lanes["testing"].spec.domains)


async def test_a_deployment_is_queued_without_its_id_and_keeps_no_title():
    held = HeldSleep()
    async with dokploy_of(sleep=held) as (_world, dokploy):
        answer = await dokploy.mutate(
            "compose.deploy", composeId=COMPOSE, title="op_1", description="op_1"
        )
        assert answer.json == {
            "success": True,
            "message": "Deployment queued",
            "composeId": COMPOSE,
        }
        await held.entered.wait()
        row = (await dokploy.query("compose.one", composeId=COMPOSE)).json
        assert row["composeStatus"] == "running"
        [deployment] = row["deployments"]
        assert "op_1" not in (deployment["title"], deployment["description"])
        held.release()


async def test_a_deployment_ends_by_itself():
    async with dokploy_of() as (world, dokploy):
        await dokploy.mutate("compose.redeploy", composeId=COMPOSE)
        await world.dokploy.settled()
        [row] = (await dokploy.query("deployment.allByCompose", composeId=COMPOSE)).json
        assert row["status"] == "done"


async def test_a_failing_deployment_ends_as_error():
    async with dokploy_of() as (world, dokploy):
        world.dokploy.faults.add(Fault.COMMAND_FAILS, route="compose.deploy")
        await dokploy.mutate("compose.deploy", composeId=COMPOSE)
        await world.dokploy.settled()
        [row] = (await dokploy.query("deployment.allByCompose", composeId=COMPOSE)).json
        assert row["status"] == "error"


async def test_compose_one_lists_deployments_in_no_order_and_the_other_route_newest_first():
    async with dokploy_of() as (world, dokploy):
        for _ in range(8):
            await dokploy.mutate("compose.deploy", composeId=COMPOSE)
        await world.dokploy.settled()
        listed = (await dokploy.query("deployment.allByCompose", composeId=COMPOSE)).json
        typed = await dokploy.query("deployment.allByType", id=COMPOSE, type="compose")
        shown = (await dokploy.query("compose.one", composeId=COMPOSE)).json["deployments"]
        began = [row["deploymentId"] for row in listed]
        assert typed.json == listed
        assert began == list(world.dokploy.state.deployments)[::-1]
        assert sorted(began) == [row["deploymentId"] for row in shown] != began


async def test_a_run_of_a_schedule_is_no_deployment_of_the_compose():
    async with dokploy_of() as (_world, dokploy):
        await dokploy.run(await dokploy.create_schedule())
        listed = await dokploy.query("deployment.allByCompose", composeId=COMPOSE)
        application = await dokploy.query("deployment.all", applicationId=COMPOSE)
        assert (listed.json, application.json) == ([], [])


async def test_a_stopped_compose_answers_404_from_the_proxy_until_it_is_started():
    async with dokploy_of() as (world, dokploy):
        odoo = Site(dokploy.session, world.sites["testing"].url)
        assert (await dokploy.mutate("compose.stop", composeId=COMPOSE)).json is True
        stopped = await odoo.get("/web/health")
        assert (stopped.status, stopped.text) == (404, "404 page not found\n")
        assert (await dokploy.mutate("compose.start", composeId=COMPOSE)).json is True
        assert (await odoo.get("/web/health")).status == 200


async def test_stopping_the_simulator_abandons_a_deployment():
    held = HeldSleep()
    async with dokploy_of(sleep=held) as (world, dokploy):
        await dokploy.mutate("compose.deploy", composeId=COMPOSE)
        await held.entered.wait()
        await asyncio.gather(world.dokploy.stop())
        [row] = world.dokploy.state.deployments.values()
        assert row.status == "running"


async def test_a_compose_s_status_follows_what_is_done_to_it():
    async with dokploy_of() as (world, dokploy):

        async def status() -> str:
            return str(
                (await dokploy.query("compose.one", composeId=COMPOSE)).json["composeStatus"]
            )

        await dokploy.mutate("compose.stop", composeId=COMPOSE)
        assert await status() == "idle"
        world.dokploy.faults.add(Fault.COMMAND_FAILS, route="compose.deploy", times=1)
        await dokploy.mutate("compose.deploy", composeId=COMPOSE)
        await world.dokploy.settled()
        assert await status() == "error"
        await dokploy.mutate("compose.start", composeId=COMPOSE)
        assert await status() == "done"


async def test_other_variables_are_what_the_next_deployment_deploys():
    async with dokploy_of() as (world, dokploy):
        lane = world.lanes["testing"]
        lane.state.identity = lane.identify("earlier")
        env = "DOCKER_IMAGE_REFERENCE=next\nODOO_SOURCE_GIT_REF=ref"
        saved = await dokploy.mutate("compose.saveEnvironment", composeId=COMPOSE, env=env)
        assert saved.json is True
        assert lane.deployed.artifact_id == lane.spec.artifact_id
        await dokploy.mutate("compose.deploy", composeId=COMPOSE)
        await world.dokploy.settled()
        assert (await dokploy.query("compose.one", composeId=COMPOSE)).json["env"] == env
        told = lane.state.identity
        assert told is not None
        assert (told.artifact_id, told.source_git_ref) == ("next", "ref")


async def test_a_broken_artifact_answers_500_until_another_is_deployed():
    async with dokploy_of() as (world, dokploy):
        odoo = Site(dokploy.session, world.sites["testing"].url)
        world.dokploy.faults.add(Fault.BROKEN_ARTIFACT, times=1)
        await dokploy.mutate("compose.deploy", composeId=COMPOSE)
        await world.dokploy.settled()
        assert (await odoo.get("/web/health")).status == 500
        await dokploy.mutate("compose.saveEnvironment", composeId=COMPOSE, env="")
        await dokploy.mutate("compose.deploy", composeId=COMPOSE)
        await world.dokploy.settled()
        assert (await odoo.get("/web/health")).status == 200
