"""The control endpoints under `/_simulator/`."""

from __future__ import annotations

import pytest

from laneway.testing.simulators import Fault
from tests.integration.simulators.support import OPERATION, Site, dokploy_of, odoo_of

RUN = "schedule.runManually"


async def test_a_fault_is_switched_on_shown_and_switched_off():
    async with dokploy_of() as (_world, dokploy):
        added = await dokploy.fault(fault="answer_503", route="compose.one", times=2)
        shown = {"number": 1, "fault": "answer_503", "route": "compose.one"}
        assert (added.status, added.json) == (201, {**shown, "remaining": 2, "hits": 0})
        assert (await dokploy.query("compose.one", composeId="x")).status == 503
        listed = (await dokploy.get("/_simulator/faults")).json
        assert listed["rules"] == [{**shown, "remaining": 1, "hits": 1}]
        assert set(listed["vocabulary"]) == {fault.value for fault in Fault}
        assert (await dokploy.call("DELETE", "/_simulator/faults")).status == 204
        assert (await dokploy.get("/_simulator/faults")).json["rules"] == []
        assert (await dokploy.query("compose.one", composeId="x")).status == 404


async def test_one_kind_of_fault_is_switched_off():
    async with dokploy_of() as (_world, dokploy):
        await dokploy.fault(fault="slow")
        await dokploy.fault(fault="hang")
        await dokploy.call("DELETE", "/_simulator/faults?fault=hang")
        rules = (await dokploy.get("/_simulator/faults")).json["rules"]
        assert [rule["fault"] for rule in rules] == ["slow"]
        assert (await dokploy.call("DELETE", "/_simulator/faults?fault=nope")).status == 422


@pytest.mark.parametrize(
    "body",
    [{}, {"fault": "gremlins"}, {"fault": "hang", "times": 0}, {"fault": "hang", "for": "ever"}],
)
async def test_a_fault_outside_the_vocabulary_is_refused_with_the_vocabulary(body):
    async with dokploy_of() as (world, dokploy):
        refused = await dokploy.call("POST", "/_simulator/faults", json=body)
        assert (refused.status, refused.json["faults"]) == (422, [fault.value for fault in Fault])
        assert world.dokploy.faults.rules == ()


async def test_the_state_counts_what_came_and_what_was_done():
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule()
        await dokploy.fault(fault="answer_503", route=RUN, times=1)
        await dokploy.run(schedule)
        await dokploy.run(schedule)
        state = (await dokploy.get("/_simulator/state")).json
        assert state["requests"] == {"schedule.create": 1, RUN: 2}
        [delivery] = state["deliveries"]
        assert (delivery["schedule_id"], delivery["command"]["marker"]) == (schedule, OPERATION)
        assert state["faults"][0]["hits"] == 1
        assert state["lanes"]["cm/testing"]["database"] == "ready"
        [ran] = (await dokploy.get("/_simulator/bootstraps")).json
        assert (ran["marker"], ran["exit_code"]) == (OPERATION, 0)
        assert ran["started_at"] <= ran["finished_at"]
        assert len(world.bootstraps) == 1


async def test_control_needs_no_key_is_not_counted_and_is_beyond_faults():
    async with dokploy_of() as (world, dokploy):
        stranger = Site(dokploy.session, world.dokploy.url)
        await stranger.fault(fault="answer_503")
        assert (await stranger.get("/_simulator/state")).status == 200
        assert world.dokploy.requests == {}


async def test_an_odoo_site_has_the_same_endpoints():
    async with odoo_of() as (world, odoo):
        await odoo.fault(fault="stock_logo", times=1)
        assert len((await odoo.get("/logo.png")).content) == 2901
        state = (await odoo.get("/_simulator/state")).json
        assert (state["lane"], state["requests"]) == ("cm/testing", {"/logo.png": 1})
        assert len((await odoo.get("/_simulator/bootstraps")).json) == 1
        world.lanes["testing"].state.web_running = False
        assert (await odoo.get("/_simulator/state")).status == 200
