"""``submit --wait``, ``retry`` and ``watch`` in a GitHub workflow."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.integration.cli.conftest import environment  # noqa: F401 - a fixture, for all here
from tests.integration.cli.support import (
    ACCEPTED,
    OPERATION,
    STARTED,
    Connection,
    Speaker,
    ended,
    events,
    passes,
    problem,
    run,
    speaking,
)
from tests.integration.github.runner import obeyed, outputs

SUBMIT = ("submit", "odoo-stable-bootstrap", "odoo/cm/testing", "--wait")
EVIL = "x\n::error::gotcha\r::set-output name=status::pass ##[add-mask]a |<b>![i](http://e)`@you"
FAILED = {"code": "boom", "message": EVIL}
BEGUN = ("phase_started", "bootstrap", {"attempt": 1, "safety": "destructive"})
FAILS = events(
    ACCEPTED,
    STARTED,
    *passes("policy_proof"),
    BEGUN,
    ("phase_progressed", "bootstrap", {"attempt": 1, "message": EVIL}),
    ("phase_finished", "bootstrap", {"outcome": "fail", "status": "fail", "failure": FAILED}),
    ended("fail", FAILED),
)


class Step:
    """The files of a step."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "output"
        self.summary = folder / "summary"
        self.environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "acme/odoo",
            "GITHUB_WORKFLOW": "Bootstrap",
            "GITHUB_WORKFLOW_REF": "acme/odoo/.github/workflows/b.yml@refs/heads/main",
            "GITHUB_RUN_ID": "1001",
            "GITHUB_RUN_ATTEMPT": "2",
        }

    @property
    def outputs(self) -> dict[str, str]:
        return outputs(self.output.read_text())


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Step:
    found = Step(tmp_path)
    for name, value in found.environ.items():
        monkeypatch.setenv(name, value)
    return found


async def test_a_run_that_passes(step: Step):
    async with speaking() as speaker:
        result = await run(speaker, *SUBMIT)
    assert result.exit_code == 0
    assert [(command.name, command.message) for command in obeyed(result.output)] == [
        ("group", "Policy proof"),
        ("endgroup", ""),
        ("group", "Bootstrap"),
        ("endgroup", ""),
    ]
    outside = re.sub(r"::group::.*?::endgroup::", "", result.output, flags=re.DOTALL)
    assert "✓ Policy proof pass 1.0s" in outside
    assert "▸ Policy proof begins" not in outside
    assert step.outputs == {
        "operation_id": OPERATION,
        "status": "pass",
        "evidence": f"{speaker.url}/v1/operations/{OPERATION}/evidence",
    }
    summary = step.summary.read_text()
    assert summary.startswith("### ✅ Odoo stable bootstrap: pass in 5.0s\n")
    assert "| Policy proof | ✅ pass | 1 | 2026\\-01\\-31 12\\:00\\:02 | 1\\.0s |  |" in summary
    assert "https://github.com/acme/odoo/actions/runs/1001" in summary
    assert "To rejoin" not in summary


async def test_a_failure_is_told_and_nothing_of_it_is_obeyed(step: Step):
    async with speaking(log=FAILS) as speaker:
        result = await run(speaker, *SUBMIT)
    assert result.exit_code == 1
    commands = obeyed(result.output)
    assert [command.name for command in commands] == [*["group", "endgroup"] * 2, "error", "error"]
    assert [command.properties.get("title") for command in commands[-2:]] == [
        "Odoo stable bootstrap fail",
        "Bootstrap failed",
    ]
    assert commands[-1].message.startswith("boom: x ::error::gotcha")
    assert step.outputs["status"] == "fail"
    summary = step.summary.read_text()
    assert "**Why:** boom\\: x \\:\\:error\\:\\:gotcha" in summary
    assert not re.search(r"(?<!\\)(<b>|!\[i\]|`@you|@you)", summary)
    assert f"`` laneway retry {OPERATION} ``" in summary


