"""`dokploy.deploy_artifact` and `dokploy.read_artifact`: another artifact, and the way back."""

from typing import Any

import pytest

from laneway.drivers.redaction import environment, with_variables
from laneway.ports.driver import ActionFailed, OutcomeUnknown
from laneway.testing.simulators import PLANTED_SECRETS, Fault
from tests.integration.drivers.rig import Bench, bench

SAVE, DEPLOY = "compose.saveEnvironment", "compose.deploy"
NEW = {"artifact_id": "registry.example.invalid/odoo-cm:next", "source_git_ref": "c0ffee"}


def parameters(b: Bench, **given: str) -> dict[str, str]:
    return {**NEW, "replaces": b.world.lanes["testing"].spec.artifact_id, **given}


def counted(b: Bench) -> tuple[int, int]:
    """How many times the variables were saved, and the compose deployed."""
    requests = b.world.dokploy.requests
    return requests.get(SAVE, 0), requests.get(DEPLOY, 0)


async def failed(b: Bench, **given: Any) -> str:
    with pytest.raises(ActionFailed) as raised:
        await b.run("dokploy.deploy_artifact", parameters=parameters(b), **given)
    return raised.value.failure.code


async def test_the_artifact_is_set_and_deployed_once_and_nothing_else_is_changed():
    async with bench() as b:
        lane = b.world.lanes["testing"]
        before = environment(b.world.dokploy._composes[lane.spec.compose_id]._env())
        context = b.context(parameters=parameters(b))
        done = await b.action("dokploy.deploy_artifact").run(context)
        assert done.outcome == "pass"
        assert done.evidence.items() >= {**NEW, "replaces": lane.spec.artifact_id}.items()
        assert lane.state.env is not None
        changed = {"DOCKER_IMAGE_REFERENCE", "ODOO_SOURCE_GIT_REF"}
        after = environment(lane.state.env)
        assert {name for name in after if after[name] != before[name]} == changed
        assert lane.deployed.artifact_id == NEW["artifact_id"]
        assert counted(b) == (1, 1)
        again = await b.action("dokploy.deploy_artifact").recover(context)
        assert (again.outcome, again.evidence) == (done.outcome, done.evidence)
        read = await b.run("dokploy.read_artifact")
        assert read.evidence == NEW
        assert not [s for s in PLANTED_SECRETS if s in repr((done, context.said()))]


async def test_the_way_back_is_the_same_with_the_artifact_of_before():
    async with bench() as b:
        spec = b.world.lanes["testing"].spec
        assert (await b.run("dokploy.deploy_artifact", parameters=parameters(b))).outcome == "pass"
        back = {
            "artifact_id": spec.artifact_id,
            "source_git_ref": spec.source_git_ref,
            "replaces": NEW["artifact_id"],
        }
        token = "op_B_restore_1"
        done = await b.run("dokploy.deploy_artifact", parameters=back, token=token)
        assert done.outcome == "pass"
        assert (await b.run("dokploy.prove_target")).outcome == "pass"


async def test_what_is_set_already_is_only_deployed():
    async with bench() as b:
        spec = b.world.lanes["testing"].spec
        same = {"artifact_id": spec.artifact_id, "source_git_ref": spec.source_git_ref}
        done = await b.run("dokploy.deploy_artifact", parameters=parameters(b, **same))
        assert done.outcome == "pass"
        assert counted(b) == (0, 1)


async def test_a_third_artifact_is_left_alone():
    async with bench() as b:
        given = parameters(b, replaces="registry.example.invalid/odoo-cm:other")
        with pytest.raises(ActionFailed) as raised:
            await b.run("dokploy.deploy_artifact", parameters=given)
        assert raised.value.failure.code == "artifact_drifted"
        assert counted(b) == (0, 0)


async def test_a_target_that_is_not_what_was_proved_is_left_alone_whatever_runs_there():
    async with bench() as b:
        proved = await b.run("dokploy.prove_target", parameters={"deployed": "any"})
        evidence = {"target_proof": proved.evidence}
        given: dict[str, Any] = {"parameters": parameters(b), "evidence": evidence}
        assert (await b.run("dokploy.deploy_artifact", **given)).outcome == "pass"
        given["evidence"] = {"target_proof": {"target_identity_digest": "sha256:another"}}
        with pytest.raises(ActionFailed) as raised:
            await b.run("dokploy.deploy_artifact", token="op_B", **given)
        assert raised.value.failure.code == "target_drifted"


