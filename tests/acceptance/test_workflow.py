"""The workflow that ships, run by act against a real server that believes tokens of an issuer here.

Nothing of GitHub is needed, and no Docker: act runs the job in this machine's shell. What stands in
for the two remote actions is in ``tests/data/github`` (act leaves actions/checkout out by itself).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from laneway.runtime.environment import SystemClock
from laneway.testing.simulators.faults import Fault
from laneway.testing.simulators.world import DemoWorld
from laneway_server.client import LanewayClient, static
from tests.support.github import Finished, GithubTokens, Run, Runner
from tests.support.issuer import Issuer

from .guarded import GuardedServer
from .processes import LANEWAY, PATIENCE, quick_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORKFLOW = "odoo-stable-bootstrap.yml"


@dataclass
class Stage:
    """What a workflow runs on.

    Attributes:
        runs: ids of runs that there were not yet.
    """

    server: GuardedServer
    world: DemoWorld
    tokens: GithubTokens
    runner: Runner
    issuer: Issuer
    runs: "count[int]"

    async def run(self, **inputs: Any) -> tuple[Finished, str]:
        """A new run, to its end; and its id."""
        run = str(next(self.runs))
        return await self.runner.run(WORKFLOW, asked(**inputs), run=run), run

    def client(self) -> LanewayClient:
        """Who asks the server as the workflow does."""
        return LanewayClient(self.server.url, static(self.issuer.github()))

    async def cancel(self, operation: str) -> None:
        """Cancel an operation, not its workflow."""
        async with self.client() as client:
            await client.cancel(operation, "enough")

    async def status(self, operation: str) -> str:
        """An operation's status."""
        async with self.client() as client:
            return str((await client.operation(operation))["status"])

    async def last(self) -> dict[str, str]:
        """The input that names the lane's last bootstrap, where there was one."""
        async with self.client() as client:
            lane = await client.lane("odoo/cm/testing")
        found = lane["last_destructive"].get("odoo-stable-bootstrap")
        return {"supersedes": found["id"]} if found else {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder, issuer = tmp_path_factory.mktemp("stage"), Issuer(SystemClock())
    await issuer.come()
    async with quick_world() as world, GithubTokens(issuer).up() as tokens:
        server = await GuardedServer(folder, world, issuer).start()
        assert await server.ready(), server.said()
        variables = {"LANEWAY_SERVER": server.url, "LANEWAY_COMMAND": str(LANEWAY)}
        runner = Runner(folder, variables, tokens.variables)
        yield Stage(server, world, tokens, runner, issuer, count(1001))
        await server.kill()
    await issuer.go()


def asked(instance: str = "testing", **inputs: Any) -> dict[str, Any]:
    """The inputs of a run."""
    lane = {"product": "odoo", "context": "cm", "instance": instance}
    return {**lane, "confirmation": f"bootstrap cm {instance}", **inputs}


def evidence(finished: Finished, run: str, attempt: int = 1) -> dict[str, Any]:
    """The operation as a run's artifact has it; there is a bundle with it."""
    files = finished.artifacts[f"evidence-{run}-{attempt}"]
    assert json.loads(files["evidence.json"])["payloadType"] == "application/vnd.in-toto+json"
    answer: dict[str, Any] = json.loads(files["last-answer.json"])
    return answer


async def test_a_run_passes_and_its_second_attempt_executes_nothing(stage: Stage):
    before = len(stage.world.bootstraps)
    run = str(next(stage.runs))
    inputs = asked(**await stage.last())
    first = await stage.runner.run(WORKFLOW, inputs, run=run)
    assert first.passed, first.log
    operation = evidence(first, run)
    assert operation["status"] == "pass"
    assert operation["requested_by"]["claims"]["run_id"] == "1001"
    assert "✅ Odoo stable bootstrap: pass" in first.log
    assert f"::set-output:: operation_id={operation['id']}" in first.log
    assert "::set-output:: status=pass" in first.log
    assert len(set(stage.tokens.minted)) == len(stage.tokens.minted) > 3, "one for each request"

    again = await stage.runner.run(WORKFLOW, inputs, attempt=2, run=run)
    assert again.passed, again.log
    assert evidence(again, run, attempt=2)["id"] == operation["id"]
    assert len(stage.world.bootstraps) == before + 1


async def test_a_failure_fails_the_run_and_leaves_its_evidence(stage: Stage):
    stage.world.dokploy.faults.add(Fault.COMMAND_FAILS, route="bootstrap", times=1)
    finished, run = await stage.run(**await stage.last())
    assert not finished.passed
    operation = evidence(finished, run)
    assert operation["status"] == "fail"
    assert "❌ Odoo stable bootstrap: fail" in finished.log
    assert "::error title=Odoo stable bootstrap fail::" in finished.log
    assert operation["failure"]["code"] in finished.log


async def test_a_retry_takes_the_operation_up_again(stage: Stage):
    stage.world.dokploy.faults.add(Fault.COMMAND_FAILS, route="update", times=1)
    failed, run = await stage.run(**await stage.last())
    operation = evidence(failed, run)
    before = len(stage.world.bootstraps)
    other, _ = await stage.run(instance="prod", retry_of=operation["id"])
    assert not other.passed
    assert f"{operation['id']} is of the lane odoo/cm/testing, and not of odoo/cm/prod" in other.log
    retried, run = await stage.run(retry_of=operation["id"])
    assert retried.passed, retried.log
    assert evidence(retried, run)["retry_of"] == operation["id"]
    assert len(stage.world.bootstraps) == before


async def test_a_refusal_by_the_policy_fails_the_run(stage: Stage):
    last = await stage.last()
    confirmation = 'please"; echo $(id) `id` #'
    finished, run = await stage.run(**last, confirmation=confirmation)
    assert not finished.passed
    operation = evidence(finished, run)
    assert operation["status"] == "refused"
    assert operation["request"]["confirmation"] == confirmation
    assert "⛔ Odoo stable bootstrap: refused" in finished.log
    assert "uid=" not in finished.log


async def test_a_submission_that_is_not_accepted_says_why(stage: Stage):
    finished, run = await stage.run(instance="production")
    assert not finished.passed
    files = finished.artifacts[f"evidence-{run}-1"]
    assert set(files) == {"last-answer.json"}
    assert json.loads(files["last-answer.json"])["code"] in finished.log
    assert "⛔ Not accepted" in finished.log
    assert "::set-output:: status=rejected" in finished.log


async def test_an_operation_that_somebody_cancels_fails_the_run(stage: Stage):
    run = str(next(stage.runs))
    async with stage.runner.running(WORKFLOW, asked("prod"), run=run) as running:
        operation = await waiting_for_approval(running)
        await stage.cancel(operation)
        finished = await running.end()
    assert not finished.passed
    assert evidence(finished, run)["status"] == "cancelled"
    assert "⏹️ Odoo stable bootstrap: cancelled" in finished.log


@pytest.mark.parametrize("cancels", [False, True])
async def test_a_cancelled_run_leaves_the_operation_alone_unless_it_is_told_to(
    cancels: bool, stage: Stage
):
    run = str(next(stage.runs))
    inputs = asked("prod", cancel_on_cancel=cancels)
    async with stage.runner.running(WORKFLOW, inputs, run=run) as running:
        operation = await waiting_for_approval(running)
        running.cancel()
        finished = await running.end()
    assert not finished.passed
    assert evidence(finished, run)["id"] == operation
    assert "To rejoin:" in finished.log
    assert await stage.status(operation) == ("cancelled" if cancels else "waiting")
    if not cancels:
        await rejoin(stage, inputs, run, operation)


async def rejoin(stage: Stage, inputs: dict[str, Any], run: str, operation: str) -> None:
    """The run's second attempt follows the same operation."""
    async with stage.runner.running(WORKFLOW, inputs, attempt=2, run=run) as running:
        assert await waiting_for_approval(running) == operation
        await stage.cancel(operation)
        again = await running.end()
    assert evidence(again, run, attempt=2)["status"] == "cancelled"


async def test_a_server_that_is_killed_in_mid_stream_is_waited_for(stage: Stage):
    stage.world.dokploy.faults.add(Fault.COMMAND_WAITS, route="bootstrap", times=1)
    before = len(stage.world.bootstraps)
    run, stage.tokens.refuses = str(next(stage.runs)), 2
    async with stage.runner.running(WORKFLOW, asked(**await stage.last()), run=run) as running:
        await running.until(lambda line: "Bootstrap: the schedule is ready" in line)
        await stage.server.kill()
        await running.until(lambda line: "it is asked again" in line)
        await stage.server.start()
        assert await stage.server.ready(), stage.server.said()
        await running.until(lambda line: "in contact again" in line)
        stage.world.dokploy.faults.clear()
        finished = await running.end()
    assert finished.passed, finished.log
    assert evidence(finished, run)["status"] == "pass"
    assert len(stage.world.bootstraps) == before + 1


async def waiting_for_approval(running: Run) -> str:
    """The operation's id, once somebody has to decide."""
    async with asyncio.timeout(PATIENCE):
        accepted = await running.until(lambda line: " accepted as op_" in line)
        await running.until(lambda line: "needs release-manager" in line)
    return str(accepted.split(" accepted as ")[1].strip())
