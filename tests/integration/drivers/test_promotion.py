"""`odoo.prove_promotion` and `odoo.prove_source`: may it come here, and is it what was tested?"""

from typing import Any

import pytest

from laneway.ports.driver import ActionFailed, ActionResult
from laneway.testing.simulators import Fault
from tests.integration.drivers.rig import Bench, bench

CONFIRMATION = "promote cm testing to prod"


async def prove_policy(b: Bench, said: str = CONFIRMATION, **given: Any) -> ActionResult:
    asked = {"confirmation": said}
    return await b.run("odoo.prove_promotion", instance="prod", parameters=asked, **given)


async def prove_source(b: Bench, **given: Any) -> ActionResult:
    record = given.pop("target", None)
    return await b.run("odoo.prove_source", instance="prod", parameters=given, target=record)


def code(result: ActionResult) -> str:
    assert result.failure is not None
    return result.failure.code


def ready(b: Bench) -> None:
    lane = b.world.lanes["testing"]
    lane.state.database = "ready"
    lane.state.identity = lane.identify("earlier")


async def test_a_policy_that_allows_it_is_proved_and_says_where_from():
    async with bench() as b:
        proved = await prove_policy(b)
        assert proved.outcome == "pass"
        assert proved.evidence["source"] == "testing"
        assert CONFIRMATION not in repr(proved.evidence["rules"])


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda r: r["policy"].pop("odoo_promotion"), "promotion_disabled"),
        (lambda r: r["policy"]["odoo_promotion"].update(enabled=False), "promotion_disabled"),
        (
            lambda r: r["policy"]["odoo_promotion"].update(confirmation=""),
            "confirmation_not_configured",
        ),
        (lambda r: r.pop("promotion"), "source_not_configured"),
        (lambda r: r["promotion"]["source"].update(instance="prod"), "source_is_target"),
        (
            lambda r: r["promotion"]["source"].update(compose_id=r["dokploy"]["compose_id"]),
            "source_is_target",
        ),
        (
            lambda r: r["policy"]["odoo_data_policy"].update(data_authority="unknown"),
            "data_authority_unknown",
        ),
    ],
)
async def test_nothing_is_allowed_by_omission(change: Any, wanted: str):
    async with bench() as b:
        record = b.record("prod")
        change(record)
        refused = await prove_policy(b, target=record)
        assert (refused.outcome, code(refused)) == ("refused", wanted)
        assert any(not rule["held"] for rule in refused.evidence["rules"])


async def test_another_confirmation_is_refused():
    async with bench() as b:
        assert code(await prove_policy(b, "promote cm prod to testing")) == "confirmation_mismatch"


async def test_a_healthy_source_tells_what_it_runs():
    async with bench() as b:
        ready(b)
        proved = await prove_source(b)
        spec = b.world.lanes["testing"].spec
        assert proved.outcome == "pass"
        assert proved.evidence["artifact_id"] == spec.artifact_id
        assert proved.evidence["source_git_ref"] == spec.source_git_ref
        assert proved.evidence["identity_status"] == "match"
        assert proved.proof is not None
        assert proved.proof["artifact_id"] == spec.artifact_id
        wanted = await prove_source(b, artifact=spec.artifact_id, instead_of="another")
        assert (wanted.outcome, wanted.proof) == ("pass", proved.proof)


async def test_what_is_deployed_and_not_running_yet_is_not_promoted():
    async with bench() as b:
        ready(b)
        b.world.lanes[
            "testing"
        ].state.env = (
            "DOCKER_IMAGE_REFERENCE=registry.example.invalid/odoo-cm:newer\nODOO_SOURCE_GIT_REF=n"
        )
        found = await prove_source(b)
        assert (found.outcome, code(found)) == ("unready", "source_mismatch")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"artifact": "registry.example.invalid/odoo-cm:other"}, "source_artifact_mismatch"),
        ({"instead_of": "THE SAME"}, "already_promoted"),
    ],
)
async def test_another_artifact_than_is_meant_is_not_promoted(given: dict[str, str], wanted: str):
    async with bench() as b:
        ready(b)
        live = b.world.lanes["testing"].spec.artifact_id
        given = {name: live if value == "THE SAME" else value for name, value in given.items()}
        found = await prove_source(b, **given)
        assert (found.outcome, code(found)) == ("unready", wanted)


async def test_a_source_that_is_not_the_one_on_record_is_not_promoted():
    async with bench() as b:
        ready(b)
        b.world.dokploy.faults.add(Fault.WRONG_LIVE_NAME, times=1)
        assert code(await prove_source(b)) == "source_name_mismatch"
        b.world.lanes["testing"].state.env = "NOTHING=here"
        assert code(await prove_source(b)) == "source_artifact_unknown"
        record = b.record("prod")
        del record["promotion"]
        assert code(await prove_source(b, target=record)) == "source_not_configured"


@pytest.mark.parametrize("fault", [Fault.IDENTITY_MISSING, Fault.IDENTITY_MISMATCH])
async def test_a_source_that_does_not_say_what_it_is_is_not_promoted(fault: Fault):
    async with bench() as b:
        ready(b)
        b.world.sites["testing"].faults.add(fault)
        assert (await prove_source(b)).outcome == "unready"


async def test_where_no_identity_is_required_none_is_asked_for():
    async with bench() as b:
        ready(b)
        b.world.sites["testing"].faults.add(Fault.IDENTITY_MISSING)
        record = b.record("prod")
        record["policy"]["odoo_data_policy"]["requires_runtime_identity"] = False
        proved = await prove_source(b, target=record)
        assert proved.outcome == "pass"
        assert "identity_status" not in proved.evidence


@pytest.mark.parametrize("fault", [Fault.HEALTH_DOWN, Fault.POSTGRES_DOWN])
async def test_a_source_that_is_not_up_may_be_by_and_by(fault: Fault):
    async with bench() as b:
        ready(b)
        b.world.sites["testing"].faults.add(fault)
        with pytest.raises(ActionFailed) as raised:
            await prove_source(b)
        assert raised.value.failure.retry_class == "unavailable"


async def test_a_source_without_a_database_is_not_promoted():
    async with bench() as b:
        found = await prove_source(b)
        assert (found.outcome, code(found)) == ("unready", "source_no_database")