async def test_the_key_is_the_runs_and_not_the_attempts(step: Step):
    async with speaking() as speaker:
        await run(speaker, *SUBMIT)
        await run(speaker, *SUBMIT, "--key", "mine")
        await run(speaker, *SUBMIT, "--no-github")
    keys = [heard["key"] for heard in speaker.heard if heard["key"]]
    assert keys[:2] == ["github:acme/odoo/.github/workflows/b.yml:1001", "mine"]
    assert keys[2].startswith("laneway-")


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("GITHUB_WORKFLOW_REF", "", "github:acme/odoo/Bootstrap:1001"),
        ("GITHUB_WORKFLOW_REF", "a/b/wörk flow.yml@x", "github:a/b/w%C3%B6rk%20flow.yml:1001"),
        ("GITHUB_WORKFLOW_REF", "x" * 300, "github:sha256:"),
    ],
)
async def test_any_workflow_has_a_key(
    name: str, value: str, key: str, step: Step, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(name, value)
    async with speaking() as speaker:
        await run(speaker, *SUBMIT)
    sent = str(speaker.heard[0]["key"])
    assert sent.startswith(key)
    assert len(sent) <= 255


async def test_a_submission_that_is_not_accepted(step: Step, tmp_path: Path):
    busy = problem(409, "lane_busy", "The lane is busy", EVIL, operation=OPERATION)
    record = tmp_path / "answer.json"
    async with speaking() as speaker:
        speaker.next("POST /v1/operations", busy)
        result = await run(speaker, *SUBMIT, "--record", str(record))
    assert result.exit_code == 7
    (command,) = obeyed(result.output)
    assert (command.name, command.properties["title"]) == (
        "error",
        "The operation was not accepted",
    )
    assert "lane_busy" in command.message
    assert step.outputs["status"] == "rejected"
    assert "operation_id" not in step.outputs
    assert "### ⛔ Not accepted" in step.summary.read_text()
    assert f"laneway watch {OPERATION}".replace("_", "\\_") in step.summary.read_text()
    assert msgspec.json.decode(record.read_bytes())["code"] == "lane_busy"


async def test_the_record_is_the_operation_as_it_ended(step: Step, tmp_path: Path):
    record = tmp_path / "answer.json"
    async with speaking() as speaker:
        await run(speaker, *SUBMIT, "--record", str(record))
    assert msgspec.json.decode(record.read_bytes())["status"] == "pass"


async def test_a_server_that_is_never_there(step: Step):
    async with speaking() as speaker:
        url = speaker.url
    result = await run(url, *SUBMIT, "--patience", "5s")
    assert result.exit_code == 6
    (command,) = obeyed(result.output)
    assert command.name == "warning"
    summary = step.summary.read_text()
    assert "Nobody knows whether it was accepted" in summary
    assert "`` github:acme/odoo/.github/workflows/b.yml:1001 ``" in summary


async def test_contact_that_is_lost_says_how_to_rejoin(step: Step):
    gone = [problem(503, "store_unavailable", "The store is gone", "") for _ in range(500)]
    async with speaking() as speaker:
        speaker.next(f"GET /v1/operations/{OPERATION}", *gone)
        result = await run(speaker, *SUBMIT, "--patience", "5s")
    assert result.exit_code == 6
    summary = step.summary.read_text()
    assert "**To rejoin:**" in summary
    assert "does **not** cancel it" in summary
    assert f"`` laneway watch {OPERATION} --server {speaker.url} ``" in summary


async def test_what_waits_for_a_person_is_announced(step: Step):
    asked: dict[str, Any] = {"digest": "d", "role": "boss", "quorum": 1, "expires_at": None}
    log = events(ACCEPTED, STARTED, ("approval_requested", "approval", asked), ended("refused"))
    async with speaking(log=log, phases=("approval",)) as speaker:
        result = await run(speaker, "watch", OPERATION)
    notices = [command for command in obeyed(result.output) if command.name == "notice"]
    assert [notice.properties["title"] for notice in notices] == [
        "Approval: somebody has to decide"
    ]
    assert f"laneway approve {OPERATION} --phase approval" in notices[0].message
    assert step.outputs["status"] == "refused"


async def test_programs_still_get_json_and_nothing_else(step: Step):
    async with speaking(log=FAILS) as speaker:
        result = await run(speaker, *SUBMIT, "--json")
    assert msgspec.json.decode(result.stdout)["status"] == "fail"
    assert obeyed(result.stderr)[-1].name == "error"
    assert step.outputs["status"] == "fail"


async def test_a_workflow_without_a_token_is_told_what_it_needs(step: Step):
    async with speaking() as speaker:
        result = await run(speaker, "--github-oidc", "laneway", *SUBMIT)
    assert result.exit_code == 2
    (command,) = obeyed(result.output)
    assert "id-token: write" in command.message
    assert "### ⛔ Nothing was submitted" in step.summary.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("cancels", [False, True])
async def test_a_step_that_is_ended_says_so(number: int, cancels: bool, step: Step):
    """As the runner does it: an interrupt to the command, and then a request to terminate."""
    holding = deque([Connection(gives=3, then="hold")])
    async with speaking(log=FAILS, connections=holding) as speaker:
        options = ["--cancel-on-interrupt"] * cancels
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("laneway"),
            *SUBMIT,
            *options,
            f"--server={speaker.url}",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **step.environ},
        )
        said = await until(process, "Policy proof begins")
        process.send_signal(number)
        rest, _ = await process.communicate()
        told = calls(speaker)
    assert process.returncode == 130
    assert (f"POST /v1/operations/{OPERATION}/cancel" in told) is cancels
    assert [command.name for command in obeyed(said + rest.decode())][-1] == "warning"
    summary = step.summary.read_text()
    assert ("a cancel is asked for" in summary) is cancels
    assert ("the operation goes on" in summary) is not cancels
    assert step.outputs["operation_id"] == OPERATION


def calls(speaker: Speaker) -> list[str]:
    return [str(heard["call"]) for heard in speaker.heard]


async def until(process: asyncio.subprocess.Process, words: str) -> str:
    assert process.stdout is not None
    said = ""
    async for raw in process.stdout:
        said += raw.decode()
        if words in said:
            return said
    raise AssertionError(said)
