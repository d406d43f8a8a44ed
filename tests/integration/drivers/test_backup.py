"""`odoo.backup`, `odoo.prove_backup` and `odoo.restore` against the simulated world."""

from typing import Any

import pytest

from laneway.core.instants import Instant
from laneway.drivers.odoo.manifest import read_manifest
from laneway.ports.driver import ActionFailed, ActionResult
from laneway.testing.simulators import Fault
from tests.integration.drivers.rig import Bench, bench

TAKEN = "op_A_backup_1"
RUN = "schedule.runManually"


def deployed(b: Bench) -> dict[str, str]:
    spec = b.world.lanes["testing"].spec
    return {"artifact_id": spec.artifact_id, "source_git_ref": spec.source_git_ref}


async def back_up(b: Bench, token: str = TAKEN) -> ActionResult:
    await ready(b)
    return await b.run("odoo.backup", token=token, parameters=deployed(b))


async def ready(b: Bench) -> None:
    lane = b.world.lanes["testing"]
    lane.state.database = "ready"
    lane.state.database_of = lane.spec.artifact_id


async def prove(b: Bench, **given: Any) -> ActionResult:
    asked = {"artifact_id": deployed(b)["artifact_id"], "max_age_minutes": 30, **given}
    context = b.context(parameters=asked)
    # The simulated Dokploy's clock is the real one.
    ended = [row.finished_at or "" for row in b.world.dokploy.state.deployments.values()]
    context._now = Instant(max(ended, default="") or context.now())
    return await b.action("odoo.prove_backup").run(context)


def code(result: ActionResult) -> str:
    assert result.failure is not None
    return result.failure.code


async def test_a_backup_is_taken_once_and_proved_and_restored():
    async with bench() as b:
        taken = await back_up(b)
        assert (taken.outcome, taken.evidence["marker"]) == ("pass", TAKEN)
        proved = await prove(b)
        assert proved.outcome == "pass"
        assert proved.evidence["backup"] == TAKEN
        assert [file["file"] for file in proved.evidence["files"]] == [
            "database.dump",
            "filestore.tar",
        ]
        state = b.world.lanes["testing"].state
        state.database_of = "registry.example.invalid/odoo-cm:broken"
        given = {**deployed(b), "backup": TAKEN}
        back = await b.run("odoo.restore", token="op_A_restore_1", parameters=given)
        assert back.outcome == "pass"
        assert state.database_of == deployed(b)["artifact_id"]
        kinds = [run.kind for run in state.executions]
        assert kinds == ["backup", "restore"]


async def test_a_second_delivery_of_a_backup_takes_none():
    async with bench() as b:
        await back_up(b)
        again = await b.run("odoo.backup", token=TAKEN, parameters=deployed(b))
        assert again.outcome == "pass"
        assert len(b.world.lanes["testing"].state.backups) == 1
        assert len(b.world.lanes["testing"].state.skipped) == 1


async def test_a_backup_that_fails_is_told():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.COMMAND_FAILS, route="backup", times=1)
        taken = await back_up(b)
        assert (taken.outcome, code(taken)) == ("fail", "backup_failed")


async def test_a_lost_answer_to_a_backup_is_made_up_for_by_its_log():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.ANSWER_504_WHILE_RUNNING, route=RUN, times=1)
        taken = await back_up(b)
        assert (taken.outcome, taken.evidence["decided_by"]) == ("pass", "log")


async def test_a_lane_that_was_never_backed_up_is_unproved():
    async with bench() as b:
        found = await prove(b)
        assert (found.outcome, code(found)) == ("unproved", "backup_missing")


async def test_a_backup_that_failed_proves_nothing():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.COMMAND_FAILS, route="backup", times=1)
        await back_up(b)
        found = await prove(b)
        assert (found.outcome, code(found)) == ("unproved", "backup_missing")


async def test_a_backup_that_still_runs_proves_nothing():
    async with bench() as b:
        await back_up(b)
        (row,) = b.world.dokploy.state.deployments.values()
        row.status = "running"
        assert code(await prove(b)) == "backup_missing"


