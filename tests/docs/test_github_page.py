"""docs/github.md: its script runs against a real server; its other examples are what they say."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from laneway.runtime.environment import SystemClock
from laneway.testing.simulators.faults import Fault
from laneway.testing.simulators.world import DemoWorld
from laneway_server.client import LanewayClient, static
from tests.acceptance.guarded import GuardedServer
from tests.acceptance.processes import PATIENCE, quick_world
from tests.support.github import GithubTokens
from tests.support.hostile_proxy import Evil, HostileProxy
from tests.support.issuer import Issuer

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "github.md").read_text(encoding="utf-8")
SCRIPT = str(*re.findall(r"```bash\n(#!/usr/bin/env bash\n.*?)```", PAGE, flags=re.DOTALL))
PYTHON = str(*re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL))
LANE = {"product": "odoo", "context": "cm", "instance": "testing"}


class Stage:
    """A server, and who asks it by the script."""

    def __init__(
        self, server: GuardedServer, world: DemoWorld, issuer: Issuer, tokens: GithubTokens
    ) -> None:
        self.server = server
        self.world = world
        self._issuer = issuer
        self._tokens = tokens

    @property
    def client(self) -> LanewayClient:
        return LanewayClient(self.server.url, static(self._issuer.github()))

    async def submission(self, confirmation: str = "bootstrap cm testing") -> dict[str, Any]:
        async with self.client as client:
            last = (await client.lane("odoo/cm/testing"))["last_destructive"]
        named = {"supersedes": last["odoo-stable-bootstrap"]["id"]} if last else {}
        request = {"confirmation": confirmation}
        return {"plan": "odoo-stable-bootstrap", "lane": LANE, "request": request, **named}

    async def script(
        self, folder: Path, verb: str, key: str = "", submission: Any = None, url: str = ""
    ) -> tuple[int, str]:
        """Run the script of the page; its exit code, and what it printed."""
        (folder / "laneway.sh").write_text(SCRIPT)
        process = await asyncio.create_subprocess_exec(
            "bash",
            "laneway.sh",
            verb,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={
                "PATH": os.environ["PATH"],
                "GITHUB_OUTPUT": str(folder / "output"),
                "LANEWAY_SERVER": url or self.server.url,
                "LANEWAY_AUDIENCE": "laneway",
                "LANEWAY_KEY": key,
                "LANEWAY_SUBMISSION": json.dumps(submission),
                **self._tokens.variables,
            },
        )
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder, issuer = tmp_path_factory.mktemp("server"), Issuer(SystemClock())
    await issuer.come()
    async with quick_world() as world, GithubTokens(issuer).up() as tokens:
        server = await GuardedServer(folder, world, issuer).start()
        assert await server.ready(), server.said()
        yield Stage(server, world, issuer, tokens)
        await server.kill()
    await issuer.go()


def told(said: str) -> list[tuple[int, str]]:
    """The events that were printed: seq and type."""
    lines = re.findall(r"^(\d+) \S+Z (\w+)", said, flags=re.MULTILINE)
    return [(int(seq), kind) for seq, kind in lines]


async def check_events(stage: Stage, operation: str, said: str) -> None:
    async with stage.client as client:
        stored = [json.loads(bytes(raw)) for raw in (await client.events(operation)).events]
    assert told(said) == [(event["seq"], event["type"]) for event in stored]


async def test_the_script_passes_with_the_operation(stage: Stage, tmp_path: Path):
    submission = await stage.submission()
    code, said = await stage.script(tmp_path, "run", "pass", submission)
    assert code == 0, said
    answer = json.loads((tmp_path / "laneway-answer.json").read_text())
    await check_events(stage, answer["id"], said)
    assert (tmp_path / "output").read_text() == f"operation_id={answer['id']}\nstatus=pass\n"
    stop = re.search(r"::stop-commands::(\w{32})\n", said)
    assert stop is not None
    assert said.endswith(f"::{stop[1]}::\n")
    code, said = await stage.script(tmp_path, "evidence")
    assert code == 0, said
    assert json.loads((tmp_path / "laneway-evidence.json").read_text())["payload"]

    before = len(stage.world.bootstraps)
    code, said = await stage.script(tmp_path, "run", "pass", submission)
    assert (code, len(stage.world.bootstraps)) == (0, before), "the same key, the same operation"


async def test_the_script_fails_with_the_operation(stage: Stage, tmp_path: Path):
    stage.world.dokploy.faults.add(Fault.COMMAND_FAILS, route="bootstrap", times=1)
    code, said = await stage.script(tmp_path, "run", "fail", await stage.submission())
    assert code == 1, said
    assert "status=fail" in (tmp_path / "output").read_text()
    code, said = await stage.script(tmp_path, "evidence")
    assert code == 0, said


async def test_the_script_says_what_was_refused(stage: Stage, tmp_path: Path):
    code, said = await stage.script(tmp_path, "run", "no", await stage.submission("please"))
    assert code == 3, said
    wrong = {**await stage.submission(), "request": {"confirm": "x"}}
    (tmp_path / "laneway-operation-id").unlink()
    code, said = await stage.script(tmp_path, "run", "wrong", wrong)
    assert code == 7, said
    assert "request_invalid" in said
    code, said = await stage.script(tmp_path, "evidence")
    assert (code, "laneway-answer.json" in said) == (0, True)


@pytest.mark.parametrize("evil", [Evil.CUTS, Evil.CLOSES, Evil.ANSWERS_502])
async def test_the_script_survives_what_proxies_do_to_streams(
    evil: Evil, stage: Stage, tmp_path: Path
):
    stage.world.dokploy.faults.add(Fault.COMMAND_WAITS, route="bootstrap", times=1)
    submission = await stage.submission()
    async with HostileProxy(stage.server.url, evil, often=2, stops=True).up() as proxy:
        key = f"proxy-{evil.name}"
        running = asyncio.create_task(stage.script(tmp_path, "run", key, submission, proxy.url))
        async with asyncio.timeout(PATIENCE):
            await proxy.had_enough.wait()
        stage.world.dokploy.faults.clear()
        code, said = await running
    assert code == 0, said
    operation = (tmp_path / "laneway-operation-id").read_text()
    await check_events(stage, operation, said)


async def test_the_python_of_the_page_is_python():
    names: dict[str, Any] = {}
    exec(compile(PYTHON, "docs/github.md", "exec"), names)
    assert asyncio.iscoroutinefunction(names["bootstrap"])


async def test_the_action_of_the_page_has_the_inputs_that_are_given_to_it():
    action = yaml.safe_load((ROOT / ".github/actions/operation/action.yml").read_text())
    example = str(*re.findall(r"```yaml\n(jobs:.*?)```", PAGE, flags=re.DOTALL))
    (step,) = [
        step
        for step in yaml.safe_load(example)["jobs"]["bootstrap"]["steps"]
        if "actions/operation@" in step["uses"]
    ]
    required = {name for name, given in action["inputs"].items() if given.get("required")}
    assert required <= set(step["with"]) <= set(action["inputs"])
