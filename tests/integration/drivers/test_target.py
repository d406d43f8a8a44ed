"""`dokploy.prove_target`: the live compose is the recorded one, or the target is refused."""

import pytest

from laneway.ports.driver import ActionFailed
from laneway.testing.simulators import PLANTED_SECRETS, Fault
from tests.integration.drivers.rig import bench

RECORDS: dict[str, tuple[str, str, object]] = {
    "name_mismatch": ("expected", "name", "cm-other"),
    "domain_missing": ("expected", "domains", ["testing.cm.example.invalid", "more.example"]),
    "domains_unknown": ("expected", "domains", []),
    "artifact_mismatch": ("expected", "artifact_id", "registry.example.invalid/odoo-cm@sha256:0"),
    "artifact_unknown": ("dokploy", "artifact_variables", ["NOT_THERE"]),
    "source_mismatch": ("expected", "source_git_ref", "0" * 40),
    "source_unknown": ("expected", "source_git_ref", ""),
    "server_mismatch": ("dokploy", "server_id", None),
    "compose_not_found": ("dokploy", "compose_id", "nobody-knows-it"),
}


@pytest.mark.parametrize("code", RECORDS)
async def test_a_record_that_the_live_compose_does_not_bear_out_is_refused(code: str):
    part, field, value = RECORDS[code]
    async with bench() as b:
        record = b.record()
        record[part][field] = value
        refused = await b.run("dokploy.prove_target", target=record)
        assert (refused.outcome, refused.failure and refused.failure.code) == ("refused", code)


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Fault.WRONG_LIVE_NAME, "name_mismatch"), (Fault.MISSING_DOMAIN, "domain_missing")],
)
async def test_a_live_compose_that_differs_is_refused(fault: Fault, code: str):
    async with bench() as b:
        b.world.dokploy.faults.add(fault)
        refused = await b.run("dokploy.prove_target")
        assert (refused.outcome, refused.failure and refused.failure.code) == ("refused", code)


async def test_the_source_is_read_from_the_newest_deployment_where_no_variable_names_it():
    async with bench() as b:
        record = b.record()
        record["dokploy"]["source_variables"] = []
        assert (await b.run("dokploy.prove_target", target=record)).outcome == "refused"
        compose = b.world.dokploy._composes[record["dokploy"]["compose_id"]]
        compose.queue_deployment(b.world.dokploy._tables, "", "")
        await compose._tasks.copy().pop()
        assert (await b.run("dokploy.prove_target", target=record)).outcome == "pass"


async def test_the_proof_is_stable_and_holds_no_secret():
    async with bench() as b:
        first, second = [await b.run("dokploy.prove_target") for _ in range(2)]
        assert first.outcome == "pass"
        assert first.proof is not None
        assert first.proof == second.proof
        for secret in (*PLANTED_SECRETS, b.world.dokploy.api_key):
            assert secret not in repr(first)


@pytest.mark.parametrize(
    ("fault", "code", "retry_class"),
    [
        (Fault.ANSWER_503, "dokploy_error", "unavailable"),
        (Fault.ANSWER_504, "dokploy_error", "timeout"),
        (Fault.DROP_CONNECTION, "connection_lost", "unavailable"),
        (Fault.RATE_LIMITED, "unauthorized_or_rate_limited", "rate_limited"),
    ],
)
async def test_a_panel_that_does_not_answer_fails_with_its_retry_class(
    fault: Fault, code: str, retry_class: str
):
    async with bench() as b:
        b.world.dokploy.faults.add(fault, route="compose.one", times=2)
        with pytest.raises(ActionFailed) as raised:
            await b.run("dokploy.prove_target")
        assert (raised.value.failure.code, raised.value.failure.retry_class) == (code, retry_class)


async def test_a_record_without_its_shape_or_of_another_lane_is_not_used():
    async with bench() as b:
        broken = b.record()
        broken["dokploy"]["url"] = "https://user:password@panel.example"
        for record in (broken, b.record("prod")):
            with pytest.raises(ActionFailed) as raised:
                await b.run("dokploy.prove_target", target=record)
            assert raised.value.failure.code == "target_invalid"
            assert "password@" not in str(raised.value)


async def test_a_secret_that_is_not_there_is_told_by_its_reference():
    async with bench() as b:
        record = b.record()
        record["dokploy"]["api_key"] = "env:NOT_SET"
        with pytest.raises(ActionFailed) as raised:
            await b.run("dokploy.prove_target", target=record)
        assert raised.value.failure.code == "secret_missing"