async def test_a_compose_without_such_a_variable_is_left_alone():
    async with bench() as b:
        record = b.record()
        record["dokploy"]["artifact_variables"] = ["NOT_THERE"]
        given = parameters(b, replaces="registry.example.invalid/odoo-cm:other")
        with pytest.raises(ActionFailed) as raised:
            await b.run("dokploy.deploy_artifact", parameters=given, target=record)
        assert raised.value.failure.code == "artifact_drifted"
        assert counted(b) == (0, 0)


async def test_nothing_is_set_beside_a_deployment_that_runs():
    async with bench() as b:
        tables = b.world.dokploy._tables
        tables.begin_deployment(b.world.lanes["testing"].spec.compose_id, "", "")
        assert await failed(b) == "deployment_running"
        assert counted(b) == (0, 0)


@pytest.mark.parametrize("fault", [Fault.DROP_WHILE_RUNNING, Fault.ANSWER_502_WHILE_RUNNING])
async def test_a_lost_answer_to_the_setting_is_made_up_for_by_reading(fault: Fault):
    async with bench() as b:
        b.world.dokploy.faults.add(fault, route=SAVE, times=1)
        done = await b.run("dokploy.deploy_artifact", parameters=parameters(b))
        assert done.outcome == "pass"
        assert counted(b) == (1, 1)


@pytest.mark.parametrize("fault", [Fault.ANSWER_502, Fault.DROP_CONNECTION, Fault.RATE_LIMITED])
async def test_what_could_not_be_set_is_not_deployed(fault: Fault):
    async with bench() as b:
        b.world.dokploy.faults.add(fault, route=SAVE, times=1)
        await failed(b)
        assert counted(b) == (1, 0)
        assert b.world.lanes["testing"].state.env is None


async def test_an_attempt_that_was_lost_before_its_deployment_begins_again_and_sets_it_once_more():
    async with bench() as b:
        with pytest.raises(ActionFailed) as raised:
            await b.recover("dokploy.deploy_artifact", parameters=parameters(b))
        assert raised.value.failure.code == "not_started"


async def test_a_lost_deployment_is_not_called_failed():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.DROP_CONNECTION, route=DEPLOY, times=1)
        with pytest.raises(OutcomeUnknown) as raised:
            await b.run("dokploy.deploy_artifact", parameters=parameters(b))
        assert raised.value.failure.code == "outcome_unknown_no_deployment"
        assert counted(b) == (1, 1)


async def test_a_deployment_that_fails_says_so():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.COMMAND_FAILS, route=DEPLOY, times=1)
        done = await b.run("dokploy.deploy_artifact", parameters=parameters(b))
        assert (done.outcome, done.evidence["artifact_id"]) == ("fail", NEW["artifact_id"])
        # The variable stays set: that is what a rollback looks at.
        assert (await b.run("dokploy.read_artifact")).evidence == NEW
        assert b.world.lanes["testing"].deployed.artifact_id != NEW["artifact_id"]


async def test_a_dry_run_shows_what_would_be_set_and_no_secret():
    async with bench() as b:
        shown = await b.action("dokploy.deploy_artifact").dry_run(
            b.context(parameters=parameters(b))
        )
        assert set(shown.evidence["would_set"].values()) == set(NEW.values())
        procedures = [request["procedure"] for request in shown.evidence["would_send"]]
        assert procedures == [SAVE, DEPLOY]
        assert not [secret for secret in PLANTED_SECRETS if secret in repr(shown.evidence)]
        assert counted(b) == (0, 0)


async def test_any_artifact_proves_the_target_where_the_plan_says_so_if_it_is_known():
    async with bench() as b:
        record = b.record()
        record["expected"]["artifact_id"] = "registry.example.invalid/odoo-cm:recorded"
        assert (await b.run("dokploy.prove_target", target=record)).outcome == "refused"
        asked: dict[str, Any] = {"target": record, "parameters": {"deployed": "any"}}
        proved = await b.run("dokploy.prove_target", **asked)
        assert proved.outcome == "pass"
        live = b.world.lanes["testing"].spec.artifact_id
        assert proved.evidence["proof"]["artifact_id"] == live
        record["dokploy"]["artifact_variables"] = ["NOT_THERE"]
        unknown = await b.run("dokploy.prove_target", **asked)
        assert (unknown.outcome, unknown.failure and unknown.failure.code) == (
            "refused",
            "artifact_unknown",
        )


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("A=1\nB=2\n", "A=new\nB=2\n"),
        ("# A=1\n export A = 'old'\r\nB='A=1'", "# A=1\n export A =new\r\nB='A=1'"),
        ("", ""),
        ("AA=1\nnoise", "AA=1\nnoise"),
    ],
)
def test_setting_a_variable_changes_its_lines_and_no_other(text: str, after: str):
    assert with_variables(text, {"A": "new", "C": "not there"}) == after