async def test_a_log_that_tells_of_no_complete_backup_proves_nothing():
    async with bench() as b:
        await back_up(b)
        logs = b.world.dokploy.state.logs
        for name, lines in logs.items():
            logs[name] = [line for line in lines if not line.endswith("is complete")]
        found = await prove(b)
        assert (found.outcome, code(found)) == ("unproved", "backup_incomplete")


async def test_a_panel_whose_logs_cannot_be_read_proves_nothing():
    async with bench(dokploy_version="0.28.0", server_id=None) as b:
        await back_up(b)
        assert code(await prove(b)) == "backup_incomplete"


async def test_a_backup_that_is_too_old_proves_nothing():
    async with bench() as b:
        await back_up(b)
        (row,) = b.world.dokploy.state.deployments.values()
        row.finished_at = "2025-01-01T00:00:00.000Z"
        context = b.context(
            parameters={"artifact_id": deployed(b)["artifact_id"], "max_age_minutes": 30}
        )
        found = await b.action("odoo.prove_backup").run(context)
        assert (found.outcome, code(found)) == ("unproved", "backup_stale")


async def test_a_backup_of_another_artifact_s_data_proves_nothing():
    async with bench() as b:
        await back_up(b)
        found = await prove(b, artifact_id="registry.example.invalid/odoo-cm:other")
        assert (found.outcome, code(found)) == ("unproved", "backup_of_other_artifact")


async def test_a_newer_backup_proves_the_same():
    async with bench() as b:
        await back_up(b)
        first = await prove(b)
        await back_up(b, "op_A_backup_2")
        second = await prove(b)
        assert second.evidence["backup"] == "op_A_backup_2"
        assert first.proof == second.proof is not None


async def test_a_dry_run_takes_none_and_so_needs_no_proof():
    async with bench() as b:
        shown = await b.action("odoo.backup").dry_run(b.context(parameters=deployed(b)))
        create, run = shown.evidence["would_send"]
        assert (create["procedure"], run["procedure"]) == ("schedule.create", RUN)
        assert "pg_dump" in create["json"]["script"]
        skipped = await prove(b, required=False)
        assert (skipped.outcome, skipped.evidence) == ("pass", {"skipped": True})
        assert b.world.dokploy.deliveries == []


async def test_a_backup_that_is_not_there_changes_nothing():
    async with bench() as b:
        await ready(b)
        given = {**deployed(b), "backup": "op_NEVER_backup_1"}
        done = await b.run("odoo.restore", token="op_A_restore_1", parameters=given)
        assert (done.outcome, code(done)) == ("fail", "restore_failed")
        assert b.world.lanes["testing"].state.executions == []


@pytest.mark.parametrize("action", ["odoo.backup", "odoo.restore", "odoo.post_deploy"])
async def test_what_must_be_deployed_is_what_the_plan_says(action: str):
    async with bench() as b:
        await back_up(b)
        given = {**deployed(b), "artifact_id": "registry.example.invalid/odoo-cm:other"}
        given |= {"backup": TAKEN} if action == "odoo.restore" else {}
        with pytest.raises(ActionFailed) as raised:
            await b.run(action, token="op_B", parameters=given)
        assert raised.value.failure.code == "target_drifted"
        assert len(b.world.dokploy.deliveries) == 1


FILES = f"""\
laneway-backup: database.dump 12 {"a" * 64}
laneway-backup: filestore.tar 34 {"b" * 64}
"""


def test_a_manifest_is_the_last_one_of_a_log_and_whole():
    told = FILES + "laneway-backup: op_1 of r/o@sha256:5 from abc is complete\nodoo: finished\n"
    found = read_manifest(told)
    assert found is not None
    assert (found.backup, found.artifact_id, found.source_git_ref) == (
        "op_1",
        "r/o@sha256:5",
        "abc",
    )
    assert [(file.file, file.bytes) for file in found.files] == [
        ("database.dump", 12),
        ("filestore.tar", 34),
    ]


@pytest.mark.parametrize(
    "log",
    [
        "",
        FILES,
        "laneway-backup: op_1 of a from b is complete\n",
        FILES.splitlines()[0] + "\nlaneway-backup: op_1 of a from b is complete\n",
        "echo " + FILES + "echo laneway-backup: op_1 of a from b is complete\n",
    ],
)
def test_what_is_not_a_whole_manifest_is_none(log: str):
    assert read_manifest(log) is None
