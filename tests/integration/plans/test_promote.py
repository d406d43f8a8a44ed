"""The plan `odoo-promote` on the simulators: there, and back again."""

from pathlib import Path
from typing import Any

import pytest

from laneway.core.events import event_type
from laneway.core.run import Status
from laneway.testing.simulators import PLANTED_SECRETS, Fault
from tests.integration.plans.stage import Stage, failure, passed, stage
from tests.support.engines import ANN

CONFIRMED = {"confirmation": "promote cm testing to prod"}
PLAN = "odoo-promote"
WAY_BACK = {"rollback_look", "restore_artifact", "restore_data", "verify_rollback"}


async def promote(s: Stage, **more: str) -> str:
    return await s.submit(PLAN, "prod", request={**CONFIRMED, **more})


def standing(s: Stage) -> tuple[str, str, bool]:
    """What runs on prod, what its data belong to, and whether it is up."""
    lane = s.lane("prod")
    return lane.deployed.artifact_id, lane.state.database_of, lane.state.web_running


def kinds(s: Stage) -> list[str]:
    return [run.kind for run in s.lane("prod").state.executions]


async def test_what_runs_on_testing_comes_to_prod(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        operation = await promote(s)
        await s.approve(operation)
        done = await s.ended(operation)
        assert done.run.status is Status.PASS
        assert not WAY_BACK & passed(done)
        new = s.lane("testing").spec.artifact_id
        assert standing(s) == (new, new, True)
        assert kinds(s) == ["backup", "update"]
        assert standing(s)[0] != s.lane("prod").spec.artifact_id
        told = repr(await s.engine.store.events(operation))
        assert not [secret for secret in PLANTED_SECRETS if secret in told]


async def test_the_approval_covers_what_is_replaced_and_by_what(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        operation = await promote(s)
        await s.approve(operation)
        done = await s.ended(operation)
        approval = done.run.phases["approval"].approval
        assert approval is not None
        assert set(approval.covers["proofs"]) == {
            "policy_proof",
            "target_proof",
            "source_proof",
            "backup_proof",
        }


async def test_a_new_artifact_that_does_not_pass_its_checks_is_rolled_back(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        before = standing(s)
        s.simulated.sites["prod"].faults.add(Fault.STOCK_LOGO, times=1)
        operation = await promote(s)
        await s.approve(operation)
        done = await s.ended(operation)
        assert (done.run.status, failure(done)) == (Status.FAIL, "logo_stock_image")
        assert passed(done) >= WAY_BACK
        assert standing(s) == before
        assert kinds(s) == ["backup", "update", "restore"]
        restored = done.run.phases["restore_data"].evidence
        assert restored["marker"] == f"{operation}_restore_data_1"
        (name,) = s.lane("prod").state.backups
        assert name == f"{operation}_backup_1"


async def test_a_post_deploy_that_fails_is_rolled_back_with_its_data(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        before = standing(s)
        s.simulated.dokploy.faults.add(Fault.COMMAND_FAILS, route="update", times=1)
        operation = await promote(s)
        await s.approve(operation)
        done = await s.ended(operation)
        assert (done.run.status, failure(done)) == (Status.FAIL, "post_deploy_failed")
        assert passed(done) >= WAY_BACK
        assert standing(s) == before


async def test_a_deployment_that_fails_is_rolled_back_without_touching_data(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        before = standing(s)
        s.simulated.dokploy.faults.add(Fault.COMMAND_FAILS, route="compose.deploy", times=1)
        operation = await promote(s)
        await s.approve(operation)
        done = await s.ended(operation)
        assert (done.run.status, failure(done)) == (Status.FAIL, "deploy_failed")
        assert passed(done) >= WAY_BACK - {"restore_data"}
        assert standing(s) == before
        assert kinds(s) == ["backup"]


async def test_a_promotion_that_is_retried_after_its_rollback_does_not_roll_back_again(
    tmp_path: Path,
):
    async with stage(tmp_path / "laneway.db") as s:
        s.simulated.sites["prod"].faults.add(Fault.STOCK_LOGO, times=1)
        operation = await promote(s)
        await s.approve(operation)
        await s.ended(operation)
        before, runs = standing(s), kinds(s)
        retried = await s.engine.retry(operation, "look again", ANN, "ann", "again")
        done = await s.ended(retried.operation.run.id)
        assert done.run.status is Status.FAIL
        assert failure(done) == "runtime_identity_mismatch"
        assert (standing(s), kinds(s)) == (before, runs)


async def test_without_a_backup_nothing_is_deployed_and_nobody_is_asked(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        before = standing(s)
        s.simulated.dokploy.faults.add(Fault.COMMAND_FAILS, route="backup")
        done = await s.ended(await promote(s))
        assert (done.run.status, failure(done)) == (Status.FAIL, "backup_failed")
        assert "approval" not in done.run.phases
        assert (standing(s), s.simulated.dokploy.requests.get("compose.deploy")) == (before, None)


async def test_a_backup_whose_log_does_not_prove_it_is_taken_again_and_then_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("laneway.testing.simulators.shell._manifest", lambda name, values: ())
    async with stage(tmp_path / "laneway.db") as s:
        done = await s.ended(await promote(s))
        assert (done.run.status, failure(done)) == (Status.FAIL, "visits_exhausted")
        assert kinds(s) == ["backup"] * 3
        assert "compose.deploy" not in s.simulated.dokploy.requests


async def test_a_backup_that_is_too_old_by_the_approval_is_taken_once_more(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        operation = await promote(s)
        await s.waiting(operation)
        s.world.clock.move(60 * 60_000)
        await s.approve(operation)
        done = await s.ended(operation)
        assert done.run.status is Status.PASS
        assert kinds(s) == ["backup", "backup", "update"]
        types = [event_type(item.event) for item in await s.engine.store.events(operation)]
        assert types.count("approval_requested") == 1


def not_enabled(records: dict[str, Any]) -> None:
    records["prod"]["policy"]["odoo_promotion"]["enabled"] = False


@pytest.mark.parametrize(
    ("change", "request_", "code"),
    [
        (not_enabled, {}, "promotion_disabled"),
        (None, {"confirmation": "promote everything"}, "confirmation_mismatch"),
        (None, {"artifact": "registry.example.invalid/odoo-cm:older"}, "source_artifact_mismatch"),
    ],
)
async def test_what_is_not_allowed_or_not_meant_is_refused(
    tmp_path: Path, change: Any, request_: dict[str, str], code: str
):
    async with stage(tmp_path / "laneway.db", targets=change) as s:
        done = await s.ended(await promote(s, **request_))
        assert (done.run.status, failure(done)) == (Status.REFUSED, code)
        assert kinds(s) == []


async def test_a_testing_lane_that_is_not_as_it_says_is_not_promoted(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        s.simulated.sites["testing"].faults.add(Fault.IDENTITY_MISMATCH)
        done = await s.ended(await promote(s))
        assert (done.run.status, failure(done)) == (Status.REFUSED, "source_mismatch")


async def test_a_dry_run_changes_nothing_and_asks_nobody(tmp_path: Path):
    async with stage(tmp_path / "laneway.db") as s:
        before = standing(s)
        operation = await s.submit(PLAN, "prod", request=CONFIRMED, dry_run=True)
        done = await s.ended(operation)
        assert done.run.status is Status.PASS
        assert (standing(s), kinds(s)) == (before, [])
        shown = done.run.phases["deploy"].evidence
        new = s.lane("testing").spec.artifact_id
        assert new in shown["would_set"].values()
