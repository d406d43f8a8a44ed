"""`odoo.prove_policy`: nothing is allowed by omission, and the refusal names the rule."""

from typing import Any

import pytest

from tests.integration.drivers.rig import CONFIRMATION, Bench, bench

CHANGES: dict[str, tuple[str, str, object]] = {
    "bootstrap_disabled": ("odoo_stable_bootstrap", "enabled", False),
    "confirmation_not_configured": ("odoo_stable_bootstrap", "confirmation", ""),
    "data_authority_authoritative": ("odoo_data_policy", "data_authority", "authoritative"),
    "data_authority_unknown": ("odoo_data_policy", "data_authority", "unknown"),
    "data_source_mode_unsupported": ("odoo_stable_bootstrap", "data_source_mode", "upstream"),
    "rebuild_source_not_allowed": ("odoo_data_policy", "allowed_rebuild_sources", ["backup"]),
    "policy_target_mismatch": ("odoo_stable_bootstrap", "expected_target_name", "cm-prod"),
    "policy_domains_mismatch": ("odoo_stable_bootstrap", "expected_domains", ["other.example"]),
}


async def prove(b: Bench, record: dict[str, Any], confirmation: str = CONFIRMATION):
    return await b.run(
        "odoo.prove_policy", target=record, parameters={"confirmation": confirmation}
    )


@pytest.mark.parametrize("code", CHANGES)
async def test_a_rule_that_does_not_hold_refuses_by_its_name(code: str):
    policy, field, value = CHANGES[code]
    async with bench() as b:
        record = b.record()
        record["policy"][policy][field] = value
        refused = await prove(b, record)
        assert (refused.outcome, refused.failure and refused.failure.code) == ("refused", code)
        assert [rule["held"] for rule in refused.evidence["rules"]].count(False) == 1


async def test_a_made_up_authority_counts_as_unknown():
    async with bench() as b:
        record = b.record()
        record["policy"]["odoo_data_policy"]["data_authority"] = "whatever"
        refused = await prove(b, record)
        assert refused.failure is not None
        assert refused.failure.code == "data_authority_unknown"


@pytest.mark.parametrize("given", ["", "bootstrap cm prod", f" {CONFIRMATION}", "BOOTSTRAP"])
async def test_the_confirmation_must_be_exact(given: str):
    async with bench() as b:
        refused = await prove(b, b.record(), given)
        assert refused.failure is not None
        assert refused.failure.code == "confirmation_mismatch"
        assert CONFIRMATION not in repr(refused)


async def test_a_lane_without_a_policy_is_refused():
    async with bench() as b:
        record = b.record()
        del record["policy"]
        refused = await prove(b, record)
        assert refused.failure is not None
        assert refused.failure.code == "bootstrap_disabled"


async def test_the_proof_stays_the_same_as_long_as_the_policy_does():
    async with bench() as b:
        first, second = await prove(b, b.record()), await prove(b, b.record())
        assert first.outcome == "pass"
        assert first.proof == second.proof
        record = b.record()
        record["policy"]["odoo_data_policy"]["data_authority"] = "restorable"
        assert (await prove(b, record)).proof != first.proof
